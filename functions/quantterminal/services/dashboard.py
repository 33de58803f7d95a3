"""One picture of the account for the page: ledger, working state and last quotes together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain, islice

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.errors import InvalidValueError, RetryableError
from quantterminal.domain.halts import Halt
from quantterminal.domain.positions import Position
from quantterminal.domain.report import Figures
from quantterminal.domain.risk import HaltLevel, available_buying_power
from quantterminal.domain.sessions import new_york_date, session_at, sessions_until
from quantterminal.domain.trading_day import trading_day
from quantterminal.domain.view import (
    BarsView,
    CurveView,
    Dashboard,
    HaltRow,
    Health,
    Hello,
    PositionRow,
    QuoteRow,
    ReportRow,
    ReportsView,
    StrategyRow,
    Tick,
    Visitor,
)
from quantterminal.ports.archive import Archive
from quantterminal.ports.clock import Clock
from quantterminal.ports.ledger import Books
from quantterminal.ports.report_ledger import ReportLedger
from quantterminal.ports.state import Mark, WorkingState
from quantterminal.ports.view_ledger import StrategyFacts, ViewLedger
from quantterminal.ports.watermarks import FeedBoard, Quote, QuoteBoard, StreamGate
from quantterminal.services.assess_risk import risk_snapshot
from quantterminal.services.queue_watch import Queued
from quantterminal.services.report import backtest_curve, day_report
from quantterminal.services.risk_meters import Usage, meters
from quantterminal.services.tape_health import tape_health

_ZERO = Decimal(0)
_NEWEST_ORDERS = 2_000
_NEWEST_EVENTS = 200
_NEWEST_REPORTS = 90
_NEWEST_BARS = 390
_NEWEST_MARKERS = 200
_MOST_POINTS = 1_500
_MOST_COMPARED = 5
_FEED_STALE_AFTER_S = 90.0
_SPANS = {"week": timedelta(days=7), "month": timedelta(days=31), "all": timedelta(days=36_500)}

View = Hello | Tick | CurveView | BarsView | ReportsView | Visitor
FiguresByStrategy = Mapping[str, Figures]


@dataclass(frozen=True, slots=True)
class DashboardRuntime:
    """`source` and `speed` are labels of where the data comes from, shown as they are.

    `encode` makes the JSON text of a message or an answer. Without a `feed_board` nothing is known
    of how the feed's prints come in.
    """

    trading: TradingConfig
    clock: Clock
    ledger: ViewLedger
    days: ReportLedger
    quotes: QuoteBoard
    gate: StreamGate
    encode: Callable[[View], str]
    source: str
    speed: str
    feed_board: FeedBoard | None = None


def hello(sequence: int, *, runtime: DashboardRuntime, picture: Dashboard | None = None) -> Hello:
    """The whole picture (made now unless it is given) with the day's equity curve."""
    if picture is None:
        picture = dashboard(figures_of_today(runtime=runtime), runtime=runtime)
    since = _day_start(runtime.clock.now())
    points = runtime.ledger.curve(runtime.trading.account, since=since, most=_MOST_POINTS)
    return Hello(sequence, picture, tuple(points))


def figures_of_today(*, runtime: DashboardRuntime) -> FiguresByStrategy:
    """What the evening's report would say of each strategy, now. It reads the whole day."""
    window = trading_day(new_york_date(runtime.clock.now()))
    records = runtime.days.day(runtime.trading.account, window)
    report = day_report(records, window, trading=runtime.trading, code_version="", complete=False)
    return {each.name: each for each in report.strategies}


def curve(span: str, *, runtime: DashboardRuntime, archive: Archive) -> CurveView:
    """The equity of `day`, `week`, `month` or `all` with what happened beside it, and what the
    backtester made of its newest days once their reports are there.
    """
    now, account = runtime.clock.now(), runtime.trading.account
    if span != "day" and span not in _SPANS:
        raise InvalidValueError(f"Expected one of day, {', '.join(_SPANS)}, was {span!r}")
    today = trading_day(new_york_date(now))
    since = today.opens if span == "day" else now - _SPANS[span]
    happened = min(since, today.start)  # a start before the open belongs to the day, too
    compared = [today.day] if span == "day" else _newest_days(today.day, since=since)
    tested = (backtest_curve(account, day, archive=archive) for day in compared)
    return CurveView(
        span=span,
        points=tuple(runtime.ledger.curve(account, since=since, most=_MOST_POINTS)),
        markers=tuple(runtime.ledger.markers(account, since=happened, newest=_NEWEST_MARKERS)),
        previous_close=runtime.ledger.equity_before(account, at=since),
        backtest=tuple(chain.from_iterable(tested)),
    )


def bars(symbol: str, *, runtime: DashboardRuntime) -> BarsView:
    """The newest minute bars of a symbol of the universe; InvalidValueError for any other."""
    if symbol not in runtime.trading.symbols:
        raise InvalidValueError(f"Expected a symbol of the universe, was {symbol[:20]!r}")
    return BarsView(symbol, tuple(runtime.ledger.bars(symbol, newest=_NEWEST_BARS)))


def reports(archive: Archive, account: str) -> ReportsView:
    """The reports of the account, newest first."""
    prefix = f"reports/{account}/"
    days = {
        key.removeprefix(prefix).removesuffix(".html")
        for key in archive.list(prefix)
        if key.endswith(".html")
    }
    return ReportsView(
        tuple(
            ReportRow(day, f"/api/reports/{day}.html", f"/api/reports/{day}.json")
            for day in sorted(days, reverse=True)[:_NEWEST_REPORTS]
        )
    )


def dashboard(
    figures: FiguresByStrategy, *, runtime: DashboardRuntime, queued: Queued | None = None
) -> Dashboard:
    """Marked at the middle of the last quotes where they are newer than the last bar.

    `figures` are `figures_of_today`, which may be some seconds old, like what is `queued`.
    """
    account, now = runtime.trading.account, runtime.clock.now()
    since = _day_start(now)
    books = runtime.ledger.books(account)
    quotes = _quotes(runtime)
    prices = _prices(books, quotes)
    equity = books.account.cash + _market_value(books, prices)
    positions = _positions(books, prices, equity)
    health = _health(runtime, quotes, queued, now)
    day_open, high = books.account.day_open_equity, max(books.account.high_water_mark, equity)
    orders = tuple(runtime.ledger.orders(account, newest=_NEWEST_ORDERS))
    by_strategy = _day_pnl(runtime, books, prices, since)
    usage = Usage(
        now=now,
        equity=equity,
        day_open=day_open,
        high_water=high,
        values={row.symbol: Decimal(row.market_value) for row in positions},
        reservations=tuple(books.reservations.values()),
        by_strategy=by_strategy,
        orders=orders,
        bar_age_s=health.last_bar_age_s,
    )
    return Dashboard(
        at=now,
        mode=runtime.trading.mode,
        account=account,
        source=runtime.source,
        speed=runtime.speed,
        session_open=session_at(now) is not None,
        equity=_money(equity),
        cash=_money(books.account.cash),
        day_open_equity=_money(day_open),
        day_pnl=_money(equity - day_open),
        day_pnl_fraction=_fraction((equity - day_open) / day_open),
        realized_pnl=_money(sum((p.realized_pnl for p in books.positions.values()), _ZERO)),
        unrealized_pnl=_money(sum((Decimal(p.unrealized_pnl) for p in positions), _ZERO)),
        buying_power=_money(_free(runtime, books, prices, now)),
        reserved=_money(sum((r.notional for r in books.reservations.values()), _ZERO)),
        high_water_mark=_money(high),
        drawdown_fraction=_fraction((high - equity) / high),
        halt_level=_level(books).name,
        halts=tuple(_halt(each) for each in books.halts if each.level is not HaltLevel.ACTIVE),
        positions=positions,
        orders=orders,
        strategies=_strategies(runtime, books, by_strategy, figures, since),
        limits=tuple(meters(usage, runtime.trading.limits)),
        quotes=tuple(_quote(symbol, quote) for symbol, quote in sorted(quotes.items())),
        health=health,
        alerts=tuple(runtime.ledger.events(account, newest=_NEWEST_EVENTS)),
        gross=_money(sum((abs(value) for value in usage.values.values()), _ZERO)),
        net=_money(sum(usage.values.values(), _ZERO)),
        tape=tape_health(runtime.feed_board),
    )


def _newest_days(day: date, *, since: datetime) -> list[date]:
    """The last days with a session, oldest first; none that opened before `since`."""
    newest = islice(sessions_until(day), _MOST_COMPARED)
    return [each.day for each in newest if each.open >= since][::-1]


def _day_start(now: datetime) -> datetime:
    return trading_day(new_york_date(now)).opens


def _free(
    runtime: DashboardRuntime, books: Books, prices: Mapping[str, Mark], now: datetime
) -> Decimal:
    """What may still be committed; nothing where a price is missing."""
    snapshot = risk_snapshot(_as_state(books, prices), runtime.trading, now=now)
    return available_buying_power(snapshot, runtime.trading.limits) or _ZERO


def _level(books: Books) -> HaltLevel:
    return HaltLevel(max((halt.level for halt in books.halts), default=HaltLevel.ACTIVE))


def _quote(symbol: str, quote: Quote) -> QuoteRow:
    return QuoteRow(symbol, _price(quote.bid), _price(quote.ask), quote.at)


def _quotes(runtime: DashboardRuntime) -> dict[str, Quote]:
    """The last quotes; none while the working state cannot be read, and bars have to do."""
    try:
        return runtime.quotes.quotes()
    except RetryableError:
        return {}


def _prices(books: Books, quotes: Mapping[str, Quote]) -> dict[str, Mark]:
    prices = {symbol: Mark(price, at) for symbol, (price, at) in books.marks.items()}
    for symbol, quote in quotes.items():
        if symbol not in prices or quote.at > prices[symbol].at:
            prices[symbol] = Mark(quote.mid, quote.at)
    return prices


def _as_state(books: Books, prices: Mapping[str, Mark]) -> WorkingState:
    account = books.account
    return WorkingState(
        version=account.version,
        generation=account.generation,
        cash=account.cash,
        day_open_equity=account.day_open_equity,
        high_water_mark=account.high_water_mark,
        session_day=account.session_day,
        levels={},
        positions=books.positions,
        reserved=books.reservations,
        marks=prices,
    )


def _positions(
    books: Books, prices: Mapping[str, Mark], equity: Decimal
) -> tuple[PositionRow, ...]:
    by_symbol: dict[str, dict[str, Position]] = {}
    for (strategy, symbol), position in books.positions.items():
        by_symbol.setdefault(symbol, {})[strategy] = position
    return tuple(
        _position(symbol, parts, prices.get(symbol), equity)
        for symbol, parts in sorted(by_symbol.items())
    )


def _market_value(books: Books, prices: Mapping[str, Mark]) -> Decimal:
    """What all positions are worth; at their cost where no price has been seen yet."""
    return sum(
        (
            each.market_value(prices[symbol].price) if symbol in prices else each.cost
            for (_, symbol), each in books.positions.items()
        ),
        _ZERO,
    )


def _position(
    symbol: str, parts: Mapping[str, Position], mark: Mark | None, equity: Decimal
) -> PositionRow:
    quantity = sum((p.quantity for p in parts.values()), _ZERO)
    cost = sum((p.cost for p in parts.values()), _ZERO)
    value = quantity * mark.price if mark is not None else cost
    return PositionRow(
        symbol=symbol,
        quantity=f"{quantity:f}",
        average_price=_price(cost / quantity) if quantity else "",
        last=_price(mark.price) if mark is not None else "",
        market_value=_money(value),
        unrealized_pnl=_money(value - cost),
        realized_pnl=_money(sum((p.realized_pnl for p in parts.values()), _ZERO)),
        weight=_fraction(abs(value) / equity) if equity > 0 else "",
        strategies=tuple(sorted(name for name, p in parts.items() if p.quantity)),
    )


def _day_pnl(
    runtime: DashboardRuntime, books: Books, prices: Mapping[str, Mark], since: datetime
) -> dict[str, Decimal]:
    """By strategy: what the day's fills brought in, and what its shares gained since the open."""
    total: dict[str, Decimal] = {}
    for holding, flow in runtime.ledger.flows(runtime.trading.account, since=since).items():
        strategy, symbol = holding
        if holding not in books.positions:
            continue  # its first fill came between the two reads: the next second has both
        held, mark = books.positions[holding].quantity, prices.get(symbol)
        before = held - flow.shares
        gain = flow.cash
        if mark is not None:
            gain += held * mark.price - before * (flow.opening_price or mark.price)
        total[strategy] = total.get(strategy, _ZERO) + gain
    return total


def _strategies(
    runtime: DashboardRuntime,
    books: Books,
    day_pnl: Mapping[str, Decimal],
    figures: FiguresByStrategy,
    since: datetime,
) -> tuple[StrategyRow, ...]:
    facts = runtime.ledger.strategies(runtime.trading.account, since=since)
    levels = {halt.scope: HaltLevel(halt.level) for halt in books.halts}
    account = levels.get("account", HaltLevel.ACTIVE)
    none = StrategyFacts(0)
    return tuple(
        _with_figures(
            StrategyRow(
                name=each.name,
                level=max(account, levels.get(f"strategy:{each.name}", HaltLevel.ACTIVE)).name,
                day_pnl=_money(day_pnl.get(each.name, _ZERO)),
                fills=facts.get(each.name, none).fills,
                last_signal=facts.get(each.name, none).last_signal,
                last_signal_at=facts.get(each.name, none).last_signal_at,
            ),
            figures.get(each.name),
        )
        for each in runtime.trading.strategies
    )


def _with_figures(row: StrategyRow, figures: Figures | None) -> StrategyRow:
    if figures is None:
        return row
    latency, earned = figures.flow.latency_p99_ms, figures.performance
    return replace(
        row,
        trades=earned.trades,
        sharpe=_defined(earned.sharpe),
        win_rate=_defined(earned.win_rate),
        max_drawdown=_defined(earned.max_drawdown),
        latency_p99_ms=None if latency is None else float(latency),
    )


def _defined(figure: Decimal | None) -> str:
    return "" if figure is None else f"{figure:f}"


def _halt(each: Halt) -> HaltRow:
    return HaltRow(each.scope, each.level.name, each.code, each.reason, each.at)


def _health(
    runtime: DashboardRuntime, quotes: Mapping[str, Quote], queued: Queued | None, now: datetime
) -> Health:
    activity = runtime.ledger.activity(runtime.trading.account, since=_day_start(now))
    newest = max((quote.at for quote in quotes.values()), default=activity.last_bar_at)
    lag = _age(newest, now)
    return Health(
        feed=_feed(lag, is_open=session_at(now) is not None),
        broker_stream=runtime.gate.state().lower(),
        last_bar_age_s=_age(activity.last_bar_at, now),
        last_reconcile_age_s=_age(activity.last_reconcile_at, now),
        bars_seen=activity.bars_seen,
        bars_quarantined=activity.bars_quarantined,
        latency_p50_ms=activity.latency_p50_ms,
        latency_p99_ms=activity.latency_p99_ms,
        feed_lag_s=lag,
        waiting_order_age_s=_age(activity.waiting_since, now),
        queued=None if queued is None else queued.messages,
        queue_age_s=None if queued is None else _age(queued.since, now),
    )


def _feed(lag_s: float | None, *, is_open: bool) -> str:
    if lag_s is None:
        return "no data yet"
    return "stale" if is_open and lag_s > _FEED_STALE_AFTER_S else "live"


def _age(then: datetime | None, now: datetime) -> float | None:
    return None if then is None else max((now - then).total_seconds(), 0.0)


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _price(price: Decimal) -> str:
    return f"{price:.4f}"


def _fraction(value: Decimal) -> str:
    return f"{value:.6f}"
