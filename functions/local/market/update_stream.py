"""Alpaca's trade_updates WebSocket: authorization, listen, BINARY frames with JSON inside.

There is no replay and no sequence number: who is not connected misses what happens, as in life.
"""

import json
from collections.abc import Iterable
from typing import Any

from aiohttp import WSMsgType, web

from local.market.faults import Faults
from local.market.outbox import Outbox, opened_outbox
from local.market.wire import dumps

_STREAMS = ("trade_updates",)
_FILLS = ("partial_fill", "fill")


class _Listener:
    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.is_authorized = False
        self.streams: list[str] = []

    def send(self, stream: str, data: Any) -> None:
        self.outbox.put(dumps({"stream": stream, "data": data}).encode())


class UpdateStream:
    """All connected listeners; several at once are allowed."""

    def __init__(self, *, api_key: str, api_secret: str, faults: Faults) -> None:
        self._credentials = (api_key, api_secret)
        self._faults = faults
        self._listeners: list[_Listener] = []

    @property
    def client_count(self) -> int:
        return sum("trade_updates" in listener.streams for listener in self._listeners)

    def publish(self, updates: Iterable[dict[str, Any]]) -> None:
        """Queues the updates for everybody who listens now."""
        for update in updates:
            if update["event"] in _FILLS and self._faults.take("cut_stream_at_fill"):
                self.cut()
            if self._faults.take("drop_next_update"):
                continue
            times = 2 if self._faults.take("duplicate_updates") else 1
            for listener in self._listeners:
                if "trade_updates" in listener.streams:
                    for _ in range(times):
                        listener.send("trade_updates", update)

    def cut(self) -> None:
        """Drops every connection at once, without a close frame."""
        for listener in list(self._listeners):
            listener.outbox.cut()

    async def flush(self, timeout_s: float) -> None:
        for listener in list(self._listeners):
            await listener.outbox.flush(timeout_s)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The handler of GET /stream."""
        if "msgpack" in request.headers.get("Content-Type", ""):
            raise web.HTTPUnsupportedMediaType(text="this stream speaks JSON only")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async with opened_outbox(request, socket) as outbox:
            listener = _Listener(outbox)
            self._listeners.append(listener)
            try:
                async for message in socket:
                    if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                        self._receive(listener, message.data)
            finally:
                self._listeners.remove(listener)
        return socket

    def _receive(self, listener: _Listener, raw: str | bytes) -> None:
        try:
            message = json.loads(raw)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            listener.send("error", {"error": "message is not a JSON object"})
            return
        data = message.get("data")
        if message.get("action") in ("authenticate", "auth"):
            self._authorize(listener, message, data if isinstance(data, dict) else {})
        elif message.get("action") == "listen":
            self._listen(listener, data if isinstance(data, dict) else {})

    def _authorize(
        self, listener: _Listener, message: dict[str, Any], data: dict[str, Any]
    ) -> None:
        key = data.get("key_id", message.get("key"))
        secret = data.get("secret_key", message.get("secret"))
        listener.is_authorized = (key, secret) == self._credentials
        status = "authorized" if listener.is_authorized else "unauthorized"
        listener.send("authorization", {"status": status, "action": "authenticate"})

    def _listen(self, listener: _Listener, data: dict[str, Any]) -> None:
        if not listener.is_authorized:
            listener.send("authorization", {"status": "unauthorized", "action": "listen"})
            return
        wanted = data.get("streams")
        wanted = wanted if isinstance(wanted, list) else []
        listener.streams = [name for name in _STREAMS if name in wanted]
        listener.send("listening", {"streams": listener.streams})
