"""The live sockets' message, each second of real time, in a thread of its own."""

import asyncio
from collections.abc import Callable

from ingest_container.waiting import PatientThread
from quantterminal.ports.telemetry import Telemetry
from quantterminal.services.container_runtime import ContainerRuntime

EVERY_S = 1.0


async def keep_pushing(runtime: ContainerRuntime, *, every_s: float = EVERY_S) -> None:
    """The push's task; never returns. A second that is missed is not made up for."""
    push = runtime.push_live
    if push is None:
        return
    thread = PatientThread("live", draw=runtime.draw, telemetry=runtime.telemetry)
    loop = asyncio.get_running_loop()
    next_at = loop.time()
    while True:
        await thread.call(lambda: _push(push, runtime.telemetry))
        next_at = max(next_at + every_s, loop.time())
        await asyncio.sleep(next_at - loop.time())


def _push(push: Callable[[], object], telemetry: Telemetry) -> None:
    """The page is no reason to stop reading the market: it sees the silence and says so."""
    try:
        push()
    except Exception as problem:  # noqa: BLE001 - bulkhead: what the page needs stops no order
        telemetry.record("live_not_pushed", problem=f"{type(problem).__name__}: {problem}")
