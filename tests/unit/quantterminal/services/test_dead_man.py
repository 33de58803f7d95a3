"""C23: while nobody compares the books, nothing new leaves."""

from datetime import timedelta

import pytest

from quantterminal.domain.events import SubmitOrder
from quantterminal.domain.orders import OrderStatus
from quantterminal.services.reconcile import COMPLETE_KIND, reconcile
from tests.unit.quantterminal.services.pipeline import Pipeline


def approved_after(pipeline: Pipeline, seconds: int) -> SubmitOrder:
    """An order approved so long after the last complete pass."""
    reconcile(runtime=pipeline.reconciling)
    pipeline.clock.forward(timedelta(seconds=seconds))
    pipeline.mark(seconds // 60, SPY=100.0, IBM=100.0)
    reconciled = pipeline.accounts.last_noted(pipeline.account, COMPLETE_KIND)
    assert reconciled is not None
    pipeline.clock.set(reconciled + timedelta(seconds=seconds))
    return pipeline.approved("SPY")


@pytest.mark.parametrize(("seconds", "status"), [(120, OrderStatus.NEW), (121, OrderStatus.DENIED)])
def test_an_order_needs_a_pass_within_two_minutes(
    pipeline: Pipeline, seconds: int, status: OrderStatus
) -> None:
    order = pipeline.submit(approved_after(pipeline, seconds))

    assert order.status is status
    assert len(pipeline.broker.posts) == (status is OrderStatus.NEW)
    if status is OrderStatus.DENIED:
        assert "Expected a reconcile within 120 s" in order.reason
        assert pipeline.loaded().reserved == {}


def test_before_the_first_pass_the_gate_decides(pipeline: Pipeline) -> None:
    assert pipeline.working("SPY").status is OrderStatus.NEW


def test_the_next_pass_lets_orders_leave_again(pipeline: Pipeline) -> None:
    pipeline.submit(approved_after(pipeline, 121))
    reconcile(runtime=pipeline.reconciling)

    assert pipeline.working("IBM").status is OrderStatus.NEW


def test_a_pass_that_could_not_end_counts_as_none(pipeline: Pipeline) -> None:
    request = approved_after(pipeline, 121)
    pipeline.broker.is_down = True
    with pytest.raises(Exception, match="down"):
        reconcile(runtime=pipeline.reconciling)
    pipeline.broker.is_down = False

    assert pipeline.submit(request).status is OrderStatus.DENIED
