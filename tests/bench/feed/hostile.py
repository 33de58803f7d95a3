"""`python -m tests.bench.feed.hostile`: a feed that loses connections and forgets no print.

It sends prints and quotes at a steady rate whether somebody listens or not; REST can give every
print again. Faults are asked for over `POST /fault/KIND`: `cut`, `close`, `stall`, `kick`.
"""

import argparse
import asyncio
import json
import sys
import time
from array import array
from bisect import bisect_left
from typing import Any

from aiohttp import web
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_create_server

from tests.bench.feed.tape import SYMBOLS, Tape

_TICK_S = 0.01
_STALL_S = 8.0
_PLACES = {symbol: place for place, symbol in enumerate(SYMBOLS)}


class Feed:
    """The tape, who listens to it, and what is wrong."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self.at_ms = [array("q") for _ in SYMBOLS]
        self.sequences = [array("q") for _ in SYMBOLS]
        self.listeners: list[WSTransport] = []
        self.sent = self.trades = 0
        self._stalled_until = 0.0

    async def play(self) -> None:
        tape = Tape(events_a_frame=20)
        began = time.monotonic()
        while (elapsed := time.monotonic() - began) < self._options.seconds:
            at_ms = time.time_ns() // 1_000_000 + self._options.offset_ms
            while self.sent < elapsed * self._options.rate:
                self._put(*tape.frame(at_ms), at_ms=at_ms)
                self.sent += tape.events_a_frame
            await asyncio.sleep(_TICK_S)
        self._options.rate = 0
        while True:  # also to who comes back late; the market goes on without prints
            found = json.dumps({"events": self.sent, "trades": self.trades})
            quote = tape.quote(time.time_ns() // 1_000_000 + self._options.offset_ms)
            for each in self.listeners:
                tell(each, ("finished", found))
                each.send(WSMsgType.TEXT, quote)
            await asyncio.sleep(0.5)

    def fault(self, kind: str) -> None:
        if kind == "stall":
            self._stalled_until = time.monotonic() + _STALL_S
        for each in list(self.listeners):
            if kind == "cut":
                each.disconnect(graceful=False)
            elif kind == "close":
                each.send_close(WSCloseCode.OK)
                each.disconnect()
            elif kind == "kick":
                tell(each, ("max_connections", "Maximum number of websocket connections exceeded."))
                each.send_close(WSCloseCode.POLICY_VIOLATION)
                each.disconnect()

    def _put(self, frame: bytes, prints: list[tuple[int, int]], *, at_ms: int) -> None:
        for place, sequence in prints:
            self.at_ms[place].append(at_ms)
            self.sequences[place].append(sequence)
        self.trades += len(prints)
        if time.monotonic() >= self._stalled_until:
            for each in self.listeners:
                each.send(WSMsgType.TEXT, frame)


class _Listener(WSListener):
    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def on_ws_connected(self, transport: WSTransport) -> None:
        tell(transport, ("connected", "Connected Successfully"))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
        if frame.msg_type != WSMsgType.TEXT:
            return
        message = json.loads(frame.get_payload_as_bytes())
        if message["action"] == "auth":
            tell(transport, ("auth_success", "authenticated"))
        else:
            pairs = message["params"].split(",")
            tell(transport, *(("success", f"subscribed to: {pair}") for pair in pairs))
            self._feed.listeners.append(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if transport in self._feed.listeners:
            self._feed.listeners.remove(transport)


def tell(transport: WSTransport, *statuses: tuple[str, str]) -> None:
    events = [{"ev": "status", "status": name, "message": text} for name, text in statuses]
    transport.send(WSMsgType.TEXT, json.dumps(events).encode())


class Rest:
    """`/v3/trades` over the tape, in pages; no bars, for there are none."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v3/trades/{symbol}", self._trades)
        app.router.add_get("/v2/aggs/{rest:.*}", self._no_bars)
        app.router.add_post("/fault/{kind}", self._fault)
        app.router.add_get("/tape", self._tape)
        return app

    async def _trades(self, request: web.Request) -> web.Response:
        place, query = _PLACES[request.match_info["symbol"]], request.query
        at_ms, sequences = self._feed.at_ms[place], self._feed.sequences[place]
        if "cursor" in query:
            first, last, limit = map(int, query["cursor"].split("-"))
        else:
            first, last = (
                bisect_left(at_ms, int(query[f"timestamp.{name}"]) // 1_000_000)
                for name in ("gte", "lt")
            )
            limit = min(int(query["limit"]), 5_000)
        end = min(first + limit, last)
        rows = [
            {
                "sip_timestamp": at_ms[each] * 1_000_000 + 123_456,
                "sequence_number": sequences[each],
                "price": 100.0,
                "size": 100,
                "exchange": 4,
                "tape": 3,
                "conditions": [14, 41],
            }
            for each in range(first, end)
        ]
        body: dict[str, Any] = {"status": "OK", "results": rows}
        if end < last:
            url = request.url.with_query({"cursor": f"{end}-{last}-{limit}"})
            body["next_url"] = str(url)
        return web.json_response(body)

    async def _no_bars(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "OK", "resultsCount": 0})

    async def _fault(self, request: web.Request) -> web.Response:
        self._feed.fault(request.match_info["kind"])
        return web.json_response({})

    async def _tape(self, _request: web.Request) -> web.Response:
        counts = {name: len(each) for name, each in zip(SYMBOLS, self._feed.at_ms, strict=True)}
        return web.json_response(counts)


async def serve(options: argparse.Namespace) -> None:
    feed = Feed(options)
    server = await ws_create_server(lambda _request: _Listener(feed), "127.0.0.1", 0)
    runner = web.AppRunner(Rest(feed).app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    ports = {"port": server.sockets[0].getsockname()[1], "rest_port": runner.addresses[0][1]}
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    async with server:
        await feed.play()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.feed.hostile", description=__doc__)
    parser.add_argument("--rate", type=int, default=20_000, help="events a second")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--offset-ms", type=int, default=0)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
