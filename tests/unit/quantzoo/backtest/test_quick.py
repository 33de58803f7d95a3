"""The engine on integers decides, fills, denies and halts exactly as the one on Decimals, in plain
Python and compiled.
"""

from array import array
from dataclasses import fields, replace
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.bars import read_history
from quantterminal.domain.configuration import ExecutionConfig, StrategyConfig
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.risk import RULES, RiskLimits
from quantzoo.backtest import quick
from quantzoo.backtest.engine import Setting, backtest
from quantzoo.backtest.fills import Fees, NextOpen, TradedThrough
from quantzoo.backtest.history import History
from quantzoo.backtest.quick import Form, problem_of, quick_backtest
from quantzoo.backtest.result import Result
from tests.e2e.qt_process import RECORDED
from tests.unit.quantzoo.histories import synthetic, trading

SYMBOLS = ("ALDR", "BRKT", "CYGN")
ALL = tuple(
    StrategyConfig(name, name, parameters={"allow_short": True})
    for name in ("momentum", "mean_reversion", "volatility_breakout")
)
NOT_COMPILED = {
    "restricted_symbols",
    "no_entry_first_minutes",
    "max_volume_fraction",
    "similar_order_s",
    "max_consecutive_losers",
    "max_rejects",
}
"""Limits with which only the live rule or the live breaker itself can say what there is to say."""
CROSSING = StrategyConfig("crossing", "tests.bench.crossing:Crossing")


def same(setting: Setting, history: History, *, is_compiled: bool = True) -> Result:
    """The reference's result, to which both forms are equal in everything, compiled or not;
    `is_compiled` is whether that is possible.
    """
    dense = backtest(setting, history)
    for form, compiled in product(Form, (False, True) if is_compiled else (False,)):
        result = quick_backtest(setting, history, form=form, is_compiled=compiled)
        for field in fields(dense):
            expected, found = getattr(dense, field.name), getattr(result, field.name)
            assert expected == found, f"{field.name}, {form}, compiled: {compiled}"
        assert len(result.fills) == len(dense.fills)
    return dense


def test_three_strategies_on_one_account_are_the_same() -> None:
    result = same(Setting(trading(*ALL, symbols=SYMBOLS)), synthetic(SYMBOLS, sessions=5))

    assert len(result.fills) > 100
    assert result.denials


@pytest.mark.parametrize(
    "limits",
    [
        {"daily_loss_fraction": Decimal("0.0003")},
        {"daily_loss_fraction": Decimal("0.0003"), "drawdown_fraction": Decimal("0.002")},
        {"drawdown_fraction": Decimal("0.001")},
        {"max_gross_fraction": Decimal("0.08")},
        {"max_position_fraction": Decimal("0.05")},
        {"max_net_fraction": Decimal("0.05")},
        {"max_leverage": Decimal("0.09")},
        {"max_order_fraction": Decimal("0.0399")},
        {"max_order_shares": 40},
        {"max_order_notional": Decimal("3999.99")},
        {"min_price": Decimal("95.005")},
        {"allow_short": False},
        {"max_orders_per_minute": 1},
        {"max_symbol_orders_per_minute": 1},
        {"max_strategy_orders_per_minute": 1},
        {"max_open_orders": 1},
        {"max_open_orders_per_symbol": 1},
        {"restricted_symbols": ("BRKT",)},
        {"no_entry_first_minutes": 60, "no_entry_last_minutes": 30},
        {"max_volume_fraction": Decimal("0.01")},
        {"similar_order_s": 600},
        {"max_bar_age_s": 1},
        {"price_collar_bps": Decimal(4)},
        {"strategy_loss_fraction": Decimal("0.0002")},
        {"max_consecutive_losers": 3},
        {"max_repeated_fills": 2},
        {"max_rejects": 2, "allow_flip": True},
    ],
)
def test_binding_limits_are_the_same(limits: dict[str, Any]) -> None:
    config = trading(*ALL, symbols=SYMBOLS, limits=RiskLimits(**limits))

    result = same(
        Setting(config),
        synthetic(SYMBOLS, sessions=3, seed=4),
        is_compiled=not NOT_COMPILED.intersection(limits),
    )

    assert result.halts or result.denials


def test_plain_python_takes_over_from_the_compiled_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused so often that the breaker has to speak, which shows only in the middle of a run."""
    monkeypatch.setattr(quick, "_WORTH_COMPILING", 0)
    limits = RiskLimits(max_rejects=2, allow_flip=True)
    setting = Setting(trading(*ALL, symbols=SYMBOLS, limits=limits))
    history = synthetic(SYMBOLS, sessions=3, seed=4)

    found = quick_backtest(setting, history)

    expected = backtest(setting, history)
    assert (found.intents, found.halts) == (expected.intents, expected.halts)
    with pytest.raises(InvalidValueError, match="compiled"):
        quick_backtest(setting, history, is_compiled=True)


def test_a_small_run_is_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "is_installed", lambda: pytest.fail("Expected not to be asked"))
    setting = Setting(trading(*ALL, symbols=SYMBOLS))

    assert quick_backtest(setting, synthetic(SYMBOLS)).bars


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    short=st.booleans(),
    fast=st.integers(1, 8),
    entry=st.sampled_from([0.5, 1.0, 1.7, 2.0]),
    margin=st.sampled_from([0.0, 0.1, 1.0]),
    flat=st.sampled_from([0, 5]),
    offset=st.sampled_from(["0", "0.5", "5"]),
    slippage=st.sampled_from(["0", "1", "2.5"]),
    loss=st.sampled_from(["0.0003", "0.001", "0.05"]),
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
        limits=RiskLimits(daily_loss_fraction=Decimal(drawn["loss"])),
    )
    setting = Setting(
        config,
        fills=NextOpen(Decimal(drawn["slippage"])),
        fees=Fees(per_share=Decimal("0.0035"), least=Decimal("0.35")),
    )
    same(setting, synthetic(SYMBOLS[:2], sessions=2, seed=seed))


@pytest.mark.parametrize("limits", [RiskLimits(), RiskLimits(drawdown_fraction=Decimal("0.0002"))])
@pytest.mark.parametrize("repeated", [2, 1_000])
def test_a_strategy_alone_without_rules_is_the_same(limits: RiskLimits, repeated: int) -> None:
    """With few repeated fills allowed its breaker speaks, and it is not run alone."""
    config = trading(CROSSING, limits=replace(limits, max_repeated_fills=repeated))
    setting = Setting(
        config,
        fills=NextOpen(Decimal(0)),
        rules=(),
        day_orders=False,
        has_venue=False,
    )

    result = same(setting, synthetic(sessions=8))

    assert len(result.fills) > 20
    assert bool(result.halts) == (repeated == 2 or limits.drawdown_fraction < Decimal("0.01"))


def test_a_rule_without_a_form_of_its_own_is_asked_itself() -> None:
    def no_tuesdays(proposal: Any, snapshot: Any, limits: Any) -> Any:
        found = RULES[0](proposal, snapshot, limits)
        return found or (RULES[-1](proposal, snapshot, limits) if snapshot.recent else None)

    config = trading(*ALL, symbols=SYMBOLS, limits=RiskLimits(max_volume_fraction=Decimal("0.01")))
    setting = Setting(config, rules=(*RULES[:-1], no_tuesdays))

    history = synthetic(SYMBOLS, sessions=2)
    assert same(setting, history, is_compiled=False).denials["PARTICIPATION"]


DAYS = [RECORDED / f"SPY_{day}.csv.gz" for day in ("20131007", "20131008")]


@pytest.mark.skipif(not DAYS[0].exists(), reason="the recorded bars are not here")
def test_recorded_days_are_the_same() -> None:
    history = read_history([each for each in DAYS if each.exists()], longest_gap=390)
    setting = Setting(trading(*ALL, symbols=("SPY",)))
    if problem_of(setting, history) is None:
        assert same(setting, history).fills


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"fills": TradedThrough()}, "fill model"),
        ({"fills": NextOpen(participation=Decimal("0.1"))}, "fill model"),
        ({"keeps_curve": True}, "curve"),
        ({"fees": Fees(per_share=Decimal("0.00001"))}, "amounts"),
    ],
)
def test_what_it_cannot_do_it_says(change: dict[str, Any], reason: str) -> None:
    setting = replace(Setting(trading(*ALL, symbols=SYMBOLS)), **change)
    history = synthetic(SYMBOLS)

    assert reason in (problem_of(setting, history) or "")
    with pytest.raises(InvalidValueError, match=reason):
        quick_backtest(setting, history)


def test_prices_between_ticks_and_missing_minutes_are_for_the_reference() -> None:
    setting = Setting(trading(*ALL))
    series = synthetic().series["ALDR"]
    finer = replace(series, open=array("d", [each + 1e-6 for each in series.open]))
    holed = History({"ALDR": series.upto(100)}).series["ALDR"]
    shifted = [*holed.starts[:50], *(each + 60_000 for each in holed.starts[50:])]

    assert "between two ticks" in (problem_of(setting, History({"ALDR": finer})) or "")
    holes = History({"ALDR": replace(holed, starts=shifted)})
    assert "missing" in (problem_of(setting, holes) or "")
