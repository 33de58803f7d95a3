"""Starts the container's tasks and ends them: all run, or none does."""

import asyncio
import contextlib
import signal

from ingest_container.health import serve_health
from ingest_container.heartbeat import keep_beating
from ingest_container.market_data import MarketData
from ingest_container.order_stream import OrderStream
from ingest_container.pushing import keep_pushing
from ingest_container.starting import note_start
from quantterminal.services.container_runtime import ContainerRuntime

_SHUT_GATE_S = 1.0


async def run(runtime: ContainerRuntime, *, health_port: int, tick_every_s: float) -> None:
    """Serves until SIGTERM or SIGINT; raises the first error of any task."""
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await serve(runtime, stopped=stopped, health_port=health_port, tick_every_s=tick_every_s)


async def serve(
    runtime: ContainerRuntime, *, stopped: asyncio.Event, health_port: int, tick_every_s: float
) -> None:
    """Runs until `stopped` is set. `tick_every_s` is how often, in real seconds, the market's
    clock is looked at.
    """
    market_data, order_stream = MarketData(runtime), OrderStream(runtime)
    server = await serve_health(market_data, order_stream, port=health_port)
    runtime.telemetry.record("container_started", symbols=len(runtime.trading.symbols))
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(each)
                for each in (
                    market_data.work(),
                    market_data.read(),
                    market_data.tick(tick_every_s),
                    market_data.store_ticks(),
                    market_data.gaps.fill(),
                    market_data.lease.keep(),
                    market_data.watch_ages(),
                    market_data.show_health(),
                    order_stream.work(),
                    order_stream.read(),
                    order_stream.keep_gate(),
                    keep_beating(runtime, market_data, order_stream),
                    keep_pushing(runtime),
                    note_start(runtime),
                )
            ]
            await stopped.wait()
            for task in running:
                task.cancel()
    finally:
        await server.cleanup()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SHUT_GATE_S):
                await order_stream.shut_gate()
                await market_data.lease.release()
    runtime.telemetry.record("container_stopped")
