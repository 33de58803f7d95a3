import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ingest_container.starting import note_start
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.domain.errors import RetryableError


def runtime(note: Callable[[], None] | None) -> Any:
    return SimpleNamespace(note_start=note, draw=lambda: 0.0, telemetry=MemoryTelemetry())


def test_the_start_is_written_once_the_ledger_is_there() -> None:
    problems = [RetryableError("the ledger is away")]
    written: list[str] = []

    def note() -> None:
        if problems:
            raise problems.pop()
        written.append("start")

    asyncio.run(asyncio.wait_for(note_start(runtime(note)), timeout=10))

    assert written == ["start"]


def test_where_nobody_keeps_a_record_there_is_nothing_to_do() -> None:
    asyncio.run(note_start(runtime(None)))
