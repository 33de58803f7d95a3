import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from quantterminal.domain.configuration import ExecutionConfig
from quantterminal.domain.errors import ConflictError, RetryableError
from quantterminal.domain.events import EventName, SubmitOrder
from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.orders import OrderStatus
from quantterminal.domain.risk import DenialCode, HaltLevel, RiskLimits
from quantterminal.domain.signals import Action
from quantterminal.ports.ledger import IntentLedger, IntentRecord
from quantterminal.services.assess_risk import assess_signal
from quantterminal.services.working_state import rebuild_state
from quantterminal.topology import ORDERS
from tests.unit.quantterminal.services.conftest import MakePipeline
from tests.unit.quantterminal.services.pipeline import Pipeline


def test_an_approval_is_durable_reserved_and_asked_for(pipeline: Pipeline) -> None:
    intent = pipeline.assess(pipeline.ask("SPY", quantity=10))

    order = pipeline.orders.order(intent.client_order_id)
    assert order is not None
    assert (order.status, order.quantity, order.version) == (OrderStatus.PENDING_SUBMIT, 10, 1)
    assert order.limit_price == Decimal("100.05")
    assert intent == pipeline.intents.intent(intent.id)
    assert pipeline.loaded().reserved[intent.id].notional == Decimal("1000.50")
    asked = SubmitOrder(pipeline.account, intent.id, intent.client_order_id)
    assert [each.payload for each in pipeline.sent(ORDERS)] == [asked]
    assert pipeline.sent(ORDERS)[0].correlation_id == "bars:test"


def test_the_same_signal_again_only_asks_again(pipeline: Pipeline) -> None:
    message = pipeline.ask("SPY")
    first = pipeline.assess(message)
    version = pipeline.loaded().version
    pipeline.bus._ids.clear()

    again = pipeline.assess(message)

    assert again == first
    assert pipeline.loaded().version == version
    assert pipeline.sent(ORDERS)[0] == pipeline.sent(ORDERS)[1]


def test_a_bus_that_fails_once_is_made_good_by_redelivery(pipeline: Pipeline) -> None:
    message = pipeline.ask("SPY")
    pipeline.bus.is_down = True
    with pytest.raises(RetryableError):
        pipeline.assess(message)
    pipeline.bus.is_down = False

    intent = pipeline.assess(message)

    assert [each.client_order_id for each in pipeline.submits()] == [intent.client_order_id]
    assert len(pipeline.loaded().reserved) == 1


def test_a_denial_is_recorded_told_once_and_reserves_nothing(pipeline: Pipeline) -> None:
    message = pipeline.ask("SPY", quantity=101)

    denied = pipeline.assess(message)
    pipeline.assess(message)

    assert denied.denial_code is DenialCode.POSITION_LIMIT
    assert pipeline.intents.intent(denied.id) == denied
    assert pipeline.orders.order(denied.client_order_id) is None
    assert pipeline.loaded().reserved == {}
    assert pipeline.submits() == []
    assert [e.fields["code"] for e in pipeline.events(EventName.ORDER_DENIED)] == ["POSITION_LIMIT"]


def test_a_reservation_left_by_a_crash_goes_when_the_signal_is_denied(pipeline: Pipeline) -> None:
    """Reserved, then the worker died; when the message comes again the market has moved on."""
    message = pipeline.ask("SPY")
    intent = pipeline.assess(pipeline.ask("IBM"))
    state = pipeline.loaded()
    assert pipeline.state.reserve(
        pipeline.account,
        message.id.removeprefix("assess:"),
        reservation=state.reserved[intent.id],
        version=state.version,
    )
    pipeline.clock.forward(timedelta(minutes=5))

    denied = pipeline.assess(message)

    assert denied.denial_code is DenialCode.STALE_DATA
    assert set(pipeline.loaded().reserved) == {intent.id}


class Interrupted:
    """An intent ledger at which somebody else is quicker between reading and writing."""

    def __init__(self, ledger: IntentLedger, meanwhile: Callable[[], object]) -> None:
        self._ledger, self._meanwhile = ledger, meanwhile

    def intent(self, intent_id: str) -> IntentRecord | None:
        found = self._ledger.intent(intent_id)
        self._meanwhile()
        return found

    def record_intent(self, intent: IntentRecord, *, generation: int) -> IntentRecord:
        return self._ledger.record_intent(intent, generation=generation)


def test_an_approval_stands_against_a_later_denial(pipeline: Pipeline) -> None:
    message = pipeline.ask("SPY")
    other = pipeline.connection()

    def meanwhile() -> None:
        pipeline.assess(message)
        pipeline.clock.forward(timedelta(minutes=5))  # by now the bar is too old

    slow = replace(other.risk, ledger=Interrupted(other.intents, meanwhile))
    outcome = assess_signal(message, message.payload, runtime=slow)

    assert outcome.denial_code is None
    assert set(pipeline.loaded().reserved) == {outcome.id}
    assert len(pipeline.submits()) == 1
    assert pipeline.events(EventName.ORDER_DENIED) == []
    other.close()


def test_a_denial_stands_against_a_later_approval(pipeline: Pipeline) -> None:
    message = pipeline.ask("SPY")
    other = pipeline.connection()

    def meanwhile() -> None:
        now = pipeline.clock.now()
        pipeline.clock.forward(timedelta(minutes=5))
        pipeline.assess(message)
        pipeline.clock.set(now)

    slow = replace(other.risk, ledger=Interrupted(other.intents, meanwhile))
    outcome = assess_signal(message, message.payload, runtime=slow)

    assert outcome.denial_code is DenialCode.STALE_DATA
    assert pipeline.loaded().reserved == {}
    assert pipeline.submits() == []
    other.close()


def test_a_decision_on_a_state_that_was_rebuilt_since_is_taken_again(pipeline: Pipeline) -> None:
    message = pipeline.ask("SPY")
    other = pipeline.connection()

    class Rebuilding(Interrupted):
        def record_intent(self, intent: IntentRecord, *, generation: int) -> IntentRecord:
            rebuild_state(other.account, state=other.state, accounts=other.accounts)
            return super().record_intent(intent, generation=generation)

    slow = replace(pipeline.risk, ledger=Rebuilding(pipeline.intents, lambda: None))
    with pytest.raises(ConflictError):
        assess_signal(message, message.payload, runtime=slow)

    assert pipeline.loaded().reserved == {}
    assert pipeline.assess(message).denial_code is None
    assert len(pipeline.loaded().reserved) == 1
    other.close()


def test_a_state_that_stayed_behind_the_ledger_is_rebuilt_by_the_decision(
    pipeline: Pipeline,
) -> None:
    message = pipeline.ask("SPY")
    behind = pipeline.loaded().generation
    pipeline.accounts.rebuild(pipeline.account)  # the cache comes back without the last rebuild

    assert pipeline.assess(message).denial_code is None
    assert pipeline.loaded().generation > behind + 1
    assert len(pipeline.loaded().reserved) == 1


def test_concurrent_signals_never_overspend(make_pipeline: MakePipeline) -> None:
    """Room for four orders of 9,005; ten workers ask for one each at the same instant."""
    symbols = tuple(f"S{n}" for n in range(10))
    limits = RiskLimits(max_gross_fraction=Decimal("0.4"), max_order_fraction=Decimal("0.1"))
    main = make_pipeline(symbols=symbols, limits=limits)
    main.mark(0, **dict.fromkeys(symbols, 100.0))
    workers = [main.connection() for _ in symbols]
    messages = [main.ask(symbol, quantity=90) for symbol in symbols]
    start = threading.Barrier(len(symbols))
    outcomes: list[DenialCode | None] = []

    def work(worker: Pipeline, number: int) -> None:
        start.wait(timeout=20)
        while True:  # as redelivery would
            try:
                outcomes.append(worker.assess(messages[number]).denial_code)
            except ConflictError:
                continue
            return

    threads = [threading.Thread(target=work, args=(w, n)) for n, w in enumerate(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert sorted(map(str, outcomes)) == ["BUYING_POWER"] * 6 + ["None"] * 4
    reserved = main.loaded().reserved
    assert sum(each.notional for each in reserved.values()) == Decimal("36018.00")
    assert reserved == main.accounts.books(main.account).reservations
    for worker in workers:
        worker.close()


@pytest.mark.parametrize(
    ("level", "action", "code"),
    [
        (HaltLevel.REDUCE_ONLY, Action.BUY, DenialCode.REDUCE_ONLY),
        (HaltLevel.REDUCE_ONLY, Action.CLOSE, None),
        (HaltLevel.HALTED, Action.BUY, DenialCode.HALTED),
        (HaltLevel.HALTED, Action.CLOSE, DenialCode.HALTED),
    ],
)
def test_a_halt_is_obeyed_in_risk(
    pipeline: Pipeline, level: HaltLevel, action: Action, code: DenialCode | None
) -> None:
    pipeline.bought("SPY", 20, "100.00")
    pipeline.halts.raise_halt(ACCOUNT, level, code=HaltCode.OPERATOR, reason="test", actor="test")

    intent = pipeline.assess(pipeline.ask("SPY", action=action, quantity=None, ordinal=1))

    assert intent.denial_code is code


def test_without_a_quantity_the_size_is_a_share_of_the_day_s_opening_equity(
    make_pipeline: MakePipeline,
) -> None:
    made = make_pipeline(execution=ExecutionConfig(order_fraction=Decimal("0.02")))
    made.mark(0, SPY=100.0)

    assert made.assess(made.ask("SPY", quantity=None, price=99.9)).quantity == 20


def test_closing_asks_for_what_the_strategy_holds(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 20, "100.00")

    intent = pipeline.assess(pipeline.ask("SPY", action=Action.CLOSE, quantity=None, ordinal=1))

    assert (intent.side, intent.quantity, intent.limit_price) == ("sell", 20, Decimal("99.95"))


def test_nothing_to_close_is_denied(pipeline: Pipeline) -> None:
    intent = pipeline.assess(pipeline.ask("SPY", action=Action.CLOSE, quantity=None))

    assert intent.denial_code is DenialCode.NOTHING_TO_CLOSE


def test_a_flushed_state_is_rebuilt_with_what_is_reserved(pipeline: Pipeline) -> None:
    first = pipeline.assess(pipeline.ask("SPY"))
    pipeline.forget_state()

    second = pipeline.assess(pipeline.ask("IBM"))

    assert second.denial_code is None
    assert set(pipeline.loaded().reserved) == {first.id, second.id}
