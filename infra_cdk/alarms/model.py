"""What an alarm is made of."""

from dataclasses import dataclass
from enum import StrEnum

NAMESPACE = "QuantTerminal"
OWNER = "operator"


class Severity(StrEnum):
    """P1 wants somebody now, P2 wants a look today. NONE only feeds a combined alarm."""

    P1 = "P1"
    P2 = "P2"
    NONE = "none"


class Silence(StrEnum):
    """What missing data means: where silence is the fault, it is the alarm."""

    IS_THE_FAULT = "breaching"
    IS_FINE = "notBreaching"


@dataclass(frozen=True, slots=True)
class Metric:
    """`of` says which thing's dimensions are meant: `queue:bars`, `dead:bars`, `function:risk`,
    `service:ingest`, `database`, `cache`, `http api`, `undelivered`, or nothing.
    """

    namespace: str
    name: str
    of: str = ""
    statistic: str = "Sum"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Raised when the metric is `comparison` `threshold` in `periods` periods of `period_s`."""

    name: str
    text: str
    metric: Metric
    threshold: float
    severity: Severity
    runbook: str
    comparison: str = ">="
    period_s: int = 60
    periods: int = 1
    silence: Silence = Silence.IS_FINE
    only_in_session: bool = False
    faults: tuple[str, ...] = ()
    owner: str = OWNER


def ours(name: str, service: str, statistic: str = "Sum") -> Metric:
    """A metric of our own processes, named like the event or the measure that they record."""
    return Metric(NAMESPACE, name, f"service:{service}", statistic)
