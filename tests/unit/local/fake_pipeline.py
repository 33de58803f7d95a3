"""A market, a container, a pump and a ledger in a few lines, with what can go wrong with them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from local.books import OrderState
from local.json_http import RemoteError
from local.pipeline import ContainerHealth, Drained, Step

START = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)


class FakePipeline:
    """Plays the given kinds of steps, one second apart. `orders` is the broker's truth, `known`
    the ledger's; a drain makes them equal unless `loses_updates`, a reconciliation always does.
    The next `outages` looks and `refusals` invocations fail. For `catching_up` looks after the last
    step the container is not connected yet.
    """

    def __init__(self, *kinds: str) -> None:
        self.kinds = list(kinds)
        self.now = START
        self.sent = 0
        self.events = 0
        self.orders: dict[str, str] = {}
        self.known: dict[str, str] = {}
        self.loses_updates = False
        self.outages = 0
        self.catching_up = 0
        self.refusals = 0
        self.left: dict[str, int] = {}
        self.failures: list[int] = []
        self.log: list[str] = []
        self.handles = 0
        self.ended_after: int | None = None

    def step(self) -> Step:
        if not self.kinds:
            return Step(self.now, "end", 0, 0)
        self.now += timedelta(seconds=1)
        self.sent += 2
        kind = self.kinds.pop(0)
        self.log.append(kind)
        return Step(self.now, kind, 2, 0)

    def place(self, name: str) -> None:
        self.orders[name] = "new"
        self.events += 1

    def fill(self, name: str) -> None:
        self.orders[name] = "filled"
        self.events += 1

    def market_state(self) -> dict[str, Any]:
        if self.ended_after is not None:
            self.ended_after -= 1
        return {
            "now": self.now.isoformat(),
            "ended": self.ended_after is not None and self.ended_after <= 0,
            "broker": {
                "events": self.events,
                "orders": [[name, status, "0"] for name, status in self.orders.items()],
            },
        }

    def start_clock(self) -> None:
        self.log.append("start")

    def container(self) -> ContainerHealth:
        self._be_up()
        if not self.kinds and self.catching_up:
            self.catching_up -= 1
            return ContainerHealth(self.now, is_live=False, **self._counts())
        return ContainerHealth(self.now, is_live=True, **self._counts())

    def drain(self, *, queues: Sequence[str] | None = None, schedules: bool = True) -> Drained:
        self._be_up()
        self.log.append("knock" if queues == () else "drain")
        if not self.loses_updates:
            self.known = dict(self.orders)
        failures = self.failures.pop(0) if self.failures else 0
        handled, self.handles = self.handles, 0
        return Drained(handled, failures, ("reconcile",) if schedules else ())

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        if self.refusals:
            self.refusals -= 1
            raise RemoteError("it fails")
        self.log.append(function)
        if function == "reconcile":
            self.known = dict(self.orders)
        return event

    def depths(self) -> dict[str, int]:
        self.log.append("depths")
        found, self.left = self.left, {}
        return found

    def fired(self) -> dict[str, datetime]:
        return {}

    def pump_is_up(self) -> bool:
        self._be_up()
        return True

    def ledger_orders(self) -> dict[str, OrderState]:
        return {name: OrderState(status, Decimal(0)) for name, status in self.known.items()}

    def _counts(self) -> dict[str, int]:
        return {"events_seen": self.sent, "updates_seen": self.events, "published": 0}

    def _be_up(self) -> None:
        if self.outages:
            self.outages -= 1
            raise RemoteError("it is being started again")
