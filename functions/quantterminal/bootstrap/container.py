"""The ingest container's surroundings."""

import random
import secrets
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from quantterminal.bootstrap.parts import Parts
from quantterminal.domain.errors import PermanentError, RetryableError
from quantterminal.settings import Settings

if TYPE_CHECKING:
    from quantterminal.adapters.alpaca.session import AlpacaSession
    from quantterminal.adapters.polygon.client import PolygonHistory
    from quantterminal.adapters.polygon.session import PolygonSession
    from quantterminal.domain.trade_conditions import ConditionRules
    from quantterminal.services.container_runtime import ContainerRuntime
    from quantterminal.services.live_feed import LiveFeed
    from quantterminal.services.tick_lane import TickLane

_CHANNELS = "AM,Q,T,LULD"
_QUOTES_EVERY_MS = "250"
_NS_PER_MS = 1_000_000


def container_runtime(settings: Settings) -> "ContainerRuntime":
    """The ingest container's surroundings; its threads do not share a database connection."""
    from quantterminal.adapters.postgres.bar_store import PostgresBarStore
    from quantterminal.adapters.postgres.gap_log import PostgresGapLog
    from quantterminal.adapters.redis import watermarks
    from quantterminal.adapters.redis.feed_lease import RedisFeedLease
    from quantterminal.services.container_runtime import ContainerRuntime
    from quantterminal.services.reconcile import import_facts

    parts = Parts("ingest", settings)
    feed_key = parts.secret("QT_FEED_SECRET_ID")["api_key"]
    recovering = parts.reconciling(parts.new_database())
    stall_after_s = float(settings.get("QT_FEED_STALL_AFTER_S", "5")) or None
    channels = tuple(settings.get("QT_FEED_CHANNELS", _CHANNELS).split(","))

    def recover_orders() -> None:
        import_facts(runtime=recovering)

    live = _live_feed(parts)

    bar_store = PostgresBarStore(parts.database)

    return ContainerRuntime(
        trading=parts.trading,
        clock=parts.clock,
        bus=parts.bus,
        bar_store=bar_store,
        closes=bar_store,
        board=parts.board,
        watermarks=watermarks.RedisWatermarks(parts.redis, parts.account),
        gate=watermarks.RedisStreamGate(parts.redis, parts.account),
        quotes=watermarks.RedisQuoteBoard(parts.redis, parts.account),
        history=_history(settings, feed_key),
        trade_history=_history(settings, feed_key) if "T" in channels else None,
        ticks=_tick_lane(
            parts, None if "AM" in channels else _condition_rules(_history(settings, feed_key))
        ),
        lease=RedisFeedLease(parts.redis, parts.account, stamp_ms=_stamp_ms),
        feed_board=watermarks.RedisFeedBoard(parts.redis, parts.account),
        gaps=PostgresGapLog(parts.new_database(), parts.account),
        telemetry=parts.telemetry,
        recover_orders=recover_orders,
        note_start=_note_start(parts),
        feed_url=settings.need("QT_FEED_URL"),
        feed_session=lambda: _feed_session(parts, feed_key, channels, stall_after_s),
        stream_url=settings.need("QT_BROKER_STREAM_URL"),
        stream_session=lambda: _stream_session(parts),
        stream_keys=parts.broker_keys,
        draw=random.random,
        monotonic=time.monotonic,
        holder=secrets.token_hex(8),
        stall_after_s=stall_after_s,
        bars_from_trades="AM" not in channels,
        push_live=None if live is None else live.beat,
    )


def _note_start(parts: Parts) -> Callable[[], None]:
    began = parts.clock.now()

    def note() -> None:
        with closing(parts.new_database()) as database:
            parts.note_start("container", at=began, database=database)

    return note


def _feed_session(
    parts: Parts, api_key: str, channels: tuple[str, ...], stall_after_s: float | None
) -> "PolygonSession":
    from quantterminal.adapters.polygon.session import PolygonSession

    return PolygonSession(
        api_key=api_key,
        symbols=parts.trading.symbols,
        channels=channels,
        draw=random.random,
        stall_after_s=stall_after_s,
    )


def _stream_session(parts: Parts) -> "AlpacaSession":
    from quantterminal.adapters.alpaca.session import AlpacaSession

    key_id, secret_key = parts.broker_keys()
    return AlpacaSession(key_id=key_id, secret_key=secret_key, draw=random.random)


def _stamp_ms() -> int:
    return time.time_ns() // _NS_PER_MS


def _history(settings: Settings, api_key: str) -> "PolygonHistory":
    """One a thread."""
    from quantterminal.adapters.polygon.client import PolygonHistory

    return PolygonHistory(
        base_url=settings.need("QT_FEED_REST_URL"),
        api_key=api_key,
        draw=random.random,
        sleep=time.sleep,
    )


def _condition_rules(history: "PolygonHistory") -> "ConditionRules":
    """The vendor's, where it answers."""
    from quantterminal.domain.trade_conditions import COMPILED

    try:
        return history.condition_rules()
    except (RetryableError, PermanentError):
        return COMPILED


def _tick_lane(parts: Parts, rules: "ConditionRules | None") -> "TickLane":
    """With `rules` it builds minutes, too. Its spool is as old as the disk: without a folder of its
    own it ends with the process.
    """
    from quantterminal.adapters.ingest.desk import NumpyTickDesk
    from quantterminal.adapters.ingest.spool import DiskSpool
    from quantterminal.adapters.postgres.tick_store import PostgresTickStore
    from quantterminal.domain.trade_conditions import COMPILED
    from quantterminal.services.tick_lane import TickLane

    settings = parts.settings
    own = Path(tempfile.gettempdir()) / f"quantterminal-spool-{secrets.token_hex(8)}"
    folder = Path(settings.get("QT_SPOOL_FOLDER") or own)
    quotes_every_ms = int(settings.get("QT_QUOTES_EVERY_MS", _QUOTES_EVERY_MS))
    return TickLane(
        NumpyTickDesk(
            rules=rules or COMPILED, quotes_every_ms=quotes_every_ms, with_parts=rules is not None
        ),
        PostgresTickStore(parts.new_database(), parts.account),
        DiskSpool(folder),
        clock=parts.clock,
        telemetry=parts.telemetry,
    )


def _live_feed(parts: Parts) -> "LiveFeed | None":
    """None where nobody can listen: without a live socket."""
    from quantterminal.adapters.apigateway.push import ApiGatewayPush
    from quantterminal.adapters.redis.connections import RedisConnections
    from quantterminal.adapters.sqs.gauge import SqsGauge
    from quantterminal.services.live_feed import LiveFeed, LiveRuntime

    address = parts.settings.get("QT_SOCKET_URL")
    if not address:
        return None
    client = parts.aws("apigatewaymanagementapi", address=address)
    return LiveFeed(
        LiveRuntime(
            dashboard=parts.pictures(parts.new_database()),
            connections=RedisConnections(parts.redis, parts.account),
            push=ApiGatewayPush(client),
            telemetry=parts.telemetry,
            queues=SqsGauge(parts.aws("sqs"), parts.queue_urls),
        )
    )
