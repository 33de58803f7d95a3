"""The local market: feed and broker servers and the replay clock, in one process."""

import json
import selectors
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.errors import StartError, UsageError
from local.plan import Keys, RunPlan
from local.processes.child import Child
from local.processes.python_module import start_module
from local.processes.ready import free_port

_UNUSABLE_INPUT = 2
_START_S = 60.0


@dataclass(frozen=True, slots=True)
class MarketPorts:
    feed: int
    broker: int
    control: int


def start_market(
    plan: RunPlan,
    *,
    keys: Keys,
    clock_file: Path,
    environment: Mapping[str, str],
    folder: Path,
    logs: Path,
) -> tuple[Child, MarketPorts]:
    """Start it, held at its first instant; returns when it listens.

    Raises UsageError with the market's own sentence when a bar file is malformed.
    """
    configuration = folder / "market.json"
    configuration.touch(mode=0o600)
    configuration.write_text(json.dumps(_configuration(plan, keys, clock_file)))
    child = start_module(
        "market",
        "local.market",
        ["--config", str(configuration)],
        environment=environment,
        folder=folder,
        logs=logs,
        keeps_stdout=True,
    )
    try:
        ready = _ready_line(child)
    except BaseException:
        child.stop()
        raise
    return child, MarketPorts(ready["feed_port"], ready["broker_port"], ready["control_port"])


def _configuration(plan: RunPlan, keys: Keys, clock_file: Path) -> dict[str, Any]:
    return {
        "feed_port": 0,
        "broker_port": 0,
        "control_port": free_port(),  # on record there for whoever wants to look or to disturb
        "clock_file": str(clock_file),
        "speed": plan.speed,
        "paused": True,
        "bars": [str(path.absolute()) for path in plan.bars] or None,
        "synthetic": {
            "seed": plan.seed,
            "symbols": list(plan.trading.symbols),
            "sessions": plan.sessions,
        },
        "starting_cash": str(plan.cash),
        "api_key": keys.broker_key_id,
        "api_secret": keys.broker_secret,
        "feed_key": keys.feed_key,
    }


def _ready_line(child: Child) -> dict[str, Any]:
    stream = child.process.stdout
    if stream is None:
        raise StartError("Expected the market's standard output to be a pipe")
    deadline = time.monotonic() + _START_S
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            if selector.select(0.1):
                line = stream.readline()
                if not line:
                    break
                ready: dict[str, Any] = json.loads(line)
                return ready
    if child.process.wait(5) == _UNUSABLE_INPUT:
        raise UsageError(child.last_words(1).removeprefix("local market: "))
    raise StartError(
        f"Expected the market to start, but it ended ({child.ending()}):"
        f" {child.last_words()} (log: {child.log})"
    )
