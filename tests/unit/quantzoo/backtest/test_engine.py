from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from quantterminal.domain.bars import Bar
from quantterminal.domain.configuration import ExecutionConfig, StrategyConfig
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.halts import HaltCode
from quantterminal.domain.risk import RiskLimits
from quantzoo.backtest.engine import Setting, backtest
from quantzoo.backtest.fills import Fees, FillModel, NextOpen, TradedThrough
from quantzoo.backtest.history import History, history_of
from quantzoo.backtest.quote_path import QuotePath
from quantzoo.backtest.result import Result
from tests.unit.quantzoo.histories import trading

OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
KIND = "tests.unit.quantzoo.backtest.scripted:Scripted"
# for orders as large as a position
LARGE = RiskLimits(max_order_fraction=Decimal("0.1"))
Price = float | tuple[float, float, float, float]


def history(*prices: Price, start: datetime = OPEN, symbol: str = "ALDR") -> History:
    """A price is a whole bar at that price, a tuple is open, high, low, close."""
    bars = []
    for index, price in enumerate(prices):
        values = price if isinstance(price, tuple) else (price,) * 4
        bars.append(Bar(symbol, start + timedelta(minutes=index), *values, 100_000.0))
    return history_of(bars)


def run(
    orders: str,
    bars: History,
    *,
    fills: FillModel | None = None,
    symbols: Sequence[str] = ("ALDR",),
    **changes: Any,
) -> Result:
    config = StrategyConfig("script", KIND, parameters={"orders": orders})
    setting = {
        name: changes.pop(name) for name in ("cash", "fees", "keeps_curve") if name in changes
    }
    return backtest(
        Setting(
            trading(config, symbols=symbols, **changes),
            fills=fills or NextOpen(Decimal(0)),
            **setting,
        ),
        bars,
    )


def test_an_order_fills_at_the_open_of_the_next_bar_never_in_its_own() -> None:
    result = run("0:buy:10", history(100.0, (101.0, 103.0, 99.0, 102.0), 102.0))

    (fill,) = result.fills
    assert (fill.price, fill.quantity) == (Decimal(101), Decimal(10))
    assert fill.at == OPEN + timedelta(minutes=1)
    assert result.equity == Decimal(100_010)


@pytest.mark.parametrize(("action", "price"), [("buy", "100.02"), ("sell", "99.98")])
def test_slippage_is_always_against_us_and_on_the_tick(action: str, price: str) -> None:
    result = run(f"0:{action}:10", history(100.0, 100.0, 100.0), fills=NextOpen(Decimal("1.5")))

    assert result.fills[0].price == Decimal(price)
    assert result.costs["slippage"] == Decimal("0.2")


def test_profit_is_cash_in_less_cash_out_and_fees_to_the_digit() -> None:
    bars = history(100.0, 100.0, 110.0, 110.0, 110.0)

    result = run("0:buy:10 2:close", bars, fees=Fees(per_share=Decimal("0.005")))

    assert result.equity == 100_000 + Decimal("99.9")
    assert result.profits == [Decimal("99.9")]
    assert result.profit_by_strategy() == {"script": Decimal("99.9")}
    assert result.costs["fees"] == Decimal("0.1")
    assert result.positions == {}


def test_a_short_sale_earns_when_the_price_falls() -> None:
    result = run("0:sell:10 2:close", history(100.0, 100.0, 90.0, 90.0, 90.0))

    assert result.equity == Decimal(100_100)


def test_a_size_that_is_left_open_is_a_fraction_of_the_days_opening_equity() -> None:
    result = run("0:buy", history(100.0, 100.0, 100.0))

    assert result.intents[0].quantity == Decimal(40)


def test_the_live_rules_deny_with_their_codes() -> None:
    result = run("0:buy:101 2:buy:90 4:buy:10", history(*[100.0] * 7), limits=LARGE)

    assert [str(each.denial_code) for each in result.intents] == [
        "POSITION_LIMIT",
        "None",
        "POSITION_LIMIT",
    ]
    assert len(result.fills) == 1


def test_the_last_bar_of_a_session_cannot_be_traded_on_and_nothing_rests_overnight() -> None:
    monday = [100.0] * 390
    tuesday = history(*[100.0] * 3, start=OPEN + timedelta(days=1)).series["ALDR"]
    first = history(*monday).series["ALDR"]
    bars = [first.bar(n) for n in range(len(first))] + [tuesday.bar(n) for n in range(3)]

    result = run("389:buy:10", history_of(bars))

    assert result.denials == {"OUTSIDE_SESSION": 1}
    assert [each.equity for each in result.days] == [Decimal(100_000)] * 2


def test_a_daily_loss_only_lets_positions_be_reduced_until_the_next_session() -> None:
    limits = replace(LARGE, daily_loss_fraction=Decimal("0.01"))
    falling = [100.0, 100.0, 80.0, 80.0, 80.0, 80.0]
    first = history(*falling).series["ALDR"]
    second = history(*[80.0] * 4, start=OPEN + timedelta(days=1)).series["ALDR"]
    bars = [*(first.bar(n) for n in range(6)), *(second.bar(n) for n in range(4))]
    config = StrategyConfig(
        "script", KIND, parameters={"orders": "0:buy:90 2:buy:5 3:close 6:buy:10"}
    )
    setting = Setting(trading(config, limits=limits), fills=NextOpen(Decimal(0)))

    result = backtest(setting, history_of(bars, longest_gap=390))

    assert [each.code for each in result.halts] == [HaltCode.DAILY_LOSS]
    assert [str(each.denial_code) for each in result.intents] == [
        "None",
        "REDUCE_ONLY",
        "None",
        "None",
    ]


def test_a_drawdown_halts_for_good() -> None:
    limits = replace(LARGE, drawdown_fraction=Decimal("0.01"), daily_loss_fraction=Decimal(1))
    result = run("0:buy:90 3:close 4:close", history(100.0, 100.0, *[80.0] * 5), limits=limits)

    assert [each.code for each in result.halts] == [HaltCode.DRAWDOWN]
    assert result.denials == {"HALTED": 2}
    assert result.positions == {("script", "ALDR"): Decimal(90)}


def test_a_limit_order_fills_only_when_traded_through() -> None:
    touched = history(100.0, (100.2, 100.3, 100.05, 100.2), *[(101.0,) * 4] * 5)
    through = history(100.0, (100.2, 100.3, 100.04, 100.2), 101.0)
    once = ExecutionConfig(max_reprices=0)

    assert not run("0:buy:10", touched, fills=TradedThrough(), execution=once).fills
    (fill,) = run("0:buy:10", through, fills=TradedThrough(), execution=once).fills
    assert fill.price == Decimal("100.05")


def test_a_partial_fill_leaves_the_rest_working_and_a_time_out_asks_anew() -> None:
    bars = history(100.0, *[100.0] * 5)
    model = NextOpen(Decimal(0), participation=Decimal("0.0004"))

    result = run("0:buy:90", bars, fills=model, limits=LARGE)

    assert [each.quantity for each in result.fills] == [Decimal(40), Decimal(40), Decimal(10)]
    assert [each.quantity for each in result.intents] == [Decimal(90), Decimal(50), Decimal(10)]
    assert result.cancels == 2


def test_the_broker_refuses_to_turn_a_net_position_around() -> None:
    configs = [
        StrategyConfig("one", KIND, parameters={"orders": "0:buy:50"}),
        StrategyConfig("two", KIND, parameters={"orders": "2:sell:80"}),
    ]
    limits = replace(LARGE, allow_flip=True)
    setting = Setting(trading(*configs, limits=limits), fills=NextOpen(Decimal(0)))

    result = backtest(setting, history(*[100.0] * 5))

    assert result.rejections == {"INSUFFICIENT_QTY": 1}
    assert result.positions == {("one", "ALDR"): Decimal(50)}


def test_one_order_never_turns_a_net_position_around() -> None:
    configs = [
        StrategyConfig("one", KIND, parameters={"orders": "0:buy:50"}),
        StrategyConfig("two", KIND, parameters={"orders": "2:sell:80"}),
    ]
    setting = Setting(trading(*configs, limits=LARGE), fills=NextOpen(Decimal(0)))

    result = backtest(setting, history(*[100.0] * 5))

    assert result.denials == {"POSITION_FLIP": 1}
    assert not result.rejections


def test_the_same_fill_again_and_again_stops_the_strategy_but_not_its_exit() -> None:
    orders = "0:buy:1 1:buy:2 2:buy:3 3:buy:4 4:buy:5 6:buy:6 7:close"

    result = run(orders, history(*[100.0] * 10))

    assert [(each.scope, each.code) for each in result.halts] == [
        ("strategy:script", HaltCode.REPEATED_FILLS)
    ]
    assert result.denials == {"REDUCE_ONLY": 1}
    assert result.positions == {}


def test_refused_orders_stop_the_strategy_within_the_same_minute() -> None:
    configs = [
        StrategyConfig("one", KIND, parameters={"orders": "0:buy:50"}),
        StrategyConfig("two", KIND, parameters={"orders": "2:sell:80 4:sell:81 6:sell:82"}),
    ]
    limits = replace(LARGE, allow_flip=True, max_rejects=2)
    setting = Setting(trading(*configs, limits=limits), fills=NextOpen(Decimal(0)))

    result = backtest(setting, history(*[100.0] * 9))

    assert result.rejections == {"INSUFFICIENT_QTY": 2}
    assert result.denials == {"HALTED": 1}
    assert [(each.scope, each.code) for each in result.halts] == [
        ("strategy:two", HaltCode.REJECT_RATE)
    ]


def test_a_strategys_own_loss_stops_it_until_the_next_session() -> None:
    limits = replace(LARGE, strategy_loss_fraction=Decimal("0.001"))
    first = history(100.0, 100.0, 90.0, 90.0, 90.0, 90.0, 90.0).series["ALDR"]
    second = history(*[90.0] * 4, start=OPEN + timedelta(days=1)).series["ALDR"]
    bars = [*(first.bar(n) for n in range(7)), *(second.bar(n) for n in range(4))]
    config = StrategyConfig(
        "script", KIND, parameters={"orders": "0:buy:10 2:close 4:buy:10 7:buy:10"}
    )
    setting = Setting(trading(config, limits=limits), fills=NextOpen(Decimal(0)))

    result = backtest(setting, history_of(bars, longest_gap=390))

    assert [each.code for each in result.halts] == [HaltCode.STRATEGY_LOSS]
    codes = [str(each.denial_code) for each in result.intents]
    assert codes == ["None", "None", "REDUCE_ONLY", "None"]


def test_orders_of_one_minute_are_counted() -> None:
    limits = replace(LARGE, max_symbol_orders_per_minute=1)
    twins = [
        StrategyConfig(name, KIND, parameters={"orders": "0:buy:10"}) for name in ("one", "two")
    ]

    result = backtest(
        Setting(trading(*twins, limits=limits), fills=NextOpen(Decimal(0))), history(*[100.0] * 4)
    )

    assert result.denials == {"RATE_LIMIT": 1}


def test_the_curve_ends_at_the_equity() -> None:
    result = run("0:buy:10", history(100.0, 101.0, 103.0), keeps_curve=True)

    assert [each for _, each in result.curve] == [100_000.0, 100_000.0, 100_020.0]
    assert result.equity == Decimal(100_020)


def test_a_symbol_that_is_not_configured_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="BRKT"):
        run("", history(100.0, symbol="BRKT"))


def test_the_same_run_twice_is_the_same() -> None:
    bars = history(*[100.0 + n % 7 for n in range(60)])
    orders = "1:buy:10 9:close 20:sell:5 30:close"

    assert run(orders, bars, fills=QuotePath()) == run(orders, bars, fills=QuotePath())
