"""From the ledger's records of a day to the figures of its report. Pure; rounds once, at the end.

Sharpe and drawdown of the account come from its recorded equity, those of a strategy from the
account's opening equity plus the strategy's own profit, both at the end of each minute.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal

from quantterminal.domain.bars import MINUTE, minute_of
from quantterminal.domain.orders import OrderStatus
from quantterminal.domain.report import EquityAt, OrderFlow, Performance, Trade
from quantterminal.domain.risk import DenialCode
from quantterminal.domain.trading_day import TradingDay
from quantterminal.ports.report_ledger import DayRecords, FillRecord, OrderRecord, Tally
from quantterminal.services.day_profit import DayProfit, of
from quantzoo.metrics import max_drawdown, returns_of, sharpe, win_rate
from quantzoo.trades import Fill, round_trips

MINUTES_PER_YEAR = 252 * 390
SHARPE_BASIS = "returns of equity from minute to minute of this one day, times sqrt(252 x 390)"
UNNAMED_DENIAL = "DENIED_AT_SUBMIT"
_FOUR, _SIX = Decimal("0.0001"), Decimal("0.000001")
_BASIS_POINTS = Decimal(10_000)
_ZERO = Decimal(0)


def dollars(value: Decimal) -> Decimal:
    """Rounded to a hundredth of a cent."""
    return value.quantize(_FOUR)


def opening_equity(records: DayRecords) -> Decimal | None:
    """What the day began with: as recorded at the open, else the last equity before, else the
    first of the day.
    """
    if records.day_open_equity is not None:
        return records.day_open_equity
    if records.previous_equity is not None:
        return records.previous_equity
    return records.equity[0].equity if records.equity else None


def equity_curve(records: DayRecords, window: TradingDay) -> tuple[EquityAt, ...]:
    """Equity at the open and at the end of each minute up to the last that was recorded.

    A minute without a record keeps the equity before it; what came after the close counts to the
    close. Empty when nothing was recorded.
    """
    opening = opening_equity(records)
    if opening is None or not records.equity:
        return ()
    first = window.opens + MINUTE
    latest = {
        min(max(minute_of(each.at), first), window.closes): each.equity for each in records.equity
    }
    curve = [EquityAt(window.opens, opening)]
    last = max(latest)
    while curve[-1].at < last:
        at = curve[-1].at + MINUTE
        curve.append(EquityAt(at, latest.get(at, curve[-1].equity)))
    return tuple(curve)


def trades_of(records: DayRecords, strategy: str, window: TradingDay) -> tuple[Trade, ...]:
    """The round trips of a strategy that closed on the day, in the order they closed."""
    fills = [*of(records.opening_fills, strategy), *of(records.fills, strategy)]
    trips = round_trips(
        Fill(each.symbol, each.side, each.quantity, each.price, each.at) for each in fills
    )
    return tuple(
        Trade(
            strategy=strategy,
            symbol=trip.symbol,
            side=trip.side,
            quantity=trip.quantity,
            entry_price=dollars(trip.entry_price),
            exit_price=dollars(trip.exit_price),
            opened_at=trip.opened_at,
            closed_at=trip.closed_at,
            pnl=dollars(trip.pnl),
        )
        for trip in trips
        if trip.closed_at >= window.start
    )


def strategy_equity(profit: DayProfit, opening: Decimal | None) -> list[Decimal]:
    """The account's opening equity plus the strategy's profit, minute by minute."""
    if opening is None:
        return []
    return [opening, *(opening + value for _, value in profit.by_minute)]


def performance(
    trades: Sequence[Trade], equity: Sequence[Decimal], *, realized: Decimal, total: Decimal
) -> Performance:
    """`equity` is dollars at the open and at the end of each minute."""
    sound = len(equity) > 1 and min(equity) > 0
    returns = returns_of(equity) if sound else []
    return Performance(
        trades=len(trades),
        win_rate=_six(win_rate([each.pnl for each in trades])),
        realized_pnl=dollars(realized),
        total_pnl=dollars(total),
        sharpe=_six(sharpe(returns, periods_per_year=MINUTES_PER_YEAR)),
        max_drawdown=_six(max_drawdown(equity)) if sound else None,
    )


def order_flow(records: DayRecords, *, strategy: str | None, timeout_s: int) -> OrderFlow:
    """The flow of one strategy, or of all with None.

    Orders that others placed count as orders and fills, but are not judged.
    """
    orders = [each for each in records.orders if strategy in (None, each.strategy)]
    fills = [each for each in records.fills if strategy in (None, each.strategy)]
    latencies = sorted(each.latency_us for each in orders if each.latency_us is not None)
    return OrderFlow(
        signals=_count(records.signals, strategy),
        intents=_count(records.intents, strategy),
        denials=_denials(records.denials, orders, strategy),
        orders=len(orders),
        statuses=_sorted_counts(each.status for each in orders),
        rejections=_sorted_counts(
            _rejection(each.reason) for each in orders if each.status == OrderStatus.REJECTED
        ),
        fills=len(fills),
        fill_rate=_fill_rate(orders, timedelta(seconds=timeout_s)),
        slippage_bps=_slippage_bps(fills),
        latency_p50_ms=_percentile_ms(latencies, 50),
        latency_p99_ms=_percentile_ms(latencies, 99),
    )


def _count(tallies: Sequence[Tally], strategy: str | None) -> int:
    return sum(each.count for each in tallies if strategy in (None, each.strategy))


def _sorted_counts(codes: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(codes).items()))


def _denials(
    tallies: Sequence[Tally], orders: Sequence[OrderRecord], strategy: str | None
) -> dict[str, int]:
    counts = Counter[str]()
    for tally in tallies:
        if strategy in (None, tally.strategy):
            counts[tally.code] += tally.count
    counts.update(_code_of(each.reason) for each in orders if each.status == OrderStatus.DENIED)
    return dict(sorted(counts.items()))


def _code_of(reason: str) -> str:
    """The code that the reason of an order denied at the last hop begins with."""
    code = reason.split(":", 1)[0].strip()
    return code if code in DenialCode.__members__ else UNNAMED_DENIAL


def _rejection(reason: str) -> str:
    """The broker's code where the reason begins with one, else the whole reason."""
    head = reason.split(":", 1)[0].strip()
    return head if head and " " not in head else reason.strip() or "no reason given"


def _fill_rate(orders: Sequence[OrderRecord], timeout: timedelta) -> Decimal | None:
    submitted = [each for each in orders if each.submitted_at is not None and not each.is_external]
    if not submitted:
        return None
    in_time = sum(1 for each in submitted if _filled_within(each, timeout))
    return (Decimal(in_time) / len(submitted)).quantize(_SIX)


def _filled_within(order: OrderRecord, timeout: timedelta) -> bool:
    if order.completed_at is None or order.submitted_at is None:
        return False
    return order.completed_at - order.submitted_at <= timeout


def _slippage_bps(fills: Sequence[FillRecord]) -> Decimal | None:
    judged = [(each, each.reference_price) for each in fills if each.reference_price]
    shares = sum((fill.quantity for fill, _ in judged), _ZERO)
    if not shares:
        return None
    cost = sum(
        (
            fill.side.sign * (fill.price - reference) / reference * fill.quantity
            for fill, reference in judged
        ),
        _ZERO,
    )
    return (cost / shares * _BASIS_POINTS).quantize(_FOUR)


def _percentile_ms(sorted_us: Sequence[int], percent: int) -> Decimal | None:
    """Nearest rank: a latency that was really measured."""
    if not sorted_us:
        return None
    rank = math.ceil(len(sorted_us) * percent / 100)
    return Decimal(sorted_us[rank - 1]).scaleb(-3)


def _six(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value)).quantize(_SIX)
