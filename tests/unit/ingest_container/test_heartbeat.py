"""What a beat measures; only what it looks at is there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from ingest_container.heartbeat import beat
from quantterminal.adapters.memory.clock import MemoryClock
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.ports.watermarks import StreamState
from tests.unit.quantterminal.services.sample_bars import CLOSE, OPEN


@dataclass
class Counts:
    last_event_at: datetime | None = None


def measured(now: datetime, last: datetime | None, gate: StreamState) -> dict[str, float]:
    telemetry = MemoryTelemetry()
    runtime: Any = SimpleNamespace(clock=MemoryClock(now), telemetry=telemetry)
    market_data: Any = SimpleNamespace(counts=Counts(last))
    beat(runtime, market_data, SimpleNamespace(gate=gate))  # type: ignore[arg-type]  # as above
    return {name: value for name, value, _ in telemetry.measures}


@pytest.mark.parametrize(
    ("now", "last", "age"),
    [
        (OPEN + timedelta(seconds=90), OPEN + timedelta(seconds=60), 30.0),
        (OPEN + timedelta(seconds=90), None, 90.0),
        (OPEN + timedelta(seconds=90), OPEN - timedelta(hours=1), 90.0),
        (OPEN - timedelta(minutes=5), None, 0.0),
        (CLOSE + timedelta(minutes=5), CLOSE, 0.0),
    ],
)
def test_data_grows_old_only_while_the_market_is_open(
    now: datetime, last: datetime | None, age: float
) -> None:
    assert measured(now, last, StreamState.LIVE)["FeedAge"] == age


@pytest.mark.parametrize(("gate", "live"), [(s, float(s is StreamState.LIVE)) for s in StreamState])
def test_a_beat_says_that_it_lives_and_whether_orders_may_leave(
    gate: StreamState, live: float
) -> None:
    found = measured(OPEN, OPEN, gate)
    assert found["ContainerHeartbeat"] == 1
    assert found["OrderStreamLive"] == live
