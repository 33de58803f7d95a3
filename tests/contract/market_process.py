"""The local market as its users get it: a process of its own, driven over its ports."""

import asyncio
import functools
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

REPOSITORY = Path(__file__).resolve().parents[2]
START_S = 20.0
PATIENCE_S = 15.0


class MarketProcess:
    """A started market; `step` and friends are its control API."""

    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        self.process = process
        self.feed = f"127.0.0.1:{ready['feed_port']}"
        self.broker = f"127.0.0.1:{ready['broker_port']}"
        self.control = f"127.0.0.1:{ready['control_port']}"

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"http://{self.control}{path}", data=data, method=method)
        try:
            with urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310 - loopback
                return answer.status, json.loads(answer.read())
        except HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def step(self) -> dict[str, Any]:
        status, played = self.call("POST", "/step")
        assert status == 200, played
        return dict(played)

    def step_to(self, kind: str, *, times: int = 1) -> dict[str, Any]:
        """Steps until `times` steps of a kind were played; returns the last one."""
        played: dict[str, Any] = {}
        while times:
            played = self.step()
            assert kind == played["kind"] or played["kind"] != "end"
            times -= played["kind"] == kind
        return played

    def state(self) -> dict[str, Any]:
        return dict(self.call("GET", "/state")[1])

    def fault(self, kind: str, count: int = 1) -> None:
        status, answer = self.call("POST", "/fault", {"kind": kind, "count": count})
        assert status == 200, answer

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


@contextmanager
def market(folder: Path, **settings: Any) -> Iterator[MarketProcess]:
    """A market in `folder`, stepped unless told otherwise; ended with the block."""
    process = start(folder, **settings)
    try:
        yield MarketProcess(process, _ready(process))
    finally:
        process.kill()
        process.communicate()


def start(folder: Path, **settings: Any) -> subprocess.Popen[str]:
    config = {
        "clock_file": str(folder / "clock"),
        "speed": 0,
        "api_key": "key",
        "api_secret": "secret",
        "feed_key": "feed-key",
        "synthetic": {"seed": 3, "symbols": ["AAA", "BBB"], "start": "2024-03-04", "sessions": 1},
        **settings,
    }
    path = folder / "market.json"
    path.write_text(json.dumps(config))
    return subprocess.Popen(
        [sys.executable, "-m", "local.market", "--config", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY / 'functions'}"},
    )


def asynchronous(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Runs a coroutine test in an event loop of its own; its fixtures stay as they are."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


def until(condition: Callable[[], Any], what: str) -> Any:
    """Polls `condition` until it is true, for at most PATIENCE_S."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.01)
    return value


def _ready(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], START_S)[0], "the market did not start"
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    return dict(json.loads(line))
