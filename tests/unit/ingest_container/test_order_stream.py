"""When the gate is open, and what happens to updates that cannot be handed on."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from ingest_container.order_stream import OrderStream
from ingest_container.sockets import BufferFullError
from quantterminal.adapters.alpaca import codec
from quantterminal.adapters.memory.bar_store import MemoryBarStore
from quantterminal.adapters.memory.bus import MemoryBus
from quantterminal.adapters.memory.clock import MemoryClock
from quantterminal.adapters.memory.gate import MemoryGate
from quantterminal.adapters.memory.quotes import MemoryQuoteBoard
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.adapters.memory.watermarks import MemoryWatermarks
from quantterminal.domain.configuration import Mode, TradingConfig
from quantterminal.domain.errors import PermanentError
from quantterminal.ports.streams import (
    FrameUnreadable,
    KeysRefused,
    SessionState,
    StreamLive,
    UpdateSeen,
)
from quantterminal.ports.watermarks import StreamState
from quantterminal.services.container_runtime import ContainerRuntime
from tests.unit.quantterminal.adapters.alpaca.sample_orders import fill_update, new_update
from tests.unit.quantterminal.services.sample_bars import OPEN

NEW = UpdateSeen(codec.trade_update(new_update()))
FILL = UpdateSeen(codec.trade_update(fill_update()))
PATIENCE_S = 10.0


class Session:
    """Only what the order stream looks at between frames."""

    def __init__(self) -> None:
        self.state = SessionState.LIVE
        self.wants_close = False
        self.keys = ("key", "secret")

    def renew_keys(self, key_id: str, secret_key: str) -> None:
        self.keys = (key_id, secret_key)


class Around:
    def __init__(self, recover: Callable[[], None] = lambda: None) -> None:
        self.bus = MemoryBus()
        self.gate = MemoryGate(monotonic=lambda: 0.0)
        self.telemetry = MemoryTelemetry()
        self.session = Session()
        settings: dict[str, Any] = {
            "trading": TradingConfig(
                account="acct", mode=Mode.SIMULATED, symbols=("AAPL",), strategies=()
            ),
            "clock": MemoryClock(OPEN),
            "bus": self.bus,
            "bar_store": MemoryBarStore(),
            "watermarks": MemoryWatermarks(),
            "gate": self.gate,
            "quotes": MemoryQuoteBoard(),
            "history": None,
            "trade_history": None,
            "ticks": None,
            "lease": None,
            "gaps": None,
            "feed_board": None,
            "monotonic": lambda: 0.0,
            "holder": "",
            "telemetry": self.telemetry,
            "recover_orders": recover,
            "feed_url": "",
            "feed_session": lambda: None,
            "stream_url": "",
            "stream_session": lambda: self.session,
            "stream_keys": lambda: ("new key", "new secret"),
            "draw": lambda: 0.01,
        }
        self.runtime = ContainerRuntime(**settings)


def events_of(around: Around) -> list[str]:
    return [message.id.split(":")[2] for message in around.bus.messages("order-updates")]


@contextlib.asynccontextmanager
async def working(stream: OrderStream) -> Any:
    tasks = [asyncio.create_task(stream.work()), asyncio.create_task(stream.keep_gate())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.002)


def test_f08_updates_go_on_after_recovery_in_their_order() -> None:
    async def scenario() -> None:
        seen_before_recovery: list[int] = []
        around = Around(lambda: seen_before_recovery.append(len(around.bus.sent)))
        stream = OrderStream(around.runtime)
        assert stream.gate is StreamState.RECONCILING

        async with working(stream):
            stream._enqueue([StreamLive()])
            stream._enqueue([NEW])
            stream._enqueue([FILL])
            await until(lambda: stream.updates_seen == 2)
            await until(lambda: around.gate.state() is StreamState.LIVE)

        assert seen_before_recovery == [0]
        assert events_of(around) == ["new", "fill"]

    asyncio.run(scenario())


def test_the_gate_falls_with_the_socket_and_waits_for_the_next_recovery() -> None:
    async def scenario() -> None:
        around = Around()
        stream = OrderStream(around.runtime)
        async with working(stream):
            stream._enqueue([StreamLive()])
            await until(lambda: around.gate.state() is StreamState.LIVE)

            around.session.state = SessionState.DOWN
            stream._enqueue([])
            await until(lambda: around.gate.state() is StreamState.DOWN)

            around.session.state = SessionState.SUBSCRIBING
            assert stream.gate is StreamState.RECONCILING
            around.session.state = SessionState.LIVE
            stream._enqueue([StreamLive()])
            assert stream.gate is StreamState.RECONCILING
            await until(lambda: around.gate.state() is StreamState.LIVE)

    asyncio.run(scenario())


def test_f24_refused_keys_are_read_again_for_the_next_connection() -> None:
    async def scenario() -> None:
        around = Around()
        stream = OrderStream(around.runtime)
        async with working(stream):
            stream._enqueue([NEW, KeysRefused(), FILL])
            await until(lambda: stream.updates_seen == 2)

        assert around.session.keys == ("new key", "new secret")
        assert events_of(around) == ["new", "fill"]

    asyncio.run(scenario())


def test_f24_recovery_that_fails_for_good_keeps_the_gate_shut_and_the_process_alive() -> None:
    tries: list[int] = []

    def recover() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise PermanentError("401")

    async def scenario() -> None:
        around = Around(recover)
        stream = OrderStream(around.runtime)
        async with working(stream):
            stream._enqueue([StreamLive()])
            await until(lambda: len(tries) == 1)
            assert stream.gate is StreamState.RECONCILING
            await until(lambda: around.gate.state() is StreamState.LIVE)
        assert len(tries) == 3

    asyncio.run(scenario())


def test_an_unreadable_frame_reaches_the_queue_too() -> None:
    async def scenario() -> None:
        around = Around()
        stream = OrderStream(around.runtime)
        async with working(stream):
            stream._enqueue([FrameUnreadable("<html>", "Expected JSON"), NEW])
            await until(lambda: stream.updates_seen == 2)
        groups = [each.group for each in around.bus.sent]
        assert groups == ["acct:unreadable", "acct:AAPL"]

    asyncio.run(scenario())


def test_f11_a_buffer_that_is_full_drops_the_connection_and_says_so() -> None:
    async def scenario() -> None:
        around = Around()
        stream = OrderStream(around.runtime)
        for _ in range(5_000):
            stream._enqueue([NEW])
        with pytest.raises(BufferFullError):
            stream._enqueue([NEW])
        assert len(around.telemetry.named("stream_buffer_full")) == 1

        async with working(stream):
            await until(lambda: stream.updates_seen == 5_000)

    asyncio.run(scenario())
