from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from quantterminal.domain.errors import InvalidValueError, RetryableError
from quantterminal.domain.events import AssessSignal, CancelOrders
from quantterminal.domain.halts import ACCOUNT
from quantterminal.domain.risk import HaltLevel
from quantterminal.services.api_requests import command
from quantterminal.services.close_position import close_position
from quantterminal.topology import ORDERS
from tests.unit.quantterminal.services.pipeline import Pipeline


def asked(pipeline: Pipeline, verb: str, *, key: str, **body: object) -> dict[str, object]:
    body = {"reason": "because"} | body
    return command(verb, body, actor="ann", key=key, runtime=pipeline.api)


def cancels(pipeline: Pipeline) -> list[CancelOrders]:
    payloads = [each.payload for each in pipeline.sent(ORDERS)]
    return [each for each in payloads if isinstance(each, CancelOrders)]


def level(pipeline: Pipeline, scope: str = ACCOUNT) -> HaltLevel:
    return pipeline.loaded().levels.get(scope, HaltLevel.ACTIVE)


def test_halt_and_resume(pipeline: Pipeline) -> None:
    halted = asked(pipeline, "halt", key="1")
    assert halted["changed"] is True
    assert level(pipeline) is HaltLevel.REDUCE_ONLY

    assert asked(pipeline, "resume", key="2")["changed"] is True
    assert level(pipeline) is HaltLevel.ACTIVE


def test_one_symbol_can_be_halted_alone(pipeline: Pipeline) -> None:
    asked(pipeline, "halt", key="1", scope="symbol:SPY")

    assert level(pipeline, "symbol:SPY") is HaltLevel.REDUCE_ONLY
    assert level(pipeline) is HaltLevel.ACTIVE


def test_a_repeated_key_never_acts_twice(pipeline: Pipeline) -> None:
    asked(pipeline, "halt", key="1")
    asked(pipeline, "resume", key="2")

    assert asked(pipeline, "halt", key="1")["changed"] is False
    assert level(pipeline) is HaltLevel.ACTIVE
    asked(pipeline, "halt", key="3")
    assert asked(pipeline, "resume", key="2")["changed"] is False
    assert level(pipeline) is HaltLevel.REDUCE_ONLY


def test_a_flatten_that_failed_half_way_is_done_by_the_same_key(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 20, "100.00")
    pipeline.bus.is_down = True
    with pytest.raises(RetryableError):
        asked(pipeline, "flatten", key="1")
    pipeline.bus.is_down = False
    sent = len(pipeline.signals())

    asked(pipeline, "flatten", key="1")

    assert len(pipeline.signals()) == sent + 1
    assert asked(pipeline, "flatten", key="1")["changed"] is False


def test_a_resume_that_failed_half_way_needs_a_new_key(pipeline: Pipeline) -> None:
    """A late repetition of an old request must never re-arm a newer halt."""
    asked(pipeline, "halt", key="1")

    class Broken:
        def now(self) -> datetime:
            raise RetryableError("gone")

    desk = pipeline.flattening
    halts = replace(desk.halts, clock=Broken())  # type: ignore[arg-type]  # half of a clock
    half_way = replace(pipeline.api, flattening=replace(desk, halts=halts))
    with pytest.raises(RetryableError):
        command("resume", {"reason": "because"}, actor="ann", key="2", runtime=half_way)

    assert asked(pipeline, "resume", key="2")["changed"] is False
    assert level(pipeline) is HaltLevel.REDUCE_ONLY


def test_one_order_is_cancelled_by_the_one_who_sends_orders(pipeline: Pipeline) -> None:
    order = pipeline.working("SPY", quantity=10)

    answer = asked(pipeline, "cancel", key="1", order=order.client_order_id)
    again = asked(pipeline, "cancel", key="1", order=order.client_order_id)

    assert (answer["changed"], again["changed"]) == (True, False)
    [request] = cancels(pipeline)
    assert (request.client_order_id, request.reason) == (order.client_order_id, "operator")


def test_an_order_that_is_over_is_not_cancelled(pipeline: Pipeline) -> None:
    order = pipeline.bought("SPY", 10, "100.00")

    answer = asked(pipeline, "cancel", key="1", order=order.client_order_id)

    assert answer == {"changed": False, "message": f"{order.client_order_id} is filled already"}
    with pytest.raises(InvalidValueError, match="an order of this account"):
        asked(pipeline, "cancel", key="2", order="qt1-nothing")


def test_a_position_is_closed_in_parts_and_what_works_is_cancelled(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 20, "100.00")
    pipeline.working("SPY", quantity=5, ordinal=1)
    before = len(pipeline.signals())

    answer = asked(pipeline, "close", key="1", symbol="SPY", quantity=8)

    assert answer["message"] == "Closing 8 SPY"
    assert [(each.scope, each.reason) for each in cancels(pipeline)] == [("symbol:SPY", "close")]
    request = pipeline.signals()[-1].payload
    assert isinstance(request, AssessSignal)
    signal = request.signal
    assert (signal.action, signal.quantity, len(pipeline.signals())) == ("close", 8, before + 1)


def test_a_part_is_closed_once_however_often_its_key_comes(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 20, "100.00")
    asked(pipeline, "close", key="1", symbol="SPY", quantity=8)
    pipeline.pump()
    pipeline.clock.forward(timedelta(minutes=3))
    close_position("SPY", 8, key="1", runtime=pipeline.flattening)
    pipeline.pump()
    [order] = pipeline.orders.working_orders(pipeline.account)

    assert (order.side, order.quantity) == ("sell", 8)


def test_nothing_is_closed_that_is_not_held(pipeline: Pipeline) -> None:
    with pytest.raises(InvalidValueError, match="Expected a position in 'SPY', was flat"):
        asked(pipeline, "close", key="1", symbol="SPY")


@pytest.mark.parametrize(
    ("verb", "body", "key", "complaint"),
    [
        ("halt", {}, "1", "reason of 1 to 200"),
        ("halt", {"reason": "  "}, "1", "reason of 1 to 200"),
        ("halt", {"reason": "x" * 201}, "1", "reason of 1 to 200"),
        ("halt", {"reason": 5}, "1", "reason of 1 to 200"),
        ("halt", {"reason": "x", "force": True}, "1", "force"),
        ("halt", {"reason": "x", "scope": "everything"}, "1", "everything"),
        ("flatten", {"reason": "x", "scope": "symbol:"}, "1", "symbol:NAME"),
        ("cancel-all", {"reason": "x", "scope": "order:1"}, "1", "order:1"),
        ("cancel-all", {}, "1", "reason of 1 to 200"),
        ("resume", {}, "1", "reason of 1 to 200"),
        ("liquidate", {"reason": "x"}, "1", "liquidate"),
        ("cancel", {"reason": "x"}, "1", "order: a name"),
        ("cancel", {"reason": "x", "order": "y", "symbol": "SPY"}, "1", "symbol"),
        ("close", {"reason": "x", "symbol": "SPY", "quantity": 0}, "1", "whole shares"),
        ("close", {"reason": "x", "symbol": "SPY", "quantity": "5"}, "1", "whole shares"),
        ("close", {"reason": "x", "symbol": "SPY", "quantity": True}, "1", "whole shares"),
        ("halt", {"reason": "x"}, "", "Idempotency-Key"),
        ("halt", {"reason": "x"}, "k" * 101, "Idempotency-Key"),
    ],
)
def test_says_what_was_expected(
    pipeline: Pipeline, verb: str, body: dict[str, object], key: str, complaint: str
) -> None:
    with pytest.raises(InvalidValueError, match=complaint):
        command(verb, body, actor="ann", key=key, runtime=pipeline.api)
    assert level(pipeline) is HaltLevel.ACTIVE
