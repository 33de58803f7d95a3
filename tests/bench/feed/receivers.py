"""`python -m tests.bench.feed.receivers NAME PORT`: one client, and what it cost it.

Each receives and decodes to typed events until `finished`; prints events and processor seconds.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from ingest_container.process import settle_memory
from ingest_container.sockets import keep_connected
from quantterminal.adapters.polygon.session import PolygonSession
from quantterminal.ports.streams import SessionReport
from quantterminal.ports.ticks import TicksSeen


def ours(port: int) -> int:
    session = PolygonSession(
        api_key="key",
        symbols=["S000"],
        channels=("T", "Q"),
        draw=lambda: 0.0,
        stall_after_s=None,
    )
    events = 0

    async def receive() -> None:
        done = asyncio.Event()

        def handle(said: Sequence[Any]) -> None:
            nonlocal events
            for each in said:
                if type(each) is TicksSeen:
                    events += len(each)
                elif isinstance(each, SessionReport) and "finished" in each.fields.values():
                    done.set()

        task = asyncio.create_task(
            keep_connected(
                session,
                f"ws://127.0.0.1:{port}",
                on_time=lambda now: session.on_time(now, expects_data=False),
                handle=handle,
                receive_all=session.receive_all,
            )
        )
        await done.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(receive())
    return events


def official(port: int) -> int:
    from massive import WebSocketClient

    client = WebSocketClient(
        api_key="key",
        feed=f"127.0.0.1:{port}",
        market="stocks",
        secure=False,
        subscriptions=["T.S000", "Q.S000"],
        max_reconnects=0,
    )
    events = 0
    last = -1

    async def processor(messages: list[Any]) -> None:
        nonlocal events
        events += len(messages)

    async def receive() -> None:
        nonlocal last
        task = asyncio.create_task(client.connect(processor))
        while not events or events != last:  # it tells nobody of a status: quiet is the end
            last = events
            await asyncio.sleep(1.0)
        await client.close()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task

    asyncio.run(receive())
    return events


def main() -> None:
    name, port = sys.argv[1], int(sys.argv[2])
    if name == "official":
        import_module("massive")
    else:
        settle_memory()  # as the container does
    began = time.process_time()
    events = {"ours": ours, "official": official}[name](port)
    seconds = time.process_time() - began
    sys.stdout.write(json.dumps({"events": events, "seconds": seconds}) + "\n")


if __name__ == "__main__":
    main()
