"""The alarms as data: what is watched, from when it is wrong, who is told and what to do.

Each goes to the operator's topic by itself, without passing through our own code. `runbook` is an
anchor of infra_cdk/README.md; `faults` are the numbers of the reliability catalogue whose tests
show that the fault raises it.
"""

from dataclasses import dataclass
from enum import StrEnum

from quantterminal import topology

NAMESPACE = "QuantTerminal"
OWNER = "operator"
_MONEY_PATH = tuple(each.name for each in topology.FUNCTIONS if each.on_latency_path)
# What the catalogue pages for: an order or a fact about one that waits.
_URGENT_QUEUES = (topology.ORDERS, topology.ORDER_UPDATES)
_OLDEST_S = {topology.BARS: 30, topology.SIGNALS: 15, topology.ORDERS: 5, topology.ORDER_UPDATES: 5}
# Functions that raise halts, whose logs the halts are counted from.
HALTING = ("strategy", "reconcile", "api")


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


@dataclass(frozen=True, slots=True)
class HaltCount:
    """Halts by their code, which no metric of the processes carries: counted from the logs."""

    metric: str
    codes: tuple[str, ...]


HALT_COUNTS = (
    HaltCount("HaltRaised", ()),
    HaltCount("DailyLossHalt", ("DAILY_LOSS",)),
    HaltCount("DrawdownHalt", ("DRAWDOWN",)),
)
HALT_NAMESPACE = f"{NAMESPACE}/Halts"


def _ours(name: str, service: str, statistic: str = "Sum") -> Metric:
    return Metric(NAMESPACE, name, f"service:{service}", statistic)


def _of_queues() -> list[Alarm]:
    dead = [
        Alarm(
            f"dead-letters-{queue.name}",
            f"A message of {queue.name} failed {topology.MAX_RECEIVES} times",
            Metric(
                "AWS/SQS", "ApproximateNumberOfMessagesVisible", f"dead:{queue.name}", "Maximum"
            ),
            threshold=1,
            severity=Severity.P1 if queue.name in _URGENT_QUEUES else Severity.P2,
            runbook="dead-letters",
            faults=("F32", "F34", "F35"),
        )
        for queue in topology.QUEUES
    ]
    waiting = [
        Alarm(
            f"waiting-{queue.name}",
            f"The oldest message of {queue.name} waits too long",
            Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", f"queue:{queue.name}", "Maximum"),
            threshold=_OLDEST_S[queue.name],
            severity=Severity.P1,
            runbook="waiting-messages",
            comparison=">",
            periods=2,
            faults=("F33", "F35", "F36"),
        )
        for queue in topology.QUEUES
    ]
    undelivered = Alarm(
        "undelivered",
        "A scheduled call or a business event could not be delivered",
        Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "undelivered", "Maximum"),
        threshold=1,
        severity=Severity.P2,
        runbook="dead-letters",
        period_s=300,
        faults=("F37", "F45"),
    )
    return [*dead, *waiting, undelivered]


def _of_functions() -> list[Alarm]:
    errors = [
        Alarm(
            f"errors-{each.name}",
            f"Function {each.name} fails",
            Metric("AWS/Lambda", "Errors", f"function:{each.name}"),
            threshold=3 if each.on_latency_path else 1,
            severity=Severity.P1 if each.on_latency_path else Severity.P2,
            runbook="function-errors",
            period_s=300,
            faults=("F32", "F40"),
        )
        for each in topology.FUNCTIONS
    ]
    throttles = [
        Alarm(
            f"throttles-{name}",
            f"Function {name} is throttled",
            Metric("AWS/Lambda", "Throttles", f"function:{name}"),
            threshold=1,
            severity=Severity.P1,
            runbook="function-throttles",
            faults=("F35",),
        )
        for name in _MONEY_PATH
    ]
    slow = [
        Alarm(
            f"slow-{name}",
            f"Function {name} needs more than half of its time-out",
            Metric("AWS/Lambda", "Duration", f"function:{name}", "Maximum"),
            threshold=topology.function(name).timeout_s * 500,
            severity=Severity.P2,
            runbook="slow-functions",
            comparison=">",
            period_s=300,
            faults=("F33",),
        )
        for name in _MONEY_PATH
    ]
    return [*errors, *throttles, *slow]


def _of_silence() -> list[Alarm]:
    """Raised together as `silent-in-session`, and only while the market is open."""
    shared = {
        "severity": Severity.NONE,
        "periods": 2,
        "silence": Silence.IS_THE_FAULT,
        "only_in_session": True,
    }
    return [
        Alarm(
            "container-heartbeat",
            "The ingest container gives no sign of life",
            _ours("ContainerHeartbeat", "ingest"),
            threshold=1,
            comparison="<",
            runbook="container-silent",
            faults=("F26", "F32"),
            **shared,
        ),
        Alarm(
            "feed-stale",
            "No market data for a minute while the market is open",
            _ours("FeedAge", "ingest", "Maximum"),
            threshold=60,
            comparison=">",
            runbook="feed-stale",
            faults=("F25", "F27", "F29"),
            **shared,
        ),
        Alarm(
            "order-stream-down",
            "The broker's order stream is not live, so no order leaves",
            _ours("OrderStreamLive", "ingest", "Maximum"),
            threshold=1,
            comparison="<",
            runbook="order-stream-down",
            faults=("F07", "F08", "F10"),
            **shared,
        ),
        Alarm(
            "reconcile-heartbeat",
            "Our books have not been compared with the broker's",
            _ours("Reconciled", "reconcile"),
            threshold=1,
            comparison="<",
            runbook="reconcile-silent",
            faults=("F06", "F40"),
            **shared,
        ),
    ]


def _of_trading() -> list[Alarm]:
    halted = [
        ("halt-raised", "HaltRaised", "Trading has been halted", "halt-raised", ("F44",)),
        ("daily-loss", "DailyLossHalt", "The day's loss limit is reached", "daily-loss", ("F44",)),
        ("drawdown", "DrawdownHalt", "The drawdown limit is reached", "drawdown", ("F44",)),
    ]
    return [
        *(
            Alarm(
                name,
                text,
                Metric(HALT_NAMESPACE, metric),
                threshold=1,
                severity=Severity.P1,
                runbook=runbook,
                faults=faults,
            )
            for name, metric, text, runbook, faults in halted
        ),
        Alarm(
            "position-drift",
            "Positions or cash differ from the broker's",
            _ours("ReconcileFailed", "reconcile"),
            threshold=1,
            severity=Severity.P1,
            runbook="position-drift",
            faults=("F07", "F19", "F22"),
        ),
        Alarm(
            "external-order",
            "An order that this system did not send",
            _ours("ExternalOrder", "order_updates"),
            threshold=1,
            severity=Severity.P1,
            runbook="external-order",
            faults=("F21",),
        ),
        Alarm(
            "submit-unknown",
            "Nobody knows whether an order has arrived",
            _ours("SubmitUnknown", "execution"),
            threshold=1,
            severity=Severity.P2,
            runbook="submit-unknown",
            faults=("F01", "F02", "F03"),
        ),
        Alarm(
            "order-abandoned",
            "An order was given up without knowing its fate",
            _ours("OrderAbandoned", "execution"),
            threshold=1,
            severity=Severity.P1,
            runbook="submit-unknown",
            faults=("F02", "F03"),
        ),
    ]


def _of_database() -> list[Alarm]:
    limits = [
        ("database-busy", "CPUUtilization", ">", 90, 3, "has no processor time left"),
        ("database-full", "FreeStorageSpace", "<", 2 * 1024**3, 1, "has less than 2 GB left"),
        (
            "database-connections",
            "DatabaseConnections",
            ">",
            55,
            2,
            "is running out of connections",
        ),
    ]
    return [
        Alarm(
            name,
            f"PostgreSQL {what}",
            Metric("AWS/RDS", metric, "database", "Average"),
            threshold=threshold,
            comparison=comparison,
            severity=Severity.P2,
            runbook="database",
            period_s=300,
            periods=periods,
            faults=("F40",),
        )
        for name, metric, comparison, threshold, periods, what in limits
    ]


def _of_the_rest() -> list[Alarm]:
    return [
        Alarm(
            "power-silent",
            "The function that switches container and database is not called any more",
            Metric("AWS/Lambda", "Invocations", "function:power"),
            threshold=1,
            comparison="<",
            severity=Severity.P1,
            runbook="power-silent",
            period_s=900,
            silence=Silence.IS_THE_FAULT,
            faults=("F37",),
        ),
        Alarm(
            "runaway",
            "Strategies are called ten times as often as minutes pass",
            Metric("AWS/Lambda", "Invocations", "function:strategy"),
            threshold=50,
            severity=Severity.P1,
            runbook="runaway",
            period_s=300,
            faults=("F31",),
        ),
        Alarm(
            "api-errors",
            "The API fails",
            Metric("AWS/ApiGateway", "5xx", "http api"),
            threshold=5,
            severity=Severity.P2,
            runbook="api-errors",
            period_s=300,
            faults=("F46",),
        ),
        Alarm(
            "api-refusals",
            "Somebody is refused at the API again and again",
            Metric("AWS/ApiGateway", "4xx", "http api"),
            threshold=20,
            comparison=">",
            severity=Severity.P2,
            runbook="api-refusals",
            period_s=300,
            faults=("F46",),
        ),
    ]


SERVERLESS_CACHE = (
    Alarm(
        "cache-throttled",
        "Valkey refuses commands",
        Metric("AWS/ElastiCache", "ThrottledCmds", "cache"),
        threshold=1,
        severity=Severity.P1,
        runbook="cache",
        faults=("F38",),
    ),
    Alarm(
        "cache-full",
        "Valkey has used 70 % of its memory",
        Metric("AWS/ElastiCache", "BytesUsedForCache", "cache", "Maximum"),
        threshold=0.7 * 1024**3,
        comparison=">",
        severity=Severity.P2,
        runbook="cache",
        period_s=300,
        faults=("F38",),
    ),
)
NODE_CACHE = (
    Alarm(
        "cache-evicts",
        "Valkey forgets what it was told",
        Metric("AWS/ElastiCache", "Evictions", "cache"),
        threshold=1,
        severity=Severity.P1,
        runbook="cache",
        faults=("F38",),
    ),
    Alarm(
        "cache-full",
        "Valkey has used 70 % of its memory",
        Metric("AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "cache", "Maximum"),
        threshold=70,
        comparison=">",
        severity=Severity.P2,
        runbook="cache",
        period_s=300,
        faults=("F38",),
    ),
)

# The market is closed while this is raised: it tells nobody, it keeps the silence quiet. When the
# calendar's own pulse stops, it is not raised, so that a broken pulse cannot hide anything.
MARKET_CLOSED = Alarm(
    "market-closed",
    "The market is closed",
    _ours("MarketOpen", "power", "Maximum"),
    threshold=1,
    comparison="<",
    severity=Severity.NONE,
    runbook="silent-in-session",
    period_s=300,
)
SILENT_IN_SESSION = "silent-in-session"

ALARMS = (
    *_of_queues(),
    *_of_functions(),
    *_of_silence(),
    *_of_trading(),
    *_of_database(),
    *_of_the_rest(),
)


def alarms(*, serverless_cache: bool) -> tuple[Alarm, ...]:
    """All alarms of a deployment with that kind of cache."""
    return (*ALARMS, *(SERVERLESS_CACHE if serverless_cache else NODE_CACHE))
