from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from cli.configuration import (
    LIVE_CONFIRMATION,
    BrokerTable,
    ConfigurationFile,
    ExecutionTable,
    LimitsTable,
    StrategyTable,
    read_configuration,
    trading_config,
)
from quantterminal.domain.configuration import (
    BrokerPin,
    ExecutionConfig,
    Mode,
    StrategyConfig,
    TradingConfig,
)
from quantterminal.domain.errors import ConfigurationError
from quantterminal.domain.risk import RiskLimits


def write(folder: Path, text: str) -> Path:
    file = folder / "quantterminal.toml"
    file.write_text(text)
    return file


def test_without_a_file_three_strategies_trade_everything_in_simulation() -> None:
    config = trading_config(read_configuration(None), symbols=("IBM", "SPY"))

    assert config.mode is Mode.SIMULATED
    assert {strategy.kind for strategy in config.strategies} == {
        "momentum",
        "mean_reversion",
        "volatility_breakout",
    }
    assert all(strategy.symbols == () for strategy in config.strategies)
    assert config.limits == RiskLimits()
    assert config.execution == ExecutionConfig()


@pytest.mark.parametrize(
    ("model", "became"),
    [
        (LimitsTable, RiskLimits),
        (ExecutionTable, ExecutionConfig),
        (StrategyTable, StrategyConfig),
        (BrokerTable, BrokerPin),
    ],
)
def test_models_and_dataclasses_have_the_same_fields(model: type, became: type) -> None:
    assert set(model.model_fields) == {field.name for field in fields(became)}  # type: ignore[attr-defined]  # a pydantic model


def test_the_file_has_the_fields_of_the_trading_configuration() -> None:
    only_in_file = {"live_confirmation"}

    names = set(ConfigurationFile.model_fields) - only_in_file

    assert names == {field.name for field in fields(TradingConfig)}


def test_a_file_is_read_exactly(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
        account = "desk"
        symbols = ["IBM", "SPY"]
        [limits]
        max_position_fraction = 0.05
        [execution]
        on_timeout = "give_up"
        [[strategies]]
        name = "slow"
        kind = "momentum"
        symbols = ["IBM"]
        """,
    )

    found = read_configuration(file)
    config = trading_config(found, symbols=found.symbols)

    assert config.account == "desk"
    assert config.limits.max_position_fraction == Decimal("0.05")
    assert config.execution.on_timeout == "give_up"
    assert config.strategies == (StrategyConfig("slow", "momentum", ("IBM",)),)


def test_every_problem_is_listed_at_once(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
        mode = "PAPR"
        colour = "blue"
        sweep_every_s = "often"
        [limits]
        drawdown_fraction = 2
        [[strategies]]
        name = "a"
        kind = "momentumm"
        [[strategies]]
        name = "a"
        kind = "momentum"
        parameters = { fast = -3 }
        """,
    )

    with pytest.raises(ConfigurationError) as raised:
        read_configuration(file)

    text = str(raised.value)
    assert f"{file}: 7 problem(s)" in text
    for said in (
        "mode: expected 'SIMULATED', 'PAPER' or 'LIVE', was 'PAPR'",
        "colour: is not a setting",
        "sweep_every_s: expected a valid integer, was 'often'",
        "limits.drawdown_fraction: expected less than or equal to 1, was 2",
        "'momentumm'",
        "strategies.1.name: 'a' is there twice",
        "fast",
    ):
        assert said in text


@pytest.mark.parametrize("text", ["mode = ", "\udcff"])
def test_what_is_not_toml_is_said_so(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(ConfigurationError, match="expected TOML"):
        read_configuration(file)


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected a readable file"):
        read_configuration(tmp_path / "none.toml")


def test_live_needs_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="live_confirmation: expected"):
        read_configuration(write(tmp_path, 'mode = "LIVE"'))

    said = f'mode = "LIVE"\nlive_confirmation = "{LIVE_CONFIRMATION}"\n'
    confirmed = write(tmp_path, f'{said}[broker]\naccount_number = "123456789"')
    assert read_configuration(confirmed).mode is Mode.LIVE
    with pytest.raises(ConfigurationError, match=r"broker\.account_number: expected"):
        read_configuration(write(tmp_path, said))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("max_order_fraction = 0", "max_order_fraction: expected greater than 0, was"),
        ("max_leverage = 4.1", "max_leverage: expected less than or equal to 4, was"),
        ("max_order_shares = 0", "max_order_shares: expected greater than or equal to 1, was 0"),
        ("max_order_notional = -1", "max_order_notional: expected greater than 0, was"),
        ("min_price = -1", "min_price: expected greater than or equal to 0, was"),
        ("min_price = nan", "min_price: expected a finite number, was"),
        ('allow_short = "perhaps"', "allow_short: expected a valid boolean"),
        ('restricted_symbols = ["gme"]', "restricted_symbols.0: "),
        ("max_orders_per_minute = 0", "max_orders_per_minute: expected greater"),
        ("max_repeated_fills = 1", "max_repeated_fills: expected greater"),
        ("strategy_loss_fraction = 1.5", "strategy_loss_fraction: expected less"),
        ("similar_order_s = 601", "similar_order_s: expected less"),
    ],
)
def test_a_limit_that_is_none_is_refused(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_configuration(write(tmp_path, f"[limits]\n{line}"))

    assert f"limits.{said}" in str(raised.value)


def test_a_strategy_may_not_want_what_is_not_traded() -> None:
    found = ConfigurationFile(
        strategies=(StrategyTable(name="a", kind="momentum", symbols=("GOOG",)),)
    )

    with pytest.raises(ConfigurationError, match=r"strategies.0.symbols: expected .* was GOOG"):
        trading_config(found, symbols=("IBM",))
