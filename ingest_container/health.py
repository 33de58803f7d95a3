"""The container's health as JSON on loopback: for the task's health check and for the local run."""

from datetime import datetime
from typing import Any

from aiohttp import web

from ingest_container.market_data import MarketData
from ingest_container.order_stream import OrderStream

_HOST = "127.0.0.1"


def health(market_data: MarketData, order_stream: OrderStream) -> dict[str, Any]:
    """How far the container has come. `clock_seen` is the market time up to which its timed duties
    are done; counts are since its start and never run ahead of what has reached queue and store.
    """
    counts = market_data.counts
    return {
        "clock_seen": market_data.clock_seen.isoformat(),
        "feed": market_data.state,
        "feed_is_recovering": market_data.is_recovering,
        "broker_stream": order_stream.state,
        "gate": order_stream.gate.value,
        "published_minute": _iso(counts.published_minute),
        "messages_published": counts.messages + order_stream.updates_seen,
        "feed_events_seen": counts.events,
        "bars_seen": counts.bars,
        "bars_recovered": counts.recovered,
        "bars_revised": counts.revised,
        "bars_duplicate": counts.duplicates,
        "bars_quarantined": counts.quarantined,
        "frames_unreadable": counts.unreadable,
        "ticks_stored": market_data.ticks.stored,
        "ticks_spooled": market_data.ticks.spooled,
        "ticks_refused": market_data.ticks.refused,
        "quotes_thinned": market_data.thinned,
        "waiting": market_data.waiting,
        "reconnects": market_data.reconnects,
        "gaps": market_data.gaps_found,
        "fencing_token": market_data.lease.token,
        "last_seen": {name: at.isoformat() for name, at in market_data.last_seen.copy().items()},
        "updates_seen": order_stream.updates_seen,
        "last_event_at": _iso(counts.last_event_at),
    }


async def serve_health(
    market_data: MarketData, order_stream: OrderStream, *, port: int
) -> web.AppRunner:
    """Listens on loopback until the runner is cleaned up. Raises OSError when the port is taken."""

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(health(market_data, order_stream))

    app = web.Application()
    app.router.add_get("/health", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, _HOST, port).start()
    return runner


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
