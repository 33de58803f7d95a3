"""`python -m tests.bench.feed.pipeline PORT DATABASE SECONDS`: the container's market-data side.

The real reader, desk, lane and store; bars, queue and working state in memory. Runs until the
sender has finished and everything is stored, prints what was stored and what it cost.
"""

import asyncio
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ingest_container.market_data import MarketData
from ingest_container.process import settle_memory
from quantterminal.adapters.clock.system import SystemClock
from quantterminal.adapters.ingest.desk import NumpyTickDesk
from quantterminal.adapters.ingest.spool import DiskSpool
from quantterminal.adapters.memory.bar_store import MemoryBarStore
from quantterminal.adapters.memory.bus import MemoryBus
from quantterminal.adapters.memory.gate import MemoryGate
from quantterminal.adapters.memory.quotes import MemoryQuoteBoard
from quantterminal.adapters.memory.tape import MemoryFeedLease, MemoryGapLog
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.adapters.memory.watermarks import MemoryWatermarks
from quantterminal.adapters.polygon.session import PolygonSession
from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.tick_store import PostgresTickStore
from quantterminal.domain.configuration import Mode, TradingConfig
from quantterminal.ports.feed import RawBar
from quantterminal.services.container_runtime import ContainerRuntime
from quantterminal.services.tick_lane import TickLane
from tests.bench.feed.tape import SYMBOLS

_QUIET_S = 1.0


class _NoHistory:
    def minute_bars(self, *_args: Any, **_named: Any) -> list[RawBar]:
        return []


def runtime(port: int, database: str, folder: Path) -> ContainerRuntime:
    draw = random.Random(1).random
    telemetry, clock = MemoryTelemetry(), SystemClock()
    lane = TickLane(
        NumpyTickDesk(quotes_every_ms=0, with_parts=False),
        PostgresTickStore(Database(lambda: database), "bench"),
        DiskSpool(folder),
        clock=clock,
        telemetry=telemetry,
    )
    return ContainerRuntime(
        trading=TradingConfig("bench", Mode.SIMULATED, SYMBOLS, ()),
        clock=clock,
        bus=MemoryBus(),
        bar_store=MemoryBarStore(),
        watermarks=MemoryWatermarks(),
        gate=MemoryGate(monotonic=time.monotonic),
        quotes=MemoryQuoteBoard(),
        history=_NoHistory(),
        trade_history=None,
        ticks=lane,
        lease=MemoryFeedLease(),
        gaps=MemoryGapLog(),
        telemetry=telemetry,
        recover_orders=lambda: None,
        feed_url=f"ws://127.0.0.1:{port}/stocks",
        feed_session=lambda: PolygonSession(
            api_key="key", symbols=SYMBOLS, channels=("T", "Q"), draw=draw, stall_after_s=None
        ),
        stream_url="",
        stream_session=lambda: None,  # type: ignore[arg-type,return-value]  # no orders here
        draw=draw,
        monotonic=time.monotonic,
        holder="bench",
    )


async def run(made: ContainerRuntime) -> dict[str, float]:
    data, telemetry = MarketData(made), made.telemetry
    assert isinstance(telemetry, MemoryTelemetry)
    tasks = [
        asyncio.create_task(each)
        for each in (data.read(), data.work(), data.store_ticks(), data.tick(0.1))
    ]
    used = time.process_time()
    while data.state != "live":
        await asyncio.sleep(0.01)
    began, used = time.monotonic(), time.process_time()
    finished: dict[str, object] = {}
    while not finished:
        for task in tasks:
            if task.done():
                task.result()
        await asyncio.sleep(0.05)
        said = telemetry.named("feed_status")
        finished = next((each for each in said if each["status"] == "finished"), {})
    counts, last = made.ticks.counts, -1
    while counts.stored != last or data.waiting:
        last = counts.stored
        await asyncio.sleep(_QUIET_S)
    seconds = time.monotonic() - began
    lags = dict(made.ticks.desk.take_lags())
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        **json.loads(str(finished["message"])),
        **lags,
        "seen_trades": counts.trades,
        "seen_quotes": counts.quotes,
        "stored": counts.stored,
        "thinned": data.thinned,
        "spooled": counts.spooled,
        "seconds": seconds,
        "cpu_seconds": time.process_time() - used,
        "peak_mb": peak_mb,
    }


def main() -> None:
    port, database = int(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        made = runtime(port, database, Path(folder))
        settle_memory()
        found = asyncio.run(run(made))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
