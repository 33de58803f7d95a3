"""The system as data: queues, functions, the container, triggers and schedules.

The CDK app builds it and the one-machine run pumps it, so that the two cannot drift apart. Only
`CLOUD_SCHEDULES` are the cloud's alone.
Times are New York's; a schedule only knocks, the handler asks the calendar whether to act.
"""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum

MAX_RECEIVES = 12
VISIBILITY_PER_TIMEOUT = 6  # AWS: visibility time-out at least 6 x the function's time-out


class Need(StrEnum):
    """What a function touches beyond its own log and its own queue: its variables, its rights and
    its place in the network follow from this.
    """

    DATABASE = "database"
    CACHE = "cache"
    BROKER = "broker"
    FEED = "feed"
    EVENT_BUS = "event bus"
    ALERTS = "alerts"
    READS_ARCHIVE = "reads archive"
    WRITES_ARCHIVE = "writes archive"
    OPERATORS = "operators"
    LIVE_SOCKET = "live socket"
    POWER = "power"


# The variables of `settings` that come with each need.
NEED_VARIABLES: dict[Need, tuple[str, ...]] = {
    Need.DATABASE: ("QT_DATABASE_SECRET_ID",),
    Need.CACHE: ("QT_REDIS_URL", "QT_REDIS_SECRET_ID"),
    Need.BROKER: ("QT_BROKER_SECRET_ID", "QT_BROKER_URL"),
    Need.FEED: ("QT_FEED_SECRET_ID", "QT_FEED_REST_URL"),
    Need.EVENT_BUS: ("QT_EVENT_BUS",),
    Need.ALERTS: ("QT_ALERT_TOPIC_ARN",),
    Need.READS_ARCHIVE: ("QT_BUCKET",),
    Need.WRITES_ARCHIVE: ("QT_BUCKET",),
    Need.OPERATORS: ("QT_OPERATOR_GROUP",),
    Need.LIVE_SOCKET: ("QT_SOCKET_URL",),
    Need.POWER: ("QT_CONTAINER_SERVICE", "QT_DATABASE_INSTANCE"),
}


@dataclass(frozen=True, slots=True)
class Function:
    """One Lambda: `handlers.<module>.handler`. Memory in MB, time-out in seconds.

    `sends_to` are the queues it writes, `archive_folder` is the part of the bucket it may touch,
    `told` are variables that come with no need.
    """

    name: str
    timeout_s: int
    memory_mb: int = 512
    needs: tuple[Need, ...] = ()
    sends_to: tuple[str, ...] = ()
    archive_folder: str = ""
    told: tuple[str, ...] = ()
    on_latency_path: bool = False

    @property
    def handler(self) -> str:
        return f"handlers.{self.name}.handler"

    @property
    def reads_broker_secret(self) -> bool:
        return Need.BROKER in self.needs

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of `settings` that it is given besides the two that all are given."""
        own = [name for need in self.needs for name in NEED_VARIABLES[need]]
        queues = ["QT_QUEUE_URLS"] if self.sends_to else []
        return tuple(dict.fromkeys([*own, *queues, *self.told]))

    @property
    def is_in_network(self) -> bool:
        """Whether it has to live where PostgreSQL and Valkey are."""
        return Need.DATABASE in self.needs or Need.CACHE in self.needs


@dataclass(frozen=True, slots=True)
class Container:
    """The one long-running task. `cpu` in 1/1024 of a core, memory in MB; never two at a time."""

    name: str
    cpu: int
    memory_mb: int
    health_port: int
    needs: tuple[Need, ...]
    sends_to: tuple[str, ...]
    told: tuple[str, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """As a function's."""
        own = [name for need in self.needs for name in NEED_VARIABLES[need]]
        return tuple(dict.fromkeys([*own, "QT_QUEUE_URLS", *self.told]))


@dataclass(frozen=True, slots=True)
class Queue:
    """A FIFO queue with a dead-letter queue, and the one function that consumes it.

    `batch_size` is 1 for all of them: neither a poison message nor a slow one may take its
    neighbours along, for a batch that runs out of time counts as a receive of each of its messages.
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
class CloudSchedule:
    """A knock that only the cloud needs: it looks after what a run on one machine starts itself.

    `every_minutes` runs round the clock. `only_where_it_sleeps` is for a deployment whose container
    and database are off outside the session.
    """

    name: str
    function: str
    payload: dict[str, str]
    at: tuple[time, ...] = ()
    every_minutes: int = 0
    only_where_it_sleeps: bool = False


@dataclass(frozen=True, slots=True)
class BusRule:
    """Business events (names of `domain.events.EventName`) that a function receives."""

    name: str
    function: str
    events: tuple[str, ...]


BARS, SIGNALS, ORDERS, ORDER_UPDATES = "bars", "signals", "orders", "order-updates"

_BOOKS = (Need.DATABASE, Need.CACHE, Need.EVENT_BUS)

FUNCTIONS = (
    Function(
        "strategy",
        timeout_s=10,
        memory_mb=1024,
        needs=_BOOKS,
        sends_to=(SIGNALS,),
        on_latency_path=True,
    ),
    Function("risk", timeout_s=5, needs=_BOOKS, sends_to=(ORDERS,), on_latency_path=True),
    Function(
        "execution",
        timeout_s=15,
        needs=(*_BOOKS, Need.BROKER),
        sends_to=(SIGNALS,),
        on_latency_path=True,
    ),
    Function("order_updates", timeout_s=5, needs=_BOOKS, sends_to=(SIGNALS,), on_latency_path=True),
    Function("reconcile", timeout_s=30, needs=(*_BOOKS, Need.BROKER), sends_to=(SIGNALS,)),
    Function("session", timeout_s=30, needs=_BOOKS, sends_to=(ORDERS,)),
    Function(
        "reports",
        timeout_s=60,
        needs=(Need.DATABASE, Need.EVENT_BUS, Need.WRITES_ARCHIVE),
        archive_folder="reports",
    ),
    Function(
        "trade_log",
        timeout_s=60,
        needs=(Need.DATABASE, Need.READS_ARCHIVE, Need.WRITES_ARCHIVE),
        archive_folder="trade-log",
    ),
    Function("notify", timeout_s=10, memory_mb=256, needs=(Need.ALERTS,)),
    Function(
        "api",
        timeout_s=10,
        needs=(*_BOOKS, Need.READS_ARCHIVE, Need.OPERATORS),
        sends_to=(SIGNALS, ORDERS),
        archive_folder="reports",
    ),
    Function("live", timeout_s=5, memory_mb=256, needs=(Need.CACHE,)),
    Function("authorize", timeout_s=5, memory_mb=256, needs=(Need.CACHE,)),
    Function("backfill", timeout_s=300, needs=(Need.DATABASE, Need.EVENT_BUS, Need.FEED)),
    Function(
        "maintenance",
        timeout_s=300,
        memory_mb=256,
        needs=(Need.DATABASE,),
        told=("QT_RETENTION_DAYS",),
    ),
    Function(
        "migrate",
        timeout_s=120,
        memory_mb=256,
        needs=(Need.DATABASE,),
        told=("QT_STARTING_CASH",),
    ),
    Function("power", timeout_s=30, memory_mb=256, needs=(Need.POWER,)),
)

INGEST = Container(
    "ingest",
    cpu=256,
    memory_mb=512,
    health_port=8080,
    needs=(*_BOOKS, Need.BROKER, Need.FEED, Need.LIVE_SOCKET),
    sends_to=(BARS, SIGNALS, ORDERS, ORDER_UPDATES),
    told=("QT_BROKER_STREAM_URL", "QT_FEED_URL"),
)

# In the order of the pipeline: a local run that must be deterministic drains them in this order.
QUEUES = (
    Queue(BARS, consumer="strategy", batch_size=1, max_concurrency=2),
    Queue(SIGNALS, consumer="risk", batch_size=1, max_concurrency=4),
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

CLOUD_SCHEDULES = (
    CloudSchedule("market-watch", "power", {"action": "watch"}, every_minutes=5),
    CloudSchedule(
        "database-up",
        "power",
        {"action": "database-up"},
        at=(time(8, 30),),
        only_where_it_sleeps=True,
    ),
    CloudSchedule("container-up", "power", {"action": "container-up"}, at=(time(9, 10),)),
    CloudSchedule(
        "container-down",
        "power",
        {"action": "container-down"},
        at=(time(13, 30), time(16, 30)),
        only_where_it_sleeps=True,
    ),
    CloudSchedule("backfill", "backfill", {}, at=(time(16, 40),)),
    CloudSchedule("maintenance", "maintenance", {}, at=(time(17, 10),)),
    CloudSchedule(
        "database-down",
        "power",
        {"action": "database-down"},
        at=(time(18, 0),),
        only_where_it_sleeps=True,
    ),
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
            "ActivityBooked",
            "InvariantBroken",
            "MessageQuarantined",
            "MessageGivenUp",
            "OrderRejected",
            "ReportReady",
        ),
    ),
    # what the broker told and nobody understood is read again from its books
    BusRule("reconcile-now", "reconcile", ("MessageQuarantined",)),
)


def function(name: str) -> Function:
    """The function of that name; KeyError when there is none."""
    return {each.name: each for each in FUNCTIONS}[name]


def queue(name: str) -> Queue:
    """The queue of that name; KeyError when there is none."""
    return {each.name: each for each in QUEUES}[name]


def visibility_timeout_s(each: Queue) -> int:
    return function(each.consumer).timeout_s * VISIBILITY_PER_TIMEOUT
