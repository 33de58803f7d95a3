"""Calls that block, in a thread of their own, repeated until they succeed."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from quantterminal.domain.errors import AmbiguousError, RetryableError
from quantterminal.ports.telemetry import Telemetry
from quantterminal.services.backoff import Backoff

T = TypeVar("T")


async def drained(queue: asyncio.Queue[T], *, most: int) -> list[T]:
    """What is waiting in a queue, at least one item and at most `most`, in order."""
    items = [await queue.get()]
    while len(items) < most and not queue.empty():
        items.append(queue.get_nowait())
    return items


class PatientThread:
    """One thread, one call at a time. What is no RetryableError ends the process: crash-only."""

    def __init__(self, name: str, *, draw: Callable[[], float], telemetry: Telemetry) -> None:
        self._name = name
        self._telemetry = telemetry
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._backoff = Backoff(draw, base_s=0.2, cap_s=10.0)
        self.is_waiting = False

    async def call(self, step: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, step)

    def ask(self, step: Callable[[], T]) -> T:
        """As `call`, for somebody who is in another thread and may wait there."""
        return self._executor.submit(step).result()

    async def until_done(
        self, step: Callable[[], T], *, tries: int | None = None, still: Callable[[], bool]
    ) -> T | None:
        """The answer of `step`, with back-off between tries. A step must be safe to repeat, so that
        an effect that nobody knows of is simply done again.

        None when `tries` are used up, or when after a failure `still` says that nobody needs it.
        """
        failures = 0
        try:
            while True:
                try:
                    answer = await self.call(step)
                except (RetryableError, AmbiguousError) as problem:
                    failures += 1
                    self.is_waiting = True
                    self._telemetry.record(
                        "waiting_to_retry", thread=self._name, problem=str(problem)
                    )
                else:
                    self._backoff.reset()
                    return answer
                if failures == tries or not still():
                    return None
                await asyncio.sleep(self._backoff.next_delay())
        finally:
            self.is_waiting = False
