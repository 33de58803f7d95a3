import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.domain.errors import IllegalTransitionError, InvalidValueError
from quantterminal.domain.orders import (
    EVENT_STATUS,
    TRANSITIONS,
    Order,
    OrderEvent,
    OrderStatus,
    OrderUpdate,
    merge,
    move,
)
from quantterminal.domain.signals import Side

S, E = OrderStatus, OrderEvent

# As the broker's documentation lists them, so that a word missing here or there is found.
ALPACA_STATUSES = {
    *("new", "partially_filled", "filled", "done_for_day", "canceled", "expired", "replaced"),
    *("pending_cancel", "pending_replace", "pending_review", "accepted", "pending_new"),
    *("accepted_for_bidding", "stopped", "rejected", "suspended", "calculated", "held"),
}
ALPACA_EVENTS = {
    *("accepted", "pending_new", "new", "partial_fill", "fill", "canceled", "expired"),
    *("done_for_day", "replaced", "rejected", "stopped", "suspended", "calculated", "held"),
    *("restated", "pending_cancel", "pending_replace", "pending_review"),
    *("order_cancel_rejected", "order_replace_rejected"),
}
OURS = {S.PENDING_SUBMIT, S.SUBMITTING, S.UNKNOWN, S.DENIED, S.ABANDONED}
FINAL = {S.FILLED, S.CANCELED, S.EXPIRED, S.REJECTED, S.REPLACED}
WORKING = set(S) - OURS - FINAL

# What we may do ourselves, before the broker has said anything.
OUR_MOVES: dict[OrderStatus, set[OrderStatus]] = {
    S.PENDING_SUBMIT: {S.SUBMITTING, S.DENIED, S.ABANDONED},
    S.SUBMITTING: {S.PENDING_SUBMIT, S.UNKNOWN, S.ABANDONED},
    S.UNKNOWN: {S.SUBMITTING, S.ABANDONED},
    S.ABANDONED: set(),
    S.DENIED: set(),
}

NOON = datetime(2024, 3, 4, 17, 0, tzinfo=UTC)
HUNDRED = Decimal(100)
ORDER = Order(
    client_order_id="qt1-momentum-202403041659-SPY-B-0123456789",
    intent_id="momentum@1:SPY:20240304T1659Z:0#0",
    account="main",
    strategy="momentum",
    symbol="SPY",
    side=Side.BUY,
    quantity=HUNDRED,
    limit_price=Decimal("512.30"),
    status=S.SUBMITTING,
    status_at=NOON,
)


def _update(
    event: OrderEvent,
    status: OrderStatus,
    *,
    second: int,
    filled: Decimal | int = 0,
    reason: str = "",
) -> OrderUpdate:
    return OrderUpdate(
        client_order_id=ORDER.client_order_id,
        broker_order_id="b-1",
        event=event,
        status=status,
        symbol="SPY",
        side=Side.BUY,
        quantity=HUNDRED,
        limit_price=ORDER.limit_price,
        filled_quantity=Decimal(filled),
        filled_average_price=None,
        at=NOON + timedelta(seconds=second),
        reason=reason,
    )


def _merged(order: Order, updates: Iterable[OrderUpdate]) -> Order:
    for update in updates:
        order = merge(order, update)
    return order


def _proofs() -> list[tuple[OrderEvent, OrderStatus]]:
    """Every event with every status that it can prove, the order's body being the broker's."""
    bodies = [S(each) for each in sorted(ALPACA_STATUSES)]
    own = EVENT_STATUS.items()
    return [(event, proved) for event, one in own for proved in ([one] if one else bodies)]


# the table


def test_the_statuses_are_ours_and_all_of_the_broker() -> None:
    assert set(S) - OURS == {S(each) for each in ALPACA_STATUSES}
    assert set(TRANSITIONS) == set(S)


def test_the_events_are_the_brokers_and_the_snapshot() -> None:
    assert set(E) - {E.SNAPSHOT} == {E(each) for each in ALPACA_EVENTS}
    assert set(EVENT_STATUS) == set(E)


def test_an_event_proves_the_status_of_its_name_or_leaves_it_to_the_order() -> None:
    silent = {E.PARTIAL_FILL, E.RESTATED, E.SNAPSHOT}
    silent |= {E.ORDER_CANCEL_REJECTED, E.ORDER_REPLACE_REJECTED}

    assert {event for event, proved in EVENT_STATUS.items() if proved is None} == silent
    for event in set(E) - silent - {E.FILL}:
        assert EVENT_STATUS[event] == S(event.value)
    assert EVENT_STATUS[E.FILL] is S.FILLED


@pytest.mark.parametrize("status", S)
def test_each_status_is_of_one_kind(status: OrderStatus) -> None:
    assert status.is_ours == (status in OURS)
    assert status.is_final == (status in FINAL)
    assert status.is_working == (status in WORKING | {S.PENDING_SUBMIT, S.SUBMITTING, S.UNKNOWN})


def test_no_status_leads_back_to_ours_and_no_end_leads_anywhere() -> None:
    for status in WORKING:
        assert TRANSITIONS[status] == WORKING | FINAL
    for status in FINAL | {S.DENIED}:
        assert TRANSITIONS[status] == set()


@pytest.mark.parametrize("status", S)
def test_every_event_in_every_status_is_defined_or_refused(status: OrderStatus) -> None:
    order = replace(ORDER, status=status, broker_order_id="b-1")
    for event, proved in _proofs():
        update = _update(event, proved, second=1)
        contradicts = status in FINAL and proved in FINAL and proved is not status
        if status is S.DENIED or contradicts:
            with pytest.raises(IllegalTransitionError, match=f"{status}.*{proved}"):
                merge(order, update)
        elif status in FINAL:
            assert merge(order, update) is order, update
        else:
            assert merge(order, update).status is proved, update


@pytest.mark.parametrize("status", sorted(WORKING))
def test_an_older_fact_changes_a_working_order_only_when_it_is_an_end(
    status: OrderStatus,
) -> None:
    order = replace(ORDER, status=status, broker_order_id="b-1")
    for event, proved in _proofs():
        after = merge(order, _update(event, proved, second=-1))
        assert after.status is (proved if proved in FINAL else status), event


@pytest.mark.parametrize("status", sorted(OURS - {S.DENIED}))
def test_any_word_of_the_broker_counts_more_than_ours_whatever_our_clock_said(
    status: OrderStatus,
) -> None:
    order = replace(ORDER, status=status)
    for event, proved in _proofs():
        assert merge(order, _update(event, proved, second=-3600)).status is proved


@pytest.mark.parametrize("status", S)
def test_our_own_moves_are_those_of_the_table(status: OrderStatus) -> None:
    order = replace(ORDER, status=status)
    allowed = set(OUR_MOVES.get(status, ()))
    if status in OURS - {S.DENIED}:
        # the answer to our own request is the broker's word as well
        allowed |= FINAL | WORKING
    for wanted in S:
        if wanted in allowed:
            moved = move(order, wanted, at=NOON, reason="because")
            assert (moved.status, moved.reason, moved.version) == (wanted, "because", 2)
        else:
            with pytest.raises(IllegalTransitionError, match=f"after {status}, was {wanted}"):
                move(order, wanted, at=NOON)


# what the statuses of ours mean


def test_a_denied_order_was_never_sent_so_the_broker_cannot_know_it() -> None:
    denied = move(replace(ORDER, status=S.PENDING_SUBMIT), S.DENIED, at=NOON, reason="HALTED")

    assert not denied.status.is_working
    assert denied.remaining == 0
    with pytest.raises(IllegalTransitionError, match="denied"):
        merge(denied, _update(E.NEW, S.NEW, second=1))


@pytest.mark.parametrize("status", [S.SUBMITTING, S.UNKNOWN])
def test_what_may_have_arrived_keeps_its_exposure_and_cannot_be_denied(
    status: OrderStatus,
) -> None:
    order = replace(ORDER, status=status)

    assert order.status.is_working
    assert order.remaining == HUNDRED
    with pytest.raises(IllegalTransitionError):
        move(order, S.DENIED, at=NOON)


def test_an_abandoned_order_that_shows_up_is_real() -> None:
    abandoned = move(replace(ORDER, status=S.UNKNOWN), S.ABANDONED, at=NOON)

    adopted = merge(abandoned, _update(E.PARTIAL_FILL, S.PARTIALLY_FILLED, second=9, filled=40))

    assert not abandoned.status.is_working
    assert adopted.status is S.PARTIALLY_FILLED
    assert adopted.remaining == 60


@pytest.mark.parametrize(
    ("status", "filled", "remaining"),
    [
        (S.NEW, 0, 100),
        (S.PARTIALLY_FILLED, 30, 70),
        (S.PENDING_CANCEL, 30, 70),
        (S.DONE_FOR_DAY, 30, 70),
        (S.NEW, 101, 0),
        (S.CANCELED, 30, 0),
        (S.FILLED, 100, 0),
    ],
)
def test_what_remains_is_what_may_still_trade(
    status: OrderStatus, filled: int, remaining: int
) -> None:
    order = replace(ORDER, status=status, filled_quantity=Decimal(filled))
    assert order.remaining == remaining


# merging


def test_an_update_of_another_order_is_refused() -> None:
    other = replace(_update(E.NEW, S.NEW, second=1), client_order_id="qt1-other")
    with pytest.raises(InvalidValueError, match=r"qt1-momentum.*qt1-other"):
        merge(ORDER, other)


def test_the_first_update_brings_the_brokers_id() -> None:
    assert merge(ORDER, _update(E.NEW, S.NEW, second=1)).broker_order_id == "b-1"


def test_a_fill_that_comes_after_the_cancel_still_counts() -> None:
    canceled = merge(ORDER, _update(E.CANCELED, S.CANCELED, second=5, filled=10))

    after = merge(canceled, _update(E.PARTIAL_FILL, S.PARTIALLY_FILLED, second=4, filled=25))

    assert (after.status, after.filled_quantity) == (S.CANCELED, 25)
    assert after.version == canceled.version + 1


def test_a_snapshot_may_raise_the_filled_quantity_of_an_ended_order() -> None:
    canceled = merge(ORDER, _update(E.CANCELED, S.CANCELED, second=5, filled=10))
    after = merge(canceled, _update(E.SNAPSHOT, S.CANCELED, second=9, filled=25))
    assert (after.status, after.filled_quantity) == (S.CANCELED, 25)


def test_the_filled_quantity_never_falls() -> None:
    filled = merge(ORDER, _update(E.PARTIAL_FILL, S.PARTIALLY_FILLED, second=5, filled=25))
    assert merge(filled, _update(E.NEW, S.NEW, second=6)).filled_quantity == 25


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(sorted(FINAL), 2)))
def test_one_end_cannot_be_contradicted_by_another(first: OrderStatus, second: OrderStatus) -> None:
    ended = merge(ORDER, _update(E.SNAPSHOT, first, second=5))
    for when in (4, 5, 6):
        with pytest.raises(IllegalTransitionError, match=f"{first} to be final.*{second}"):
            merge(ended, _update(E.SNAPSHOT, second, second=when))


def test_the_version_counts_changes_only() -> None:
    news = _update(E.NEW, S.NEW, second=1)
    fill = _update(E.FILL, S.FILLED, second=2, filled=100)
    once = _merged(ORDER, [news, fill])

    assert once.version == ORDER.version + 2
    assert _merged(once, [fill, news, fill, news]) is once


def test_the_reason_is_that_of_the_status_however_often_older_ones_come_again() -> None:
    accepted = _update(E.NEW, S.NEW, second=1, reason="routed")
    rejected = _update(E.REJECTED, S.REJECTED, second=2, reason="halted symbol")

    order = _merged(ORDER, [accepted, rejected])

    assert order.reason == "halted symbol"
    assert merge(order, accepted) is order


# a broker's histories in any order

RACES = {
    "cancel loses to the fill": (
        [
            _update(E.NEW, S.NEW, second=1),
            _update(E.PARTIAL_FILL, S.PARTIALLY_FILLED, second=2, filled=40),
            _update(E.PENDING_CANCEL, S.PENDING_CANCEL, second=3, filled=40),
            _update(E.PARTIAL_FILL, S.PENDING_CANCEL, second=4, filled=70),
            _update(E.FILL, S.FILLED, second=5, filled=100),
        ],
        (S.FILLED, 100),
    ),
    "cancel of a part": (
        [
            _update(E.NEW, S.NEW, second=1),
            _update(E.PARTIAL_FILL, S.PARTIALLY_FILLED, second=2, filled=40),
            _update(E.PENDING_CANCEL, S.PENDING_CANCEL, second=3, filled=40),
            _update(E.CANCELED, S.CANCELED, second=4, filled=40),
            _update(E.SNAPSHOT, S.CANCELED, second=6, filled=40),
        ],
        (S.CANCELED, 40),
    ),
    "cancel refused": (
        [
            _update(E.NEW, S.NEW, second=1),
            _update(E.PENDING_CANCEL, S.PENDING_CANCEL, second=2),
            _update(E.ORDER_CANCEL_REJECTED, S.NEW, second=3, reason="too late"),
            _update(E.PARTIAL_FILL, S.PARTIALLY_FILLED, second=4, filled=1),
        ],
        (S.PARTIALLY_FILLED, 1),
    ),
    "good till canceled, over night": (
        [
            _update(E.NEW, S.NEW, second=1),
            _update(E.PARTIAL_FILL, S.PARTIALLY_FILLED, second=2, filled=10),
            _update(E.DONE_FOR_DAY, S.DONE_FOR_DAY, second=3, filled=10),
            _update(E.NEW, S.NEW, second=70_000, filled=10),
        ],
        (S.NEW, 10),
    ),
    "replaced": (
        [
            _update(E.NEW, S.NEW, second=1),
            _update(E.PENDING_REPLACE, S.PENDING_REPLACE, second=2),
            _update(E.PARTIAL_FILL, S.PENDING_REPLACE, second=3, filled=5),
            _update(E.REPLACED, S.REPLACED, second=4, filled=5),
        ],
        (S.REPLACED, 5),
    ),
    "fill before new": (
        [
            _update(E.PENDING_NEW, S.PENDING_NEW, second=0),
            _update(E.FILL, S.FILLED, second=1, filled=100),
            _update(E.NEW, S.NEW, second=1),
        ],
        (S.FILLED, 100),
    ),
}


@pytest.mark.parametrize("race", RACES)
def test_every_order_of_a_race_ends_alike(race: str) -> None:
    history, (status, filled) = RACES[race]

    ends = {
        replace(_merged(ORDER, updates), version=1, reason="")
        for updates in itertools.permutations(history)
    }

    assert [(end.status, end.filled_quantity) for end in ends] == [(status, filled)]


class Broker:
    """Tells one order's life as a broker would: times rise, quantities never fall."""

    def __init__(self) -> None:
        self.status = S.PENDING_NEW
        self.filled = 0
        self.second = 0
        self.told = [_update(E.PENDING_NEW, S.PENDING_NEW, second=0)]
        self._before = S.PENDING_NEW

    def tell(self, event: OrderEvent, status: OrderStatus, *, filled: int | None = None) -> None:
        self.second += 1
        self.status = status
        self.filled = self.filled if filled is None else filled
        self.told.append(_update(event, status, second=self.second, filled=self.filled))

    def snapshot(self) -> None:
        """What REST says now: the time is that of the last change."""
        self.told.append(_update(E.SNAPSHOT, self.status, second=self.second, filled=self.filled))

    def trade(self, shares: int) -> None:
        total = self.filled + shares
        if total >= HUNDRED:
            self.tell(E.FILL, S.FILLED, filled=100)
        elif self.status in (S.PENDING_CANCEL, S.PENDING_REPLACE):
            self.tell(E.PARTIAL_FILL, self.status, filled=total)
        else:
            self.tell(E.PARTIAL_FILL, S.PARTIALLY_FILLED, filled=total)

    def ask_for(self, event: OrderEvent) -> None:
        """A cancel or a replacement begins; what was before is kept for its refusal."""
        if self.status not in (S.PENDING_CANCEL, S.PENDING_REPLACE):
            self._before = S.PARTIALLY_FILLED if self.filled else S.NEW
            self.tell(event, S(event.value))

    def refuse(self) -> None:
        if self.status is S.PENDING_CANCEL:
            self.tell(E.ORDER_CANCEL_REJECTED, self._before)
        elif self.status is S.PENDING_REPLACE:
            self.tell(E.ORDER_REPLACE_REJECTED, self._before)

    def state(self, event: OrderEvent) -> None:
        if self.status not in (S.PENDING_CANCEL, S.PENDING_REPLACE):
            self.tell(event, S(event.value))

    def end(self, event: OrderEvent) -> None:
        if self.status is not S.FILLED:
            self.tell(event, S(event.value))


STEPS: st.SearchStrategy[Callable[[Broker], None]] = st.one_of(
    st.integers(1, 60).map(lambda shares: lambda broker: broker.trade(shares)),
    st.sampled_from([E.PENDING_CANCEL, E.PENDING_REPLACE]).map(
        lambda event: lambda broker: broker.ask_for(event)
    ),
    st.just(Broker.refuse),
    st.sampled_from(
        [E.ACCEPTED, E.NEW, E.DONE_FOR_DAY, E.STOPPED, E.SUSPENDED, E.CALCULATED, E.HELD]
    ).map(lambda event: lambda broker: broker.state(event)),
    st.just(lambda broker: broker.tell(E.RESTATED, broker.status)),
    st.just(Broker.snapshot),
)


@st.composite
def histories(draw: st.DrawFn) -> Broker:
    broker = Broker()
    for step in draw(st.lists(STEPS, max_size=10)):
        if broker.status is not S.FILLED:
            step(broker)
    end = draw(st.sampled_from([None, E.CANCELED, E.EXPIRED, E.REPLACED, E.REJECTED]))
    if end is not None and not (end is E.REJECTED and broker.filled):
        broker.end(end)
    for _ in range(draw(st.integers(0, 2))):  # read again; of an ended order REST's time may rise
        broker.second += broker.status in FINAL
        broker.snapshot()
    return broker


@given(data=st.data(), broker=histories(), start=st.sampled_from(sorted(OURS - {S.DENIED})))
def test_updates_in_any_order_and_number_end_in_what_the_broker_has(
    data: st.DataObject, broker: Broker, start: OrderStatus
) -> None:
    again = data.draw(st.lists(st.sampled_from(broker.told), max_size=6), label="repeated")
    shuffled = data.draw(st.permutations(broker.told + again), label="delivered")
    order = replace(ORDER, status=start)

    end = _merged(order, shuffled)

    assert (end.status, end.filled_quantity) == (broker.status, broker.filled)
    assert end.status_at == _merged(order, broker.told).status_at
    assert _merged(end, shuffled) is end


@given(data=st.data(), broker=histories())
def test_each_version_is_one_change(data: st.DataObject, broker: Broker) -> None:
    delivered: Sequence[OrderUpdate] = data.draw(
        st.lists(st.sampled_from(broker.told), max_size=20)
    )

    seen = [ORDER]
    for update in delivered:
        after = merge(seen[-1], update)
        if after is not seen[-1]:
            seen.append(after)

    assert [each.version for each in seen] == list(range(1, len(seen) + 1))
    assert len({replace(each, version=1) for each in seen}) == len(seen)
