import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ingest_container.pushing import keep_pushing
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.domain.errors import RetryableError


def runtime(push: Callable[[], object] | None, telemetry: MemoryTelemetry) -> Any:
    return SimpleNamespace(push_live=push, draw=lambda: 0.0, telemetry=telemetry)


def test_a_second_that_fails_is_told_and_the_next_one_comes() -> None:
    telemetry = MemoryTelemetry()
    problems = [RetryableError("the ledger is away"), KeyError("SPY")]
    enough = asyncio.Event()

    def push() -> None:
        if problems:
            raise problems.pop(0)
        loop.call_soon_threadsafe(enough.set)

    async def until_enough() -> None:
        nonlocal loop
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(keep_pushing(runtime(push, telemetry), every_s=0.001))
        await asyncio.wait_for(enough.wait(), timeout=10)
        task.cancel()

    loop: asyncio.AbstractEventLoop
    asyncio.run(until_enough())

    assert [each["problem"] for each in telemetry.named("live_not_pushed")] == [
        "RetryableError: the ledger is away",
        "KeyError: 'SPY'",
    ]


def test_without_a_live_socket_there_is_nothing_to_do() -> None:
    asyncio.run(keep_pushing(runtime(None, MemoryTelemetry())))
