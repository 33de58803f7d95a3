"""The real CDK app, deployed by the real CDK command line onto a local AWS, and then used.

`make deploy-local` runs it: bootstrap, deploy, checks from the outside through boto3, every
deployed function under AWS's own runtime client, one hour of a market through the deployed queues,
an update, a deploy that changes nothing, destroy. It needs no Docker and no account, and it leaves
no process and no file behind.
"""
