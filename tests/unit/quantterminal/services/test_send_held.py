"""No order leaves after a halt is durable, nor while nobody can tell (I5, F44)."""

import threading
from dataclasses import replace

import pytest

from quantterminal.adapters.memory.gate import MemoryGate
from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.halt_ledger import PostgresHaltLedger
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.orders import Order, OrderStatus, OrderUpdate
from quantterminal.domain.risk import HaltLevel
from quantterminal.ports.broker import NewOrder
from quantterminal.ports.watermarks import StreamState
from quantterminal.services.submit_order import ExecutionRuntime, send, submit_order
from quantterminal.services.working_state import rebuild_state
from tests.unit.quantterminal.services.pipeline import Pipeline


def stop(pipeline: Pipeline, scope: str = ACCOUNT) -> bool:
    return pipeline.halts.raise_halt(
        scope, HaltLevel.HALTED, code=HaltCode.OPERATOR, reason="stop", actor="ann"
    )


def stored(pipeline: Pipeline, client_order_id: str) -> Order:
    order = pipeline.orders.order(client_order_id)
    assert order is not None
    return order


class GateWith(MemoryGate):
    """A live stream; the last hop asks for it between its look at the halts and the submit."""

    def __init__(self, act: object) -> None:
        super().__init__(monotonic=lambda: 0.0)
        self._act = act

    def state(self) -> StreamState:
        self._act()  # type: ignore[operator]  # a test's own function
        return StreamState.LIVE


def kill_the_hold(pipeline: Pipeline) -> None:
    with pipeline.database.transaction() as connection:
        ended = connection.execute(
            "select pg_terminate_backend(pid, 10000) as ended from pg_locks"
            " where locktype = 'advisory' and mode = 'ShareLock' and granted"
        ).fetchall()
    assert [row["ended"] for row in ended] == [True]


def test_a_halt_is_not_durable_before_the_request_has_returned(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    halter = pipeline.connection()
    halting = threading.Thread(target=stop, args=(halter,))
    during: list[list[str]] = []
    posting = pipeline.broker.submit

    def post(order: NewOrder) -> OrderUpdate:
        halting.start()
        halting.join(timeout=0.5)
        during.append([each.scope for each in pipeline.halt_ledger.halts(pipeline.account)])
        return posting(order)

    pipeline.broker.submit = post  # type: ignore[method-assign]  # a look into the middle of it
    order = pipeline.submit(request)
    halting.join(timeout=20)
    halter.close()

    assert during == [[]]
    assert order.status is OrderStatus.NEW
    assert pipeline.loaded().levels == {ACCOUNT: HaltLevel.HALTED}


def test_a_connection_that_broke_while_holding_sends_nothing(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    execution = replace(pipeline.execution, gate=GateWith(lambda: kill_the_hold(pipeline)))

    with pytest.raises(RetryableError, match="is gone"):
        submit_order(request, runtime=execution)

    assert pipeline.broker.posts == []
    order = stored(pipeline, request.client_order_id)
    assert (order.status, order.attempts) == (OrderStatus.PENDING_SUBMIT, 1)
    assert pipeline.submit(request).status is OrderStatus.NEW  # the next delivery holds anew


def test_a_halt_that_gave_up_on_a_slow_sender_is_obeyed_all_the_same(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    halter = pipeline.connection()
    impatient = replace(halter.halts, ledger=PostgresHaltLedger(halter.database, patience_s=0.01))

    def halt() -> None:
        assert impatient.raise_halt(
            ACCOUNT, HaltLevel.HALTED, code=HaltCode.OPERATOR, reason="stop", actor="ann"
        )

    execution = replace(pipeline.execution, gate=GateWith(halt))
    with pytest.raises(RetryableError, match="have changed"):
        submit_order(request, runtime=execution)
    halter.close()

    assert pipeline.broker.posts == []
    denied = pipeline.submit(request)
    assert (denied.status, denied.reason.split(":")[0]) == (OrderStatus.DENIED, "HALTED")


def test_a_sender_that_took_too_long_does_not_send(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    seconds = iter(range(100))
    slow = PostgresHaltLedger(
        pipeline.database, patience_s=1.0, monotonic=lambda: float(next(seconds))
    )

    with pytest.raises(RetryableError, match="was longer"):
        submit_order(request, runtime=replace(pipeline.execution, halts=slow))

    assert pipeline.broker.posts == []


def test_what_is_unknown_stays_so_when_its_second_try_may_not_leave(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    order = stored(pipeline, request.client_order_id)
    sent = replace(order, status=OrderStatus.SUBMITTING, version=2)
    pipeline.orders.save(sent, at=pipeline.clock.now(), note="submit")
    unknown = replace(sent, status=OrderStatus.UNKNOWN, version=3)
    pipeline.orders.save(unknown, at=pipeline.clock.now(), note="unknown")
    execution = replace(pipeline.execution, gate=GateWith(lambda: kill_the_hold(pipeline)))

    with pytest.raises(RetryableError):
        send(unknown, runtime=execution)

    assert stored(pipeline, request.client_order_id).status is OrderStatus.UNKNOWN
    assert pipeline.broker.posts == []


def without_halts(pipeline: Pipeline) -> ExecutionRuntime:
    nowhere = Database(lambda: "host=127.0.0.1 port=1 dbname=x user=x")
    return replace(pipeline.execution, halts=PostgresHaltLedger(nowhere))


def test_halts_that_cannot_be_read_let_nothing_leave(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")

    with pytest.raises(RetryableError, match="not reachable"):
        submit_order(request, runtime=without_halts(pipeline))

    assert pipeline.broker.posts == []
    assert stored(pipeline, request.client_order_id).status is OrderStatus.PENDING_SUBMIT


@pytest.mark.parametrize("field", ["levels", "generation", "cash"])
def test_a_working_state_without_its_levels_is_rebuilt(pipeline: Pipeline, field: str) -> None:
    stop(pipeline, "symbol:SPY")
    pipeline.valkey.hdel(f"{{{pipeline.account}}}:risk", field)

    denied = pipeline.assess(pipeline.ask("SPY"))

    assert str(denied.denial_code) == "HALTED"
    assert pipeline.loaded().levels == {"symbol:SPY": HaltLevel.HALTED}


def test_a_halt_survives_a_flush_and_new_processes(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    stop(pipeline)
    pipeline.forget_state()
    restarted = pipeline.connection()

    order = restarted.submit(request)
    rebuild_state(restarted.account, state=restarted.state, accounts=restarted.accounts)
    levels = restarted.loaded().levels
    restarted.close()

    assert order.status is OrderStatus.DENIED
    assert levels == {ACCOUNT: HaltLevel.HALTED}
    assert pipeline.broker.posts == []
