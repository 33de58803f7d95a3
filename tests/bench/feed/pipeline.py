"""`python -m tests.bench.feed.pipeline OPTIONS`: the container's market-data side, OPTIONS as JSON.

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
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from ingest_container.market_data import MarketData
from ingest_container.process import settle_memory
from quantterminal.adapters.clock.system import SystemClock
from quantterminal.adapters.ingest.desk import NumpyTickDesk
from quantterminal.adapters.ingest.spool import DiskSpool
from quantterminal.adapters.memory.bar_store import MemoryBarStore
from quantterminal.adapters.memory.bus import MemoryBus
from quantterminal.adapters.memory.gate import MemoryGate
from quantterminal.adapters.memory.quotes import MemoryFeedBoard, MemoryQuoteBoard
from quantterminal.adapters.memory.tape import MemoryFeedLease, MemoryGapLog
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.adapters.memory.watermarks import MemoryWatermarks
from quantterminal.adapters.polygon.client import PolygonHistory
from quantterminal.adapters.polygon.session import PolygonSession
from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.tick_store import PostgresTickStore
from quantterminal.domain.configuration import Mode, TradingConfig
from quantterminal.ports.feed import RawBar
from quantterminal.services.container_runtime import ContainerRuntime
from quantterminal.services.tick_lane import TickLane
from tests.bench.feed.tape import SYMBOLS

_QUIET_S = 1.0
_LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class Options:
    """`rest_port` 0: nothing can be given again. `offset_ms` is how far the market's time is ahead
    of the real one; silence of `stall_after_s` is a stall, 0 never.
    """

    port: int
    database: str
    rest_port: int = 0
    offset_ms: int = 0
    stall_after_s: float = 0.0


class _OffsetClock(SystemClock):
    def __init__(self, offset_ms: int) -> None:
        self._offset = timedelta(milliseconds=offset_ms)

    def now(self) -> datetime:
        return super().now() + self._offset


class _NoHistory:
    def minute_bars(self, *_args: Any, **_named: Any) -> list[RawBar]:
        return []


def runtime(options: Options, folder: Path) -> ContainerRuntime:
    draw = random.Random(1).random
    telemetry, clock = MemoryTelemetry(), _OffsetClock(options.offset_ms)
    stall_after_s = options.stall_after_s or None
    history = PolygonHistory(
        base_url=f"http://127.0.0.1:{options.rest_port}",
        api_key="key",
        draw=draw,
        sleep=time.sleep,
    )
    lane = TickLane(
        NumpyTickDesk(quotes_every_ms=0, with_parts=False),
        PostgresTickStore(Database(lambda: options.database), "bench"),
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
        trade_history=history if options.rest_port else None,
        ticks=lane,
        lease=MemoryFeedLease(),
        gaps=MemoryGapLog(),
        feed_board=MemoryFeedBoard(),
        telemetry=telemetry,
        recover_orders=lambda: None,
        feed_url=f"ws://127.0.0.1:{options.port}/stocks",
        feed_session=lambda: PolygonSession(
            api_key="key",
            symbols=SYMBOLS,
            channels=("T", "Q"),
            draw=draw,
            stall_after_s=stall_after_s,
        ),
        stream_url="",
        stream_session=lambda: None,  # type: ignore[arg-type,return-value]  # no orders here
        stream_keys=lambda: ("", ""),
        draw=draw,
        monotonic=time.monotonic,
        holder="bench",
        stall_after_s=stall_after_s,
    )


async def run(made: ContainerRuntime) -> dict[str, Any]:
    data, telemetry = MarketData(made), made.telemetry
    assert isinstance(telemetry, MemoryTelemetry)
    duties = data.read(), data.work(), data.store_ticks(), data.tick(0.1)
    more = data.gaps.fill(), data.watch_ages()
    tasks = [asyncio.create_task(each) for each in (*duties, *more)]
    while data.state != "live":
        await asyncio.sleep(0.01)
    began, used = time.monotonic(), time.process_time()
    finished: dict[str, object] = {}
    resident: list[float] = []
    while not finished:
        for task in tasks:
            if task.done():
                task.result()
        await asyncio.sleep(_LOOK_S)
        resident.append(_resident_mb())
        said = telemetry.named("feed_status")
        finished = next((each for each in said if each["status"] == "finished"), {})
    sent_for = time.monotonic() - began
    counts, last = made.ticks.counts, (-1, -1)
    while (counts.trades, counts.filled) != last or not data.is_settled:  # quotes may go on
        last = counts.trades, counts.filled
        await asyncio.sleep(_QUIET_S)
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
        "refused": counts.refused,
        "repeated": counts.repeated,
        "filled": counts.filled,
        "reconnects": data.reconnects,
        "gaps": data.gaps_found,
        "reports": dict(Counter(name for name, _ in telemetry.events)),
        "resident_mb": resident,
        "sent_for": sent_for,
        "cpu_seconds": time.process_time() - used,
        "peak_mb": peak_mb,
    }


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def _trades_in(database: str) -> int:
    with psycopg.connect(database) as connection:
        row = connection.execute("select count(*) from trades").fetchone()
    return 0 if row is None else int(row[0])


def main() -> None:
    options = Options(**json.loads(sys.argv[1]))
    with tempfile.TemporaryDirectory() as folder:
        made = runtime(options, Path(folder))
        settle_memory()
        found = asyncio.run(run(made))
    found["trades_in_store"] = _trades_in(options.database)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
