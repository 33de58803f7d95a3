"""Sends frames to one WebSocket in the order in which they were put, whoever puts them.

A client that reads too slowly never holds the market up: past the limit its connection is dropped,
as the vendors do it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web

_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class _Close:
    code: int
    reason: str


class Outbox:
    """The way out of one socket; `run` writes until the socket or the outbox is closed."""

    def __init__(
        self, request: web.Request, socket: web.WebSocketResponse, *, limit: int = _LIMIT
    ) -> None:
        self._request = request
        self._socket = socket
        self._limit = limit
        self._queue: asyncio.Queue[str | bytes | _Close | None] = asyncio.Queue()
        self.is_closed = False

    def put(self, frame: str | bytes) -> None:
        """Text frames for str, binary frames for bytes."""
        if self.is_closed:
            return
        if self._queue.qsize() >= self._limit:
            self.cut()
            return
        self._queue.put_nowait(frame)

    def close(self, code: int, reason: str) -> None:
        """Closes with a close frame after everything that was put before."""
        self._queue.put_nowait(_Close(code, reason))

    def drop(self) -> None:
        """Drops the connection without a close frame after everything that was put before."""
        self._queue.put_nowait(None)

    def cut(self) -> None:
        """Drops the connection now; the client sees 1006."""
        self.is_closed = True
        if self._request.transport is not None:
            self._request.transport.abort()
        self._forget()

    async def flush(self, timeout_s: float) -> None:
        """Waits until everything put so far has left, or the time is over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._queue.join(), timeout_s)

    async def run(self) -> None:
        """Writes until closed; a socket that is gone ends it quietly."""
        try:
            while not self.is_closed:
                item = await self._queue.get()
                try:
                    await self._write(item)
                finally:
                    self._queue.task_done()
        except ConnectionError:
            self.is_closed = True
        finally:
            self._forget()

    async def _write(self, item: str | bytes | _Close | None) -> None:
        if item is None:
            self.cut()
        elif isinstance(item, _Close):
            self.is_closed = True
            await self._socket.close(code=item.code, message=item.reason.encode())
        elif isinstance(item, bytes):
            await self._socket.send_bytes(item)
        else:
            await self._socket.send_str(item)

    def _forget(self) -> None:
        """Lets nobody wait for frames that will never leave."""
        while not self._queue.empty():
            self._queue.get_nowait()
            self._queue.task_done()


@contextlib.asynccontextmanager
async def opened_outbox(
    request: web.Request, socket: web.WebSocketResponse
) -> AsyncIterator[Outbox]:
    """An outbox with its writer task, for as long as the socket is served."""
    outbox = Outbox(request, socket)
    writer = asyncio.create_task(outbox.run())
    try:
        yield outbox
    finally:
        outbox.is_closed = True
        writer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writer
