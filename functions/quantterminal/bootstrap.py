"""The composition root: the only module that knows concrete adapters.

Each function of the topology has one maker here, cached for the life of its process. Nothing is
built at import; vendors that a function does not use are never imported by it.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.events import Message
from quantterminal.observability import PowertoolsTelemetry
from quantterminal.ports.clock import Clock
from quantterminal.ports.redelivery import Redelivery
from quantterminal.services.announce import Announcer
from quantterminal.services.halting import HaltDesk
from quantterminal.settings import Settings, read_settings

if TYPE_CHECKING:
    from quantterminal.adapters.alpaca.client import AlpacaBroker
    from quantterminal.adapters.eventbridge.event_bus import EventBridgeBus
    from quantterminal.adapters.postgres.database import Database
    from quantterminal.adapters.redis.state_store import RedisStateStore
    from quantterminal.adapters.s3.archive import S3Archive
    from quantterminal.adapters.sqs.queue_bus import SqsBus
    from quantterminal.services.api_requests import ApiRuntime
    from quantterminal.services.apply_update import UpdateRuntime
    from quantterminal.services.assess_risk import RiskRuntime
    from quantterminal.services.container_runtime import ContainerRuntime
    from quantterminal.services.dashboard import DashboardRuntime
    from quantterminal.services.evaluate_bar import StrategyRuntime
    from quantterminal.services.notify import NotifyRuntime
    from quantterminal.services.reconcile import ReconcileRuntime
    from quantterminal.services.report import ReportsRuntime
    from quantterminal.services.session_day import SessionRuntime
    from quantterminal.services.submit_order import ExecutionRuntime
    from quantterminal.services.trade_log import TradeLogRuntime

_ONE_AT_A_TIME = Lock()  # boto3's default session is not safe to be first used by two threads


@dataclass(frozen=True, slots=True)
class Edge:
    """What the outermost layer of a queue's consumer needs besides its service."""

    telemetry: PowertoolsTelemetry
    redelivery: Redelivery
    announcer: Announcer
    decode: Callable[[str], Message]


class Parts:
    """The adapters of one function, made when first asked for and then shared."""

    def __init__(self, service: str, settings: Settings | None = None) -> None:
        self.settings = settings or read_settings()
        self.trading: TradingConfig = self.settings.trading
        self.account = self.trading.account
        self.telemetry = PowertoolsTelemetry(service)
        self.clock = _clock(self.settings)
        self._clients: dict[str, Any] = {}

    def aws(self, service: str) -> Any:
        """A boto3 client with short time-outs and three tries."""
        if service not in self._clients:
            self._clients[service] = _aws_client(service)
        return self._clients[service]

    def secret(self, variable: str) -> dict[str, str]:
        """The fields of the secret whose id stands in that environment variable."""
        from quantterminal.adapters.secretsmanager.secrets import SecretsManager

        return SecretsManager(self.aws("secretsmanager")).read(self.settings.need(variable))

    @cached_property
    def database(self) -> "Database":
        from quantterminal.adapters.postgres.database import Database

        return Database(self._conninfo)

    def new_database(self) -> "Database":
        """A second connection, for a second thread."""
        from quantterminal.adapters.postgres.database import Database

        return Database(self._conninfo)

    @cached_property
    def redis(self) -> Any:
        from quantterminal.adapters.redis.connection import connect

        return connect(self.settings.need("QT_REDIS_URL"))

    @cached_property
    def state(self) -> "RedisStateStore":
        from quantterminal.adapters.redis.state_store import RedisStateStore

        return RedisStateStore(self.redis)

    @cached_property
    def queue_urls(self) -> dict[str, str]:
        import msgspec

        return msgspec.json.decode(self.settings.need("QT_QUEUE_URLS"), type=dict[str, str])

    @cached_property
    def bus(self) -> "SqsBus":
        from quantterminal.adapters.sqs.queue_bus import SqsBus

        return SqsBus(self.aws("sqs"), self.queue_urls)

    @cached_property
    def event_bus(self) -> "EventBridgeBus":
        from quantterminal.adapters.eventbridge.event_bus import EventBridgeBus

        return EventBridgeBus(self.aws("events"), self.settings.need("QT_EVENT_BUS"))

    @cached_property
    def archive(self) -> "S3Archive":
        from quantterminal.adapters.s3.archive import S3Archive

        return S3Archive(self.aws("s3"), self.settings.need("QT_BUCKET"))

    @cached_property
    def broker(self) -> "AlpacaBroker":
        from quantterminal.adapters.alpaca.client import AlpacaBroker

        keys = self.secret("QT_BROKER_SECRET_ID")
        return AlpacaBroker(
            base_url=self.settings.need("QT_BROKER_URL"),
            key_id=keys["key_id"],
            secret_key=keys["secret_key"],
            draw=random.random,
        )

    @property
    def announcer(self) -> Announcer:
        return Announcer(self.account, self.event_bus, self.clock, self.telemetry)

    @property
    def halt_desk(self) -> HaltDesk:
        from quantterminal.adapters.postgres.halt_ledger import PostgresHaltLedger

        ledger = PostgresHaltLedger(self.database)
        return HaltDesk(self.account, ledger, self.state, self.clock, self.announcer)

    def edge(self) -> Edge:
        from quantterminal.adapters.sqs.redelivery import SqsRedelivery
        from quantterminal.adapters.wire.codec import decode

        redelivery = SqsRedelivery(self.aws("sqs"), self.queue_urls)
        return Edge(self.telemetry, redelivery, self.announcer, decode)

    def updates(self, database: "Database | None" = None) -> "UpdateRuntime":
        from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
        from quantterminal.adapters.postgres.order_ledger import PostgresOrderLedger
        from quantterminal.services.apply_update import UpdateRuntime

        connection = database or self.database
        return UpdateRuntime(
            trading=self.trading,
            clock=self.clock,
            bus=self.bus,
            orders=PostgresOrderLedger(connection),
            accounts=PostgresAccountLedger(connection),
            state=self.state,
            announcer=self.announcer,
            telemetry=self.telemetry,
        )

    def reconciling(self, database: "Database | None" = None) -> "ReconcileRuntime":
        from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
        from quantterminal.adapters.postgres.halt_ledger import PostgresHaltLedger
        from quantterminal.services.reconcile import ReconcileRuntime

        connection = database or self.database
        halts = PostgresHaltLedger(connection)
        return ReconcileRuntime(
            books=self.broker,
            gateway=self.broker,
            accounts=PostgresAccountLedger(connection),
            updates=self.updates(connection),
            halts=HaltDesk(self.account, halts, self.state, self.clock, self.announcer),
        )

    def session(self) -> "SessionRuntime":
        from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
        from quantterminal.services.session_day import SessionRuntime

        return SessionRuntime(
            trading=self.trading,
            clock=self.clock,
            accounts=PostgresAccountLedger(self.database),
            state=self.state,
            bus=self.bus,
            halts=self.halt_desk,
            announcer=self.announcer,
        )

    def _conninfo(self) -> str:
        import psycopg

        fields = self.secret("QT_DATABASE_SECRET_ID")
        return psycopg.conninfo.make_conninfo(
            host=fields["host"],
            port=fields["port"],
            dbname=fields["dbname"],
            user=fields["username"],
            password=fields["password"],
        )


def _clock(settings: Settings) -> Clock:
    shared = settings.get("QT_CLOCK_FILE")
    if shared:
        from quantterminal.adapters.clock.replay import ReplayClock

        return ReplayClock(Path(shared))
    from quantterminal.adapters.clock.system import SystemClock

    return SystemClock()


def _aws_client(service: str) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=2,
        read_timeout=5,
        retries={"total_max_attempts": 3, "mode": "standard"},
    )
    with _ONE_AT_A_TIME:
        return boto3.client(service, config=config)  # type: ignore[call-overload]  # any service


@cache
def _parts(service: str) -> Parts:
    return Parts(service)


def edge(service: str) -> Edge:
    """The edge of one queue's consumer; it shares the adapters of that function's runtime."""
    return _parts(service).edge()


@cache
def strategy_runtime() -> "StrategyRuntime":
    from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
    from quantterminal.adapters.postgres.evaluation_ledger import PostgresEvaluationLedger
    from quantterminal.adapters.redis.snapshot_store import RedisSnapshotStore
    from quantterminal.services.evaluate_bar import StrategyRuntime

    parts = _parts("strategy")
    return StrategyRuntime(
        trading=parts.trading,
        clock=parts.clock,
        bus=parts.bus,
        ledger=PostgresEvaluationLedger(parts.database),
        accounts=PostgresAccountLedger(parts.database),
        state=parts.state,
        snapshots=RedisSnapshotStore(parts.redis),
        halts=parts.halt_desk,
        session=parts.session(),
        telemetry=parts.telemetry,
    )


@cache
def risk_runtime() -> "RiskRuntime":
    from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
    from quantterminal.adapters.postgres.intent_ledger import PostgresIntentLedger
    from quantterminal.services.assess_risk import RiskRuntime

    parts = _parts("risk")
    return RiskRuntime(
        trading=parts.trading,
        clock=parts.clock,
        bus=parts.bus,
        ledger=PostgresIntentLedger(parts.database),
        accounts=PostgresAccountLedger(parts.database),
        state=parts.state,
        announcer=parts.announcer,
        telemetry=parts.telemetry,
    )


@cache
def execution_runtime() -> "ExecutionRuntime":
    from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
    from quantterminal.adapters.postgres.halt_ledger import PostgresHaltLedger
    from quantterminal.adapters.postgres.order_ledger import PostgresOrderLedger
    from quantterminal.adapters.redis.watermarks import RedisStreamGate
    from quantterminal.services.submit_order import ExecutionRuntime

    parts = _parts("execution")
    return ExecutionRuntime(
        trading=parts.trading,
        clock=parts.clock,
        orders=PostgresOrderLedger(parts.database),
        accounts=PostgresAccountLedger(parts.database),
        halts=PostgresHaltLedger(parts.database),
        state=parts.state,
        gate=RedisStreamGate(parts.redis, parts.account),
        broker=parts.broker,
        updates=parts.updates(),
        announcer=parts.announcer,
        telemetry=parts.telemetry,
    )


@cache
def updates_runtime() -> "UpdateRuntime":
    return _parts("order_updates").updates()


@cache
def reconcile_runtime() -> "ReconcileRuntime":
    return _parts("reconcile").reconciling()


@cache
def session_runtime() -> "SessionRuntime":
    return _parts("session").session()


@cache
def reports_runtime() -> "ReportsRuntime":
    from quantterminal.adapters.html.report_page import render_report
    from quantterminal.adapters.postgres.report_ledger import PostgresReportLedger
    from quantterminal.services.report import ReportsRuntime

    parts = _parts("reports")
    return ReportsRuntime(
        trading=parts.trading,
        clock=parts.clock,
        ledger=PostgresReportLedger(parts.database),
        archive=parts.archive,
        event_bus=parts.event_bus,
        telemetry=parts.telemetry,
        render_page=render_report,
        code_version=parts.settings.need("QT_CODE_VERSION"),
    )


@cache
def trade_log_runtime() -> "TradeLogRuntime":
    from quantterminal.adapters.postgres.report_ledger import PostgresReportLedger
    from quantterminal.services.trade_log import TradeLogRuntime

    parts = _parts("trade_log")
    return TradeLogRuntime(
        trading=parts.trading,
        clock=parts.clock,
        ledger=PostgresReportLedger(parts.database),
        archive=parts.archive,
        telemetry=parts.telemetry,
    )


@cache
def notify_runtime() -> "NotifyRuntime":
    from quantterminal.adapters.sns.notifier import SnsNotifier
    from quantterminal.adapters.wire.codec import decode
    from quantterminal.services.notify import NotifyRuntime

    parts = _parts("notify")
    topic = parts.settings.need("QT_ALERT_TOPIC_ARN")
    return NotifyRuntime(
        trading=parts.trading,
        notifier=SnsNotifier(parts.aws("sns"), topic),
        telemetry=parts.telemetry,
        decode=decode,
    )


@cache
def api_runtime() -> "ApiRuntime":
    from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
    from quantterminal.adapters.postgres.evaluation_ledger import PostgresEvaluationLedger
    from quantterminal.services.api_requests import ApiRuntime
    from quantterminal.services.flatten import FlattenRuntime

    parts = _parts("api")
    accounts = PostgresAccountLedger(parts.database)
    flattening = FlattenRuntime(
        trading=parts.trading,
        clock=parts.clock,
        bus=parts.bus,
        accounts=accounts,
        signals=PostgresEvaluationLedger(parts.database),
        state=parts.state,
        halts=parts.halt_desk,
    )
    return ApiRuntime(
        dashboard=_dashboard(parts),
        accounts=accounts,
        flattening=flattening,
        archive=parts.archive,
        telemetry=parts.telemetry,
    )


@cache
def live_runtime() -> "DashboardRuntime":
    return _dashboard(_parts("live"))


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
    keys = parts.secret("QT_BROKER_SECRET_ID")
    recovering = parts.reconciling(parts.new_database())
    stall_after_s = float(settings.get("QT_FEED_STALL_AFTER_S", "5")) or None

    def recover_orders() -> None:
        import_facts(runtime=recovering)

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
        stream_session=lambda: AlpacaSession(
            key_id=keys["key_id"], secret_key=keys["secret_key"], draw=random.random
        ),
        draw=random.random,
    )


def inspect_cache() -> dict[str, Any]:
    """What the working state holds, for comparing it with ledger and broker; None when absent.

    `{"positions": {symbol: shares}, "cash": dollars}`, numbers as decimal strings.
    """
    parts = _parts("inspect")
    state = parts.state.read(parts.account)
    if state is None:
        return {"positions": None, "cash": None}
    held = {symbol: f"{qty:f}" for symbol, qty in state.net_positions().items() if qty}
    return {"positions": held, "cash": f"{state.cash:f}"}


def _dashboard(parts: Parts) -> "DashboardRuntime":
    from quantterminal.adapters.postgres.view_ledger import PostgresViewLedger
    from quantterminal.adapters.redis.watermarks import RedisQuoteBoard, RedisStreamGate
    from quantterminal.adapters.wire.frames import encode_frame
    from quantterminal.services.dashboard import DashboardRuntime

    return DashboardRuntime(
        trading=parts.trading,
        clock=parts.clock,
        ledger=PostgresViewLedger(parts.database),
        quotes=RedisQuoteBoard(parts.redis, parts.account),
        gate=RedisStreamGate(parts.redis, parts.account),
        archive=parts.archive,
        encode=encode_frame,
        source=parts.settings.get("QT_SOURCE", "live market data"),
        speed=parts.settings.get("QT_SPEED", "real time"),
    )
