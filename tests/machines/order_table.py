"""The order table under a broker that tells late, twice, out of order, and sometimes not at all."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from quantterminal.domain.orders import (
    TRANSITIONS,
    Order,
    OrderEvent,
    OrderStatus,
    OrderUpdate,
    merge,
    move,
)
from quantterminal.domain.signals import Side
from tests.machines.counting import CountingMachine

_START = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
_QUANTITY = 100
_E, _S = OrderEvent, OrderStatus
_ENDS = {
    _E.CANCELED: _S.CANCELED,
    _E.EXPIRED: _S.EXPIRED,
    _E.REPLACED: _S.REPLACED,
    _E.REJECTED: _S.REJECTED,
}
_PENDING = {_E.PENDING_CANCEL: _S.PENDING_CANCEL, _E.PENDING_REPLACE: _S.PENDING_REPLACE}


class OrderTable(CountingMachine):
    """`truth` and `filled` are the broker's own; `told` is every fact that it ever said."""

    def __init__(self) -> None:
        super().__init__()
        self.order = Order(
            "qt1-a", "a#0", "demo", "eager", "SPY", Side.BUY, Decimal(_QUANTITY), Decimal(10),
            _S.PENDING_SUBMIT, _START,
        )  # fmt: skip
        self.truth: OrderStatus | None = None
        self.filled = 0
        self.second = 0
        self.told: list[OrderUpdate] = []
        self.seen = [self.order]

    @precondition(lambda self: self.order.status is _S.PENDING_SUBMIT)
    @rule()
    def we_send(self) -> None:
        self._become(move(self.order, _S.SUBMITTING, at=self._now()))

    @precondition(lambda self: self.order.status is _S.SUBMITTING)
    @rule(outcome=st.sampled_from([_S.UNKNOWN, _S.PENDING_SUBMIT]))
    def the_answer_is_lost_or_nothing_left(self, outcome: OrderStatus) -> None:
        self._become(move(self.order, outcome, at=self._now()))

    @precondition(lambda self: self.order.status is _S.UNKNOWN)
    @rule(outcome=st.sampled_from([_S.SUBMITTING, _S.ABANDONED]))
    def we_send_again_or_give_up(self, outcome: OrderStatus) -> None:
        self._become(move(self.order, outcome, at=self._now()))

    @precondition(lambda self: self.truth is None and len(self.seen) > 1)
    @rule(event=st.sampled_from([_E.ACCEPTED, _E.PENDING_NEW, _E.NEW]))
    def the_broker_accepts(self, event: OrderEvent) -> None:
        self._tell(event, _S(event.value))

    @precondition(lambda self: self._is_working())
    @rule(shares=st.integers(1, 60))
    def the_broker_fills(self, shares: int) -> None:
        self.filled = min(self.filled + shares, _QUANTITY)
        if self.filled == _QUANTITY:
            self._tell(_E.FILL, _S.FILLED)
        else:
            pending = self.truth in _PENDING.values()
            self._tell(_E.PARTIAL_FILL, self.truth if pending else _S.PARTIALLY_FILLED)

    @precondition(lambda self: self._is_working())
    @rule(event=st.sampled_from(sorted(_PENDING)))
    def a_change_is_pending(self, event: OrderEvent) -> None:
        self._tell(event, _PENDING[event])

    @precondition(lambda self: self.truth in _PENDING.values())
    @rule()
    def a_change_is_refused(self) -> None:
        self._tell(_E.ORDER_CANCEL_REJECTED, _S.PARTIALLY_FILLED if self.filled else _S.NEW)

    @precondition(lambda self: self._is_working())
    @rule(event=st.sampled_from([_E.SUSPENDED, _E.STOPPED, _E.DONE_FOR_DAY, _E.CALCULATED]))
    def the_broker_marks(self, event: OrderEvent) -> None:
        self._tell(event, _S(event.value))

    @precondition(lambda self: self._is_working())
    @rule(event=st.sampled_from(sorted(_ENDS)))
    def the_broker_ends(self, event: OrderEvent) -> None:
        if not (event is _E.REJECTED and self.filled):
            self._tell(event, _ENDS[event])

    @precondition(lambda self: self.truth is not None)
    @rule()
    def it_is_read_over_rest(self) -> None:
        assert self.truth is not None
        self.told.append(self._fact(_E.SNAPSHOT, self.truth))

    @precondition(lambda self: bool(self.told))
    @rule(data=st.data())
    def a_fact_arrives(self, data: st.DataObject) -> None:
        self._become(merge(self.order, data.draw(st.sampled_from(self.told), label="fact")))

    @invariant()
    def shares_never_go_back_and_never_exceed_the_brokers(self) -> None:
        filled = [int(each.filled_quantity) for each in self.seen]
        assert filled == sorted(filled)
        assert filled[-1] <= self.filled

    @invariant()
    def each_step_is_in_the_table(self) -> None:
        for before, after in pairwise(self.seen[-2:]):
            assert after.status is before.status or after.status in TRANSITIONS[before.status]
            assert after.version == before.version + 1

    @invariant()
    def an_end_stays(self) -> None:
        ends = [each.status for each in self.seen if each.status.is_final]
        assert len(set(ends)) <= 1

    @invariant()
    def exposure_is_never_less_than_what_may_still_trade(self) -> None:
        if self.truth is None or self._is_working():
            assert self.order.status is _S.ABANDONED or self.order.status.is_working
            assert self.order.remaining >= (
                0 if self.order.status is _S.ABANDONED else _QUANTITY - self.filled
            )

    def teardown(self) -> None:
        """However it went, hearing everything once more ends in what the broker has."""
        if self.truth is None:
            return
        for each in self.told:
            self._become(merge(self.order, each))
        assert (self.order.status, self.order.filled_quantity) == (self.truth, self.filled)
        assert all(merge(self.order, each) is self.order for each in self.told)

    def _is_working(self) -> bool:
        return self.truth is not None and self.truth not in {*_ENDS.values(), _S.FILLED}

    def _tell(self, event: OrderEvent, status: OrderStatus | None) -> None:
        assert status is not None
        self.truth = status
        self.second += 1
        self.told.append(self._fact(event, status))

    def _fact(self, event: OrderEvent, status: OrderStatus) -> OrderUpdate:
        return OrderUpdate(
            "qt1-a", "b-1", event, status, "SPY", Side.BUY, Decimal(_QUANTITY), Decimal(10),
            Decimal(self.filled), None, self._now(),
        )  # fmt: skip

    def _now(self) -> datetime:
        return _START + timedelta(seconds=self.second)

    def _become(self, order: Order) -> None:
        if order is not self.order:
            self.order = order
            self.seen.append(order)
