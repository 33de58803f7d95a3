"""One picture of the account for the page: ledger, working state and last quotes together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.halts import Halt
from quantterminal.domain.positions import Position
from quantterminal.domain.risk import HaltLevel, available_buying_power
from quantterminal.domain.sessions import new_york_date, session_at, session_on
from quantterminal.domain.view import (
    AlertRow,
    Dashboard,
    HaltRow,
    Health,
    Hello,
    PositionRow,
    ReportRow,
    StrategyRow,
    Tick,
)
from quantterminal.ports.archive import Archive
from quantterminal.ports.clock import Clock
from quantterminal.ports.ledger import Books
from quantterminal.ports.state import Mark, WorkingState
from quantterminal.ports.view_ledger import Activity, StrategyFacts, ViewLedger
from quantterminal.ports.watermarks import Quote, QuoteBoard, StreamGate
from quantterminal.services.assess_risk import risk_snapshot

_ZERO = Decimal(0)
_NEWEST_ORDERS = 200
_NEWEST_EVENTS = 50
_NEWEST_REPORTS = 30


@dataclass(frozen=True, slots=True)
class DashboardRuntime:
    """`source` and `speed` are labels of where the data comes from, shown as they are.

    `encode` makes the JSON text of a frame.
    """

    trading: TradingConfig
    clock: Clock
    ledger: ViewLedger
    quotes: QuoteBoard
    gate: StreamGate
    archive: Archive
    encode: Callable[[Hello | Tick], str]
    source: str
    speed: str


def hello(sequence: int, *, runtime: DashboardRuntime) -> Hello:
    """The whole picture with the day's equity curve."""
    since = _day_start(runtime.clock.now())
    curve = tuple(runtime.ledger.curve(runtime.trading.account, since=since))
    return Hello(sequence, dashboard(runtime=runtime), curve)


def tick(sequence: int, *, runtime: DashboardRuntime) -> Tick:
    """The picture of this second."""
    return Tick(sequence, dashboard(runtime=runtime))


def dashboard(*, runtime: DashboardRuntime) -> Dashboard:
    """Marked at the middle of the last quotes where they are newer than the last bar."""
    account = runtime.trading.account
    now = runtime.clock.now()
    since = _day_start(now)
    books = runtime.ledger.books(account)
    prices = _prices(books, runtime)
    state = _as_state(books, prices)
    equity = books.account.cash + _market_value(books, prices)
    facts = runtime.ledger.strategies(account, since=since)
    free = available_buying_power(
        risk_snapshot(state, runtime.trading, now=now), runtime.trading.limits
    )
    positions = _positions(books, prices, equity)
    day_open, high = books.account.day_open_equity, max(books.account.high_water_mark, equity)
    level = max((halt.level for halt in books.halts), default=HaltLevel.ACTIVE)
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
        buying_power=_money(free or _ZERO),
        reserved=_money(sum((r.notional for r in books.reservations.values()), _ZERO)),
        high_water_mark=_money(high),
        drawdown_fraction=_fraction((high - equity) / high),
        halt_level=HaltLevel(level).name,
        halts=tuple(_halt(each) for each in books.halts if each.level is not HaltLevel.ACTIVE),
        positions=positions,
        orders=tuple(runtime.ledger.orders(account, newest=_NEWEST_ORDERS)),
        strategies=_strategies(runtime, facts, books, _day_pnl(runtime, books, prices, since)),
        health=_health(runtime, runtime.ledger.activity(account, since=since), now),
        alerts=tuple(_alerts(runtime)),
        reports=_reports(runtime),
    )


def _day_start(now: datetime) -> datetime:
    session = session_on(new_york_date(now))
    return session.open if session is not None else now.replace(hour=0, minute=0, second=0)


def _quotes(runtime: DashboardRuntime) -> dict[str, Quote]:
    """The last quotes; none while the working state cannot be read, and bars have to do."""
    try:
        return runtime.quotes.quotes()
    except RetryableError:
        return {}


def _prices(books: Books, runtime: DashboardRuntime) -> dict[str, Mark]:
    prices = {symbol: Mark(price, at) for symbol, (price, at) in books.marks.items()}
    for symbol, quote in _quotes(runtime).items():
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
        held, mark = books.positions[holding].quantity, prices.get(symbol)
        before = held - flow.shares
        gain = flow.cash
        if mark is not None:
            gain += held * mark.price - before * (flow.opening_price or mark.price)
        total[strategy] = total.get(strategy, _ZERO) + gain
    return total


def _strategies(
    runtime: DashboardRuntime,
    facts: Mapping[str, StrategyFacts],
    books: Books,
    day_pnl: Mapping[str, Decimal],
) -> tuple[StrategyRow, ...]:
    levels = {halt.scope: HaltLevel(halt.level) for halt in books.halts}
    account = levels.get("account", HaltLevel.ACTIVE)
    none = StrategyFacts(0, "")
    return tuple(
        StrategyRow(
            name=each.name,
            level=max(account, levels.get(f"strategy:{each.name}", HaltLevel.ACTIVE)).name,
            day_pnl=_money(day_pnl.get(each.name, _ZERO)),
            trades=facts.get(each.name, none).trades,
            last_signal=facts.get(each.name, none).last_signal,
        )
        for each in runtime.trading.strategies
    )


def _halt(each: Halt) -> HaltRow:
    return HaltRow(each.scope, each.level.name, each.code, each.reason, each.at)


def _health(runtime: DashboardRuntime, activity: Activity, now: datetime) -> Health:
    quotes = _quotes(runtime)
    newest = max((quote.at for quote in quotes.values()), default=activity.last_bar_at)
    return Health(
        feed="no data yet" if newest is None else "live",
        broker_stream=runtime.gate.state().lower(),
        last_bar_age_s=_age(activity.last_bar_at, now),
        last_reconcile_age_s=_age(activity.last_reconcile_at, now),
        bars_seen=activity.bars_seen,
        bars_quarantined=activity.bars_quarantined,
        latency_p50_ms=activity.latency_p50_ms,
        latency_p99_ms=activity.latency_p99_ms,
    )


def _alerts(runtime: DashboardRuntime) -> Sequence[AlertRow]:
    return runtime.ledger.events(runtime.trading.account, newest=_NEWEST_EVENTS)


def _reports(runtime: DashboardRuntime) -> tuple[ReportRow, ...]:
    prefix = f"reports/{runtime.trading.account}/"
    days = {
        key.removeprefix(prefix).removesuffix(".html")
        for key in runtime.archive.list(prefix)
        if key.endswith(".html")
    }
    return tuple(
        ReportRow(day, f"/api/reports/{day}.html", f"/api/reports/{day}.json")
        for day in sorted(days, reverse=True)[:_NEWEST_REPORTS]
    )


def _age(then: datetime | None, now: datetime) -> float | None:
    return None if then is None else max((now - then).total_seconds(), 0.0)


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _price(price: Decimal) -> str:
    return f"{price:.4f}"


def _fraction(value: Decimal) -> str:
    return f"{value:.6f}"
