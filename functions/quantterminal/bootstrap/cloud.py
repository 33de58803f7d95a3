"""Around the page and the night: the live socket's doors, the switches, the deploy step."""

import secrets
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from quantterminal.bootstrap.parts import parts_of

if TYPE_CHECKING:
    from quantterminal.ports.live import ConnectionRegistry
    from quantterminal.ports.tickets import TicketDesk
    from quantterminal.services.backfill import BackfillRuntime
    from quantterminal.services.maintenance import MaintenanceRuntime
    from quantterminal.services.power import PowerRuntime

_TICKET_BYTES = 32


@cache
def backfill_runtime() -> "BackfillRuntime":
    import random
    import time

    from quantterminal.adapters.polygon.client import PolygonHistory
    from quantterminal.adapters.postgres.bar_store import PostgresBarStore
    from quantterminal.adapters.postgres.corporate_actions import PostgresCorporateActions
    from quantterminal.adapters.postgres.gap_log import PostgresGapLog
    from quantterminal.adapters.postgres.trade_merge import PostgresMissingTrades
    from quantterminal.services.backfill import BackfillRuntime, TapeRepair

    parts = parts_of("backfill")
    history = PolygonHistory(
        base_url=parts.settings.need("QT_FEED_REST_URL"),
        api_key=parts.secret("QT_FEED_SECRET_ID")["api_key"],
        draw=random.random,
        sleep=time.sleep,
    )
    return BackfillRuntime(
        trading=parts.trading,
        clock=parts.clock,
        history=history,
        bar_store=PostgresBarStore(parts.database),
        actions=PostgresCorporateActions(parts.database),
        action_history=history,
        announcer=parts.announcer,
        telemetry=parts.telemetry,
        tape=TapeRepair(
            PostgresGapLog(parts.database, parts.account),
            history,
            PostgresMissingTrades(parts.database),
        ),
    )


@cache
def maintenance_runtime() -> "MaintenanceRuntime":
    from quantterminal.adapters.postgres.retention import PostgresRetention
    from quantterminal.services.maintenance import MaintenanceRuntime

    parts = parts_of("maintenance")
    return MaintenanceRuntime(
        retention=PostgresRetention(parts.database),
        clock=parts.clock,
        telemetry=parts.telemetry,
        days=int(parts.settings.need("QT_RETENTION_DAYS")),
    )


@cache
def power_runtime() -> "PowerRuntime":
    from quantterminal.adapters.ecs.container_service import ContainerService
    from quantterminal.adapters.rds.instance import DatabaseInstance
    from quantterminal.bootstrap.plant import AwsPlant
    from quantterminal.services.power import PowerRuntime

    parts = parts_of("power")
    plant = AwsPlant(
        ContainerService(parts.aws("ecs"), parts.settings.need("QT_CONTAINER_SERVICE")),
        DatabaseInstance(parts.aws("rds"), parts.settings.need("QT_DATABASE_INSTANCE")),
    )
    return PowerRuntime(plant=plant, clock=parts.clock, telemetry=parts.telemetry)


def ticket_desk(service: str) -> "TicketDesk":
    """The live socket's tickets, for the function that issues and the one that redeems them."""
    from quantterminal.adapters.redis.tickets import RedisTicketDesk

    parts = parts_of(service)
    return RedisTicketDesk(
        parts.redis, parts.account, draw=lambda: secrets.token_urlsafe(_TICKET_BYTES)
    )


def connection_registry() -> "ConnectionRegistry":
    """Who listens on the live socket, for the function that opens and closes it."""
    from quantterminal.adapters.redis.connections import RedisConnections

    parts = parts_of("live")
    return RedisConnections(parts.redis, parts.account)


def operator_group() -> str:
    """Whose members may halt, resume, cancel and close; empty where there is no sign-in."""
    return parts_of("api").settings.get("QT_OPERATOR_GROUP")


def prepare_ledger() -> list[str]:
    """Bring the schema up to date, open the account and note the deploy down; the names of the
    migrations applied now.

    The first two are done once, however often this is called.
    """
    from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
    from quantterminal.adapters.postgres.migrate import migrate

    parts = parts_of("migrate")
    cash = Decimal(parts.settings.need("QT_STARTING_CASH"))
    applied = migrate(parts.conninfo())
    accounts = PostgresAccountLedger(parts.database)
    now = parts.clock.now()
    accounts.open_account(parts.account, cash=cash, at=now)
    parts.note_start("deploy", at=now)
    return applied
