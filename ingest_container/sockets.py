"""Drives one session over one WebSocket, for ever: connect, hand over what comes, connect again."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

Event = TypeVar("Event")
Event_co = TypeVar("Event_co", covariant=True)

_OPEN_S = 10.0
_CLOSE_S = 0.5
_PING_S = 10.0  # a broken path is found after two of these
_LARGEST_FRAME = 16 * 1024 * 1024


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
) -> None:
    """Never returns. `handle` only enqueues; it raises BufferFullError to drop the connection."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(session.connect_delay())
        code = None
        try:
            await _one_connection(session, url, on_time=on_time, handle=handle)
        except ConnectionClosed as closed:
            code = None if closed.rcvd is None else closed.rcvd.code
        except (OSError, TimeoutError, WebSocketException, BufferFullError):
            pass  # refused, unreachable or given up: all the same to the session
        handle(session.closed(loop.time(), code))


async def _one_connection(
    session: Session[Event],
    url: str,
    *,
    on_time: Callable[[float], Sequence[Event]],
    handle: Callable[[Sequence[Event]], None],
) -> None:
    options: dict[str, Any] = {
        "open_timeout": _OPEN_S,
        "close_timeout": _CLOSE_S,
        "ping_interval": _PING_S,
        "ping_timeout": _PING_S,
        "max_size": _LARGEST_FRAME,
        "compression": None,
        "proxy": None,
    }
    loop = asyncio.get_running_loop()
    async with connect(url, **options) as socket:
        session.connected(loop.time())
        while not session.wants_close:
            for frame in session.to_send():
                await socket.send(frame)
            try:
                received = await _next_frame(socket, session.next_deadline())
            except TimeoutError:
                handle(on_time(loop.time()))
            else:
                handle(session.receive(received, loop.time()))


async def _next_frame(socket: ClientConnection, deadline: float | None) -> str | bytes:
    async with asyncio.timeout_at(deadline):
        return await socket.recv()
