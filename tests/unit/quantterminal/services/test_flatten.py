from datetime import timedelta

import pytest

from quantterminal.domain.errors import RetryableError
from quantterminal.domain.events import CancelOrders
from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.orders import EXTERNAL, OrderStatus
from quantterminal.domain.risk import HaltLevel
from quantterminal.domain.signals import Side
from quantterminal.services.apply_update import apply_update
from quantterminal.services.flatten import flatten
from quantterminal.topology import ORDERS
from tests.unit.quantterminal.services.pipeline import Pipeline


def flattened(pipeline: Pipeline) -> int:
    return flatten(actor="ann", reason="enough", runtime=pipeline.flattening).closing


def fill_what_works(pipeline: Pipeline, price: str) -> None:
    for order in pipeline.broker.open_orders():
        left = int(order.quantity - order.filled_quantity)
        fill = pipeline.broker.fill(order.client_order_id, left, price)
        apply_update(fill, source="stream", runtime=pipeline.updates)


@pytest.mark.parametrize("level", [HaltLevel.ACTIVE, HaltLevel.REDUCE_ONLY, HaltLevel.HALTED])
def test_everything_is_closed_whatever_the_halt(pipeline: Pipeline, level: HaltLevel) -> None:
    pipeline.bought("SPY", 20, "100.00")
    pipeline.bought("IBM", 30, "100.00")
    pipeline.halts.raise_halt(
        ACCOUNT, level, code=HaltCode.DRAWDOWN, reason="test", actor="breaker"
    )

    assert flattened(pipeline) == 2
    pipeline.pump()
    fill_what_works(pipeline, "99.95")

    assert pipeline.broker.positions() == {}
    assert set(pipeline.loaded().net_positions().values()) == {0}
    assert pipeline.loaded().levels[ACCOUNT] is max(level, HaltLevel.REDUCE_ONLY)


def test_twice_within_a_minute_closes_once(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 20, "100.00")
    flattened(pipeline)
    pipeline.pump()
    posts = len(pipeline.broker.posts)

    pipeline.clock.forward(timedelta(seconds=20))
    pipeline.bus._ids.clear()  # as if nothing had been deduplicated
    flattened(pipeline)
    pipeline.pump()

    assert len(pipeline.broker.posts) == posts
    assert [post.side for post in pipeline.broker.posts] == [Side.BUY, Side.SELL]


def test_working_orders_are_canceled_and_not_priced_anew(pipeline: Pipeline) -> None:
    order = pipeline.working("SPY")
    sent = len(pipeline.signals())

    flattened(pipeline)
    pipeline.pump()
    told = pipeline.broker.finish_cancel(order.client_order_id)
    applied = apply_update(told, source="stream", runtime=pipeline.updates)

    cancels = [e.payload for e in pipeline.sent(ORDERS) if isinstance(e.payload, CancelOrders)]
    assert cancels == [CancelOrders(pipeline.account, reason="flatten")]
    assert applied.order.cancel_reason == "flatten"
    assert applied.order.status is OrderStatus.CANCELED
    assert len(pipeline.signals()) == sent


def test_a_close_waits_for_the_cancel_that_is_in_its_way(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 20, "100.00")
    order = pipeline.working("SPY", ordinal=1)
    flattened(pipeline)
    with pytest.raises(RetryableError, match="Flatten waits"):
        pipeline.pump()
    close = pipeline.signals()[-1]
    pipeline.pump()
    told = pipeline.broker.finish_cancel(order.client_order_id)
    apply_update(told, source="stream", runtime=pipeline.updates)

    intent = pipeline.assess(close)

    assert (intent.denial_code, intent.side, intent.quantity) == (None, Side.SELL, 20)


def test_what_a_person_bought_is_closed_too(pipeline: Pipeline) -> None:
    by_hand = pipeline.broker.order_by_hand("IBM", Side.BUY, 7, "99.00")
    fill = pipeline.broker.fill(by_hand.client_order_id, 7, "99.00")
    apply_update(fill, source="stream", runtime=pipeline.updates)

    assert flattened(pipeline) == 1
    pipeline.pump()
    fill_what_works(pipeline, "99.95")

    assert pipeline.loaded().positions[EXTERNAL, "IBM"].quantity == 0
    assert pipeline.broker.positions() == {}


def test_with_nothing_held_it_only_halts_and_cancels(pipeline: Pipeline) -> None:
    assert flattened(pipeline) == 0
    assert pipeline.loaded().levels == {ACCOUNT: HaltLevel.REDUCE_ONLY}
