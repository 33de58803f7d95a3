"""Drives one session over one WebSocket, for ever: connect, hand over what comes, connect again.

The frames that one read of the socket brought are handed over together, as bytes.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

Event = TypeVar("Event")
Event_co = TypeVar("Event_co", covariant=True)

_OPEN_S = 10.0
_CLOSE_S = 0.5
_PING_S = 10.0  # a broken path is found after two of these
_LARGEST_FRAME = 16 * 1024 * 1024
_READ_BUFFER = 64 * 1024
_AT_ONCE = 48 * 1024  # bytes that are handed over together: what they become stays in the cache
_LARGE_READ = 32 * 1024  # bytes: more may be waiting already
_BUSY_S = 0.002  # between two reads
_REST_S = 0.001
_LOOK_S = 0.25  # a deadline that moved forward is noticed that late


class BufferFullError(Exception):
    """The consumer is too slow: the connection is dropped, and what was missed is fetched later."""


class Session(Protocol[Event_co]):
    """What both sessions of `ports.streams` have in common."""

    @property
    def wants_close(self) -> bool: ...

    def connected(self, now: float) -> None: ...

    def to_send(self) -> Sequence[str]: ...

    def next_deadline(self) -> float | None: ...

    def connect_delay(self) -> float: ...

    def receive(self, frame: str | bytes, now: float) -> Sequence[Event_co]: ...

    def closed(self, now: float, code: int | None) -> Sequence[Event_co]: ...


async def keep_connected(
    session: Session[Event],
    url: str,
    *,
    on_time: Callable[[float], Sequence[Event]],
    handle: Callable[[Sequence[Event]], None],
    receive_all: Callable[[Sequence[bytes], float], Sequence[Event]] | None = None,
) -> None:
    """Never returns. `handle` only enqueues; it raises BufferFullError to drop the connection.

    `receive_all` is for a session that is quicker with many frames at once.
    """

    def one_by_one(frames: Sequence[bytes], now: float) -> Sequence[Event]:
        events: list[Event] = []
        for frame in frames:
            events += session.receive(frame, now)
            if session.wants_close:
                break
        return events

    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(session.connect_delay())
        line = _Line(session, receive_all or one_by_one, handle)
        # refused, unreachable or given up: all the same to the session
        with contextlib.suppress(OSError, TimeoutError, WSError):
            await _one_connection(line, url, on_time)
        handle(session.closed(loop.time(), line.code))


class _Line(WSListener):
    """One connection: collects frames until the read is through, then hands them over."""

    code: int | None = None

    def __init__(
        self,
        session: Session[Any],
        receive_all: Callable[[Sequence[bytes], float], Sequence[Any]],
        handle: Callable[[Sequence[Any]], None],
    ) -> None:
        self.session = session
        self._receive_all = receive_all
        self.handle = handle
        self._loop = asyncio.get_running_loop()
        self.ended = self._loop.create_future()
        self._frames: list[bytes] = []
        self._bytes = self._read_bytes = 0
        self._read_at = -_BUSY_S
        self._parts: list[bytes] = []

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.session.connected(self._loop.time())
        self.send(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        payload = frame.get_payload_as_bytes()
        # A whole message of the feed is an array, and no control frame looks like one: to ask for
        # the type of each frame costs as much as to decode it.
        if payload[:1] != b"[" or not frame.fin or self._parts:
            self._on_other_frame(transport, frame, payload)
        else:
            self._frames.append(payload)
            self._bytes += len(payload)
        if frame.last_in_buffer:
            self._hand_over(transport)
            self._rest(transport)
        elif self._bytes > _AT_ONCE:
            self._hand_over(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        del transport
        if not self.ended.done():
            self.ended.set_result(None)

    def send(self, transport: WSTransport) -> None:
        """What the session wants to say, and that it wants to leave."""
        for text in self.session.to_send():
            transport.send(WSMsgType.TEXT, text.encode())
        if self.session.wants_close:
            self.leave(transport)

    def leave(self, transport: WSTransport) -> None:
        transport.send_close()
        transport.disconnect(graceful=False)

    def _on_other_frame(self, transport: WSTransport, frame: WSFrame, payload: bytes) -> None:
        if frame.msg_type in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION):
            self._parts.append(payload)
            if frame.fin:
                self._frames.append(b"".join(self._parts))
                self._parts = []
        elif frame.msg_type == WSMsgType.CLOSE:
            if self._frames:
                self._hand_over(transport)
            self.code = frame.get_close_code().value
            self.leave(transport)

    def _rest(self, transport: WSTransport) -> None:
        """Under load not every segment is worth a read of its own."""
        now, before = self._loop.time(), self._read_at
        self._read_at = now
        if now - before < _BUSY_S and self._read_bytes < _LARGE_READ:
            reading = transport.underlying_transport
            reading.pause_reading()
            self._loop.call_later(_REST_S, reading.resume_reading)
        self._read_bytes = 0

    def _hand_over(self, transport: WSTransport) -> None:
        frames, self._frames = self._frames, []
        self._read_bytes += self._bytes
        self._bytes = 0
        if not frames or self.session.wants_close:
            return
        try:
            self.handle(self._receive_all(frames, self._loop.time()))
        except BufferFullError:
            self.leave(transport)
        else:
            self.send(transport)


async def _one_connection(line: _Line, url: str, on_time: Callable[[float], Sequence[Any]]) -> None:
    loop, session = asyncio.get_running_loop(), line.session
    transport, _ = await ws_connect(
        lambda: line,
        url,
        websocket_handshake_timeout=_OPEN_S,
        enable_auto_ping=True,
        auto_ping_idle_timeout=_PING_S,
        auto_ping_reply_timeout=_PING_S,
        max_frame_size=_LARGEST_FRAME,
        max_redirects=0,
        read_buffer_init_size=_READ_BUFFER,
    )
    try:
        while not line.ended.done():
            deadline = session.next_deadline()
            now = loop.time()
            wait_s = _LOOK_S if deadline is None else min(_LOOK_S, max(deadline - now, 0))
            await asyncio.wait((line.ended,), timeout=wait_s)
            now = loop.time()
            deadline = session.next_deadline()
            if deadline is not None and deadline <= now and not line.ended.done():
                line.handle(on_time(now))
                line.send(transport)
    except BufferFullError:
        line.leave(transport)
    finally:
        transport.disconnect(graceful=False)
        await asyncio.wait((line.ended,), timeout=_CLOSE_S)
    if error := await _error_of(transport):
        raise error


async def _error_of(transport: WSTransport) -> Exception | None:
    """What a callback raised, which ends the process; None for a broken line."""
    try:
        async with asyncio.timeout(_CLOSE_S):
            await transport.wait_disconnected()
    except (OSError, TimeoutError, WSError):
        return None
    except Exception as problem:  # noqa: BLE001 - handed on to be raised by the task
        return problem
    return None
