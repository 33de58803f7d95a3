"""Signs of life as metrics, each minute: the alarms wake somebody when they stop coming.

FeedAge counts only while the market is open; outside of it silence is right and the age is 0.
"""

import asyncio
from collections.abc import Iterator

from ingest_container.market_data import MarketData
from ingest_container.order_stream import OrderStream
from quantterminal.domain.sessions import session_at
from quantterminal.ports.watermarks import FeedHealth, StreamState
from quantterminal.services.container_runtime import ContainerRuntime

EVERY_S = 60.0


async def keep_beating(
    runtime: ContainerRuntime, market_data: MarketData, order_stream: OrderStream
) -> None:
    """The heartbeat's task; never returns."""
    while True:
        beat(runtime, market_data, order_stream)
        await asyncio.sleep(EVERY_S)


def beat(runtime: ContainerRuntime, market_data: MarketData, order_stream: OrderStream) -> None:
    """One beat: that the process lives, how old the newest data is, whether orders may leave."""
    measure = runtime.telemetry.measure
    measure("ContainerHeartbeat", 1, "Count")
    measure("FeedAge", _feed_age_s(runtime, market_data), "Seconds")
    for metric, value, unit in feed_measures(market_data.health):
        measure(metric, value, unit)
    measure("OrderStreamLive", float(order_stream.gate is StreamState.LIVE), "Count")


def feed_measures(health: FeedHealth | None) -> Iterator[tuple[str, float, str]]:
    """Metric, value and unit of everything that is known of the feed; never by symbol."""
    if health is None:
        return
    yield "FeedEventsPerSecond", health.events_per_s, "Count/Second"
    for metric, lag in (
        ("FeedLagP50", health.lag_p50_ms),
        ("FeedLagP99", health.lag_p99_ms),
        ("TickStoredLagP50", health.stored_p50_ms),
        ("TickStoredLagP99", health.stored_p99_ms),
    ):
        if lag is not None:
            yield metric, lag, "Milliseconds"
    yield "TicksWaiting", health.waiting, "Count"
    yield "QuotesThinned", health.thinned, "Count"
    yield "TicksRefused", health.refused, "Count"
    yield "FramesUnreadable", health.unreadable, "Count"
    yield "TicksSpooled", health.spooled_bytes, "Bytes"
    yield "FeedReconnects", health.reconnects, "Count"
    yield "FeedGaps", health.gaps, "Count"


def _feed_age_s(runtime: ContainerRuntime, market_data: MarketData) -> float:
    now = runtime.clock.now()
    session = session_at(now)
    if session is None:
        return 0.0
    seen = market_data.counts.last_event_at
    since = session.open if seen is None else max(seen, session.open)
    return max((now - since).total_seconds(), 0.0)
