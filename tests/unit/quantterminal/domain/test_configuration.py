from dataclasses import FrozenInstanceError, replace
from decimal import Decimal

import pytest

from quantterminal.domain.configuration import (
    ExecutionConfig,
    Mode,
    OnTimeout,
    StrategyConfig,
    TradingConfig,
)
from quantterminal.domain.risk import RiskLimits

EVERYWHERE = StrategyConfig("everywhere", "momentum")
ON_IBM = StrategyConfig("on-ibm", "mean_reversion", symbols=("IBM",))
TRADING = TradingConfig(
    account="main",
    mode=Mode.SIMULATED,
    symbols=("IBM", "SPY"),
    strategies=(EVERYWHERE, ON_IBM),
)


def test_a_strategy_without_symbols_trades_all_of_them() -> None:
    assert TRADING.strategies_for("SPY") == (EVERYWHERE,)


def test_strategies_come_in_the_configured_order() -> None:
    turned = replace(TRADING, strategies=(ON_IBM, EVERYWHERE))

    assert TRADING.strategies_for("IBM") == (EVERYWHERE, ON_IBM)
    assert turned.strategies_for("IBM") == (ON_IBM, EVERYWHERE)


def test_the_three_rules_of_the_mission_are_the_defaults() -> None:
    limits = TRADING.limits

    assert limits == RiskLimits()
    assert limits.max_position_fraction == Decimal("0.10")
    assert limits.daily_loss_fraction == Decimal("0.05")
    assert limits.drawdown_fraction == Decimal("0.15")


def test_by_default_nothing_is_borrowed() -> None:
    assert TRADING.limits.max_gross_fraction == 1


def test_an_order_of_the_default_size_fits_the_default_position_limit() -> None:
    assert ExecutionConfig().order_fraction < RiskLimits().max_position_fraction


def test_an_order_rests_for_half_a_minute_and_is_priced_anew_twice() -> None:
    execution = ExecutionConfig()

    assert execution.order_timeout_s == 30
    assert execution.on_timeout is OnTimeout.REPRICE
    assert execution.max_reprices == 2


def test_an_unknown_order_is_sent_again_before_it_is_given_up() -> None:
    execution = ExecutionConfig()
    assert 0 < execution.unknown_resend_after_s < execution.unknown_give_up_after_s


def test_nothing_is_changed_in_mid_run() -> None:
    with pytest.raises(FrozenInstanceError):
        TRADING.mode = Mode.LIVE  # type: ignore[misc]  # the assignment is what is tested
