"""How much a month uses: every assumption behind the estimate, in one table.

What the topology decides is counted from it (minutes of bars, messages of an order, knocks of a
schedule); what only the future knows is assumed, on the high side, and says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from enum import StrEnum

from local.errors import UsageError
from quantterminal import topology
from quantterminal.domain.configuration import ExecutionConfig

HOURS = Decimal(730)  # of an average month, as AWS counts
MINUTES = HOURS * 60
SESSIONS = Decimal(21)  # 252 a year
WEEKDAYS = Decimal(365) * 5 / 7 / 12
SESSION_MINUTES = SESSIONS * 390
SHARD_SYMBOLS = 500  # of one `bars` message
POLLERS = 5  # that Lambda keeps on a queue, each waiting 20 s for a message


class Profile(StrEnum):
    """When container and database run; the deployment's `session_profile`."""

    MARKET_HOURS = "market_hours"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Assumption:
    """One line of the table: `value` of `unit` a month unless the unit says otherwise."""

    name: str
    value: Decimal
    unit: str
    why: str


@dataclass(frozen=True, slots=True)
class Calls:
    """Of one function in a month; `mean_ms` as billed, cold starts included."""

    function: str
    count: Decimal
    mean_ms: int


@dataclass(frozen=True, slots=True)
class Usage:
    """A month of one deployment in one profile."""

    profile: Profile
    symbols: int
    strategies: int
    assumptions: Mapping[str, Assumption]
    calls: Mapping[str, Calls]

    def __getitem__(self, name: str) -> Decimal:
        return self.assumptions[name].value


def read_profile(text: str) -> Profile | None:
    """The profile of that name, None for no text. Raises UsageError for any other name."""
    if not text:
        return None
    try:
        return Profile(text)
    except ValueError as problem:
        names = " or ".join(Profile)
        raise UsageError(f"Expected --profile {names}, was {text!r}") from problem


def make_usage(profile: Profile, *, symbols: int, strategies: int) -> Usage:
    """The month of `symbols` traded by `strategies`, with the calls of every function."""
    table = {each.name: each for each in _assumptions(profile, symbols, strategies)}
    values = {name: each.value for name, each in table.items()}
    calls = {each.function: each for each in _calls(values)}
    return Usage(profile, symbols, strategies, {**table, **_after(values, calls)}, calls)


def awake_hours(up: str, down: str) -> Decimal:
    """A month's hours between two of the cloud's knocks, the later one of each."""
    knocks = {each.name: max(each.at) for each in topology.CLOUD_SCHEDULES if each.at}
    return SESSIONS * (_hour(knocks[down]) - _hour(knocks[up]))


def _hour(at: time) -> Decimal:
    return Decimal(at.hour) + Decimal(at.minute) / 60


def _assumptions(profile: Profile, symbols: int, strategies: int) -> Iterator[Assumption]:
    sleeps = profile is Profile.MARKET_HOURS
    container = awake_hours("container-up", "container-down") if sleeps else HOURS
    database = awake_hours("database-up", "database-down") if sleeps else HOURS
    yield Assumption("container hours", container, "h", "schedules container-up and -down")
    yield Assumption("database hours", database, "h", "schedules database-up and -down")
    shards = Decimal(-(-symbols // SHARD_SYMBOLS))
    yield Assumption(
        "bars messages", SESSION_MINUTES * shards, "messages", "one a minute and shard"
    )
    orders = SESSIONS * symbols * strategies * 4
    yield Assumption(
        "orders", orders, "orders", "assumed: two round trips a day, symbol and strategy"
    )
    sweeps = container * 3600 / Decimal(10)
    yield Assumption("sweeps", sweeps, "messages", "every 10 s while the container is up")
    attempts = Decimal(1 + ExecutionConfig().max_reprices)
    yield Assumption(
        "submits", orders * attempts, "orders", "each priced again until it gives up: the most"
    )
    yield Assumption(
        "order updates", orders * attempts * 4, "updates", "new, two fills, done, each submit"
    )
    reconciles = WEEKDAYS * 8 * 60 if sleeps else MINUTES
    yield Assumption(
        "reconciles", reconciles, "calls", "each minute, on weekdays 9-17 where it sleeps"
    )
    yield Assumption(
        "dashboard minutes", SESSION_MINUTES, "minutes", "assumed: one page open all session"
    )
    yield Assumption("page calls", SESSIONS * 1200, "requests", "three a minute to each open page")
    yield Assumption(
        "feed traffic", Decimal(symbols) / 2, "GB", "assumed: 0.5 GB of quotes and bars a symbol"
    )
    yield Assumption("bucket", Decimal(2), "GB", "assumed, each: reports, logs, page")
    yield Assumption("bucket writes", SESSIONS * 100, "requests", "assumed, each: 100 a day")
    yield Assumption("images", Decimal("0.6"), "GB", "assumed: three images of 200 MB are kept")
    yield Assumption("working state", Decimal("0.1"), "GB", "the smallest that is billed")
    yield Assumption("users", Decimal(3), "users", "assumed")
    yield Assumption("refused packets", Decimal("0.2"), "GB", "assumed: flow log of the refusals")
    yield Assumption(
        "insight metrics",
        Decimal(30) * container / HOURS,
        "metric-months",
        "Container Insights, where it is switched on, while the container is up",
    )


def _calls(used: Mapping[str, Decimal]) -> Iterator[Calls]:
    """Milliseconds are assumed well above what the functions take on one machine."""
    yield Calls("strategy", used["bars messages"], 400)
    yield Calls("risk", used["submits"], 100)
    yield Calls("execution", used["submits"] + used["sweeps"], 200)
    yield Calls("order_updates", used["order updates"], 100)
    yield Calls("reconcile", used["reconciles"], 600)
    yield Calls("session", SESSIONS * 3, 1000)
    yield Calls("reports", WEEKDAYS * 2, 20_000)
    yield Calls("trade_log", WEEKDAYS * 2, 5000)
    yield Calls("notify", SESSIONS * 10, 500)
    yield Calls("api", used["page calls"], 300)
    yield Calls("live", used["dashboard minutes"], 300)
    yield Calls("authorize", SESSIONS * 20, 300)
    yield Calls("backfill", WEEKDAYS, 60_000)
    yield Calls("maintenance", WEEKDAYS, 20_000)
    yield Calls("migrate", Decimal(10), 10_000)
    watches = sum(
        (MINUTES / each.every_minutes for each in topology.CLOUD_SCHEDULES if each.every_minutes),
        start=Decimal(0),
    )
    switches = WEEKDAYS * sum(
        len(each.at) for each in topology.CLOUD_SCHEDULES if each.function == "power"
    )
    yield Calls("power", watches + switches, 500)


def _after(used: Mapping[str, Decimal], calls: Mapping[str, Calls]) -> dict[str, Assumption]:
    """What follows from the calls: messages, requests, logs and metrics."""
    messages = used["bars messages"] + used["submits"] * 2 + used["sweeps"] + used["order updates"]
    total = sum((each.count for each in calls.values()), start=Decimal(0))
    found = (
        Assumption("messages", messages, "messages", "through all queues"),
        Assumption("queue requests", messages * 3, "requests", "send, receive, delete"),
        Assumption(
            "polls of a queue",
            MINUTES * 3 * POLLERS,
            "requests",
            f"{POLLERS} pollers that wait 20 s each, day and night",
        ),
        Assumption(
            "looks at the queues",
            used["dashboard minutes"] * 2 * len(topology.QUEUES),
            "requests",
            "two a minute and queue while a page is open",
        ),
        Assumption("bus events", used["submits"] * 5, "events", "assumed: five an order"),
        Assumption(
            "cache requests", messages * 40, "ECPU", "assumed: 40 of at most 1 KB a message"
        ),
        Assumption("logs", total * 3000 / 10**9, "GB", "assumed: 3 KB a call"),
        Assumption(
            "metrics",
            (HOURS + 4 * used["container hours"] + 14 * SESSION_MINUTES / 60 + 30 * SESSIONS)
            / HOURS,
            "metric-months",
            "assumed: 1 all day, 4 signs of life, 14 in sessions, 30 in one hour of the day",
        ),
        Assumption(
            "socket messages",
            used["dashboard minutes"] * 60,
            "messages",
            "one a second to each open page",
        ),
    )
    return {each.name: each for each in found}
