"""How the feed does, for the others to see."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from quantterminal.ports.watermarks import FeedHealth
from quantterminal.services.container_runtime import ContainerRuntime
from quantterminal.services.ingest import IngestCounts


class Observed(Protocol):
    """What of `MarketData` is looked at."""

    @property
    def state(self) -> str: ...

    @property
    def waiting(self) -> int: ...

    @property
    def thinned(self) -> int: ...

    counts: IngestCounts
    reconnects: int
    gaps_found: int
    last_seen: dict[str, datetime]


def feed_health(
    observed: Observed,
    runtime: ContainerRuntime,
    *,
    events_per_s: float,
    lags: Mapping[str, float],
) -> FeedHealth:
    """`lags` are the desk's, of the same seconds as `events_per_s`."""
    return FeedHealth(
        at=runtime.clock.now(),
        state=observed.state,
        events_per_s=events_per_s,
        lag_p50_ms=lags.get("received_p50"),
        lag_p99_ms=lags.get("received_p99"),
        stored_p50_ms=lags.get("committed_p50"),
        stored_p99_ms=lags.get("committed_p99"),
        waiting=observed.waiting,
        thinned=observed.thinned,
        refused=runtime.ticks.counts.refused,
        unreadable=observed.counts.unreadable,
        spooled_bytes=runtime.ticks.spooled_bytes,
        reconnects=observed.reconnects,
        gaps=observed.gaps_found,
        last_seen=observed.last_seen.copy(),
    )
