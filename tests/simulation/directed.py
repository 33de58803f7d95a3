"""Short sessions with a fault exactly where a test wants it; everything else goes well.

All draws are benign but those that are named: a fault of one effect by the role of its actor and
the effect's name, a fault of the surroundings by its label, any other draw by its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from tests.simulation.chaos import Contract
from tests.simulation.faults import Fault
from tests.simulation.models.broker import BrokerOrder
from tests.simulation.models.transport import BOOKS_FAULTS, CANCEL_FAULTS, POST_FAULTS, READ_FAULTS
from tests.simulation.swarm import Swarm, calm
from tests.simulation.tape import Tape
from tests.simulation.world import Outcome, World

SEED = 5
ORDER = "broker POST /v2/orders"
_DRAWN = 1e-9  # often enough to be a draw, and too rare to happen by itself


@dataclass(frozen=True, slots=True)
class Planned:
    """One draw of the script, and the fault that makes it a draw at all."""

    label: str
    nth: int
    value: float
    fault: Fault | None = None


def effect(
    role: str, name: str, fault: Fault, *, nth: int = 0, contract: Contract | None = None
) -> Planned:
    """The `nth` time that `role` has that effect, it goes wrong so."""
    faults = _broker_faults(name) if contract is None else contract.faults
    return Planned(f"{role} {name}", nth, list(faults).index(fault) + 1, fault)


def happens(label: str, fault: Fault, *, nth: int = 0) -> Planned:
    """At the `nth` opportunity under that label."""
    return Planned(f"{label}: {fault}", nth, 1, fault)


def draw(label: str, value: float, *, nth: int = 0) -> Planned:
    """Any other choice."""
    return Planned(label, nth, value)


def stage(
    *planned: Planned,
    bars: int = 8,
    at_the_end: bool = False,
    swarm: Swarm | None = None,
    **sizes: int,
) -> World:
    """A world in which that happens. `World.run` tells it; until then more may be put on its loop.

    Faults of one effect that are planned together need no order: each has its own `nth`.
    """
    sized = swarm or calm(SEED, bars=bars, **{"symbols": 1, **sizes})
    if at_the_end:
        minutes = int((sized.closes - sized.opens) / timedelta(minutes=1))
        sized = replace(sized, first_bar=minutes - sized.bars)
    rates = {each.fault: _DRAWN for each in planned if each.fault is not None}
    script = {(each.label, each.nth): each.value for each in planned}
    return World(replace(sized, rates=rates), Tape(sized.seed, script))


def told(world: World) -> Outcome:
    """The session to its end, in which every invariant must hold and every plan must be met."""
    outcome = world.run()
    assert [str(each) for each in outcome.violations] == []
    unmet = set(world.swarm.rates) - {each.fault for each in outcome.chaos.injected}
    assert unmet == set(), f"Expected to happen, did not: {sorted(unmet)}"
    return outcome


def posts(world: World) -> dict[str, int]:
    """How often each order left, by its client order id, in the order of the first time."""
    return world.oracle.posts


def ours(world: World) -> list[BrokerOrder]:
    """The broker's orders that we sent."""
    return [order for order in world.broker.orders.values() if not order.is_foreign]


def statuses(world: World, client_order_id: str) -> list[str]:
    """Every status that the journal tells of an order, without repetitions."""
    rows = (each.entry for each in world.stores.tables.journal[world.trading.account])
    said = [str(r.payload["status"]) for r in rows if (r.kind, r.ref) == ("order", client_order_id)]
    return [status for before, status in zip(["", *said], said, strict=False) if status != before]


def journal(world: World, kind: str) -> list[Any]:
    """The rows of one kind."""
    rows = world.stores.tables.journal[world.trading.account]
    return [each.entry for each in rows if each.entry.kind == kind]


def halts(world: World) -> dict[str, tuple[str, str]]:
    """Scopes that are not ACTIVE now: level and code."""
    found = world.stores.tables.halts.values()
    return {h.scope: (h.level.name, str(h.code)) for h in found if h.level.name != "ACTIVE"}


def denials(world: World) -> list[str]:
    """The codes of what was denied, in risk and at the last hop."""
    tables = world.stores.tables
    by_risk = [str(i.denial_code) for i in tables.intents.values() if i.denial_code is not None]
    late = [o.reason.partition(":")[0] for o in tables.orders.values() if o.status == "denied"]
    return [*by_risk, *(code for code in late if code)]


def each_left_once(world: World, *, but: Iterable[str] = ()) -> bool:
    """Every order was sent a single time, apart from those named."""
    return all(count == 1 for name, count in posts(world).items() if name not in set(but))


def _broker_faults(name: str) -> Sequence[Fault]:
    if name.startswith("broker POST"):
        return POST_FAULTS
    if name.startswith("broker DELETE"):
        return CANCEL_FAULTS
    if name in ("broker GET /v2/positions", "broker GET /v2/account"):
        return BOOKS_FAULTS
    assert name.startswith("broker GET"), f"Expected a contract for {name}"
    return READ_FAULTS
