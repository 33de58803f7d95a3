from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from quantterminal.adapters.memory.bar_store import MemoryBarStore
from quantterminal.domain.bars import MINUTE, Bar
from quantterminal.domain.configuration import Mode, StrategyConfig, TradingConfig
from quantterminal.domain.report import Backtest
from quantterminal.domain.sessions import session_on
from quantterminal.domain.strategy import Context
from quantterminal.domain.trading_day import TradingDay, trading_day
from quantterminal.services.backtest_day import backtest_day
from quantzoo.strategy import Strategy

FRIDAY, MONDAY = date(2013, 10, 4), date(2013, 10, 7)
WINDOW = trading_day(MONDAY)
CASH = Decimal(100_000)


class Daily(Strategy):
    """Buys at the first bar of each session and sells two bars later."""

    def on_start(self, ctx: Context) -> None:  # noqa: ARG002  the contract's signature
        self.seen = 0

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        session = session_on(bar.start.date())
        number = 0 if session is None else (bar.start - session.open) // MINUTE
        if number == 0:
            ctx.buy(10, reason="the first bar")
        if number == 2:
            ctx.close_position(reason="the third bar")


class Broken(Strategy):
    def on_bar(self, ctx: Context, bar: Bar) -> None:
        raise ZeroDivisionError(f"{ctx.symbol} at {bar.start}")


def minutes(day: date, *, rise: float, count: int = 6) -> Iterator[Bar]:
    """A session that begins at 100 dollars and rises by `rise` with each minute."""
    opens = trading_day(day).opens
    for number in range(count):
        price = 100.0 + number * rise
        yield Bar("SPY", opens + number * MINUTE, price, price, price, price, 1000.0)


def trading(kind: type[Strategy] = Daily, *, symbols: tuple[str, ...] = ("SPY",)) -> TradingConfig:
    strategy = StrategyConfig("daily", f"{__name__}:{kind.__name__}")
    return TradingConfig("demo", Mode.SIMULATED, symbols, (strategy,))


def again(
    *bars: Iterator[Bar],
    config: TradingConfig | None = None,
    window: TradingDay = WINDOW,
    opening: Decimal | None = CASH,
) -> Backtest | None:
    store = MemoryBarStore()
    store.store([bar for each in bars for bar in each], source="feed")
    return backtest_day(window, opening, store=store, trading=config or trading())


def test_the_day_is_traded_again_from_its_opening_equity() -> None:
    found = again(minutes(MONDAY, rise=1.0))

    assert found is not None
    assert (found.sessions, found.trades, found.problem) == (1, 1, "")
    # bought at the open of 101 and sold at that of 103, each a basis point worse
    assert found.total_pnl == Decimal("19.6000")
    assert found.curve[0].at == WINDOW.opens
    assert found.curve[0].equity == CASH
    assert found.curve[-1].at == WINDOW.opens + 6 * MINUTE
    assert found.curve[-1].equity == CASH + found.total_pnl


def test_the_sessions_before_warm_up_and_earn_nothing() -> None:
    alone = again(minutes(MONDAY, rise=1.0))
    found = again(minutes(FRIDAY, rise=-2.0), minutes(MONDAY, rise=1.0))

    assert alone is not None
    assert found is not None
    assert (found.sessions, found.trades) == (2, 1)
    assert found.total_pnl == alone.total_pnl
    assert found.curve == alone.curve


def test_a_strategy_that_fails_leaves_the_problem() -> None:
    found = again(minutes(MONDAY, rise=1.0), config=trading(Broken))

    assert found is not None
    assert (found.curve, found.total_pnl) == ((), None)
    assert found.problem.startswith("ZeroDivisionError: SPY at 2013-10-07")


def test_more_bars_than_the_function_has_time_for_are_not_tried() -> None:
    many = tuple(f"S{number}" for number in range(200))

    found = again(minutes(MONDAY, rise=1.0), config=trading(symbols=many))

    assert found is not None
    assert found.problem == "more than 60000 bars a day"


@pytest.mark.parametrize("opening", [None, CASH])
@pytest.mark.parametrize("day", [MONDAY, MONDAY - timedelta(days=1)])
def test_where_there_is_nothing_to_run_there_is_none(day: date, opening: Decimal | None) -> None:
    bars = minutes(FRIDAY, rise=1.0) if opening else minutes(MONDAY, rise=1.0)
    assert again(bars, window=trading_day(day), opening=opening) is None
