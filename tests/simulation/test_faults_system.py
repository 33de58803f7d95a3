"""Feed, queues, functions, stores, time and people go wrong: F25-F40 and F42-F46."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from quantterminal.domain.sessions import NEW_YORK, session_on
from tests.simulation import chaos as contracts
from tests.simulation.composition import SEND
from tests.simulation.directed import (
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
from tests.simulation.swarm import calm
from tests.simulation.world import World

WRITE, READ, STATE = contracts.LEDGER_WRITE, contracts.LEDGER_READ, contracts.STATE


def evaluations(world: World) -> Counter[tuple[str, str]]:
    """How often each bar drove each strategy."""
    return Counter((row.ref, str(row.payload)) for row in journal(world, "minute"))


_TWO_MINUTES = 24  # what the queue of orders hands out in that time, sweeps included


def sent_at(world: World) -> list[datetime]:
    return [row.at for row in journal(world, "order") if row.payload["note"] == "submit"]


def the_same_as_calm(world: World) -> bool:
    """The same orders as when nothing goes wrong."""
    quiet = stage()
    told(quiet)
    return set(posts(world)) == set(posts(quiet))


def test_f25_no_order_stands_on_a_bar_that_came_too_late() -> None:
    world = stage(happens("AAPL", Fault.BAR_LATE, nth=2), draw("late bar of AAPL", 100.0))
    told(world)
    intents = world.stores.tables.intents
    orders = world.stores.tables.orders.values()

    assert all(
        o.submitted_at - intents[o.intent_id].bar_end <= timedelta(seconds=90)
        for o in orders
        if o.submitted_at is not None
    )


def test_f26_two_containers_at_once_show_each_bar_once_and_send_nothing_twice() -> None:
    world = stage(bars=10)
    world.loop.after(150.0, world.start_second)
    world.loop.after(350.0, world.end_second)
    told(world)

    assert set(evaluations(world).values()) == {1}
    assert each_left_once(world)


def test_f28_a_correction_is_stored_and_shown_to_no_strategy() -> None:
    world = stage(
        happens("AAPL", Fault.BAR_REVISED, nth=2), happens("AAPL", Fault.BAR_REPEATED, nth=4)
    )
    told(world)

    assert the_same_as_calm(world)
    assert set(evaluations(world).values()) == {1}


def test_f29_a_gap_leaves_the_minutes_in_their_order() -> None:
    world = stage(happens("AAPL", Fault.BAR_MISSING, nth=3))
    told(world)

    assert set(evaluations(world).values()) == {1}
    assert each_left_once(world)


@pytest.mark.parametrize("kind", range(6))
def test_f30_a_corrupt_bar_changes_no_decision(kind: int) -> None:
    world = stage(happens("AAPL", Fault.BAR_GARBAGE, nth=2), draw("kind of garbage", kind))
    told(world)

    assert the_same_as_calm(world)


def test_f30_no_order_is_priced_from_a_bar_at_ten_times_the_price() -> None:
    world = stage(happens("AAPL", Fault.BAR_JUMPED, nth=1))
    told(world)

    assert the_same_as_calm(world)


@pytest.mark.parametrize("queue", ["bars", "signals", "orders", "order-updates"])
def test_f31_a_message_that_comes_again_changes_nothing(queue: str) -> None:
    world = stage(*(happens(queue, Fault.DELIVERED_TWICE, nth=nth) for nth in range(2)), bars=10)
    told(world)

    assert each_left_once(world)


@pytest.mark.parametrize("queue", ["bars", "signals", "orders", "order-updates"])
def test_f31_a_message_that_is_sent_again_after_five_minutes_changes_nothing(queue: str) -> None:
    world = stage(bars=10)
    fifo = world.stores.queues[queue]
    again: list[str] = []

    def send_again() -> None:
        sent = [(each.body, each.group, f"again-{each.once}") for each in fifo.sent()]
        again.extend(fifo.send(body, group=group, once=once) for body, group, once in sent)

    world.loop.after(560.0, send_again)
    told(world)

    assert again
    assert each_left_once(world)


@pytest.mark.parametrize("queue", ["signals", "orders", "order-updates"])
def test_f33_two_workers_with_one_message_have_one_effect(queue: str) -> None:
    world = stage(happens(queue, Fault.VISIBLE_EARLY), happens(queue, Fault.VISIBLE_EARLY, nth=1))
    told(world)

    assert each_left_once(world)
    assert the_same_as_calm(world)


@pytest.mark.parametrize("number", range(4))
def test_f34_a_message_that_nobody_can_read_is_set_aside_and_blocks_nobody(number: int) -> None:
    world = stage(happens("queues", Fault.POISON, nth=2), draw("poisoned queue", number))
    outcome = told(world)

    assert outcome.counts["MessageQuarantined"] == 2  # counted and announced
    assert the_same_as_calm(world)


def test_f35_what_is_throttled_comes_again_while_it_is_young_enough() -> None:
    world = stage(happens("signals", Fault.THROTTLED))
    told(world)

    first, second = sent_at(world)[:2]
    assert (first.second, second.second) == (30, 0)  # after the queue's visibility time-out
    assert each_left_once(world)


def test_f35_an_order_that_was_throttled_until_it_is_too_old_is_not_sent() -> None:
    calm_world = stage()
    told(calm_world)
    first = next(iter(posts(calm_world)))

    world = stage(*(happens("orders", Fault.THROTTLED, nth=nth) for nth in range(_TWO_MINUTES)))
    told(world)

    assert first not in posts(world)
    assert statuses(world, first)[-1] == "abandoned"
    assert world.stores.queues["orders"].dead == []


@pytest.mark.parametrize("fault", [Fault.SEND_LOST, Fault.SEND_UNKNOWN])
@pytest.mark.parametrize(("role", "queue"), [("strategy", "signals"), ("risk", "orders")])
def test_f36_a_send_that_nobody_knows_the_outcome_of_is_made_good_once(
    role: str, queue: str, fault: Fault
) -> None:
    world = stage(effect(role, f"sqs.send {queue}.fifo", fault, contract=SEND))
    told(world)

    assert each_left_once(world)
    assert len(ours(world)) >= 4


def test_f37_a_session_that_is_opened_twice_and_late_begins_once() -> None:
    world = stage(happens("session", Fault.KNOCK_TWICE), happens("session", Fault.KNOCK_LATE))
    outcome = told(world)

    assert outcome.counts["SessionOpened"] == 1
    assert len(journal(world, "session")) == 1


def test_f37_a_close_that_is_told_twice_cancels_once_more_and_harms_nobody() -> None:
    world = stage(happens("session", Fault.KNOCK_TWICE, nth=1), at_the_end=True)
    outcome = told(world)

    assert outcome.counts["SessionClosed"] == 1


@pytest.mark.parametrize("after", [0.0, 0.02, 0.06, 0.1, 0.5])
def test_f38_the_working_state_may_vanish_at_any_instant(after: float) -> None:
    world = stage()
    world.loop.after(200.0 + after, world.schedule.troubles.flush)
    told(world)

    assert the_same_as_calm(world)
    assert each_left_once(world)


def test_f38_a_state_that_is_rolled_back_is_not_believed() -> None:
    world = stage(
        happens("cache", Fault.STATE_ROLLED_BACK, nth=3),
        draw("roll back", 0.05),
        draw("rolled back by", 1.0),
    )
    told(world)

    assert each_left_once(world)


def test_f39_who_loses_a_race_for_a_row_reads_again() -> None:
    lost = [
        effect("risk", "intents.record_intent", Fault.LEDGER_CONFLICT, contract=WRITE),
        effect("order_updates", "orders.apply", Fault.LEDGER_CONFLICT, contract=WRITE),
        effect("execution", "orders.save", Fault.LEDGER_CONFLICT, contract=WRITE),
    ]
    world = stage(*lost)
    told(world)

    assert each_left_once(world)


@pytest.mark.parametrize("fault", [Fault.LEDGER_UNKNOWN, Fault.LEDGER_LOST, Fault.LEDGER_DOWN])
@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("strategy", "evaluations.record_evaluation"),
        ("risk", "intents.record_intent"),
        ("execution", "orders.save"),
        ("order_updates", "orders.apply"),
    ],
)
def test_f40_a_commit_that_nobody_knows_of_is_read_again(
    role: str, name: str, fault: Fault
) -> None:
    world = stage(effect(role, name, fault, contract=WRITE))
    told(world)

    assert each_left_once(world)


def test_f40_no_order_leaves_while_the_ledger_is_away() -> None:
    world = stage(happens("ledger", Fault.LEDGER_OUT, nth=3), draw("outage of the ledger", 35.0))
    told(world)
    begins = world.loop.start + timedelta(seconds=200)

    assert not [at for at in sent_at(world) if begins < at < begins + timedelta(seconds=35)]


@pytest.mark.parametrize(
    "day",
    [
        date(2024, 11, 29),
        date(2024, 7, 3),
        date(2024, 3, 11),
        date(2024, 11, 4),
        date(2024, 12, 31),
    ],
    ids=["half day", "half day in summer", "summer time", "winter time", "last day of a year"],
)
def test_f42_no_order_leaves_or_works_after_the_close(day: date) -> None:
    session = session_on(day)
    assert session is not None
    swarm = replace(calm(5, bars=8, symbols=1), opens=session.open, closes=session.close)
    world = stage(
        happens("broker", Fault.RESTS), draw("rests for good", 1), swarm=swarm, at_the_end=True
    )
    told(world)
    close = time(13) if session.is_half_day else time(16)
    ends = datetime.combine(day, close, NEW_YORK)

    assert posts(world)
    assert max(sent_at(world)) < ends
    assert [o for o in ours(world) if o.is_open] == []


def test_f43_an_intent_of_another_release_does_not_leave() -> None:
    world = stage(bars=10)
    world.loop.after(150.0, lambda: world.deploy("execution", "b"))
    world.loop.after(310.0, lambda: world.deploy("risk", "b"))
    told(world)

    assert set(denials(world)) == {"VERSION_MISMATCH"}
    assert min(sent_at(world)) > world.loop.start + timedelta(seconds=310)


@pytest.mark.parametrize("after", [0.0, 0.03, 0.05, 0.09, 0.11, 0.2])
def test_f44_nothing_starts_to_leave_after_a_halt_and_it_outlives_everything(after: float) -> None:
    world = stage(bars=10)
    world.loop.after(200.0 + after, lambda: world.schedule.operate("halt"))
    world.loop.after(230.0, world.schedule.troubles.flush)
    world.loop.after(240.0, world.schedule.troubles.kill_container)
    told(world)

    # that nothing but what reduces began to leave since it was durable is the oracle's I5
    assert world.oracle.checked.get("I5", 0) == sum(posts(world).values())
    assert halts(world) == {"account": ("REDUCE_ONLY", "OPERATOR")}
    assert "REDUCE_ONLY" in denials(world)


def test_f44_a_halt_that_cannot_be_read_stops_like_one() -> None:
    down = [
        effect("execution", "halts.held", Fault.LEDGER_DOWN, nth=n, contract=READ) for n in range(4)
    ]
    world = stage(*down)
    told(world)

    assert all(at.second >= 1 for at in sent_at(world)[:1])


def test_f44_a_flatten_reduces_what_is_halted() -> None:
    world = stage(bars=10)
    world.loop.after(290.0, lambda: world.schedule.operate("halt"))
    world.loop.after(330.0, lambda: world.schedule.operate("flatten", 1))
    told(world)

    assert world.broker.positions() == {}
    assert "flatten" in {str(i.origin) for i in world.stores.tables.intents.values()}


@pytest.mark.parametrize("nth", range(4))
def test_f45_f46_news_that_nobody_takes_hold_up_no_money(nth: int) -> None:
    lost = [
        effect(role, "events.publish", Fault.EVENTS_DOWN, nth=nth, contract=contracts.EVENTS)
        for role in ("execution", "order_updates")
    ]
    world = stage(*lost)
    told(world)

    assert the_same_as_calm(world)
    assert Decimal(0) != sum(order.filled for order in ours(world))
