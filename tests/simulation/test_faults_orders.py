"""Sending an order goes wrong: F01-F06, F12-F18, F20 and F21, each where it hurts."""

from decimal import Decimal

import pytest

from tests.simulation.directed import (
    ORDER,
    denials,
    draw,
    each_left_once,
    effect,
    halts,
    happens,
    journal,
    ours,
    posts,
    stage,
    statuses,
    told,
)
from tests.simulation.faults import Fault
from tests.simulation.models.broker_refusals import ORDER_REFUSALS
from tests.simulation.world import World


def first_order(world: World) -> str:
    return next(iter(posts(world)))


def test_f01_an_order_whose_answer_is_a_time_out_is_found_and_not_sent_again() -> None:
    # neither the stream nor a pass of reconcile says anything, so that only asking for it can help
    silence = [happens("AAPL", Fault.FRAME_DROPPED, nth=nth) for nth in range(3)]
    absence = [happens("reconcile", Fault.KNOCK_LATE, nth=3), draw("late knock reconcile", 30.0)]
    world = stage(effect("execution", ORDER, Fault.POST_UNKNOWN), *silence, *absence)
    told(world)

    assert each_left_once(world)
    assert statuses(world, first_order(world))[:2] == ["submitting", "unknown"]
    assert statuses(world, first_order(world))[-1] == "filled"


def test_f01_an_answer_that_is_cut_off_proves_nothing() -> None:
    world = stage(effect("execution", ORDER, Fault.POST_UNREADABLE))
    told(world)

    assert each_left_once(world)
    assert statuses(world, first_order(world))[-1] == "filled"


def test_f02_an_order_that_never_arrived_is_sent_again_under_the_same_id() -> None:
    world = stage(effect("execution", ORDER, Fault.POST_LOST))
    told(world)
    name = first_order(world)
    sent = [row.at for row in journal(world, "order") if row.payload["note"] == "submit"][:2]

    assert posts(world)[name] == 2
    assert [order.client_order_id for order in ours(world)].count(name) == 1
    assert (sent[1] - sent[0]).total_seconds() >= world.trading.execution.unknown_resend_after_s


def test_f02_what_never_arrived_is_not_sent_again_while_halted() -> None:
    world = stage(effect("execution", ORDER, Fault.POST_LOST))
    world.loop.after(205.0, lambda: world.schedule.operate("halt"))
    told(world)
    name = first_order(world)

    assert posts(world) == {name: 1}
    assert statuses(world, name) == ["submitting", "unknown", "abandoned"]


@pytest.mark.parametrize(("arrives_after", "times"), [(8.0, 1), (50.0, 2)])
def test_f03_an_order_that_arrives_late_is_still_one_order(
    arrives_after: float, times: int
) -> None:
    world = stage(effect("execution", ORDER, Fault.POST_LATE), draw("late arrival", arrives_after))
    told(world)
    name = first_order(world)

    assert posts(world)[name] == times
    assert [order.client_order_id for order in ours(world)].count(name) == 1
    assert statuses(world, name)[-1] == "filled"


def test_f04_a_message_that_comes_again_after_the_order_was_accepted_sends_nothing() -> None:
    world = stage(happens("orders", Fault.DELIVERED_TWICE))
    told(world)

    assert each_left_once(world)


def test_f04_an_id_that_is_taken_is_adopted() -> None:
    world = stage(
        effect("execution", ORDER, Fault.POST_LATE),
        draw("late arrival", 34.0),
        happens("AAPL", Fault.FRAME_DROPPED),
    )
    told(world)
    name = first_order(world)

    assert [order.client_order_id for order in ours(world)].count(name) == 1
    assert world.stores.tables.orders[name].broker_order_id == world.broker.order_of(name).id


@pytest.mark.parametrize("number", range(len(ORDER_REFUSALS)))
def test_f05_a_refusal_ends_the_order_whatever_its_words(number: int) -> None:
    world = stage(effect("execution", ORDER, Fault.POST_REFUSED), draw("text of a refusal", number))
    outcome = told(world)
    name = first_order(world)

    assert posts(world)[name] == 1
    assert statuses(world, name) == ["submitting", "rejected"]
    is_unheard_of = "nobody has seen" in ORDER_REFUSALS[number].message
    assert outcome.counts.get("UnknownRejection", 0) == is_unheard_of


def test_f05_a_rejection_after_the_acceptance_is_final() -> None:
    world = stage(happens("broker", Fault.REJECTED_LATE))
    told(world)

    assert each_left_once(world)
    assert statuses(world, first_order(world))[-1] == "rejected"


def test_f06_an_order_over_the_limit_waits_for_its_reset_and_leaves_once_more() -> None:
    world = stage(effect("execution", ORDER, Fault.POST_LIMITED))
    told(world)
    name = first_order(world)

    assert posts(world)[name] == 2
    assert [order.client_order_id for order in ours(world)].count(name) == 1
    assert "unknown" not in statuses(world, name)


def test_f06_reads_over_the_limit_do_not_keep_orders_from_leaving() -> None:
    reads = [
        effect("reconcile", "broker GET /v2/orders", Fault.READ_LIMITED, nth=n) for n in (3, 5)
    ]
    world = stage(*reads)
    told(world)

    assert each_left_once(world)
    assert len(posts(world)) == 5


def test_f12_a_rest_that_is_canceled_keeps_what_was_filled() -> None:
    world = stage(
        happens("broker", Fault.PARTIALLY_FILLED), draw("the rest never fills", 1), bars=6
    )
    told(world)
    order = world.stores.tables.orders[first_order(world)]

    assert order.status == "canceled"
    assert 0 < order.filled_quantity < order.quantity


def test_f12_a_fill_that_overtakes_the_cancel_counts() -> None:
    world = stage(
        happens("broker", Fault.RESTS),
        draw("rests for good", 1),
        happens("broker", Fault.CANCEL_RACED),
    )
    told(world)

    assert statuses(world, first_order(world))[-2:] == ["pending_cancel", "filled"]


def test_f13_a_cancel_that_hangs_keeps_the_exposure_and_nothing_takes_its_place() -> None:
    seen: list[tuple[Decimal, str]] = []
    world = stage(
        happens("broker", Fault.RESTS),
        draw("rests for good", 1),
        happens("broker", Fault.STUCK_CANCEL),
        draw("broker cancel", 200.0),
        bars=10,
    )

    def look() -> None:
        order = next(iter(world.stores.tables.orders.values()))
        seen.append((order.exposure, str(order.status)))

    world.loop.after(380.0, look)
    told(world)
    first = world.broker.order_of(first_order(world))

    assert seen == [(Decimal(first.quantity), "pending_cancel")]
    signal = world.stores.tables.intents[
        world.stores.tables.orders[first_order(world)].intent_id
    ].signal_id
    again = [
        world.broker.order_of(o.client_order_id).submitted_at
        for o in world.stores.tables.orders.values()
        if o.client_order_id in posts(world)
        and o.client_order_id != first.client_order_id
        and world.stores.tables.intents[o.intent_id].signal_id == signal
    ]
    assert first.ended_at is not None
    assert all(at >= first.ended_at for at in again)


@pytest.mark.parametrize("where", [0, 1], ids=["pending_new", "accepted"])
def test_f14_an_order_that_is_never_routed_is_told_and_never_taken_for_rejected(where: int) -> None:
    world = stage(
        happens("broker", Fault.STUCK_NEW),
        draw("where it is stuck", where),
        happens("broker", Fault.STUCK_CANCEL),
        draw("broker cancel", 240.0),
        bars=10,
    )
    told(world)

    assert each_left_once(world)
    assert "rejected" not in statuses(world, first_order(world))
    assert world.telemetry.largest["OrderStuckAge"] > 60


@pytest.mark.parametrize("is_raced", [False, True])
def test_f15_a_replacement_that_nobody_asked_for_is_linked_and_every_fill_counts_once(
    is_raced: bool,  # noqa: FBT001 - a case of the table
) -> None:
    race = [happens("broker", Fault.REPLACE_RACED)] if is_raced else []
    world = stage(happens("broker", Fault.REPLACED_UNASKED), *race)
    told(world)
    old = world.stores.tables.orders[first_order(world)]
    new = world.stores.tables.orders[f"{old.broker_order_id}-adjusted"]

    assert (old.replaced_by, new.replaces) == (new.broker_order_id, old.broker_order_id)
    assert (old.status, new.status) == (
        ("filled", "rejected") if is_raced else ("replaced", "filled")
    )
    assert old.filled_quantity + new.filled_quantity == old.quantity


def test_f16_wash_trades_are_tried_three_times_a_day_at_most() -> None:
    washes = [effect("execution", ORDER, Fault.POST_REFUSED, nth=nth) for nth in range(3)]
    texts = [draw("text of a refusal", 2, nth=nth) for nth in range(3)]
    world = stage(*washes, *texts, bars=20)
    told(world)

    assert len(posts(world)) == 3
    assert each_left_once(world)
    assert halts(world)["symbol:AAPL"] == ("REDUCE_ONLY", "NOT_TRADABLE")


def test_f17_without_buying_power_nothing_is_sent_again_and_the_strategy_stops() -> None:
    world = stage(bars=30)
    world.broker.spare_power = Decimal(0)
    outcome = told(world)

    assert each_left_once(world)
    assert {o.status for o in world.stores.tables.orders.values()} <= {"rejected", "denied"}
    assert len(posts(world)) <= world.trading.limits.max_rejects
    assert Fault.POWER_SHORT in {each.fault for each in outcome.chaos.injected}


def test_f18_a_halted_symbol_is_refused_once_and_not_asked_for_again_that_day() -> None:
    world = stage(bars=15)
    world.loop.after(100.0, lambda: world.broker.stop("AAPL"))
    told(world)

    assert len(posts(world)) == 1
    assert statuses(world, first_order(world))[-1] == "rejected"
    assert halts(world) == {"symbol:AAPL": ("REDUCE_ONLY", "NOT_TRADABLE")}
    assert set(denials(world)) == {"REDUCE_ONLY"}


def test_f18_an_order_that_works_when_its_symbol_is_halted_is_told_and_fills_later() -> None:
    world = stage(happens("broker", Fault.RESTS), draw("broker late fill", 25.0))
    world.loop.after(205.0, lambda: world.broker.stop("AAPL"))
    world.loop.after(215.0, lambda: world.broker.resume("AAPL"))
    told(world)

    assert "suspended" in statuses(world, first_order(world))
    assert statuses(world, first_order(world))[-1] == "filled"


def test_f20_an_order_that_the_broker_expires_is_over_and_is_not_sent_again() -> None:
    world = stage(happens("broker", Fault.EXPIRED), draw("broker expiry", 3.0))
    told(world)

    assert each_left_once(world)
    assert statuses(world, first_order(world))[-1] == "expired"


def test_f21_an_order_by_hand_is_imported_counted_and_told_but_no_strategy_s() -> None:
    world = stage()
    world.loop.after(100.0, world.schedule.troubles.order_by_hand)
    outcome = told(world)
    row = world.stores.tables.orders["by-hand-1"]

    assert (row.strategy, row.intent_id, row.status) == ("external", "", "filled")
    assert world.stores.tables.positions["main", "external", "AAPL"].quantity == 3
    assert outcome.counts["ExternalOrder"] >= 1
