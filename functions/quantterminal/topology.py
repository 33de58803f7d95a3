"""The system as data: queues, functions, triggers and schedules.

The CDK app builds it and the one-machine run pumps it, so that the two cannot drift apart.
Times are New York's; a schedule only knocks, the handler asks the calendar whether to act.
"""

from dataclasses import dataclass
from datetime import time

MAX_RECEIVES = 8
VISIBILITY_PER_TIMEOUT = 6  # AWS: visibility time-out at least 6 x the function's time-out


@dataclass(frozen=True, slots=True)
class Function:
    """One Lambda: `handlers.<module>.handler`. Memory in MB, time-out in seconds."""

    name: str
    timeout_s: int
    memory_mb: int = 512
    reads_broker_secret: bool = False
    on_latency_path: bool = False

    @property
    def handler(self) -> str:
        return f"handlers.{self.name}.handler"


@dataclass(frozen=True, slots=True)
class Queue:
    """A FIFO queue with a dead-letter queue, and the one function that consumes it.

    `batch_size` is 1 where a poison message must not take its neighbours along.
    """

    name: str
    consumer: str
    batch_size: int
    max_concurrency: int

    @property
    def fifo_name(self) -> str:
        return f"{self.name}.fifo"

    @property
    def dead_letter_name(self) -> str:
        return f"{self.name}-dlq.fifo"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a function is knocked: at `at` (New York, Monday to Friday), or every minute."""

    name: str
    function: str
    payload: dict[str, str]
    at: tuple[time, ...] = ()
    every_minute: bool = False


@dataclass(frozen=True, slots=True)
class BusRule:
    """Business events (names of `domain.events.EventName`) that a function receives."""

    name: str
    function: str
    events: tuple[str, ...]


BARS, SIGNALS, ORDERS, ORDER_UPDATES = "bars", "signals", "orders", "order-updates"

FUNCTIONS = (
    Function("strategy", timeout_s=10, memory_mb=1024, on_latency_path=True),
    Function("risk", timeout_s=5, on_latency_path=True),
    Function("execution", timeout_s=15, reads_broker_secret=True, on_latency_path=True),
    Function("order_updates", timeout_s=5, on_latency_path=True),
    Function("reconcile", timeout_s=30, reads_broker_secret=True),
    Function("session", timeout_s=30),
    Function("reports", timeout_s=60),
    Function("trade_log", timeout_s=60),
    Function("notify", timeout_s=10, memory_mb=256),
    Function("api", timeout_s=10),
    Function("live", timeout_s=10),
)

# In the order of the pipeline: a local run that must be deterministic drains them in this order.
QUEUES = (
    Queue(BARS, consumer="strategy", batch_size=1, max_concurrency=2),
    Queue(SIGNALS, consumer="risk", batch_size=10, max_concurrency=4),
    Queue(ORDERS, consumer="execution", batch_size=1, max_concurrency=4),
    Queue(ORDER_UPDATES, consumer="order_updates", batch_size=1, max_concurrency=4),
)

SCHEDULES = (
    Schedule("session-open", "session", {"action": "open"}, at=(time(9, 30),)),
    Schedule("session-close", "session", {"action": "close"}, at=(time(13, 0), time(16, 0))),
    Schedule("reconcile", "reconcile", {}, every_minute=True),
    Schedule("reports", "reports", {}, at=(time(13, 10), time(16, 10))),
    Schedule("trade-log", "trade_log", {}, at=(time(13, 15), time(16, 15))),
)

BUS_RULES = (
    BusRule(
        "notify",
        "notify",
        (
            "HaltRaised",
            "HaltLifted",
            "ReconcileFailed",
            "ExternalOrder",
            "MessageQuarantined",
            "OrderRejected",
            "ReportReady",
        ),
    ),
)


def function(name: str) -> Function:
    """The function of that name; KeyError when there is none."""
    return {each.name: each for each in FUNCTIONS}[name]


def queue(name: str) -> Queue:
    """The queue of that name; KeyError when there is none."""
    return {each.name: each for each in QUEUES}[name]


def visibility_timeout_s(each: Queue) -> int:
    return function(each.consumer).timeout_s * VISIBILITY_PER_TIMEOUT
