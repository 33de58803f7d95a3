"""The day of a report once more, by the backtester: what to hold the live day against.

It sees the minutes that the strategies saw, under the same rules, and knows neither the broker nor
what persons did: halts, pauses and closes by hand are missing in it, and so are real fills.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from itertools import groupby, islice
from operator import attrgetter

from quantterminal.domain.bars import Bar
from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.report import Backtest, EquityAt
from quantterminal.domain.sessions import session_at, sessions_until
from quantterminal.domain.trading_day import TradingDay
from quantterminal.ports.bar_store import StoredBars
from quantterminal.services.day_figures import dollars
from quantzoo.backtest.engine import Setting, backtest
from quantzoo.backtest.history import History, Series, epoch_ms
from quantzoo.backtest.result import Result

_MOST_SESSIONS = 6
_MOST_BARS = 60_000  # a quarter of the time that the function has for the report
_MINUTES = 390
_FILLS = "next open, 1 bp worse"


def backtest_day(
    window: TradingDay, opening: Decimal | None, *, store: StoredBars, trading: TradingConfig
) -> Backtest | None:
    """None without a session, an opening equity or bars of the day.

    A strategy that fails in it leaves a Backtest with the problem: the report comes all the same.
    Raises RetryableError when the bars cannot be read now.
    """
    if window.session is None or opening is None:
        return None
    count = min(_MOST_SESSIONS, _MOST_BARS // (_MINUTES * len(trading.symbols)))
    if not count:
        return Backtest(0, _FILLS, problem=f"more than {_MOST_BARS} bars a day")
    first = list(islice(sessions_until(window.day), count))[-1].open
    bars = [
        bar
        for symbol in sorted(trading.symbols)
        for bar in store.first_bars(symbol, start=first, end=window.end)
    ]
    if not any(each.start >= window.opens for each in bars):
        return None
    try:
        result = backtest(Setting(trading, cash=opening, keeps_curve=True), _history(bars))
    except Exception as problem:  # noqa: BLE001 - bulkhead: the strategies are anybody's code
        return Backtest(0, _FILLS, problem=f"{type(problem).__name__}: {problem}")
    return _of_day(result, window, opening)


def _history(bars: Iterable[Bar]) -> History:
    """With the holes that the live run had, too."""
    within = (each for each in bars if session_at(each.start) is not None)
    by_symbol = groupby(within, attrgetter("symbol"))
    return History({symbol: _series(symbol, list(each)) for symbol, each in by_symbol})


def _series(symbol: str, bars: list[Bar]) -> Series:
    return Series(
        symbol,
        [epoch_ms(each.start) for each in bars],
        [each.open for each in bars],
        [each.high for each in bars],
        [each.low for each in bars],
        [each.close for each in bars],
        [each.volume for each in bars],
    )


def _of_day(result: Result, window: TradingDay, opening: Decimal) -> Backtest:
    before = [each.equity for each in result.days if each.day < window.day]
    moved = opening - (before[-1] if before else result.cash)
    points = [(at, equity) for at, equity in result.curve if at > window.opens]
    curve = [_point(at, equity, moved) for at, equity in points]
    closed = [
        trip for trips in result.trips.values() for trip in trips if trip.closed_at >= window.start
    ]
    return Backtest(
        sessions=len(result.days),
        fills=_FILLS,
        trades=len(closed),
        total_pnl=dollars(result.equity + moved - opening),
        curve=(EquityAt(window.opens, opening), *curve),
    )


def _point(at: datetime, equity: float, moved: Decimal) -> EquityAt:
    return EquityAt(at, dollars(Decimal(repr(equity)) + moved))
