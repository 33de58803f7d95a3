"""Polygon's stocks WebSocket: connected, auth, subscribe, then frames of AM, Q and T events.

It answers like the live service where that was observed: a bad key is dropped without a close
frame, an unknown channel gets silence, and one connection too many evicts the older one.
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from aiohttp import WSMsgType, web

from local.market.outbox import Outbox, opened_outbox
from local.market.wire import dumps

_SERVED = frozenset({"AM", "T", "Q", "LULD"})  # no symbol is ever halted, nor at a price band
_NOT_IN_PLAN = frozenset({"A", "NOI", "FMV"})
_AUTH_TIMEOUT_S = 30.0


class _Subscriber:
    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.is_authenticated = False
        self.channels: set[str] = set()

    def tell(self, *statuses: tuple[str, str]) -> None:
        if statuses:
            events = [{"ev": "status", "status": s, "message": text} for s, text in statuses]
            self.outbox.put(dumps(events))

    def wants(self, event: dict[str, Any]) -> bool:
        kind = event["ev"]
        return f"{kind}.{event['sym']}" in self.channels or f"{kind}.*" in self.channels


class FeedServer:
    """The subscribers and what they get; `connection_limit` counts authenticated ones."""

    def __init__(self, *, api_key: str, connection_limit: int) -> None:
        self._api_key = api_key
        self._connection_limit = connection_limit
        self._subscribers: list[_Subscriber] = []
        self.sent = 0

    @property
    def connection_count(self) -> int:
        return len(self._subscribers)

    @property
    def is_subscribed(self) -> bool:
        return any(subscriber.channels for subscriber in self._subscribers)

    def publish(self, events: Sequence[dict[str, Any]]) -> None:
        """Queues one frame a subscriber with the events that it wants."""
        for subscriber in self._subscribers:
            if subscriber.channels:
                wanted = [event for event in events if subscriber.wants(event)]
                if wanted:
                    subscriber.outbox.put(dumps(wanted))
                    self.sent += len(wanted)

    def cut(self) -> None:
        """Drops every connection at once, without a close frame."""
        for subscriber in list(self._subscribers):
            subscriber.outbox.cut()

    async def flush(self, timeout_s: float) -> None:
        for subscriber in list(self._subscribers):
            await subscriber.outbox.flush(timeout_s)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The handler of GET /stocks."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async with opened_outbox(request, socket) as outbox:
            subscriber = _Subscriber(outbox)
            self._subscribers.append(subscriber)
            subscriber.tell(("connected", "Connected Successfully"))
            try:
                await self._converse(subscriber, socket)
            finally:
                self._subscribers.remove(subscriber)
        return socket

    async def _converse(self, subscriber: _Subscriber, socket: web.WebSocketResponse) -> None:
        while True:
            timeout = None if subscriber.is_authenticated else _AUTH_TIMEOUT_S
            try:
                message = await socket.receive(timeout)
            except (TimeoutError, asyncio.TimeoutError):  # noqa: UP041 - one class since 3.11
                subscriber.tell(("auth_timeout", "No authentication request received."))
                await subscriber.outbox.flush(1.0)
                return
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            self._receive(subscriber, message.data)

    def _receive(self, subscriber: _Subscriber, raw: str | bytes) -> None:
        try:
            message = json.loads(raw)
        except ValueError:
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("params"), str):
            subscriber.tell(("error", "invalid message"))
            return
        action, params = message.get("action"), message["params"]
        if action == "auth":
            self._authenticate(subscriber, params)
        elif not subscriber.is_authenticated:
            subscriber.tell(("auth_required", "not authenticated"))
        elif action == "subscribe":
            self._subscribe(subscriber, params)
        elif action == "unsubscribe":
            self._unsubscribe(subscriber, params)
        else:
            subscriber.tell(("error", "unknown action"))

    def _authenticate(self, subscriber: _Subscriber, key: str) -> None:
        if key != self._api_key:
            subscriber.tell(("auth_failed", "authentication failed"))
            subscriber.outbox.drop()
            return
        subscriber.is_authenticated = True
        subscriber.tell(("auth_success", "authenticated"))
        self._evict_oldest()

    def _evict_oldest(self) -> None:
        authenticated = [s for s in self._subscribers if s.is_authenticated]
        for older in authenticated[: -self._connection_limit]:
            older.is_authenticated = False
            older.channels.clear()
            text = "Maximum number of websocket connections exceeded. "
            older.tell(("max_connections", text))
            older.outbox.close(1008, text.strip())

    def _subscribe(self, subscriber: _Subscriber, params: str) -> None:
        pairs = _pairs(params)
        if any(_channel(pair) in _NOT_IN_PLAN for pair in pairs):
            subscriber.tell(("error", "not authorized"))
        served = [pair for pair in pairs if _channel(pair) in _SERVED]
        subscriber.channels.update(served)
        subscriber.tell(*(("success", f"subscribed to: {pair}") for pair in served))

    def _unsubscribe(self, subscriber: _Subscriber, params: str) -> None:
        served = [pair for pair in _pairs(params) if _channel(pair) in _SERVED]
        subscriber.channels.difference_update(served)
        subscriber.tell(*(("success", f"unsubscribed to: {pair}") for pair in served))


def _pairs(params: str) -> list[str]:
    return [pair.strip() for pair in params.split(",") if "." in pair]


def _channel(pair: str) -> str:
    return pair.split(".", 1)[0]
