"""Sleeping strategies decide, fill and lose exactly what watching ones do."""

from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantterminal.domain.configuration import ExecutionConfig, StrategyConfig
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.risk import RiskLimits
from quantzoo.backtest.engine import Setting, backtest
from quantzoo.backtest.fills import FillModel, NextOpen, TradedThrough
from quantzoo.backtest.history import History
from quantzoo.backtest.quote_path import QuotePath
from quantzoo.backtest.result import Result
from quantzoo.backtest.sparse import can_sleep, sparse_backtest
from tests.unit.quantzoo.histories import synthetic, trading

SYMBOLS = ("ALDR", "BRKT", "CYGN")
ALL = tuple(
    StrategyConfig(name, name, parameters={"allow_short": True})
    for name in ("momentum", "mean_reversion", "volatility_breakout")
)


def assert_same(one: Result, other: Result) -> None:
    for field in fields(one):
        assert getattr(one, field.name) == getattr(other, field.name), field.name


def both(setting: Setting, history: History) -> Result:
    dense = backtest(setting, history)
    assert_same(dense, sparse_backtest(setting, history))
    return dense


@pytest.mark.parametrize("fills", [NextOpen(), TradedThrough(), QuotePath()])
def test_three_strategies_on_one_account_are_the_same(fills: FillModel) -> None:
    setting = Setting(trading(*ALL, symbols=SYMBOLS), fills=fills, keeps_curve=True)

    result = both(setting, synthetic(SYMBOLS, sessions=5))

    assert len(result.fills) > 100
    assert len(result.curve) == 5 * 390


@pytest.mark.parametrize(
    "limits",
    [
        {"daily_loss_fraction": Decimal("0.0003")},
        {"daily_loss_fraction": Decimal("0.0008")},
        {"drawdown_fraction": Decimal("0.0005")},
        {"drawdown_fraction": Decimal("0.001")},
        {"max_gross_fraction": Decimal("0.08")},
        {"max_position_fraction": Decimal("0.03")},
    ],
)
def test_binding_limits_are_the_same(limits: dict[str, Decimal]) -> None:
    config = trading(*ALL, symbols=SYMBOLS, limits=RiskLimits(**limits))

    result = both(Setting(config), synthetic(SYMBOLS, sessions=5, seed=4))

    assert result.halts or result.denials


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    short=st.booleans(),
    fast=st.integers(1, 8),
    entry=st.sampled_from([0.5, 1.0, 1.7, 2.0]),
    margin=st.sampled_from([0.0, 0.1, 1.0]),
    flat=st.sampled_from([0, 5]),
    offset=st.sampled_from(["0", "0.5", "5"]),
)
def test_random_parameters_and_markets_are_the_same(seed: int, **drawn: Any) -> None:
    shared = {"allow_short": drawn["short"], "flat_before_close": drawn["flat"]}
    config = trading(
        StrategyConfig("a", "momentum", parameters={**shared, "fast": drawn["fast"]}),
        StrategyConfig("b", "mean_reversion", parameters={**shared, "entry": drawn["entry"]}),
        StrategyConfig(
            "c", "volatility_breakout", parameters={**shared, "margin": drawn["margin"]}
        ),
        symbols=SYMBOLS[:2],
        execution=ExecutionConfig(limit_offset_bps=Decimal(drawn["offset"])),
    )
    both(Setting(config, fills=QuotePath()), synthetic(SYMBOLS[:2], sessions=2, seed=seed))


def test_symbols_with_missing_minutes_are_the_same() -> None:
    whole = synthetic(SYMBOLS, sessions=3)
    thinned = {}
    for number, (symbol, series) in enumerate(sorted(whole.series.items())):
        keep = [n for n in range(len(series)) if (n * 7 + number) % (5 + 9 * number)]
        columns = [
            [getattr(series, name)[n] for n in keep]
            for name in ("starts", "open", "high", "low", "close", "volume")
        ]
        thinned[symbol] = type(series)(symbol, *columns)

    both(Setting(trading(*ALL, symbols=SYMBOLS), fills=QuotePath()), History(thinned))


def test_who_cannot_sleep_is_refused() -> None:
    kind = "tests.unit.quantzoo.research.planted:SlowStart"
    config = trading(StrategyConfig("slow", kind))

    assert can_sleep(trading(*ALL))
    assert not can_sleep(config)
    with pytest.raises(InvalidValueError, match="every bar"):
        sparse_backtest(Setting(config), synthetic())
