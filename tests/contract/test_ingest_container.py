"""The container's shell over real sockets: the local market on one side, memory on the other."""

import asyncio
import json
import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingest_container.shell import serve
from quantterminal.adapters.alpaca.client import AlpacaBroker
from quantterminal.adapters.alpaca.session import AlpacaSession
from quantterminal.adapters.clock.replay import ReplayClock
from quantterminal.adapters.ingest.desk import NumpyTickDesk
from quantterminal.adapters.memory.bar_store import MemoryBarStore
from quantterminal.adapters.memory.bus import MemoryBus
from quantterminal.adapters.memory.gate import MemoryGate
from quantterminal.adapters.memory.quotes import MemoryFeedBoard, MemoryQuoteBoard
from quantterminal.adapters.memory.tape import (
    MemoryFeedLease,
    MemoryGapLog,
    MemorySpool,
    MemoryTickStore,
)
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.adapters.memory.watermarks import MemoryWatermarks
from quantterminal.adapters.polygon.client import PolygonHistory
from quantterminal.adapters.polygon.session import PolygonSession
from quantterminal.domain.configuration import Mode, TradingConfig
from quantterminal.domain.events import MinuteClosed, OrderUpdated, SweepOrders
from quantterminal.domain.signals import Side
from quantterminal.ports.broker import NewOrder
from quantterminal.ports.watermarks import StreamState
from quantterminal.services.container_runtime import ContainerRuntime
from quantterminal.services.tick_lane import TickLane
from tests.contract.market_process import MarketProcess, asynchronous, market

SYMBOLS = ("AAA", "BBB")
PATIENCE_S = 20.0


@dataclass
class Surroundings:
    """What outlives a container: queues, store, working state."""

    market: MarketProcess
    folder: Path
    bus: MemoryBus = field(default_factory=MemoryBus)
    bar_store: MemoryBarStore = field(default_factory=MemoryBarStore)
    watermarks: MemoryWatermarks = field(default_factory=MemoryWatermarks)
    quotes: MemoryQuoteBoard = field(default_factory=MemoryQuoteBoard)
    telemetry: MemoryTelemetry = field(default_factory=MemoryTelemetry)
    gate: MemoryGate = field(default_factory=lambda: MemoryGate(monotonic=time.monotonic))
    tick_store: MemoryTickStore = field(default_factory=MemoryTickStore)
    lease: MemoryFeedLease = field(default_factory=MemoryFeedLease)
    gaps: MemoryGapLog = field(default_factory=MemoryGapLog)
    feed_board: MemoryFeedBoard = field(default_factory=MemoryFeedBoard)
    recoveries: int = 0

    def runtime(self, **changes: Any) -> ContainerRuntime:
        draw = random.Random(1).random
        settings: dict[str, Any] = {
            "trading": TradingConfig(
                account="acct", mode=Mode.SIMULATED, symbols=SYMBOLS, strategies=()
            ),
            "clock": ReplayClock(self.folder / "clock"),
            "bus": self.bus,
            "bar_store": self.bar_store,
            "watermarks": self.watermarks,
            "gate": self.gate,
            "quotes": self.quotes,
            "history": PolygonHistory(
                base_url=f"http://{self.market.feed}",
                api_key="feed-key",
                draw=draw,
                sleep=lambda _seconds: None,
            ),
            "trade_history": None,
            "ticks": TickLane(
                NumpyTickDesk(),
                self.tick_store,
                MemorySpool(),
                clock=ReplayClock(self.folder / "clock"),
                telemetry=self.telemetry,
            ),
            "lease": self.lease,
            "gaps": self.gaps,
            "feed_board": self.feed_board,
            "monotonic": time.monotonic,
            "holder": "me",
            "telemetry": self.telemetry,
            "recover_orders": self._recover,
            "feed_url": f"ws://{self.market.feed}/stocks",
            "feed_session": lambda: PolygonSession(
                api_key="feed-key", symbols=SYMBOLS, draw=draw, stall_after_s=None
            ),
            "stream_url": f"ws://{self.market.broker}/stream",
            "stream_session": lambda: AlpacaSession(key_id="key", secret_key="secret", draw=draw),
            "stream_keys": lambda: ("key", "secret"),
            "draw": draw,
            **changes,
        }
        return ContainerRuntime(**settings)

    def _recover(self) -> None:
        self.recoveries += 1

    def minutes(self) -> list[MinuteClosed]:
        payloads = [message.payload for message in self.bus.messages("bars")]
        return [payload for payload in payloads if isinstance(payload, MinuteClosed)]

    def updates(self) -> list[OrderUpdated]:
        payloads = [message.payload for message in self.bus.messages("order-updates")]
        return [payload for payload in payloads if isinstance(payload, OrderUpdated)]


class Container:
    """A container in this process's event loop, seen from outside by its health page."""

    def __init__(self, surroundings: Surroundings, **changes: Any) -> None:
        self._surroundings = surroundings
        self._stopped = asyncio.Event()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._task = asyncio.create_task(
            serve(
                surroundings.runtime(**changes),
                stopped=self._stopped,
                health_port=self._port,
                tick_every_s=0.002,
            )
        )

    async def health(self) -> dict[str, Any]:
        """Over its own port, by hand: a request, and JSON after the empty line."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return dict(json.loads(answer.partition(b"\r\n\r\n")[2]))

    async def until(self, condition: Callable[[dict[str, Any]], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            assert not self._task.done(), await self._task
            try:
                health = await self.health()
            except OSError:
                health = {}
            if health and condition(health):
                return
            assert time.monotonic() < deadline, f"waited for {what}: {health}"
            await asyncio.sleep(0.005)

    async def live(self) -> None:
        await self.until(
            lambda health: health["feed"] == "live" and health["gate"] == "LIVE", "both streams"
        )

    async def step_to(self, kind: str, *, times: int = 1, is_connected: bool = True) -> None:
        """Steps as a stepped replay does: on when all that was sent and the time have been seen."""
        lead = await self._lead() if is_connected else 0
        while times:
            played = await asyncio.to_thread(self._surroundings.market.step)
            now = datetime.fromisoformat(played["now"])
            sent = await self._sent() if is_connected else 0
            await self._until_seen(now, events=sent - lead)
            times -= played["kind"] == kind

    async def _until_seen(self, now: datetime, *, events: int) -> None:
        await self.until(
            lambda health: (
                datetime.fromisoformat(health["clock_seen"]) >= now
                and health["feed_events_seen"] >= events
            ),
            f"{now} and {events} events",
        )

    async def _sent(self) -> int:
        state = await asyncio.to_thread(self._surroundings.market.state)
        return int(state["feed"]["sent"])

    async def _lead(self) -> int:
        """What the feed has sent to earlier connections, which this container never saw."""
        return await self._sent() - int((await self.health())["feed_events_seen"])

    async def stop(self) -> None:
        started = time.monotonic()
        self._stopped.set()
        await self._task
        assert time.monotonic() - started < 2.0


async def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited for {what}"
        await asyncio.sleep(0.005)


@asynchronous
async def test_minutes_sweeps_and_quotes_of_a_stepped_market(tmp_path: Path) -> None:
    with market(tmp_path) as process:
        around = Surroundings(process, tmp_path)
        container = Container(around)
        await container.live()

        await container.step_to("settle", times=5)
        await until(lambda: len(around.minutes()) == 5, "five minutes")
        await container.stop()

    minutes = around.minutes()
    assert [minute.minute for minute in minutes] == [
        minutes[0].minute + timedelta(minutes=number) for number in range(5)
    ]
    assert all([bar.symbol for bar in minute.bars] == list(SYMBOLS) for minute in minutes)
    assert len(around.bar_store.bars) == 10
    assert around.watermarks.published_minute() == minutes[-1].minute
    assert set(around.quotes.quotes()) == set(SYMBOLS)
    sweeps = [message.payload for message in around.bus.messages("orders")]
    assert sweeps
    assert all(isinstance(sweep, SweepOrders) for sweep in sweeps)


@asynchronous
async def test_updates_of_an_order_reach_the_queue_in_order(tmp_path: Path) -> None:
    with market(tmp_path) as process:
        around = Surroundings(process, tmp_path)
        container = Container(around)
        await container.live()
        await container.step_to("settle", times=2)

        await asyncio.to_thread(submit, process, "qt1-a")
        await container.step_to("settle", times=2)
        await until(lambda: "fill" in events_of(around), "the fill")
        await container.stop()

    events = events_of(around)
    assert events[0] in ("pending_new", "new")
    assert events[-1] == "fill"
    assert {update.update.client_order_id for update in around.updates()} == {"qt1-a"}
    assert {message.correlation_id for message in around.bus.messages("order-updates")} == {"qt1-a"}


@asynchronous
async def test_a_cut_feed_loses_no_minute(tmp_path: Path) -> None:
    with market(tmp_path) as process:
        around = Surroundings(process, tmp_path)
        container = Container(around)
        await container.live()
        await container.step_to("settle", times=2)

        await asyncio.to_thread(process.fault, "cut_feed")
        await container.step_to("settle", times=3, is_connected=False)
        await until(lambda: len(around.telemetry.named("feed_live")) >= 2, "the reconnection")
        await container.live()
        await container.step_to("settle", times=2)
        await until(lambda: len(around.minutes()) >= 7, "seven minutes")
        await container.stop()

    minutes = [minute.minute for minute in around.minutes() if minute.bars]
    assert minutes == sorted(minutes)
    assert len(set(minutes)) == 7
    assert len(around.bar_store.bars) == 14


@asynchronous
async def test_a_container_that_starts_again_goes_on_at_the_watermark(tmp_path: Path) -> None:
    with market(tmp_path) as process:
        around = Surroundings(process, tmp_path)
        first = Container(around)
        await first.live()
        await first.step_to("settle", times=2)
        await until(lambda: len(around.minutes()) == 2, "two minutes")
        await first.stop()
        assert around.gate.state() is StreamState.DOWN

        for _ in range(3):
            process.step_to("settle")
        second = Container(around)
        await second.live()
        await second.step_to("settle")
        await until(lambda: len(around.minutes()) == 6, "six minutes")
        await second.stop()

    minutes = [minute.minute for minute in around.minutes()]
    assert minutes == [minutes[0] + timedelta(minutes=number) for number in range(6)]
    assert len(around.bar_store.bars) == 12


@asynchronous
async def test_f26_a_second_container_waits_until_the_first_has_gone(tmp_path: Path) -> None:
    with market(tmp_path) as process:
        around = Surroundings(process, tmp_path)
        first = Container(around)
        await first.live()

        second = Container(around, holder="another")
        await until(lambda: bool(around.telemetry.named("feed_lease_waiting")), "the second")
        connections = await asyncio.to_thread(process.state)
        await first.stop()
        await second.live()
        token = (await second.health())["fencing_token"]
        await second.stop()

    assert connections["feed"]["connections"] == 1
    assert token == 2


@asynchronous
async def test_ticks_of_the_market_are_stored_and_missed_ones_fetched(tmp_path: Path) -> None:
    with market(tmp_path) as process:
        around = Surroundings(process, tmp_path)
        history = PolygonHistory(
            base_url=f"http://{process.feed}",
            api_key="feed-key",
            draw=lambda: 0.5,
            sleep=lambda _seconds: None,
        )
        container = Container(around, trade_history=history, feed_session=all_channels)
        await container.live()
        await container.step_to("settle", times=2)
        await asyncio.to_thread(process.fault, "cut_feed")
        await container.step_to("settle", times=2, is_connected=False)
        await until(lambda: len(around.telemetry.named("feed_live")) >= 2, "the reconnection")
        await container.live()
        await container.step_to("settle", times=1)
        tape = await asyncio.to_thread(on_tape, history)
        await until(lambda: len(around.tick_store.trades) >= len(tape), "every print")
        await container.stop()

    assert sorted(each[:3] for each in around.tick_store.trades) == tape
    assert around.tick_store.quotes
    (gap,) = [each for each in around.gaps.gaps.values() if each["reason"] != "start"]
    assert gap["trades"]
    assert gap["bars"]


def all_channels() -> PolygonSession:
    return PolygonSession(
        api_key="feed-key",
        symbols=SYMBOLS,
        channels=("AM", "Q", "T"),
        draw=lambda: 0.5,
        stall_after_s=None,
    )


def on_tape(history: PolygonHistory) -> list[tuple[str, int, int]]:
    """(symbol, time, number) of every print that the feed can give."""
    day = datetime(2024, 3, 4, tzinfo=UTC)
    return sorted(
        (symbol, int(each.at_ms), int(each.sequence))
        for symbol in SYMBOLS
        for page in history.trades(symbol, start=day, end=day + timedelta(days=1))
        for each in page
    )


@asynchronous
async def test_f08_the_gate_opens_only_after_orders_were_recovered(tmp_path: Path) -> None:
    with market(tmp_path) as process:
        around = Surroundings(process, tmp_path)
        container = Container(around)
        await container.live()
        await until(lambda: around.gate.state() is StreamState.LIVE, "the gate")
        assert around.recoveries == 1

        await asyncio.to_thread(process.fault, "cut_stream")
        await until(lambda: around.recoveries == 2, "the second recovery")
        await until(lambda: around.gate.history[-1] is StreamState.LIVE, "the gate again")
        await container.stop()

    states = around.gate.history
    assert states[0] in (StreamState.DOWN, StreamState.RECONCILING)
    first_live = states.index(StreamState.LIVE)
    assert StreamState.LIVE in states[first_live + 2 :]
    assert states[-1] is StreamState.DOWN


@asynchronous
async def test_f11_updates_wait_while_the_bus_is_down(tmp_path: Path) -> None:
    with market(tmp_path) as process:
        around = Surroundings(process, tmp_path)
        container = Container(around)
        await container.live()
        await container.step_to("settle", times=2)

        around.bus.is_down = True
        await asyncio.to_thread(submit, process, "qt1-a")
        await until(lambda: bool(around.telemetry.named("waiting_to_retry")), "a failed try")
        await until(lambda: around.gate.state() is not StreamState.LIVE, "the gate to fall")
        around.bus.is_down = False
        await until(lambda: "new" in events_of(around), "the update")
        await until(lambda: around.gate.state() is StreamState.LIVE, "the gate to open")
        await container.stop()

    assert events_of(around)[:2] == ["pending_new", "new"]


def events_of(around: Surroundings) -> list[str]:
    return [update.update.event.value for update in around.updates()]


def submit(process: MarketProcess, client_order_id: str) -> None:
    broker = AlpacaBroker(
        base_url=f"http://{process.broker}",
        key_id="key",
        secret_key="secret",
        draw=lambda: 0.0,
        sleep=lambda _seconds: None,
    )
    price = Decimal(str(process.call("GET", "/broker/prices")[1]["AAA"]))
    limit = (price * Decimal("1.02")).quantize(Decimal("0.01"))
    broker.submit(NewOrder(client_order_id, "AAA", Side.BUY, Decimal(10), limit))
