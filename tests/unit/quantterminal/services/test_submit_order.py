from datetime import timedelta

import pytest

from quantterminal.adapters.memory.broker import Fault
from quantterminal.domain.errors import MessageError, RetryableError
from quantterminal.domain.events import EventName, SubmitOrder
from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.orders import OrderStatus
from quantterminal.domain.risk import HaltLevel
from quantterminal.ports.watermarks import StreamState
from quantterminal.services.submit_order import send
from tests.unit.quantterminal.services.pipeline import Pipeline


def test_an_accepted_order_is_working_and_stays_reserved(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")

    order = pipeline.submit(request)

    assert order == pipeline.orders.order(request.client_order_id)
    assert (order.status, order.broker_order_id, order.attempts) == ("new", "broker-1", 1)
    assert [post.client_order_id for post in pipeline.broker.posts] == [request.client_order_id]
    assert set(pipeline.loaded().reserved) == {request.intent_id}


def test_latency_is_measured_from_the_bar_s_arrival(pipeline: Pipeline) -> None:
    approved = pipeline.approved("SPY")
    stamp = pipeline.clock.stamp_ns()
    pipeline.clock._stamps = stamp + 7_000_000
    request = SubmitOrder(
        approved.account, approved.intent_id, approved.client_order_id, received_ns=stamp
    )

    order = pipeline.submit(request)

    assert order.latency_us == 7_000
    assert [name for name, _, _ in pipeline.telemetry.measures] == ["BarToOrderLatency"]


def test_a_rejected_order_frees_its_reservation(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    pipeline.broker.faults.append(Fault.REJECT)

    order = pipeline.submit(request)

    assert order.status is OrderStatus.REJECTED
    assert order.reason.startswith("INSUFFICIENT_BUYING_POWER")
    assert pipeline.loaded().reserved == {}
    assert len(pipeline.events(EventName.ORDER_REJECTED)) == 1


def test_a_timeout_after_arrival_is_found_by_its_id(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    pipeline.broker.faults.append(Fault.TIMEOUT_AFTER)

    order = pipeline.submit(request)

    assert (order.status, order.broker_order_id) == (OrderStatus.NEW, "broker-1")
    assert len(pipeline.broker.posts) == 1


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_LATE])
def test_what_nobody_knows_is_unknown_and_stays_reserved(pipeline: Pipeline, fault: Fault) -> None:
    request = pipeline.approved("SPY")
    pipeline.broker.faults.append(fault)

    order = pipeline.submit(request)
    again = pipeline.submit(request)

    assert order.status is again.status is OrderStatus.UNKNOWN
    assert len(pipeline.broker.posts) == 1
    assert set(pipeline.loaded().reserved) == {request.intent_id}


def test_a_late_arrival_is_adopted_at_the_next_look(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    pipeline.broker.faults.append(Fault.TIMEOUT_LATE)
    pipeline.submit(request)
    pipeline.broker.arrive()

    assert pipeline.submit(request).status is OrderStatus.NEW
    assert len(pipeline.broker.posts) == 1


@pytest.mark.parametrize("times", [2, 3])
def test_a_redelivered_request_never_posts_again(pipeline: Pipeline, times: int) -> None:
    request = pipeline.approved("SPY")

    orders = [pipeline.submit(request) for _ in range(times)]

    assert len(pipeline.broker.posts) == 1
    assert {order.version for order in orders} == {orders[0].version}


def test_a_crash_between_writing_and_sending_is_looked_up_not_sent(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    pipeline.broker.faults.append(Fault.NOT_SENT)
    with pytest.raises(RetryableError):
        pipeline.submit(request)
    order = pipeline.orders.order(request.client_order_id)
    assert order is not None
    assert order.status is OrderStatus.PENDING_SUBMIT
    crashed = CrashBeforePost(pipeline)
    with pytest.raises(KeyboardInterrupt):
        crashed.submit(request)

    order = pipeline.submit(request)

    assert order.status is OrderStatus.UNKNOWN
    assert pipeline.broker.posts == []


class CrashBeforePost:
    """A worker that dies after the ledger says `submitting` and before the request leaves."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def submit(self, request: SubmitOrder) -> None:
        broker = self._pipeline.broker
        posting = broker.submit

        def die(_order: object) -> None:
            raise KeyboardInterrupt

        broker.submit = die  # type: ignore[method-assign,assignment]  # a crash has no other form here
        try:
            self._pipeline.submit(request)
        finally:
            broker.submit = posting  # type: ignore[method-assign]  # as above


def test_what_has_not_left_is_sent_by_the_next_delivery(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    pipeline.broker.faults.append(Fault.NOT_SENT)
    with pytest.raises(RetryableError):
        pipeline.submit(request)

    order = pipeline.submit(request)

    assert (order.status, order.attempts) == (OrderStatus.NEW, 2)
    assert len(pipeline.broker.posts) == 1


@pytest.mark.parametrize("state", [StreamState.RECONCILING, StreamState.DOWN])
def test_nothing_leaves_while_the_stream_is_not_live(
    pipeline: Pipeline, state: StreamState
) -> None:
    request = pipeline.approved("SPY")
    pipeline.gate.keep(state)

    with pytest.raises(RetryableError) as raised:
        pipeline.submit(request)

    assert raised.value.retry_after_s == 1.0
    assert pipeline.broker.posts == []
    order = pipeline.orders.order(request.client_order_id)
    assert order is not None
    assert (order.status, order.version) == (OrderStatus.PENDING_SUBMIT, 1)


@pytest.mark.parametrize("scope", [ACCOUNT, "strategy:eager", "symbol:SPY"])
def test_a_halt_raised_after_the_approval_denies_at_the_last_hop(
    pipeline: Pipeline, scope: str
) -> None:
    request = pipeline.approved("SPY")
    pipeline.halts.raise_halt(
        scope, HaltLevel.REDUCE_ONLY, code=HaltCode.OPERATOR, reason="test", actor="test"
    )

    order = pipeline.submit(request)

    assert order.status is OrderStatus.DENIED
    assert order.reason.startswith("REDUCE_ONLY")
    assert pipeline.broker.posts == []
    assert pipeline.loaded().reserved == {}
    assert [e.fields["code"] for e in pipeline.events(EventName.ORDER_DENIED)] == ["REDUCE_ONLY"]


def test_the_last_hop_obeys_a_halt_that_the_cache_does_not_show(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    pipeline.halts.raise_halt(
        ACCOUNT, HaltLevel.HALTED, code=HaltCode.OPERATOR, reason="test", actor="test"
    )
    pipeline.valkey.hset(f"{{{pipeline.account}}}:risk", "levels", "{}")

    assert pipeline.submit(request).status is OrderStatus.DENIED


def test_an_intent_that_waited_too_long_is_denied(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    pipeline.clock.forward(timedelta(seconds=61))

    order = pipeline.submit(request)

    assert order.status is OrderStatus.DENIED
    assert order.reason.startswith("INTENT_EXPIRED")
    assert pipeline.broker.posts == []


def test_an_order_that_the_ledger_does_not_know_cannot_be_sent(pipeline: Pipeline) -> None:
    with pytest.raises(MessageError, match="qt1-nobody"):
        pipeline.submit(SubmitOrder(pipeline.account, "nobody#0", "qt1-nobody"))


@pytest.mark.parametrize("second", [Fault.NOT_SENT, Fault.REJECT])
def test_a_second_try_proves_nothing_about_the_first(pipeline: Pipeline, second: Fault) -> None:
    """Sent, unknown, sent again and refused: the first one may still arrive."""
    request = pipeline.approved("SPY")
    pipeline.broker.faults.append(Fault.TIMEOUT_LATE)
    unknown = pipeline.submit(request)
    pipeline.broker.faults.append(second)

    try:
        resent = send(unknown, runtime=pipeline.execution)
    except RetryableError:
        resent = pipeline.orders.order(request.client_order_id) or unknown
    pipeline.broker.arrive()

    assert resent.status is OrderStatus.UNKNOWN
    assert set(pipeline.loaded().reserved) == {request.intent_id}
    assert pipeline.submit(request).status is OrderStatus.NEW


def test_a_redelivery_shows_an_outcome_that_the_cache_missed(pipeline: Pipeline) -> None:
    """Rejected and written down, then Valkey could not be reached."""
    request = pipeline.approved("SPY")
    state = pipeline.loaded()
    pipeline.broker.faults.append(Fault.REJECT)
    pipeline.submit(request)
    pipeline.valkey.delete(*pipeline.valkey.keys(f"{{{pipeline.account}}}:order:*"))
    pipeline.state.reserve(
        pipeline.account,
        request.intent_id,
        reservation=state.reserved[request.intent_id],
        version=pipeline.loaded().version,
    )

    pipeline.submit(request)

    assert pipeline.loaded().reserved == {}
