"""The alarms as data: what is watched, from when it is wrong, who is told and what to do.

Each goes to the operator's topic by itself, without passing through our own code. `runbook` is an
anchor of infra_cdk/README.md; `faults` are the numbers of the reliability catalogue whose tests
show that the fault raises it.
"""

from infra_cdk.alarms.books import ANSWERS, BOOKS, INVARIANTS
from infra_cdk.alarms.model import Alarm, Severity, ours
from infra_cdk.alarms.plumbing import of_functions, of_queues
from infra_cdk.alarms.surroundings import NODE_CACHE, SERVERLESS_CACHE, of_database, of_the_rest
from infra_cdk.alarms.trading import of_silence, of_trading

# The market is closed while this is raised: it tells nobody, it keeps the silence quiet. When the
# calendar's own pulse stops, it is not raised, so that a broken pulse cannot hide anything.
MARKET_CLOSED = Alarm(
    "market-closed",
    "The market is closed",
    ours("MarketOpen", "power", "Maximum"),
    threshold=1,
    comparison="<",
    severity=Severity.NONE,
    runbook="silent-in-session",
    period_s=300,
)
SILENT_IN_SESSION = "silent-in-session"

ALARMS = (
    *of_queues(),
    *of_functions(),
    *of_silence(),
    *of_trading(),
    *INVARIANTS,
    *BOOKS,
    *ANSWERS,
    *of_database(),
    *of_the_rest(),
)


def alarms(*, serverless_cache: bool) -> tuple[Alarm, ...]:
    """All alarms of a deployment with that kind of cache."""
    return (*ALARMS, *(SERVERLESS_CACHE if serverless_cache else NODE_CACHE))
