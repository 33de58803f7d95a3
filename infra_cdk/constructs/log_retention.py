"""How long logs are kept, in the steps that CloudWatch knows."""

from aws_cdk import aws_logs as logs

_STEPS = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    5: logs.RetentionDays.FIVE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    60: logs.RetentionDays.TWO_MONTHS,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
}


def retention(days: int) -> logs.RetentionDays:
    """The shortest step that keeps at least `days`; a year at most."""
    return next(
        (step for least, step in _STEPS.items() if least >= days), logs.RetentionDays.ONE_YEAR
    )
