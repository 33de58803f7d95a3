"""`python -m tests.bench.feed.sender`: a feed that sends as fast as it is told, in its own process.

Prints where it is, then serves one client after the other: connected, auth, subscribe, frames, and
after the last one a `finished` status with what was sent.
"""

import argparse
import asyncio
import json
import struct
import sys
import time

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_create_server

from tests.bench.feed.tape import Tape

_TICK_S = 0.005
_CHUNK = 64
_MOST_MADE = 20_000  # then from the first again


class _Client(WSListener):
    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._task: asyncio.Task[None] | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        _tell(transport, "connected", "Connected Successfully")

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            return
        message = json.loads(frame.get_payload_as_bytes())
        if message["action"] == "auth":
            _tell(transport, "auth_success", "authenticated")
        elif message["action"] == "subscribe" and self._task is None:
            pairs = message["params"].split(",")
            statuses = [
                {"ev": "status", "status": "success", "message": f"subscribed to: {pair}"}
                for pair in pairs
            ]
            transport.send(WSMsgType.TEXT, json.dumps(statuses).encode())
            self._task = asyncio.create_task(self._send(transport))

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        del transport
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    async def _send(self, transport: WSTransport) -> None:
        options = self._options
        tape = Tape(events_a_frame=options.events_a_frame)
        send = self._flood if not options.rate else self._paced
        sent, trades = await send(transport, tape)
        text = json.dumps({"events": sent, "trades": trades})
        _tell(transport, "finished", text)

    async def _flood(self, transport: WSTransport, tape: Tape) -> tuple[int, int]:
        now_ms, count = time.time_ns() // 1_000_000, self._options.frames
        frames = [tape.frame(now_ms) for _ in range(min(_MOST_MADE, count))]
        framed = [wire(frame) for frame, _ in frames]
        trades = 0
        for first in range(0, count, _CHUNK):
            places = [number % len(frames) for number in range(first, min(first + _CHUNK, count))]
            transport.underlying_transport.write(b"".join([framed[each] for each in places]))
            trades += sum(len(frames[each][1]) for each in places)
            await self._may_write.wait()
            await asyncio.sleep(0)
        return count * tape.events_a_frame, trades

    async def _paced(self, transport: WSTransport, tape: Tape) -> tuple[int, int]:
        began, sent, trades = time.monotonic(), 0, 0
        while (elapsed := time.monotonic() - began) < self._options.seconds:
            now_ms = time.time_ns() // 1_000_000
            due: list[bytes] = []
            while sent < elapsed * self._options.rate:
                frame, held = tape.frame(now_ms)
                due.append(wire(frame))
                sent += tape.events_a_frame
                trades += len(held)
            if due:
                transport.underlying_transport.write(b"".join(due))
            await self._may_write.wait()
            await asyncio.sleep(_TICK_S)
        return sent, trades


def wire(payload: bytes) -> bytes:
    """A text frame from a server. What is due at once is written at once: a call for each would
    cost the receiver, whoever it is, a segment each.
    """
    size = len(payload)
    head = struct.pack(">BB", 0x81, size) if size < 126 else struct.pack(">BBH", 0x81, 126, size)
    return head + payload


def _tell(transport: WSTransport, status: str, message: str) -> None:
    event = [{"ev": "status", "status": status, "message": message}]
    transport.send(WSMsgType.TEXT, json.dumps(event).encode())


async def serve(options: argparse.Namespace) -> None:
    server = await ws_create_server(lambda _request: _Client(options), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"port": port}) + "\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.feed.sender", description=__doc__)
    parser.add_argument("--events-a-frame", type=int, default=20)
    parser.add_argument("--frames", type=int, default=0, help="sent as fast as possible")
    parser.add_argument("--rate", type=int, default=0, help="events a second")
    parser.add_argument("--seconds", type=float, default=10.0)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
