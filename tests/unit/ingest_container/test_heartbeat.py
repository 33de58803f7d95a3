"""What a beat measures; only what it looks at is there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from ingest_container.heartbeat import beat
from quantterminal.adapters.memory.clock import MemoryClock
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.ports.watermarks import FeedHealth, StreamState
from tests.unit.quantterminal.services.sample_bars import CLOSE, OPEN


@dataclass
class Counts:
    last_event_at: datetime | None = None


def measured(
    now: datetime, last: datetime | None, gate: StreamState, health: FeedHealth | None = None
) -> dict[str, float]:
    telemetry = MemoryTelemetry()
    runtime: Any = SimpleNamespace(clock=MemoryClock(now), telemetry=telemetry)
    market_data: Any = SimpleNamespace(counts=Counts(last), health=health)
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


def test_the_feed_s_figures_are_metrics_and_no_symbol_is() -> None:
    health = FeedHealth(
        at=OPEN,
        state="live",
        events_per_s=1200.0,
        lag_p50_ms=3.0,
        lag_p99_ms=9.0,
        stored_p50_ms=None,
        stored_p99_ms=None,
        waiting=7,
        thinned=2,
        refused=1,
        unreadable=0,
        spooled_bytes=4096,
        reconnects=3,
        gaps=2,
        last_seen={"AAA": OPEN},
    )

    found = measured(OPEN, OPEN, StreamState.LIVE, health)

    expected = {"FeedEventsPerSecond": 1200.0, "FeedLagP99": 9.0, "TicksWaiting": 7.0}
    expected |= {
        "QuotesThinned": 2.0,
        "TicksSpooled": 4096.0,
        "FeedReconnects": 3.0,
        "FeedGaps": 2.0,
    }
    assert expected.items() <= found.items()
    assert "TickStoredLagP50" not in found
    assert not any("AAA" in name for name in found)
