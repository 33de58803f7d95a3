"""`python -m tests.bench.feed.naive PORT DATABASE`: the usual way, an INSERT and a commit an event.

websockets, json and psycopg; prints how many events were stored in the seconds it was given.
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime

import psycopg
from websockets.asyncio.client import connect

_SECONDS = 8.0
_TABLE = (
    "create table naive_events (symbol text, at timestamptz, price double precision,"
    " size double precision, bid double precision, ask double precision)"
)
_INSERT = "insert into naive_events values (%s, %s, %s, %s, %s, %s)"


async def store(port: int, database: str) -> int:
    stored = 0
    with psycopg.connect(database) as connection:
        connection.execute(_TABLE.encode())
        connection.commit()
        async with connect(f"ws://127.0.0.1:{port}/stocks") as socket:
            await socket.recv()
            await socket.send(json.dumps({"action": "auth", "params": "key"}))
            await socket.recv()
            await socket.send(json.dumps({"action": "subscribe", "params": "T.*,Q.*"}))
            began = time.monotonic()
            async for frame in socket:
                for event in json.loads(frame):
                    if event["ev"] == "status":
                        continue
                    at = datetime.fromtimestamp(event["t"] / 1000, UTC)
                    values = [event.get(name) for name in ("p", "s", "bp", "ap")]
                    connection.execute(_INSERT.encode(), (event["sym"], at, *values))
                    connection.commit()
                    stored += 1
                    if time.monotonic() - began > _SECONDS:
                        return stored
    return stored


def main() -> None:
    stored = asyncio.run(store(int(sys.argv[1]), sys.argv[2]))
    sys.stdout.write(json.dumps({"stored": stored, "seconds": _SECONDS}) + "\n")


if __name__ == "__main__":
    main()
