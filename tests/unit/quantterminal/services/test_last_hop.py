"""What execution finds out for itself before an order leaves: C12, C13, and the rules that look
back.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from quantterminal.adapters.memory.broker import Fault
from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.orders import OrderEvent, OrderStatus, OrderUpdate
from quantterminal.domain.risk import DenialCode, HaltLevel, RiskLimits, SymbolFlag
from quantterminal.domain.signals import Action, Side
from quantterminal.services.apply_update import apply_update
from quantterminal.services.assess_risk import assess_signal
from quantterminal.services.submit_order import send, submit_order
from tests.unit.quantterminal.services.conftest import MakePipeline
from tests.unit.quantterminal.services.pipeline import Pipeline


class Board:
    """A symbol board of one flag."""

    def __init__(self, **flags: SymbolFlag) -> None:
        self._flags = flags

    def flags(self) -> dict[str, SymbolFlag]:
        return dict(self._flags)


def orphan(pipeline: Pipeline, number: int = 0) -> None:
    """The broker tells of an order with an id like ours that the ledger has no intent of."""
    update = OrderUpdate(
        client_order_id=f"qt1-ghost-{number}",
        broker_order_id=f"ghost-{number}",
        event=OrderEvent.NEW,
        status=OrderStatus.NEW,
        symbol="IBM",
        side=Side.BUY,
        quantity=Decimal(1),
        limit_price=Decimal(100),
        filled_quantity=Decimal(0),
        filled_average_price=None,
        at=pipeline.clock.now(),
    )
    apply_update(update, source="stream", runtime=pipeline.updates)


def fill_now(pipeline: Pipeline, *, quantity: int, ordinal: int) -> OrderUpdate:
    """A buy of SPY that is filled at once; what the broker told of it."""
    order = pipeline.working("SPY", quantity=quantity, ordinal=ordinal)
    fill = pipeline.broker.fill(order.client_order_id, quantity, "100.00")
    apply_update(fill, source="stream", runtime=pipeline.updates)
    return fill


def halts(pipeline: Pipeline) -> list[tuple[str, HaltLevel, HaltCode]]:
    found = pipeline.halt_ledger.halts(pipeline.account)
    return [(each.scope, each.level, each.code) for each in found]


# C12


def test_as_many_orders_as_approvals_halt_nothing(pipeline: Pipeline) -> None:
    for number in range(3):
        pipeline.mark(number, SPY=100.0)
        fill_now(pipeline, quantity=10 + number, ordinal=0)

    assert halts(pipeline) == []
    assert len(pipeline.broker.posts) == 3


def test_one_order_more_than_was_approved_halts_the_account_before_the_next_leaves(
    pipeline: Pipeline,
) -> None:
    request = pipeline.approved("SPY")
    orphan(pipeline)

    order = pipeline.submit(request)

    assert order.status is OrderStatus.DENIED
    assert order.reason.startswith("HALTED")
    assert pipeline.broker.posts == []
    assert halts(pipeline) == [(ACCOUNT, HaltLevel.HALTED, HaltCode.ORDERS_OUT)]


def test_the_days_count_sees_what_the_minutes_does_not(pipeline: Pipeline) -> None:
    orphan(pipeline)
    pipeline.clock.forward(timedelta(minutes=5))
    pipeline.mark(5, SPY=100.0)
    request = pipeline.approved("SPY")

    assert pipeline.submit(request).status is OrderStatus.DENIED
    (halt,) = pipeline.halt_ledger.halts(pipeline.account)
    assert "within a day, of 0 that were approved" in halt.reason


def test_a_person_who_re_arms_begins_the_counts_anew(pipeline: Pipeline) -> None:
    orphan(pipeline)
    pipeline.submit(pipeline.approved("SPY"))
    pipeline.clock.forward(timedelta(seconds=1))
    pipeline.halts.lift(ACCOUNT, actor="me", reason="found out whose it was")

    order = pipeline.submit(pipeline.approved("SPY", quantity=11, ordinal=1))

    assert order.status is OrderStatus.NEW
    assert pipeline.loaded().levels[ACCOUNT] is HaltLevel.ACTIVE


def test_sending_the_same_order_again_is_one_order(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")

    for _ in range(2):
        pipeline.submit(request)

    assert halts(pipeline) == []
    assert len(pipeline.broker.posts) == 1


def test_an_order_that_is_sent_again_long_after_its_approval_is_no_order_too_many(
    pipeline: Pipeline,
) -> None:
    pipeline.broker.faults.append(Fault.TIMEOUT_BEFORE)
    unknown = pipeline.submit(pipeline.approved("SPY"))
    pipeline.clock.forward(timedelta(minutes=4))

    send(unknown, runtime=pipeline.execution)

    assert halts(pipeline) == []


# C13


@pytest.mark.parametrize(("decided", "sends"), [("a", "b"), ("", "b"), ("a", "")])
def test_what_another_release_decided_is_not_sent(
    pipeline: Pipeline, decided: str, sends: str
) -> None:
    risk = replace(pipeline.risk, release=decided)
    message = pipeline.ask("SPY")
    intent = assess_signal(message, message.payload, runtime=risk)
    (request,) = pipeline.submits()

    order = submit_order(request, runtime=replace(pipeline.execution, release=sends))

    assert intent.release == decided
    assert order.status is OrderStatus.DENIED
    assert order.reason.startswith(DenialCode.VERSION_MISMATCH)
    assert pipeline.broker.posts == []
    assert pipeline.loaded().reserved == {}


def test_what_the_same_release_decided_is_sent(pipeline: Pipeline) -> None:
    message = pipeline.ask("SPY")
    assess_signal(message, message.payload, runtime=replace(pipeline.risk, release="a"))
    (request,) = pipeline.submits()

    order = submit_order(request, runtime=replace(pipeline.execution, release="a"))

    assert order.status is OrderStatus.NEW


def test_limits_that_were_tightened_in_between_count(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    tight = replace(pipeline.trading, limits=RiskLimits(max_order_shares=9))

    order = submit_order(request, runtime=replace(pipeline.execution, trading=tight))

    assert order.reason.startswith(DenialCode.ORDER_SIZE)


def test_a_flag_that_came_in_between_counts(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    board = Board(SPY=SymbolFlag.HALTED)

    order = submit_order(request, runtime=replace(pipeline.execution, board=board))

    assert order.reason.startswith(DenialCode.SYMBOL_FLAGGED)


def test_a_flag_denies_already_in_risk(pipeline: Pipeline) -> None:
    message = pipeline.ask("SPY")
    risk = replace(pipeline.risk, board=Board(SPY=SymbolFlag.LULD))

    intent = assess_signal(message, message.payload, runtime=risk)

    assert intent.denial_code is DenialCode.SYMBOL_FLAGGED


# rules that look back


def test_orders_of_a_minute_are_counted_in_the_ledger(make_pipeline: MakePipeline) -> None:
    limits = RiskLimits(max_symbol_orders_per_minute=2)
    pipeline = make_pipeline(limits=limits)
    pipeline.mark(0, SPY=100.0)
    for number in range(2):
        fill_now(pipeline, quantity=10 + number, ordinal=number)
    pipeline.forget_state()

    third = pipeline.assess(pipeline.ask("SPY", quantity=15, ordinal=2))
    exit_ = pipeline.assess(pipeline.ask("SPY", action=Action.CLOSE, quantity=None, ordinal=3))

    assert third.denial_code is DenialCode.RATE_LIMIT
    assert exit_.denial_code is None


def test_the_same_order_again_is_denied_though_the_first_is_done(pipeline: Pipeline) -> None:
    fill_now(pipeline, quantity=10, ordinal=0)

    again = pipeline.assess(pipeline.ask("SPY", quantity=10, ordinal=1))
    other = pipeline.assess(pipeline.ask("SPY", quantity=11, ordinal=2))

    assert again.denial_code is DenialCode.SIMILAR_ORDER
    assert other.denial_code is None


def test_a_volume_that_is_not_known_denies_once_it_is_asked_for(
    make_pipeline: MakePipeline,
) -> None:
    pipeline = make_pipeline(limits=RiskLimits(max_volume_fraction=Decimal("0.01")))
    pipeline.mark(0, SPY=100.0)

    intent = pipeline.assess(pipeline.ask("SPY"))

    assert intent.denial_code is DenialCode.PARTICIPATION


# breakers of one strategy


def test_the_fifth_fill_of_a_kind_stops_the_strategy(pipeline: Pipeline) -> None:
    for number in range(4):
        fill_now(pipeline, quantity=10 + number, ordinal=number)
    assert halts(pipeline) == []

    fill_now(pipeline, quantity=20, ordinal=4)

    assert halts(pipeline) == [("strategy:eager", HaltLevel.REDUCE_ONLY, HaltCode.REPEATED_FILLS)]
    denied = pipeline.assess(pipeline.ask("IBM", quantity=1, ordinal=5))
    assert denied.denial_code is DenialCode.REDUCE_ONLY


def test_a_person_who_resumes_begins_a_new_count(pipeline: Pipeline) -> None:
    for number in range(5):
        fill_now(pipeline, quantity=10 + number, ordinal=number)
    pipeline.clock.forward(timedelta(seconds=1))
    pipeline.halts.lift("strategy:eager", actor="me", reason="looked at it")

    fill_now(pipeline, quantity=20, ordinal=6)

    assert pipeline.loaded().levels["strategy:eager"] is HaltLevel.ACTIVE


def test_a_stop_that_a_crash_left_out_is_raised_by_the_same_update(pipeline: Pipeline) -> None:
    for number in range(5):
        update = fill_now(pipeline, quantity=10 + number, ordinal=number)
    with pipeline.database.transaction() as connection:
        connection.execute("delete from halts where account = %s", (pipeline.account,))

    apply_update(update, source="rest", runtime=pipeline.updates)

    assert [code for _, _, code in halts(pipeline)] == [HaltCode.REPEATED_FILLS]


def test_f38_a_working_state_that_was_rolled_back_lets_nothing_through(pipeline: Pipeline) -> None:
    pipeline.mark(0, SPY=100.0)
    pipeline.bought("SPY", 10, "100.00")
    request = pipeline.approved("SPY", action=Action.SELL, quantity=10, ordinal=1)
    by_hand = pipeline.broker.order_by_hand("SPY", Side.SELL, 10, "100.00")
    sold = pipeline.broker.fill(by_hand.client_order_id, 10, "100.00")
    # the ledger knows that nothing is held any more, the working state does not
    pipeline.orders.apply(pipeline.account, sold, source="stream", at=pipeline.clock.now())
    pipeline.halts.raise_halt(
        ACCOUNT, HaltLevel.REDUCE_ONLY, code=HaltCode.OPERATOR, reason="news", actor="test"
    )
    assert pipeline.loaded().net_positions()["SPY"] == 10

    order = pipeline.submit(request)

    assert order.status is OrderStatus.DENIED
    assert order.reason.startswith(DenialCode.REDUCE_ONLY)
