"""What a deploy asks before and after it: may it start now, is it one version, does it work.

Speaks to the account through the CloudFormation stacks of one stage; changes nothing but what
`hold`, `release` and `wake` say they change.
"""
