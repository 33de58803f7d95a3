"""What the broker says is lost, late or wrong: F07-F11, F19, F22-F24 and F41."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from quantterminal.ports.watermarks import StreamState
from tests.simulation.composition import SEND
from tests.simulation.directed import (
    draw,
    effect,
    halts,
    happens,
    journal,
    posts,
    stage,
    statuses,
    told,
)
from tests.simulation.faults import Fault
from tests.simulation.models.stream import GARBAGE
from tests.simulation.world import World

FILL = 2  # an order's frames are pending_new, new, fill


def fills(world: World) -> list[Any]:
    return list(world.stores.tables.fills.values())


def test_f07_a_fill_that_the_stream_lost_is_found_by_rest_and_counted_once() -> None:
    absence = [happens("reconcile", Fault.KNOCK_LATE, nth=3), draw("late knock reconcile", 30.0)]
    world = stage(happens("AAPL", Fault.FRAME_DROPPED, nth=FILL), *absence)
    outcome = told(world)
    missed = world.broker.fills[0]
    row = next(r for r in fills(world) if r.broker_order_id == missed.order_id)
    noted = next(r for r in journal(world, "fill") if r.ref == row.execution.execution_id)

    assert row.source == "rest"
    assert noted.at - missed.at <= timedelta(seconds=70)
    assert outcome.counts["MissedFillFoundByRest"] == 1


def test_f08_no_order_leaves_between_a_cut_and_the_end_of_its_recovery() -> None:
    world = stage(
        happens("AAPL", Fault.STREAM_CUT, nth=1),
        effect("stream", "broker GET /v2/orders", Fault.READ_FAILED, nth=1),
    )
    sent, recovered = world.oracle.order_leaves, []

    def leaves(request: dict[str, str]) -> None:
        container = world.container
        assert container is not None
        recovered.append(container.gate)
        sent(request)

    world.composition.wire.sent = leaves
    told(world)

    assert len(recovered) == 5
    assert set(recovered) == {StreamState.LIVE}
    assert world.stream.connection > 1


@pytest.mark.parametrize(
    "fault",
    [
        happens("AAPL", Fault.FRAME_TWICE, nth=FILL),
        happens("AAPL", Fault.FRAME_DELAYED, nth=1),
        happens("broker", Fault.FILLED_FIRST),
    ],
    ids=["fill twice", "new after fill", "filled before the answer"],
)
def test_f09_frames_in_any_order_and_number_leave_the_same_books(fault: Any) -> None:
    world = stage(fault)
    told(world)

    assert len(fills(world)) == len(world.broker.fills)
    assert statuses(world, next(iter(posts(world))))[-1] == "filled"


@pytest.mark.parametrize("kind", range(len(GARBAGE)))
def test_f10_a_frame_that_nobody_understands_is_kept_told_and_survived(kind: int) -> None:
    world = stage(happens("AAPL", Fault.FRAME_GARBAGE, nth=1), draw("kind of frame", kind))
    outcome = told(world)
    kept = journal(world, "unreadable")

    assert world.stream.connection == 1
    assert len(kept) == 1
    assert len(str(kept[0].payload["raw"])) <= 4096
    assert outcome.counts["UnreadableFrame"] == outcome.counts["MessageQuarantined"] == 1


def test_f10_an_order_in_a_status_that_nobody_knows_is_read_again_over_rest() -> None:
    world = stage(happens("AAPL", Fault.STATUS_UNHEARD_OF, nth=FILL))
    outcome = told(world)

    assert outcome.counts["UnreadableFrame"] == 1
    assert fills(world)[0].source == "rest"


def test_f10_a_page_instead_of_json_is_asked_for_again() -> None:
    world = stage(effect("reconcile", "broker GET /v2/orders", Fault.READ_UNREADABLE, nth=4))
    told(world)

    assert halts(world) == {}


def test_f11_a_frame_waits_while_the_queue_does_not_take_it() -> None:
    lost = [
        effect("stream", "sqs.send order-updates.fifo", Fault.SEND_LOST, nth=nth, contract=SEND)
        for nth in range(2)
    ]
    absence = [happens("reconcile", Fault.KNOCK_LATE, nth=3), draw("late knock reconcile", 30.0)]
    world = stage(*lost, *absence)
    told(world)

    assert {row.source for row in fills(world)} == {"stream"}
    assert world.stream.connection == 1


def test_f19_a_split_is_booked_from_the_broker_s_row() -> None:
    world = stage(bars=12)
    world.loop.after(290.0, lambda: world.broker.act("SPLIT", "AAPL", shares=13))
    world.chaos.note(Fault.SPLIT, "broker")
    outcome = told(world)

    assert [str(each.kind) for each in world.stores.tables.activities.values()] == ["split"]
    assert outcome.counts["ActivityBooked"] == 1
    assert halts(world).keys().isdisjoint({"account", "symbol:AAPL"})


def test_f19_a_dividend_moves_cash_alone() -> None:
    world = stage()
    world.loop.after(250.0, lambda: world.broker.act("DIV", "AAPL", cash="3.30"))
    told(world)

    assert [each.cash for each in world.stores.tables.activities.values()] == [Decimal("3.30")]
    assert halts(world) == {}


def test_f19_what_nobody_understands_is_not_booked_and_stops_the_account() -> None:
    world = stage(bars=15)
    world.loop.after(250.0, lambda: world.broker.act("REORG", "AAPL", cash="300.00"))
    outcome = told(world)

    assert world.stores.tables.activities == {}
    assert outcome.counts["UnknownActivity"] >= 1
    assert halts(world)["account"] == ("REDUCE_ONLY", "RECONCILE")


@pytest.mark.parametrize("path", ["/v2/positions", "/v2/account"])
def test_f22_one_empty_snapshot_stops_new_orders_and_sells_nothing(path: str) -> None:
    empty = [
        effect("reconcile", f"broker GET {path}", Fault.SNAPSHOT_EMPTY, nth=nth) for nth in (5, 6)
    ]
    world = stage(*empty, bars=15)
    told(world)

    assert halts(world)["account"] == ("REDUCE_ONLY", "SNAPSHOT_IMPLAUSIBLE")
    assert {str(i.origin) for i in world.stores.tables.intents.values()} == {"strategy"}


def test_f23_every_page_of_the_orders_is_read() -> None:
    world = stage(happens("broker", Fault.LONG_BOOKS), bars=4)
    told(world)
    read = [name for name in world.stores.tables.orders if name.startswith("by-hand-of-old")]

    assert len(read) == 520


def test_f23_every_page_of_the_fills_is_read() -> None:
    world = stage(bars=4)
    books = world.broker.books
    world.schedule.troubles.fill_books()
    for order in list(books.orders.values())[:250]:
        books.execute(order, 1, Decimal("1.50"), order.submitted_at)
        order.status = "filled"
    told(world)

    assert len([row for row in fills(world) if row.strategy == "external"]) == 250


def test_f24_rotated_keys_are_read_again_once_and_trading_goes_on() -> None:
    world = stage(bars=15)

    def rotate() -> None:
        world.broker.keys = world.broker.vault = ("key-2", "secret-2")

    world.loop.after(210.0, rotate)
    world.loop.after(300.0, world.stream.cut)
    told(world)

    assert "account" not in halts(world)
    assert len(posts(world)) > 5


def test_f24_revoked_keys_halt_the_account_without_a_storm() -> None:
    world = stage(bars=10)
    world.loop.after(210.0, lambda: setattr(world.broker, "keys", ("key-2", "secret-2")))
    told(world)

    assert halts(world)["account"] == ("HALTED", "BROKER_REFUSED_US")
    assert len(posts(world)) == 1


@pytest.mark.parametrize(
    ("ahead", "stopped"),
    [(5, {}), (-5, {}), (15, ("REDUCE_ONLY", "CLOCK_SKEW")), (-15, ("REDUCE_ONLY", "CLOCK_SKEW"))],
)
def test_f41_a_broker_whose_clock_is_far_from_ours_stops_the_account(
    ahead: int, stopped: Any
) -> None:
    world = stage()
    world.broker.ahead = timedelta(seconds=ahead)
    told(world)

    assert halts(world).get("account", {}) == stopped
    assert world.telemetry.largest["ClockSkew"] == pytest.approx(abs(ahead), abs=0.2)
