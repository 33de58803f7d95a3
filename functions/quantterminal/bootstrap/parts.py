"""The adapters of one function, each made when first asked for."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from quantterminal import topology
from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.events import Message
from quantterminal.observability import PowertoolsTelemetry
from quantterminal.ports.clock import Clock
from quantterminal.ports.redelivery import Redelivery
from quantterminal.services.announce import Announcer
from quantterminal.services.halting import HaltDesk
from quantterminal.settings import Settings, read_settings
from quantterminal.topology import ORDER_UPDATES, ORDERS

if TYPE_CHECKING:
    from quantterminal.adapters.alpaca.client import AlpacaBroker
    from quantterminal.adapters.eventbridge.event_bus import EventBridgeBus
    from quantterminal.adapters.postgres.database import Database
    from quantterminal.adapters.redis.state_store import RedisStateStore
    from quantterminal.adapters.redis.symbol_board import RedisSymbolBoard
    from quantterminal.adapters.s3.archive import S3Archive
    from quantterminal.adapters.sqs.queue_bus import SqsBus
    from quantterminal.services.apply_update import UpdateRuntime
    from quantterminal.services.dashboard import DashboardRuntime
    from quantterminal.services.guard_strategy import StrategyGuard
    from quantterminal.services.limits_in_force import LimitsInForce
    from quantterminal.services.reconcile import ReconcileRuntime
    from quantterminal.services.session_day import SessionRuntime

# The consumers of the queues whose messages are orders and facts about orders.
_MONEY = frozenset(topology.queue(name).consumer for name in (ORDERS, ORDER_UPDATES))
_ONE_AT_A_TIME = Lock()  # boto3's default session is not safe to be first used by two threads


@dataclass(frozen=True, slots=True)
class Edge:
    """What the outermost layer of a queue's consumer needs besides its service.

    `halts` is there where a message is about money: giving one up stops what it was about.
    """

    telemetry: PowertoolsTelemetry
    redelivery: Redelivery
    announcer: Announcer
    decode: Callable[[str], Message]
    halts: HaltDesk | None = None


class Parts:
    """The adapters of one function, made when first asked for and then shared."""

    def __init__(self, service: str, settings: Settings | None = None) -> None:
        self.service = service
        self.settings = settings or read_settings()
        self.trading: TradingConfig = self.settings.trading
        self.account = self.trading.account
        self.telemetry = PowertoolsTelemetry(service)
        self.clock = _clock(self.settings)
        self._clients: dict[str, Any] = {}

    def aws(self, service: str, *, address: str | None = None) -> Any:
        """A boto3 client with short time-outs and three tries; `address` where AWS does not know
        it by the region alone.
        """
        if service not in self._clients:
            self._clients[service] = _aws_client(service, address)
        return self._clients[service]

    def secret(self, variable: str) -> dict[str, str]:
        """The fields of the secret whose id stands in that environment variable."""
        from quantterminal.adapters.secretsmanager.secrets import SecretsManager

        return SecretsManager(self.aws("secretsmanager")).read(self.settings.need(variable))

    @cached_property
    def database(self) -> "Database":
        from quantterminal.adapters.postgres.database import Database

        return Database(self.conninfo)

    def new_database(self) -> "Database":
        """A second connection, for a second thread."""
        from quantterminal.adapters.postgres.database import Database

        return Database(self.conninfo)

    @cached_property
    def redis(self) -> Any:
        from quantterminal.adapters.redis.connection import connect

        secret = self.settings.get("QT_REDIS_SECRET_ID")
        keys = self.secret("QT_REDIS_SECRET_ID") if secret else {}
        return connect(
            self.settings.need("QT_REDIS_URL"),
            username=keys.get("username"),
            password=keys.get("password"),
        )

    @cached_property
    def state(self) -> "RedisStateStore":
        from quantterminal.adapters.redis.state_store import RedisStateStore

        return RedisStateStore(self.redis)

    @cached_property
    def board(self) -> "RedisSymbolBoard":
        from quantterminal.adapters.redis.symbol_board import RedisSymbolBoard

        return RedisSymbolBoard(self.redis, self.account)

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
        from quantterminal.adapters.alpaca.interlock import check_account, check_address

        key_id, secret_key = self.broker_keys()
        base_url, pin = self.settings.need("QT_BROKER_URL"), self.trading.broker
        check_address(self.trading.mode, pin, base_url=base_url, key_id=key_id)
        broker = AlpacaBroker(
            base_url=base_url,
            key_id=key_id,
            secret_key=secret_key,
            fresh_keys=self.broker_keys,
            draw=random.random,
            telemetry=self.telemetry,
        )
        if pin.account_number:
            check_account(pin, number=broker.account_number())
        return broker

    def broker_keys(self) -> tuple[str, str]:
        """Key id and secret as the secret store has them now."""
        fields = self.secret("QT_BROKER_SECRET_ID")
        return fields["key_id"], fields["secret_key"]

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
        is_money = self.service in _MONEY
        halts = self.halt_desk if is_money else None
        return Edge(self.telemetry, redelivery, self.announcer, decode, halts)

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
            guard=self.guard(connection),
            state=self.state,
            announcer=self.announcer,
            telemetry=self.telemetry,
        )

    def guard(self, connection: "Database") -> "StrategyGuard":
        from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
        from quantterminal.adapters.postgres.activity_ledger import PostgresActivityLedger
        from quantterminal.adapters.postgres.halt_ledger import PostgresHaltLedger
        from quantterminal.services.guard_strategy import StrategyGuard

        halts = PostgresHaltLedger(connection)
        return StrategyGuard(
            trading=self.trading,
            activity=PostgresActivityLedger(connection),
            accounts=PostgresAccountLedger(connection),
            halts=HaltDesk(self.account, halts, self.state, self.clock, self.announcer),
        )

    def reconciling(self, database: "Database | None" = None) -> "ReconcileRuntime":
        from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
        from quantterminal.adapters.postgres.broker_record import PostgresBrokerRecord
        from quantterminal.adapters.postgres.halt_ledger import PostgresHaltLedger
        from quantterminal.services.reconcile import ReconcileRuntime

        connection = database or self.database
        halts = PostgresHaltLedger(connection)
        return ReconcileRuntime(
            books=self.broker,
            gateway=self.broker,
            accounts=PostgresAccountLedger(connection),
            record=PostgresBrokerRecord(connection),
            updates=self.updates(connection),
            halts=HaltDesk(self.account, halts, self.state, self.clock, self.announcer),
        )

    @cached_property
    def limits_in_force(self) -> "LimitsInForce":
        from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
        from quantterminal.services.limits_in_force import LimitsInForce

        return LimitsInForce(self.trading, PostgresAccountLedger(self.database), self.clock)

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

    def pictures(self, database: "Database | None" = None) -> "DashboardRuntime":
        from quantterminal.adapters.postgres.report_ledger import PostgresReportLedger
        from quantterminal.adapters.postgres.view_ledger import PostgresViewLedger
        from quantterminal.adapters.redis.watermarks import (
            RedisFeedBoard,
            RedisQuoteBoard,
            RedisStreamGate,
        )
        from quantterminal.adapters.wire.frames import encode_frame
        from quantterminal.services.dashboard import DashboardRuntime

        connection = database or self.database
        return DashboardRuntime(
            trading=self.trading,
            clock=self.clock,
            ledger=PostgresViewLedger(connection),
            days=PostgresReportLedger(connection),
            quotes=RedisQuoteBoard(self.redis, self.account),
            gate=RedisStreamGate(self.redis, self.account),
            encode=encode_frame,
            source=self.settings.get("QT_SOURCE", "live market data"),
            speed=self.settings.get("QT_SPEED", "real time"),
            feed_board=RedisFeedBoard(self.redis, self.account),
        )

    def note_start(self, source: str, *, at: datetime, database: "Database | None" = None) -> None:
        """Write down that `source` has begun, with this code and this configuration."""
        from quantterminal.adapters.postgres.run_log import PostgresRunLog
        from quantterminal.ports.run_log import SystemStart

        start = SystemStart(
            account=self.account,
            at=at,
            mode=self.trading.mode,
            source=source,
            code_version=self.settings.get("QT_CODE_VERSION"),
            config=self.settings.need("QT_CONFIG"),
        )
        PostgresRunLog(database or self.database).note(start)

    def conninfo(self) -> str:
        """How to reach the ledger; it holds the password, so it is never logged."""
        import psycopg

        fields = self.secret("QT_DATABASE_SECRET_ID")
        return psycopg.conninfo.make_conninfo(
            host=fields["host"],
            port=fields["port"],
            dbname=fields["dbname"],
            user=fields["username"],
            password=fields["password"],
        )


@cache
def parts_of(service: str) -> Parts:
    """The adapters of that function, made once and kept for the life of its process."""
    return Parts(service)


def _clock(settings: Settings) -> Clock:
    shared = settings.get("QT_CLOCK_FILE")
    if shared:
        from quantterminal.adapters.clock.replay import ReplayClock

        return ReplayClock(Path(shared))
    from quantterminal.adapters.clock.system import SystemClock

    return SystemClock()


def _aws_client(service: str, address: str | None) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=2,
        read_timeout=5,
        retries={"total_max_attempts": 3, "mode": "standard"},
    )
    with _ONE_AT_A_TIME:
        return boto3.client(  # type: ignore[call-overload]  # any service
            service, config=config, endpoint_url=address
        )
