import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ingest_container.pushing import keep_pushing
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.domain.errors import RetryableError


async def pushed(push: Callable[[], object] | None, telemetry: MemoryTelemetry) -> None:
    runtime: Any = SimpleNamespace(push_live=push, draw=lambda: 0.0, telemetry=telemetry)
    await keep_pushing(runtime, every_s=0.001)


def test_a_second_that_fails_is_told_and_the_next_one_comes() -> None:
    telemetry, calls = MemoryTelemetry(), 0

    class EnoughError(Exception):
        pass

    def push() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RetryableError("the ledger is away")
        if calls == 3:
            raise EnoughError

    with pytest.raises(EnoughError):
        asyncio.run(pushed(push, telemetry))

    assert telemetry.named("live_not_pushed") == [{"problem": "the ledger is away"}]


def test_without_a_live_socket_there_is_nothing_to_do() -> None:
    asyncio.run(pushed(None, MemoryTelemetry()))
