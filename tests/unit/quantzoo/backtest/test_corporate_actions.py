"""Splits and dividends between the sessions of a backtest."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from quantterminal.domain.bars import Bar
from quantterminal.domain.configuration import StrategyConfig
from quantterminal.domain.corporate_actions import ActionKind, CorporateAction
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.risk import RiskLimits
from quantterminal.domain.signals import Side
from quantterminal.domain.strategy import Context, MinuteContext
from quantzoo.backtest.engine import Setting, backtest
from quantzoo.backtest.fastest import run_backtest
from quantzoo.backtest.fills import FillModel, NextOpen, TradedThrough
from quantzoo.backtest.history import History, history_of
from quantzoo.backtest.jumps import Jump, unexplained_jumps
from quantzoo.backtest.quick import quick_backtest
from quantzoo.backtest.result import Result
from quantzoo.backtest.sparse import sparse_backtest
from quantzoo.strategy import MinuteStrategy, Strategy
from tests.unit.quantzoo.backtest.test_engine import KIND, OPEN
from tests.unit.quantzoo.histories import synthetic, trading

TUESDAY = date(2024, 3, 5)
SPLIT = CorporateAction("S1", "ALDR", ActionKind.SPLIT, TUESDAY, split_from=1.0, split_to=2.0)
DIVIDEND = CorporateAction("D1", "ALDR", ActionKind.DIVIDEND, TUESDAY, cash=0.25)
SEEN: list[tuple[str, int, float]] = []


class Watcher(Strategy):
    """Notes how many bars it has seen and what it holds; buys on its very first bar."""

    def on_start(self, ctx: Context) -> None:  # noqa: ARG002  the contract's signature
        self.bars = 0

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        self.bars += 1
        SEEN.append((bar.symbol, self.bars, ctx.avg_price()))
        if not ctx.position_size() and ctx.bar_index() == 0:
            ctx.buy(15)


class WatcherTogether(MinuteStrategy):
    """The same of several symbols."""

    def on_start(self, ctx: MinuteContext) -> None:  # noqa: ARG002  the contract's signature
        self.minutes = 0

    def on_minute(self, ctx: MinuteContext, bars: Mapping[str, Bar]) -> None:
        self.minutes += 1
        SEEN.append(("+".join(bars), self.minutes, ctx["ALDR"].avg_price()))


def two_days(*, factor: float = 0.5, symbol: str = "ALDR", price: float = 100.0) -> History:
    """Four minutes of Monday at `price`, two of Tuesday at `factor` of it."""
    bars = []
    for day, level, minutes in ((0, price, 4), (1, price * factor, 2)):
        for minute in range(minutes):
            start = OPEN + timedelta(days=day, minutes=minute)
            bars.append(Bar(symbol, start, level, level, level, level, 100_000.0))
    return history_of(bars, longest_gap=390)


def run(
    orders: str,
    bars: History,
    *actions: CorporateAction,
    kind: str = KIND,
    fills: FillModel | None = None,
    day_orders: bool = True,
    symbols: Sequence[str] = ("ALDR",),
) -> Result:
    config = StrategyConfig("script", kind, parameters={"orders": orders} if orders else {})
    limits = RiskLimits(max_order_fraction=Decimal("0.1"))
    setting = Setting(
        trading(config, symbols=symbols, limits=limits),
        fills=fills or NextOpen(Decimal(0)),
        day_orders=day_orders,
        actions=actions,
    )
    return backtest(setting, bars)


def test_a_split_changes_shares_and_price_and_nobody_is_richer() -> None:
    result = run("2:buy:15", two_days(), SPLIT)

    assert result.positions == {("script", "ALDR"): Decimal(30)}
    assert result.equity == Decimal(100_000)
    assert [each.equity for each in result.days] == [Decimal(100_000)] * 2
    assert [(each.symbol, each.at) for each in result.splits] == [
        ("ALDR", OPEN + timedelta(days=1))
    ]


def test_without_the_split_the_same_bars_are_a_loss() -> None:
    assert run("2:buy:15", two_days()).equity == Decimal(99_250)


def test_a_trade_across_a_split_is_one_round_trip_in_the_shares_of_after() -> None:
    result = run("2:buy:15 0:close", two_days(factor=0.55), SPLIT)

    (trip,) = result.trips["script"]
    assert (trip.quantity, trip.entry_price, trip.exit_price) == (
        Decimal(30),
        Decimal(50),
        Decimal(55),
    )
    assert trip.pnl == Decimal(150)
    assert result.positions == {}
    assert result.equity == result.cash + 150


def test_the_average_price_that_a_strategy_sees_is_of_today_and_it_starts_over() -> None:
    SEEN.clear()
    run("", two_days(), SPLIT, kind=f"{__name__}:Watcher")

    assert SEEN == [
        ("ALDR", 1, 0.0),
        ("ALDR", 2, 100.0),
        ("ALDR", 3, 100.0),
        ("ALDR", 4, 100.0),
        ("ALDR", 1, 50.0),
        ("ALDR", 2, 50.0),
    ]


def test_a_strategy_over_several_symbols_starts_over_with_the_one_that_split() -> None:
    SEEN.clear()
    other = two_days(factor=1.0, symbol="BRKT").series
    both = History({**two_days().series, **other})

    run("", both, SPLIT, kind=f"{__name__}:WatcherTogether", symbols=("ALDR", "BRKT"))

    assert [minutes for _, minutes, _ in SEEN] == [1, 2, 3, 4, 1, 2]


@pytest.mark.parametrize(("action", "side"), [("buy", Side.SELL), ("sell", Side.BUY)])
def test_what_is_left_of_a_share_is_paid_out(action: str, side: Side) -> None:
    """15 shares, 1 for 10: one share and a half, which is worth 500."""
    reverse = replace(SPLIT, split_from=10.0, split_to=1.0)

    result = run(f"2:{action}:15", two_days(factor=10.0), reverse)

    sign = 1 if action == "buy" else -1
    assert result.positions == {("script", "ALDR"): Decimal(sign)}
    paid = result.fills[-1]
    assert (paid.intent_id, paid.side, paid.quantity, paid.price) == (
        "S1",
        side,
        Decimal("0.5"),
        Decimal(1000),
    )
    assert result.equity == Decimal(100_000)


@pytest.mark.parametrize(("action", "cash"), [("buy", "3.75"), ("sell", "-3.75")])
def test_a_dividend_is_paid_to_who_holds_and_by_who_is_short(action: str, cash: str) -> None:
    result = run(f"2:{action}:15", two_days(factor=1.0), DIVIDEND)

    (paid,) = result.dividends
    assert (paid.strategy, paid.symbol, paid.cash) == ("script", "ALDR", Decimal(cash))
    assert result.equity == result.cash + Decimal(cash)
    assert result.profit_by_strategy() == {"script": Decimal(cash)}


def test_an_order_that_outlives_the_session_is_worth_the_same_after_a_split() -> None:
    bars = two_days()
    bought = run("3:buy:15", bars, SPLIT, fills=TradedThrough(), day_orders=False)

    (fill,) = bought.fills
    (intent,) = bought.intents
    assert (intent.quantity, intent.limit_price) == (Decimal(15), Decimal("100.05"))
    assert (fill.quantity, fill.price) == (Decimal(30), Decimal(50))


def test_actions_of_the_first_day_and_after_the_last_change_nothing() -> None:
    early, late = replace(SPLIT, ex_date=date(2024, 3, 4)), replace(SPLIT, ex_date=date(2024, 3, 6))

    assert run("2:buy:15", two_days(factor=1.0), early, late).positions == {
        ("script", "ALDR"): Decimal(15)
    }


def test_the_quick_engines_leave_actions_to_the_one_that_knows_them() -> None:
    history = synthetic(sessions=3)
    config = StrategyConfig("momentum", "momentum")
    with_split = Setting(trading(config), actions=(SPLIT,))
    without = replace(with_split, actions=(replace(SPLIT, symbol="BRKT"),))

    assert len(run_backtest(with_split, history).splits) == 1
    assert run_backtest(without, history).figures() == backtest(without, history).figures()
    for engine in (quick_backtest, sparse_backtest):
        with pytest.raises(InvalidValueError, match="corporate actions"):
            engine(with_split, history)


@pytest.mark.parametrize(
    ("factor", "is_suspect"), [(0.5, True), (0.101, True), (2.0, True), (0.9, False), (0.6, False)]
)
def test_an_opening_like_an_unknown_split_is_named(factor: float, *, is_suspect: bool) -> None:
    history = two_days(factor=factor)

    expected = [Jump("ALDR", TUESDAY, pytest.approx(factor))] if is_suspect else []
    assert unexplained_jumps(history, []) == expected
    assert unexplained_jumps(history, [SPLIT]) == []
