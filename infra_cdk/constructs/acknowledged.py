"""The one way a finding of cdk-nag is accepted: with the rule's name and the reason beside it."""

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: dict[str, str]) -> None:
    """Accept findings on `construct` and what is below it; rule id (with its finding where it has
    several, `Rule[Finding]`) -> why that is right here.
    """
    cdk.Validations.of(construct).acknowledge(
        *(cdk.Acknowledgment(id=rule, reason=reason) for rule, reason in reasons.items())
    )
