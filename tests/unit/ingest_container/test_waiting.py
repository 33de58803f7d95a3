"""Blocking calls in a thread: repeated while they may succeed, and never swallowed."""

import asyncio

import pytest

from ingest_container.waiting import PatientThread, drained
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.domain.errors import AmbiguousError, PermanentError, RetryableError


def patient(telemetry: MemoryTelemetry | None = None) -> PatientThread:
    return PatientThread("test", draw=lambda: 0.01, telemetry=telemetry or MemoryTelemetry())


class Step:
    def __init__(self, failures: int, error: Exception | None = None) -> None:
        self.calls = 0
        self._failures = failures
        self._error = error or RetryableError("not now")

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self._failures:
            raise self._error
        return "done"


def test_a_step_is_repeated_until_it_is_done_and_each_failure_is_recorded() -> None:
    telemetry, step = MemoryTelemetry(), Step(2)
    thread = patient(telemetry)

    answer = asyncio.run(thread.until_done(step, still=lambda: True))

    assert (answer, step.calls) == ("done", 3)
    assert len(telemetry.named("waiting_to_retry")) == 2
    assert not thread.is_waiting


def test_what_nobody_knows_is_done_again_because_a_step_is_safe_to_repeat() -> None:
    step = Step(1, AmbiguousError("the connection broke during commit"))
    assert asyncio.run(patient().until_done(step, still=lambda: True)) == "done"


def test_it_can_run_out_of_tries() -> None:
    step = Step(5)
    assert asyncio.run(patient().until_done(step, tries=3, still=lambda: True)) is None
    assert step.calls == 3


def test_it_stops_when_nobody_needs_the_answer_any_more() -> None:
    step = Step(5)
    assert asyncio.run(patient().until_done(step, still=lambda: False)) is None
    assert step.calls == 1


def test_any_other_error_goes_on() -> None:
    with pytest.raises(PermanentError):
        asyncio.run(patient().until_done(Step(1, PermanentError("no")), still=lambda: True))


def test_draining_waits_for_one_and_keeps_the_order() -> None:
    async def scenario() -> list[list[int]]:
        queue: asyncio.Queue[int] = asyncio.Queue()
        for number in range(5):
            queue.put_nowait(number)
        return [await drained(queue, most=3), await drained(queue, most=3)]

    assert asyncio.run(scenario()) == [[0, 1, 2], [3, 4]]
