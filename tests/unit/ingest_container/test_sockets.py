"""The socket loop against a server on loopback: it hands over, gives up and comes again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from websockets.asyncio.server import ServerConnection, serve

from ingest_container.sockets import BufferFullError, keep_connected

PATIENCE_S = 10.0


@dataclass
class Script:
    """A session that greets, keeps what comes, and closes when it is told to."""

    deadline_s: float | None = None
    events: list[str] = field(default_factory=list)
    closes: list[int | None] = field(default_factory=list)
    connections: int = 0
    wants_close: bool = False
    _outbox: list[str] = field(default_factory=list)
    _deadline: float | None = None

    def connected(self, now: float) -> None:
        self.connections += 1
        self.wants_close = False
        self._outbox = ["hello"]
        self._deadline = None if self.deadline_s is None else now + self.deadline_s

    def to_send(self) -> Sequence[str]:
        frames, self._outbox = self._outbox, []
        return frames

    def next_deadline(self) -> float | None:
        return self._deadline

    def connect_delay(self) -> float:
        return 0.0

    def receive(self, frame: str | bytes, now: float) -> Sequence[str]:
        del now
        text = frame.decode() if isinstance(frame, bytes) else frame
        self.wants_close = text == "leave"
        return [text]

    def on_time(self, now: float) -> Sequence[str]:
        del now
        self.wants_close = True
        return ["deadline"]

    def closed(self, now: float, code: int | None) -> Sequence[str]:
        del now
        self.closes.append(code)
        return []


@contextlib.asynccontextmanager
async def talking_to(
    answer: Callable[[ServerConnection], Awaitable[None]],
    script: Script,
    handle: Callable[[Sequence[str]], None] | None = None,
) -> AsyncIterator[None]:
    async with serve(answer, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        loop = asyncio.create_task(
            keep_connected(
                script,
                f"ws://127.0.0.1:{port}",
                on_time=script.on_time,
                handle=handle or script.events.extend,
            )
        )
        try:
            yield
        finally:
            loop.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await loop


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


def test_frames_go_both_ways_and_a_close_is_followed_by_a_new_connection() -> None:
    heard: list[str | bytes] = []

    async def answer(socket: ServerConnection) -> None:
        heard.append(await socket.recv())
        await socket.send("text")
        await socket.send(b"binary")
        await socket.close(1008, "enough")

    async def scenario() -> None:
        script = Script()
        async with talking_to(answer, script):
            await until(lambda: script.connections >= 2 and len(script.closes) >= 2)
        assert script.events[:2] == ["text", "binary"]
        assert script.closes[:2] == [1008, 1008]

    asyncio.run(scenario())
    assert heard[0] == "hello"


def test_a_drop_without_a_close_frame_has_no_code() -> None:
    async def answer(socket: ServerConnection) -> None:
        await socket.recv()
        socket.transport.abort()

    async def scenario() -> None:
        script = Script()
        async with talking_to(answer, script):
            await until(lambda: len(script.closes) >= 2)
        assert script.closes[:2] == [None, None]

    asyncio.run(scenario())


def test_the_session_can_leave_after_a_frame_and_after_a_deadline() -> None:
    async def answer(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send("leave")
        await socket.wait_closed()

    async def silent(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async def scenario() -> None:
        leaving, waiting = Script(), Script(deadline_s=0.02)
        async with talking_to(answer, leaving):
            await until(lambda: leaving.connections >= 2)
        async with talking_to(silent, waiting):
            await until(lambda: waiting.connections >= 2)
        assert leaving.events[0] == "leave"
        assert waiting.events[0] == "deadline"

    asyncio.run(scenario())


def test_a_full_buffer_drops_the_connection() -> None:
    async def answer(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send("too much")
        await socket.wait_closed()

    def full(events: Sequence[str]) -> None:
        if events:
            raise BufferFullError

    async def scenario() -> None:
        script = Script()
        async with talking_to(answer, script, full):
            await until(lambda: script.connections >= 2)

    asyncio.run(scenario())


def test_where_nobody_listens_the_session_is_told_each_time() -> None:
    async def nobody(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async def scenario() -> None:
        async with serve(nobody, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
        script = Script()
        loop = asyncio.create_task(
            keep_connected(
                script,
                f"ws://127.0.0.1:{port}",
                on_time=script.on_time,
                handle=script.events.extend,
            )
        )
        await until(lambda: len(script.closes) >= 3)
        loop.cancel()
        assert script.connections == 0
        assert set(script.closes) == {None}

    asyncio.run(scenario())


def test_between_small_reads_it_rests_and_loses_nothing() -> None:
    count = 3_000
    arrivals: list[int] = []

    async def answer(socket: ServerConnection) -> None:
        await socket.recv()
        for number in range(count):
            await socket.send(f"[{number}]")  # each its own segment
            if number % 10 == 0:
                await asyncio.sleep(0)
        await socket.close(1000)

    async def scenario() -> Script:
        script = Script()

        def handle(events: Sequence[str]) -> None:
            script.events.extend(events)
            arrivals.append(len(events))

        async with talking_to(answer, script, handle):
            await until(lambda: bool(script.closes))
        return script

    assert asyncio.run(scenario()).events[:count] == [f"[{number}]" for number in range(count)]
    assert max(arrivals) > 10
