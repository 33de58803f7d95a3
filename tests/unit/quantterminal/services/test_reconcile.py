from datetime import timedelta
from decimal import Decimal

from quantterminal.domain.events import EventName
from quantterminal.domain.halts import HaltCode
from quantterminal.domain.orders import EXTERNAL, Order, OrderStatus
from quantterminal.domain.risk import DenialCode, HaltLevel
from quantterminal.domain.signals import Action, Side
from quantterminal.services.apply_update import apply_update
from quantterminal.services.reconcile import Reconciliation, import_facts, reconcile
from quantterminal.services.sweep_orders import sweep_orders
from tests.unit.quantterminal.services.pipeline import CASH, Pipeline


def reconciled(pipeline: Pipeline) -> Reconciliation:
    pipeline.clock.forward(timedelta(seconds=1))
    return reconcile(runtime=pipeline.reconciling)


def position(pipeline: Pipeline, symbol: str = "SPY", strategy: str = "eager") -> Decimal:
    books = pipeline.accounts.books(pipeline.account)
    return books.positions[strategy, symbol].quantity


def halted_scopes(pipeline: Pipeline) -> dict[str, HaltLevel]:
    found = pipeline.halt_ledger.halts(pipeline.account)
    return {each.scope: each.level for each in found if each.level is not HaltLevel.ACTIVE}


def test_books_that_agree_stay_as_they_are(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 10, "100.00")
    version = pipeline.loaded().version

    assert reconciled(pipeline) == Reconciliation(0)
    assert pipeline.loaded().version == version


def test_a_missed_fill_is_imported_once(pipeline: Pipeline) -> None:
    order = pipeline.working("SPY", quantity=10)
    pipeline.broker.fill(order.client_order_id, 4, "100.01")
    pipeline.broker.fill(order.client_order_id, 6, "100.03")

    first, second = reconciled(pipeline), reconciled(pipeline)

    assert first.agrees
    assert (first.imported, second.imported) == (2, 0)
    assert position(pipeline) == 10
    assert pipeline.loaded().cash == CASH - Decimal("1000.22") == pipeline.broker.account().cash
    assert pipeline.loaded().reserved == {}


def test_a_fill_that_the_stream_tells_later_counts_once(pipeline: Pipeline) -> None:
    order = pipeline.working("SPY", quantity=10)
    fill = pipeline.broker.fill(order.client_order_id, 10, "100.01")
    reconciled(pipeline)

    applied = apply_update(fill, source="stream", runtime=pipeline.updates)

    assert applied.fill is None
    assert position(pipeline) == 10
    assert reconciled(pipeline).agrees


def test_a_missed_cancel_is_imported_and_priced_anew(pipeline: Pipeline) -> None:
    order = pipeline.working("SPY")
    pipeline.clock.forward(timedelta(seconds=30))
    sweep_orders(runtime=pipeline.execution)
    pipeline.broker.finish_cancel(order.client_order_id)

    assert reconciled(pipeline).imported == 1
    assert pipeline.signals()[-1].payload.attempt == 1


def test_an_order_older_than_the_look_back_is_asked_for(pipeline: Pipeline) -> None:
    """It was filled while nobody listened, and no list of the broker's reaches back that far."""
    order = pipeline.working("SPY", quantity=10)
    for _ in range(30):
        pipeline.clock.forward(timedelta(minutes=1))
        import_facts(runtime=pipeline.reconciling)
    pipeline.broker.fill(order.client_order_id, 10, "100.00")

    assert reconciled(pipeline).agrees
    assert position(pipeline) == 10


def test_an_order_that_arrived_unnoticed_is_adopted(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    pipeline.submit(request)
    order = pipeline.orders.order(request.client_order_id)
    assert order is not None
    pipeline.broker.fill(order.client_order_id, 10, "100.00")
    pipeline.forget_state()

    assert reconciled(pipeline).agrees
    assert pipeline.loaded().net_positions() == {"SPY": 10}


def test_an_order_by_hand_is_imported_as_external(pipeline: Pipeline) -> None:
    by_hand = pipeline.broker.order_by_hand("IBM", Side.BUY, 7, "99.00")
    pipeline.broker.fill(by_hand.client_order_id, 7, "99.00")

    first, second = reconciled(pipeline), reconciled(pipeline)

    assert first.agrees
    assert second == Reconciliation(0)
    assert position(pipeline, "IBM", EXTERNAL) == 7
    assert len(pipeline.events(EventName.EXTERNAL_ORDER)) == 1
    assert halted_scopes(pipeline) == {}


def test_a_resting_order_by_hand_counts_as_exposure(pipeline: Pipeline) -> None:
    by_hand = pipeline.broker.order_by_hand("SPY", Side.BUY, 95, "99.00")

    reconciled(pipeline)

    assert set(pipeline.loaded().reserved) == {by_hand.client_order_id}
    denied = pipeline.assess(pipeline.ask("SPY", quantity=10))
    assert denied.denial_code is DenialCode.POSITION_LIMIT


def test_what_cannot_be_explained_may_only_be_reduced(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 10, "100.00")
    pipeline.broker.give("SPY", Side.BUY, 10, "100.00")

    result, again = reconciled(pipeline), reconciled(pipeline)

    assert not result.agrees
    assert result.positions == again.positions == {"SPY": (Decimal(10), Decimal(20))}
    assert halted_scopes(pipeline) == {"symbol:SPY": HaltLevel.REDUCE_ONLY}
    texts = [event.text for event in pipeline.events(EventName.RECONCILE_FAILED)]
    assert texts == ["SPY: we hold 10, the broker 20"]
    opening = pipeline.assess(pipeline.ask("SPY", quantity=1, ordinal=1))
    assert opening.denial_code is DenialCode.REDUCE_ONLY
    assert pipeline.assess(pipeline.ask("IBM", quantity=1)).denial_code is None
    closing = pipeline.ask("SPY", action=Action.CLOSE, quantity=None, ordinal=2)
    assert pipeline.assess(closing).denial_code is None


def test_cash_that_differs_is_told_and_halts_nothing(pipeline: Pipeline) -> None:
    pipeline.broker._cash += Decimal("0.50")

    result = reconciled(pipeline)

    assert result.cash == (CASH, CASH + Decimal("0.50"))
    assert len(pipeline.events(EventName.RECONCILE_FAILED)) == 1
    assert halted_scopes(pipeline) == {}


def test_a_flushed_state_is_rebuilt(pipeline: Pipeline) -> None:
    bought = pipeline.bought("SPY", 10, "100.00")
    working = pipeline.working("IBM")
    pipeline.forget_state()

    assert reconciled(pipeline).agrees

    state = pipeline.state.read(pipeline.account)
    assert state is not None
    assert state.net_positions() == {"SPY": 10}
    assert set(state.reserved) == {working.intent_id}
    assert bought.status is OrderStatus.FILLED


def test_a_state_that_went_astray_is_repaired(pipeline: Pipeline) -> None:
    """Each of these is what a lost write or a roll-back of the cache would leave."""
    pipeline.bought("SPY", 10, "100.00")
    right = pipeline.loaded()
    pipeline.halts.raise_halt(
        "symbol:IBM", HaltLevel.HALTED, code=HaltCode.RECONCILE, reason="test", actor="test"
    )
    risk = f"{{{pipeline.account}}}:risk"
    for field, wrong in (("cash", "1"), ("levels", "{}"), ("generation", "0")):
        pipeline.valkey.hset(risk, field, wrong)

        reconciled(pipeline)

        state = pipeline.loaded()
        assert (state.cash, state.positions) == (right.cash, right.positions)
        assert state.levels == {"symbol:IBM": HaltLevel.HALTED}


def test_a_reservation_that_nobody_knows_is_dropped(pipeline: Pipeline) -> None:
    order = pipeline.working("SPY")
    state = pipeline.loaded()
    reservation = state.reserved[order.intent_id]
    assert pipeline.state.reserve(
        pipeline.account, "stray#0", reservation=reservation, version=state.version
    )

    reconciled(pipeline)

    assert set(pipeline.loaded().reserved) == {order.intent_id}


def test_fills_of_several_orders_shown_out_of_order_leave_the_state_whole(
    pipeline: Pipeline,
) -> None:
    """The second fill is shown first: cash and positions must never be those of different fills."""
    spy, ibm = pipeline.working("SPY"), pipeline.working("IBM")
    equity = pipeline.loaded().equity()
    first = pipeline.broker.fill(spy.client_order_id, 10, "100.00")
    second = pipeline.broker.fill(ibm.client_order_id, 10, "100.00")
    booked = pipeline.orders.apply(
        pipeline.account, first, source="stream", at=pipeline.clock.now()
    )

    apply_update(second, source="stream", runtime=pipeline.updates)
    assert pipeline.loaded().equity() == equity
    assert pipeline.loaded().net_positions() == {"SPY": 10, "IBM": 10}

    assert pipeline.state.project(pipeline.account, booked)
    apply_update(first, source="stream", runtime=pipeline.updates)
    assert pipeline.loaded().equity() == equity
    assert pipeline.loaded().net_positions() == {"SPY": 10, "IBM": 10}


def test_a_fill_booked_but_never_shown_is_shown_by_redelivery(pipeline: Pipeline) -> None:
    order: Order = pipeline.working("SPY")
    equity = pipeline.loaded().equity()
    fill = pipeline.broker.fill(order.client_order_id, 10, "100.00")
    pipeline.orders.apply(pipeline.account, fill, source="stream", at=pipeline.clock.now())

    apply_update(fill, source="stream", runtime=pipeline.updates)

    assert pipeline.loaded().net_positions() == {"SPY": 10}
    assert pipeline.loaded().equity() == equity
    assert pipeline.loaded().reserved == {}
