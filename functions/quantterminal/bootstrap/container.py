"""The ingest container's surroundings."""

import random
import time
from typing import TYPE_CHECKING

from quantterminal.bootstrap.parts import Parts
from quantterminal.settings import Settings

if TYPE_CHECKING:
    from quantterminal.services.container_runtime import ContainerRuntime


def container_runtime(settings: Settings) -> "ContainerRuntime":
    """The ingest container's surroundings; its threads do not share a database connection."""
    from quantterminal.adapters.alpaca.session import AlpacaSession
    from quantterminal.adapters.polygon.client import PolygonHistory
    from quantterminal.adapters.polygon.session import PolygonSession
    from quantterminal.adapters.postgres.bar_store import PostgresBarStore
    from quantterminal.adapters.redis import watermarks
    from quantterminal.services.container_runtime import ContainerRuntime
    from quantterminal.services.reconcile import import_facts

    parts = Parts("ingest", settings)
    feed_key = parts.secret("QT_FEED_SECRET_ID")["api_key"]
    recovering = parts.reconciling(parts.new_database())
    stall_after_s = float(settings.get("QT_FEED_STALL_AFTER_S", "5")) or None

    def recover_orders() -> None:
        import_facts(runtime=recovering)

    def stream_session() -> AlpacaSession:
        key_id, secret_key = parts.broker_keys()
        return AlpacaSession(key_id=key_id, secret_key=secret_key, draw=random.random)

    return ContainerRuntime(
        trading=parts.trading,
        clock=parts.clock,
        bus=parts.bus,
        bar_store=PostgresBarStore(parts.database),
        watermarks=watermarks.RedisWatermarks(parts.redis, parts.account),
        gate=watermarks.RedisStreamGate(parts.redis, parts.account),
        quotes=watermarks.RedisQuoteBoard(parts.redis, parts.account),
        history=PolygonHistory(
            base_url=settings.need("QT_FEED_REST_URL"),
            api_key=feed_key,
            draw=random.random,
            sleep=time.sleep,
        ),
        telemetry=parts.telemetry,
        recover_orders=recover_orders,
        feed_url=settings.need("QT_FEED_URL"),
        feed_session=lambda: PolygonSession(
            api_key=feed_key,
            symbols=parts.trading.symbols,
            draw=random.random,
            stall_after_s=stall_after_s,
        ),
        stream_url=settings.need("QT_BROKER_STREAM_URL"),
        stream_session=stream_session,
        stream_keys=parts.broker_keys,
        draw=random.random,
    )
