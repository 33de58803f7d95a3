from datetime import timedelta
from decimal import Decimal

import pytest

from quantterminal.adapters.memory.broker import Fault
from quantterminal.domain.configuration import ExecutionConfig, OnTimeout
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.orders import Order, OrderStatus
from quantterminal.domain.signals import Action, Side
from quantterminal.ports.watermarks import StreamState
from quantterminal.services.apply_update import apply_update
from quantterminal.services.flatten import flatten
from quantterminal.services.sweep_orders import cancel_orders, sweep_orders
from tests.unit.quantterminal.services.conftest import MakePipeline
from tests.unit.quantterminal.services.pipeline import Pipeline


def sweep_after(pipeline: Pipeline, seconds: float) -> int:
    pipeline.clock.forward(timedelta(seconds=seconds))
    return sweep_orders(runtime=pipeline.execution)


def stored(pipeline: Pipeline, order: Order) -> Order:
    found = pipeline.orders.order(order.client_order_id)
    assert found is not None
    return found


def cancel_in_effect(pipeline: Pipeline, order: Order) -> None:
    told = pipeline.broker.finish_cancel(order.client_order_id)
    apply_update(told, source="stream", runtime=pipeline.updates)


def unknown_order(pipeline: Pipeline, fault: Fault = Fault.TIMEOUT_BEFORE) -> Order:
    pipeline.broker.faults.append(fault)
    order = pipeline.working("SPY")
    assert order.status is OrderStatus.UNKNOWN
    return order


def test_a_young_order_is_left_alone(pipeline: Pipeline) -> None:
    pipeline.working("SPY")

    assert sweep_after(pipeline, 29) == 0
    assert pipeline.broker.cancels == []


def test_an_old_order_is_canceled_once_with_a_durable_reason(pipeline: Pipeline) -> None:
    order = pipeline.working("SPY")

    acted = [sweep_after(pipeline, seconds) for seconds in (30, 1, 10)]

    assert acted == [1, 0, 0]
    assert pipeline.broker.cancels == ["broker-1"]
    assert stored(pipeline, order).cancel_reason == "timeout"


def test_a_cancel_that_has_no_effect_is_asked_for_again(pipeline: Pipeline) -> None:
    order = pipeline.working("SPY")
    sweep_after(pipeline, 30)

    sweep_after(pipeline, 31)

    assert pipeline.broker.cancels == ["broker-1", "broker-1"]
    assert stored(pipeline, order).cancel_reason == "timeout"


def test_a_cancel_that_could_not_be_sent_is_sent_later(pipeline: Pipeline) -> None:
    pipeline.working("SPY")
    pipeline.broker.is_down = True
    assert sweep_after(pipeline, 30) == 1
    pipeline.broker.is_down = False

    sweep_after(pipeline, 31)

    assert pipeline.broker.cancels == ["broker-1"]


def test_a_timed_out_order_is_priced_anew_for_what_is_left(pipeline: Pipeline) -> None:
    order = pipeline.working("SPY", quantity=10)
    fill = pipeline.broker.fill(order.client_order_id, 4, "100.05")
    apply_update(fill, source="stream", runtime=pipeline.updates)
    sweep_after(pipeline, 30)
    pipeline.mark(1, SPY=101.0)
    cancel_in_effect(pipeline, order)

    message = pipeline.signals()[-1]
    assert message.id == "assess:eager@1:SPY:20131007T1330Z:0#1"
    assert (message.payload.attempt, message.payload.signal.quantity) == (1, 6)
    assert message.correlation_id == "bars:test"

    intent = pipeline.assess(message)

    assert (intent.attempt, intent.quantity) == (1, 6)
    assert intent.limit_price == Decimal("101.06")
    assert intent.client_order_id != order.client_order_id


def test_a_cancel_told_twice_is_priced_anew_once(pipeline: Pipeline) -> None:
    order = pipeline.working("SPY")
    sweep_after(pipeline, 30)
    cancel_in_effect(pipeline, order)
    sent = len(pipeline.signals())
    pipeline.pump()
    posts = len(pipeline.broker.posts)

    pipeline.bus._ids.clear()  # as after SQS has forgotten the id
    apply_update(pipeline.broker.stream[-2], source="rest", runtime=pipeline.updates)
    cancel_again = pipeline.broker.find(order.client_order_id)
    assert cancel_again is not None
    apply_update(cancel_again, source="rest", runtime=pipeline.updates)
    pipeline.pump()

    assert len(pipeline.signals()) > sent
    assert len(pipeline.broker.posts) == posts == 2


def test_a_close_is_priced_anew_for_what_is_still_held(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 20, "100.00")
    order = pipeline.working("SPY", action=Action.CLOSE, quantity=None, ordinal=1)
    fill = pipeline.broker.fill(order.client_order_id, 5, "99.95")
    apply_update(fill, source="stream", runtime=pipeline.updates)
    sweep_after(pipeline, 30)
    cancel_in_effect(pipeline, order)

    intent = pipeline.assess(pipeline.signals()[-1])

    assert (intent.side, intent.quantity) == (Side.SELL, 15)


@pytest.mark.parametrize("reprices", [0, 1, 2])
def test_prices_anew_as_often_as_configured(make_pipeline: MakePipeline, reprices: int) -> None:
    made = make_pipeline(execution=ExecutionConfig(max_reprices=reprices))
    made.mark(0, SPY=100.0)
    made.working("SPY")
    for _ in range(4):
        made.clock.forward(timedelta(seconds=1))
        sweep_after(made, 30)
        made.mark(made.clock.now().minute - 30, SPY=100.0)
        for order in made.orders.working_orders(made.account):
            cancel_in_effect(made, order)
        for message in made.signals():
            if message.payload.attempt and made.intents.intent(message.id[7:]) is None:
                made.assess(message)
        for request in made.submits():
            made.submit(request)

    assert len(made.broker.posts) == 1 + reprices
    assert made.loaded().reserved == {}


def test_the_policy_to_give_up_prices_nothing_anew(make_pipeline: MakePipeline) -> None:
    made = make_pipeline(execution=ExecutionConfig(on_timeout=OnTimeout.GIVE_UP))
    made.mark(0, SPY=100.0)
    order = made.working("SPY")
    sent = len(made.signals())
    sweep_after(made, 30)

    cancel_in_effect(made, order)

    assert stored(made, order).status is OrderStatus.CANCELED
    assert len(made.signals()) == sent
    assert made.loaded().reserved == {}


def test_a_cancel_by_anybody_else_is_not_priced_anew(pipeline: Pipeline) -> None:
    order = pipeline.working("SPY")
    sent = len(pipeline.signals())

    cancel_in_effect(pipeline, order)

    assert len(pipeline.signals()) == sent


def test_an_unknown_order_is_sent_again_under_the_same_id(pipeline: Pipeline) -> None:
    order = unknown_order(pipeline)

    assert [sweep_after(pipeline, 20), sweep_after(pipeline, 11)] == [0, 1]

    assert [post.client_order_id for post in pipeline.broker.posts] == [order.client_order_id] * 2
    assert stored(pipeline, order).status is OrderStatus.NEW


def test_an_unknown_order_that_arrived_late_is_adopted_by_the_second_post(
    pipeline: Pipeline,
) -> None:
    order = unknown_order(pipeline, Fault.TIMEOUT_LATE)
    sweep_after(pipeline, 31)
    pipeline.broker.arrive()

    assert stored(pipeline, order).broker_order_id == "broker-1"
    assert len(pipeline.broker.open_orders()) == 1


def test_an_unknown_order_is_not_sent_again_once_it_has_expired(pipeline: Pipeline) -> None:
    order = unknown_order(pipeline)

    sweep_after(pipeline, 61)

    assert stored(pipeline, order).status is OrderStatus.UNKNOWN
    assert len(pipeline.broker.posts) == 1
    assert len(pipeline.loaded().reserved) == 1


def test_an_unknown_order_is_abandoned_after_the_limit(pipeline: Pipeline) -> None:
    order = unknown_order(pipeline)

    sweep_after(pipeline, 121)

    assert stored(pipeline, order).status is OrderStatus.ABANDONED
    assert pipeline.loaded().reserved == {}
    assert len(pipeline.broker.posts) == 1


def test_a_late_arrival_after_abandoning_is_adopted(pipeline: Pipeline) -> None:
    order = unknown_order(pipeline, Fault.TIMEOUT_LATE)
    sweep_after(pipeline, 121)
    pipeline.broker.arrive()

    apply_update(pipeline.broker.stream[-1], source="stream", runtime=pipeline.updates)

    assert stored(pipeline, order).status is OrderStatus.NEW
    assert len(pipeline.loaded().reserved) == 1
    fill = pipeline.broker.fill(order.client_order_id, 10, "100.05")
    apply_update(fill, source="stream", runtime=pipeline.updates)
    assert pipeline.loaded().net_positions() == {"SPY": 10}
    assert pipeline.loaded().reserved == {}


def test_an_order_that_was_never_sent_is_abandoned(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")

    sweep_after(pipeline, 121)

    assert pipeline.submit(request).status is OrderStatus.ABANDONED
    assert pipeline.broker.posts == []


def test_one_order_in_trouble_does_not_keep_the_others_waiting(pipeline: Pipeline) -> None:
    unknown_order(pipeline)
    working = pipeline.working("IBM")
    pipeline.gate.keep(StreamState.DOWN)

    with pytest.raises(RetryableError):
        sweep_after(pipeline, 31)

    assert pipeline.broker.cancels == [working.broker_order_id]


def test_a_person_s_order_is_not_swept_but_is_canceled_with_everything(pipeline: Pipeline) -> None:
    by_hand = pipeline.broker.order_by_hand("SPY", Side.BUY, 5, "90.00")
    apply_update(by_hand, source="stream", runtime=pipeline.updates)

    assert sweep_after(pipeline, 600) == 0
    assert cancel_orders(None, "flatten", runtime=pipeline.execution) == 1
    assert pipeline.broker.cancels == [by_hand.broker_order_id]


def test_one_order_can_be_canceled_alone(pipeline: Pipeline) -> None:
    spy, _ = pipeline.working("SPY"), pipeline.working("IBM")

    cancel_orders(spy.client_order_id, "by hand", runtime=pipeline.execution)

    assert pipeline.broker.cancels == [spy.broker_order_id]
    assert stored(pipeline, spy).cancel_reason == "by hand"


def test_our_own_order_that_closes_what_a_person_bought_is_looked_after(pipeline: Pipeline) -> None:
    by_hand = pipeline.broker.order_by_hand("IBM", Side.BUY, 7, "99.00")
    fill = pipeline.broker.fill(by_hand.client_order_id, 7, "99.00")
    apply_update(fill, source="stream", runtime=pipeline.updates)
    flatten(actor="ann", reason="enough", runtime=pipeline.flattening)
    pipeline.pump()
    foreign = pipeline.broker.order_by_hand("SPY", Side.BUY, 1, "1.00")
    apply_update(foreign, source="rest", runtime=pipeline.updates)

    assert sweep_after(pipeline, 30) == 1
    assert len(pipeline.broker.cancels) == 1
    assert foreign.broker_order_id not in pipeline.broker.cancels
