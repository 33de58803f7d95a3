from pathlib import Path

import msgspec
import pytest

from infra_cdk.building import read_building
from infra_cdk.deployment import LARGEST_CONFIG, Nat, SessionProfile, Valkey, read_deployment
from infra_cdk.errors import DeploymentError
from quantterminal.domain.configuration import TradingConfig

PAPER = 'symbols = ["SPY"]\n'


def write(folder: Path, text: str) -> dict[str, str]:
    (folder / "a.toml").write_text(text)
    return {"config": str(folder / "a.toml")}


def test_without_a_word_it_is_paper_trading_that_sleeps() -> None:
    found = read_deployment({})
    assert found.mode == "PAPER"
    assert found.table.session_profile is SessionProfile.MARKET_HOURS
    assert found.table.valkey is Valkey.SERVERLESS
    assert found.table.nat is Nat.INSTANCE
    assert found.endpoints["QT_BROKER_URL"] == "https://paper-api.alpaca.markets"


def test_the_processes_can_read_what_they_are_told() -> None:
    found = read_deployment({})
    trading = msgspec.json.decode(found.trading_json, type=TradingConfig)
    assert trading.symbols == found.symbols
    assert trading.account == "main"
    assert [each.name for each in trading.strategies] == [
        "momentum",
        "mean_reversion",
        "volatility_breakout",
    ]


def test_the_context_goes_before_the_file(tmp_path: Path) -> None:
    named = write(tmp_path, f'{PAPER}[deployment]\nnat = "gateway"\n')
    assert read_deployment(named).table.nat is Nat.GATEWAY
    assert read_deployment({**named, "nat": "none", "log_days": "7"}).table.nat is Nat.NONE


def test_live_trading_needs_its_sentence(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match="I understand that this trades real money"):
        read_deployment(write(tmp_path, f'mode = "LIVE"\n{PAPER}'))


def test_live_trading_speaks_to_the_live_broker(live_file: dict[str, str]) -> None:
    found = read_deployment(live_file)
    assert found.is_live
    assert found.endpoints["QT_BROKER_STREAM_URL"] == "wss://api.alpaca.markets/stream"


@pytest.fixture
def live_file(tmp_path: Path) -> dict[str, str]:
    sentence = 'live_confirmation = "I understand that this trades real money"\n'
    pinned = '[broker]\naccount_number = "123456789"\n'
    return write(tmp_path, f'mode = "LIVE"\n{sentence}{PAPER}{pinned}')


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    text = """
mode = "SIMULATED"
symbols = []
colour = "red"

[[strategies]]
name = "mine"
kind = "nothing_like_it"

[limits]
max_position_fraction = 2

[deployment]
stage = "Not A Stage"
nat = "bridge"
monthly_budget_usd = 0
alert_email = "nobody"
"""
    with pytest.raises(DeploymentError) as raised:
        read_deployment(write(tmp_path, text))
    said = str(raised.value)
    for place in (
        "mode:",
        "symbols:",
        "colour:",
        "strategies.0",
        "limits.max_position_fraction:",
        "deployment.stage:",
        "deployment.nat:",
        "deployment.monthly_budget_usd:",
        "deployment.alert_email:",
    ):
        assert place in said


def test_a_strategy_has_to_be_in_the_archive(tmp_path: Path) -> None:
    text = f'{PAPER}[[strategies]]\nname = "mine"\nkind = "somewhere.mine:Mine"\n'
    with pytest.raises(DeploymentError, match="functions/quantzoo/strategies"):
        read_deployment(write(tmp_path, text))


def test_a_configuration_has_to_fit_into_a_functions_variables(tmp_path: Path) -> None:
    symbols = [f"{a}{b}{c}" for a in "ABC" for b in "ABCDEFGHIJ" for c in "ABCDEFGHIJ"]
    with pytest.raises(DeploymentError, match=str(LARGEST_CONFIG)):
        read_deployment(write(tmp_path, f"symbols = {symbols}"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match=r"nowhere\.toml"):
        read_deployment({"config": str(tmp_path / "nowhere.toml")})


def test_an_unknown_machine_is_refused() -> None:
    with pytest.raises(DeploymentError, match="riscv"):
        read_building({"machine": "riscv"})
