from dataclasses import replace
from datetime import datetime

import pytest

from quantterminal.domain.errors import InvalidValueError, RetryableError
from quantterminal.domain.halts import ACCOUNT
from quantterminal.domain.risk import HaltLevel
from quantterminal.services.api_requests import command
from tests.unit.quantterminal.services.pipeline import Pipeline


def asked(pipeline: Pipeline, verb: str, *, key: str, **body: object) -> dict[str, object]:
    body = {"reason": "because"} | body
    return command(verb, body, actor="ann", key=key, runtime=pipeline.api)


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
