from pathlib import Path

import pytest

from cli.configuration import LIVE_CONFIRMATION
from cli.planning import RunOptions, make_plan, parse_speed
from local.errors import UsageError
from quantterminal.domain.configuration import Mode

KEYS = {"APCA_API_KEY_ID": "a", "APCA_API_SECRET_KEY": "b", "POLYGON_API_KEY": "c"}
BARS = "symbol,ts_ms,open,high,low,close,volume\nIBM,1381152600000,1,2,1,2,10\n"


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    file = tmp_path / "bars.csv"
    file.write_text(BARS)
    return file


def test_the_default_is_a_simulated_synthetic_market() -> None:
    plan = make_plan(RunOptions(), {})

    assert plan.trading.mode is Mode.SIMULATED
    assert len(plan.trading.symbols) == 5
    assert plan.speed == 60
    assert plan.is_local_market
    assert not plan.is_stepped
    assert plan.source == "synthetic market, seed 7"


def test_symbols_come_from_the_bar_files(bars: Path) -> None:
    plan = make_plan(RunOptions(bars=[bars], speed="max", exits=True), {})

    assert plan.trading.symbols == ("IBM",)
    assert plan.is_stepped
    assert plan.pace == "max"


def test_a_synthetic_run_that_exits_is_one_day_long() -> None:
    assert make_plan(RunOptions(exits=True), {}).sessions == 1
    assert make_plan(RunOptions(exits=True, sessions=3), {}).sessions == 3


def test_a_symbol_that_is_not_in_the_files_is_refused(bars: Path) -> None:
    with pytest.raises(UsageError, match=r"Expected symbols of the bar files \(IBM\), was GOOG"):
        make_plan(RunOptions(bars=[bars], symbols="IBM,GOOG"), {})


def test_the_real_services_need_keys_and_symbols() -> None:
    options = RunOptions(broker="alpaca-paper", feed="polygon", symbols="IBM")

    with pytest.raises(UsageError, match="APCA_API_SECRET_KEY, POLYGON_API_KEY"):
        make_plan(options, {"APCA_API_KEY_ID": "a"})
    with pytest.raises(UsageError, match="Expected --symbols"):
        make_plan(RunOptions(broker="alpaca-paper", feed="polygon"), KEYS)
    plan = make_plan(options, KEYS)

    assert plan.trading.mode is Mode.PAPER
    assert not plan.is_local_market


@pytest.mark.parametrize(
    "options",
    [
        RunOptions(broker="alpaca-paper"),
        RunOptions(feed="polygon"),
        RunOptions(broker="alpaca"),
        RunOptions(broker="alpaca-paper", feed="polygon", exits=True),
    ],
)
def test_contradictions_are_refused(options: RunOptions) -> None:
    with pytest.raises(UsageError):
        make_plan(options, KEYS)


def test_live_is_not_reachable(tmp_path: Path) -> None:
    file = tmp_path / "live.toml"
    pinned = '[broker]\naccount_number = "1"\n'
    file.write_text(f'mode = "LIVE"\nlive_confirmation = "{LIVE_CONFIRMATION}"\n{pinned}')

    with pytest.raises(UsageError, match="live hosts are not wired"):
        make_plan(RunOptions(config=file), KEYS)


def test_paper_mode_needs_the_paper_broker(tmp_path: Path) -> None:
    file = tmp_path / "paper.toml"
    file.write_text('mode = "PAPER"\n')

    with pytest.raises(UsageError, match="for mode PAPER"):
        make_plan(RunOptions(config=file), {})


@pytest.mark.parametrize(("text", "speed"), [("max", 0.0), ("1", 1.0), ("60", 60.0), ("2.5", 2.5)])
def test_speeds(text: str, speed: float) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["", "fast", "0", "-1", "nan", "inf", "1e9"])
def test_speeds_that_make_no_sense(text: str) -> None:
    with pytest.raises(UsageError, match="Expected --speed"):
        parse_speed(text)
