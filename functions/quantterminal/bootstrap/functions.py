"""One runtime per function of the topology, made once and kept for the life of its process."""

from functools import cache
from typing import TYPE_CHECKING, Any

from quantterminal.bootstrap.parts import Edge, parts_of

if TYPE_CHECKING:
    from quantterminal.domain.configuration import TradingConfig
    from quantterminal.services.api_requests import ApiRuntime
    from quantterminal.services.apply_update import UpdateRuntime
    from quantterminal.services.assess_risk import RiskRuntime
    from quantterminal.services.audit import AuditRuntime
    from quantterminal.services.evaluate_bar import StrategyRuntime
    from quantterminal.services.notify import NotifyRuntime
    from quantterminal.services.reconcile import ReconcileRuntime
    from quantterminal.services.report import ReportsRuntime
    from quantterminal.services.session_day import SessionRuntime
    from quantterminal.services.submit_order import ExecutionRuntime
    from quantterminal.services.trade_log import TradeLogRuntime


def edge(service: str) -> Edge:
    """The edge of one queue's consumer; it shares the adapters of that function's runtime."""
    return parts_of(service).edge()


def trading_in_force(service: str) -> "TradingConfig":
    """The configuration with the limits that hold at this instant (C25)."""
    return parts_of(service).limits_in_force.trading()


@cache
def strategy_runtime() -> "StrategyRuntime":
    from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
    from quantterminal.adapters.postgres.corporate_actions import PostgresCorporateActions
    from quantterminal.adapters.postgres.evaluation_ledger import PostgresEvaluationLedger
    from quantterminal.adapters.redis.snapshot_store import RedisSnapshotStore
    from quantterminal.services.evaluate_bar import StrategyRuntime

    parts = parts_of("strategy")
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
        actions=PostgresCorporateActions(parts.database),
        telemetry=parts.telemetry,
    )


@cache
def risk_runtime() -> "RiskRuntime":
    from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
    from quantterminal.adapters.postgres.activity_ledger import PostgresActivityLedger
    from quantterminal.adapters.postgres.intent_ledger import PostgresIntentLedger
    from quantterminal.services.assess_risk import RiskRuntime

    parts = parts_of("risk")
    return RiskRuntime(
        trading=parts.trading,
        clock=parts.clock,
        bus=parts.bus,
        ledger=PostgresIntentLedger(parts.database),
        activity=PostgresActivityLedger(parts.database),
        accounts=PostgresAccountLedger(parts.database),
        state=parts.state,
        announcer=parts.announcer,
        telemetry=parts.telemetry,
        board=parts.board,
        release=parts.settings.release,
    )


@cache
def execution_runtime() -> "ExecutionRuntime":
    from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
    from quantterminal.adapters.postgres.activity_ledger import PostgresActivityLedger
    from quantterminal.adapters.postgres.halt_ledger import PostgresHaltLedger
    from quantterminal.adapters.postgres.order_ledger import PostgresOrderLedger
    from quantterminal.adapters.redis.watermarks import RedisStreamGate
    from quantterminal.services.submit_order import ExecutionRuntime

    parts = parts_of("execution")
    return ExecutionRuntime(
        trading=parts.trading,
        clock=parts.clock,
        orders=PostgresOrderLedger(parts.database),
        activity=PostgresActivityLedger(parts.database),
        accounts=PostgresAccountLedger(parts.database),
        halts=PostgresHaltLedger(parts.database),
        state=parts.state,
        gate=RedisStreamGate(parts.redis, parts.account),
        broker=parts.broker,
        updates=parts.updates(),
        announcer=parts.announcer,
        telemetry=parts.telemetry,
        board=parts.board,
        release=parts.settings.release,
    )


@cache
def updates_runtime() -> "UpdateRuntime":
    return parts_of("order_updates").updates()


@cache
def reconcile_runtime() -> "ReconcileRuntime":
    return parts_of("reconcile").reconciling()


@cache
def session_runtime() -> "SessionRuntime":
    return parts_of("session").session()


@cache
def reports_runtime() -> "ReportsRuntime":
    from functools import partial

    from quantterminal.adapters.html.report_page import render_report
    from quantterminal.adapters.postgres.bar_store import PostgresBarStore
    from quantterminal.adapters.postgres.report_ledger import PostgresReportLedger
    from quantterminal.services.backtest_day import backtest_day
    from quantterminal.services.report import ReportsRuntime

    parts = parts_of("reports")
    return ReportsRuntime(
        trading=parts.trading,
        clock=parts.clock,
        ledger=PostgresReportLedger(parts.database),
        archive=parts.archive,
        event_bus=parts.event_bus,
        telemetry=parts.telemetry,
        render_page=render_report,
        backtest_day=partial(
            backtest_day, store=PostgresBarStore(parts.database), trading=parts.trading
        ),
        code_version=parts.settings.need("QT_CODE_VERSION"),
    )


@cache
def trade_log_runtime() -> "TradeLogRuntime":
    from quantterminal.adapters.postgres.journal_ledger import PostgresJournal
    from quantterminal.adapters.postgres.report_ledger import PostgresReportLedger
    from quantterminal.services.trade_log import TradeLogRuntime

    parts = parts_of("trade_log")
    return TradeLogRuntime(
        trading=parts.trading,
        clock=parts.clock,
        ledger=PostgresReportLedger(parts.database),
        archive=parts.archive,
        telemetry=parts.telemetry,
        journal=PostgresJournal(parts.database),
    )


@cache
def notify_runtime() -> "NotifyRuntime":
    from quantterminal.adapters.sns.notifier import SnsNotifier
    from quantterminal.adapters.wire.codec import decode
    from quantterminal.services.notify import NotifyRuntime

    parts = parts_of("notify")
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
    from quantterminal.adapters.postgres.order_ledger import PostgresOrderLedger
    from quantterminal.adapters.redis.watermarks import RedisQuoteBoard
    from quantterminal.services.api_requests import ApiRuntime
    from quantterminal.services.flatten import FlattenRuntime

    parts = parts_of("api")
    accounts = PostgresAccountLedger(parts.database)
    flattening = FlattenRuntime(
        trading=parts.trading,
        clock=parts.clock,
        bus=parts.bus,
        accounts=accounts,
        signals=PostgresEvaluationLedger(parts.database),
        state=parts.state,
        halts=parts.halt_desk,
        quotes=RedisQuoteBoard(parts.redis, parts.account),
    )
    return ApiRuntime(
        dashboard=parts.pictures(),
        accounts=accounts,
        orders=PostgresOrderLedger(parts.database),
        flattening=flattening,
        archive=parts.archive,
        telemetry=parts.telemetry,
    )


@cache
def audit_runtime() -> "AuditRuntime":
    from quantterminal.adapters.postgres.journal_ledger import PostgresJournal
    from quantterminal.services.audit import AuditRuntime

    parts = parts_of("audit")
    return AuditRuntime(
        trading=parts.trading, journal=PostgresJournal(parts.database), archive=parts.archive
    )


def inspect_cache() -> dict[str, Any]:
    """What the working state holds, for comparing it with ledger and broker; None when absent.

    `{"positions": {symbol: shares}, "cash": dollars}`, numbers as decimal strings.
    """
    parts = parts_of("inspect")
    state = parts.state.read(parts.account)
    if state is None:
        return {"positions": None, "cash": None}
    held = {symbol: f"{qty:f}" for symbol, qty in state.net_positions().items() if qty}
    return {"positions": held, "cash": f"{state.cash:f}"}
