"""The running processes as the conductor and the end of a run see them, over loopback HTTP."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.books import OrderState
from local.json_http import JsonClient, RemoteError


@dataclass(frozen=True, slots=True)
class Step:
    """What the market did: `kind` is price, minute, settle, idle or end.

    `sent` counts the feed's events that went out to subscribers, `updates` the broker's.
    """

    now: datetime
    kind: str
    sent: int
    updates: int


@dataclass(frozen=True, slots=True)
class ContainerHealth:
    """How far the container is. `clock_seen` is the market time up to which its duties are done;
    the counters begin at zero in each new process and never run ahead of queue and store.
    """

    clock_seen: datetime
    is_live: bool
    events_seen: int
    updates_seen: int
    published: int


@dataclass(frozen=True, slots=True)
class Drained:
    handled: int
    failures: int
    fired: tuple[str, ...]


class Pipeline:
    """Market, container, pump and ledger. Calls raise RemoteError while one of them is away."""

    def __init__(
        self,
        *,
        market: JsonClient,
        container: JsonClient,
        pump: JsonClient,
        ledger_orders: Callable[[], Mapping[str, OrderState]],
    ) -> None:
        self._market = market
        self._container = container
        self._pump = pump
        self.ledger_orders = ledger_orders

    def step(self) -> Step:
        found = self._market.post("/step")
        return Step(
            now=datetime.fromisoformat(found["now"]),
            kind=found["kind"],
            sent=found["sent"],
            updates=found["updates"],
        )

    def market_state(self) -> dict[str, Any]:
        state: dict[str, Any] = self._market.get("/state")
        return state

    def start_clock(self) -> None:
        """Let a real-time market go."""
        self._market.post("/resume")

    def container(self) -> ContainerHealth:
        found = self._container.get("/health")
        if "feed" not in found:
            raise RemoteError(f"GET /health: expected the container, was another process: {found}")
        states = (found["feed"], found["broker_stream"], found["gate"])
        return ContainerHealth(
            clock_seen=datetime.fromisoformat(found["clock_seen"]),
            is_live=states == ("live", "live", "LIVE") and not found["feed_is_recovering"],
            events_seen=found["feed_events_seen"],
            updates_seen=found["updates_seen"],
            published=found["messages_published"],
        )

    def drain(self, *, queues: Sequence[str] | None = None, schedules: bool = True) -> Drained:
        body = {"queues": None if queues is None else list(queues), "schedules": schedules}
        found = self._pump.post("/drain", body)
        return Drained(found["handled"], found["failures"], tuple(found["fired"]))

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        return self._pump.post("/invoke", {"function": function, "event": dict(event)})

    def fired(self) -> dict[str, datetime]:
        """The market time for which each schedule was last knocked."""
        found: dict[str, str] = self._pump.get("/fired")
        return {name: datetime.fromisoformat(at) for name, at in found.items()}

    def depths(self) -> dict[str, int]:
        """Messages that wait or are in flight, by queue; queues without any are left out."""
        found: dict[str, int] = self._pump.get("/depths")
        return {name: depth for name, depth in found.items() if depth}

    def pump_is_up(self) -> bool:
        return bool(self._pump.get("/health")["status"] == "ok")
