"""The report of one trading day: made from the ledger, kept in the archive, announced on the bus.

Making it again replaces it; the same ledger gives the same bytes. Nothing here changes the ledger.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.errors import PermanentError, RetryableError
from quantterminal.domain.events import BusinessEvent, EventName, Message
from quantterminal.domain.report import Backtest, DayReport, Figures, Trade
from quantterminal.domain.trading_day import TradingDay, trading_day
from quantterminal.domain.view import EquityPoint
from quantterminal.ports.archive import Archive
from quantterminal.ports.bus import EventBus
from quantterminal.ports.clock import Clock
from quantterminal.ports.report_ledger import DayRecords, ReportLedger
from quantterminal.ports.telemetry import Telemetry
from quantterminal.services import day_figures
from quantterminal.services.day_profit import DayProfit, day_profit

RenderPage = Callable[[DayReport], str]
# `services.backtest_day`, handed in: what only reads reports must not load the backtester.
BacktestDay = Callable[[TradingDay, Decimal | None], Backtest | None]
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ReportsRuntime:
    """What the reports function works with.

    `render_page` makes the HTML file of a report, `backtest_day` what the day is compared with.
    """

    trading: TradingConfig
    clock: Clock
    ledger: ReportLedger
    archive: Archive
    event_bus: EventBus
    telemetry: Telemetry
    render_page: RenderPage
    backtest_day: BacktestDay
    code_version: str


@dataclass(frozen=True, slots=True)
class ReportLocation:
    """Where the report of a day was written; `digest` is the SHA-256 of its JSON file."""

    report: DayReport
    json_key: str
    html_key: str
    digest: str


def make_report(day: date, *, runtime: ReportsRuntime) -> ReportLocation:
    """Write `reports/{account}/{day}.json` and `.html`, in place of earlier ones.

    Raises RetryableError when ledger or archive cannot answer now: call it again.
    """
    window, trading = trading_day(day), runtime.trading
    report = day_report(
        runtime.ledger.day(trading.account, window),
        window,
        trading=trading,
        code_version=runtime.code_version,
        complete=window.closes <= runtime.clock.now(),
    )
    report = replace(report, backtest=runtime.backtest_day(window, report.equity_open))
    json_key, html_key = (_key(trading.account, day, kind) for kind in ("json", "html"))
    body, page = report_json(report), runtime.render_page(report)
    runtime.archive.put(json_key, body, "application/json")
    runtime.archive.put(html_key, page.encode(), "text/html; charset=utf-8")
    return ReportLocation(report, json_key, html_key, hashlib.sha256(body).hexdigest())


def day_report(
    records: DayRecords,
    window: TradingDay,
    *,
    trading: TradingConfig,
    code_version: str,
    complete: bool,
) -> DayReport:
    """The report of those records, per strategy (configured or seen) and for the account."""
    names = _strategies(records, trading)
    profits = {name: day_profit(records, name) for name in names}
    trades = {name: day_figures.trades_of(records, name, window) for name in names}
    timeout_s = trading.execution.order_timeout_s
    opening = day_figures.opening_equity(records)
    closing = records.equity[-1].equity if records.equity else None
    return DayReport(
        account=trading.account,
        day=window.day,
        mode=trading.mode,
        code_version=code_version,
        complete=complete,
        session_open=window.session.open if window.session else None,
        session_close=window.session.close if window.session else None,
        order_timeout_s=timeout_s,
        sharpe_basis=day_figures.SHARPE_BASIS,
        equity_open=opening,
        equity_close=closing,
        unattributed_pnl=_unattributed(opening, closing, profits),
        overall=_overall(records, window, profits, trades, timeout_s=timeout_s),
        strategies=tuple(
            _of_strategy(records, name, profits[name], trades[name], timeout_s=timeout_s)
            for name in names
        ),
        trades=tuple(sorted(chain(*trades.values()), key=lambda each: each.closed_at)),
        halts=records.halts,
        bars_in=records.bars_in,
        bars_quarantined=dict(sorted(records.bars_quarantined.items())),
        curve=day_figures.equity_curve(records, window),
        gaps=records.gaps,
    )


def report_json(report: DayReport) -> bytes:
    """The report as JSON: dollars and ratios as decimal strings, instants in UTC, keys in order."""
    text = json.dumps(asdict(report), default=_plain, ensure_ascii=False, indent=1)
    return text.encode() + b"\n"


def backtest_curve(account: str, day: date, *, archive: Archive) -> tuple[EquityPoint, ...]:
    """The equity of the backtest in the report of that day; empty where there is none (yet), or
    where the archive is away: a chart without it is better than none.
    """
    try:
        document = json.loads(archive.get(_key(account, day, "json")))
    except (PermanentError, RetryableError):
        return ()
    tested = document.get("backtest") or {"curve": ()}
    return tuple(
        EquityPoint(datetime.fromisoformat(each["at"]), each["equity"]) for each in tested["curve"]
    )


def announcement(location: ReportLocation, *, at: datetime) -> Message:
    """The business event that the report is ready; its id follows from the report's content."""
    report = location.report
    name = f"report:{report.account}:{report.day.isoformat()}"
    earned = report.overall.performance
    return Message(
        id=f"{name}:{location.digest[:16]}",
        correlation_id=name,
        causation_id=name,
        occurred_at=at,
        payload=BusinessEvent(
            account=report.account,
            name=EventName.REPORT_READY,
            text=f"Report of {report.day.isoformat()}: P&L {earned.total_pnl:+.2f},"
            f" {earned.trades} trades",
            fields={
                "day": report.day.isoformat(),
                "json": location.json_key,
                "html": location.html_key,
                "total_pnl": str(earned.total_pnl),
                "trades": str(earned.trades),
                "complete": "yes" if report.complete else "no",
            },
        ),
    )


def _key(account: str, day: date, kind: str) -> str:
    return f"reports/{account}/{day.isoformat()}.{kind}"


def _strategies(records: DayRecords, trading: TradingConfig) -> list[str]:
    configured = [each.name for each in trading.strategies]
    groups = (
        records.orders,
        records.fills,
        records.opening_fills,
        records.signals,
        records.intents,
    )
    seen = {each.strategy for group in groups for each in group}
    return configured + sorted(seen - set(configured))


def _of_strategy(
    records: DayRecords,
    name: str,
    profit: DayProfit,
    trades: tuple[Trade, ...],
    *,
    timeout_s: int,
) -> Figures:
    equity = day_figures.strategy_equity(profit, day_figures.opening_equity(records))
    return Figures(
        name=name,
        performance=day_figures.performance(
            trades, equity, realized=profit.realized, total=profit.total
        ),
        flow=day_figures.order_flow(records, strategy=name, timeout_s=timeout_s),
    )


def _overall(
    records: DayRecords,
    window: TradingDay,
    profits: dict[str, DayProfit],
    trades: dict[str, tuple[Trade, ...]],
    *,
    timeout_s: int,
) -> Figures:
    curve = day_figures.equity_curve(records, window)
    return Figures(
        name="account",
        performance=day_figures.performance(
            list(chain(*trades.values())),
            [each.equity for each in curve],
            realized=sum((each.realized for each in profits.values()), _ZERO),
            total=sum((each.total for each in profits.values()), _ZERO),
        ),
        flow=day_figures.order_flow(records, strategy=None, timeout_s=timeout_s),
    )


def _unattributed(
    opening: Decimal | None, closing: Decimal | None, profits: dict[str, DayProfit]
) -> Decimal | None:
    if opening is None or closing is None:
        return None
    explained = sum((each.total for each in profits.values()), _ZERO)
    return day_figures.dollars(closing - opening - explained)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"Expected a Decimal, a datetime or a date, was {value!r}")
