import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.backtest import BacktestOptions, make_plan
from cli.bars import BarsWanted
from cli.main import app
from cli.research import single_values, values_of
from local.errors import UsageError
from tests.e2e.qt_process import write_bars

CONFIG = '[[strategies]]\nname = "m"\nkind = "momentum"\n'
HEADER = "symbol,ts_ms,open,high,low,close,volume\n"


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    path = tmp_path / "bars.csv"
    write_bars(path, symbols=["ALDR", "BRKT"], minutes=120)
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "qt.toml"
    path.write_text(CONFIG)
    return path


def options(*bars: Path, **more: Any) -> BacktestOptions:
    return BacktestOptions(BarsWanted([str(each) for each in bars]), **more)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are kept under the present folder."""
    monkeypatch.chdir(tmp_path)


def qt(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_backtest_prints_one_json_object(bars: Path, config: Path) -> None:
    found = json.loads(qt("backtest", config, "--bars", bars, "--json"))

    assert found["bars"] == 240
    assert found["signals"] == found["intents"] >= found["fills"] > 0
    total = sum(Decimal(each) for each in found["profit_by_strategy"].values())
    assert Decimal(found["equity"]) == Decimal(found["cash"]) + total


def test_a_person_gets_lines_and_a_report(bars: Path, config: Path, tmp_path: Path) -> None:
    report = tmp_path / "tear.html"

    text = qt("backtest", config, "--bars", bars, "--report", report, "--symbols", "ALDR")

    assert "equity" in text
    assert "profit_by_symbol: ALDR" in text
    assert report.read_text().startswith("<!doctype html>")


def test_a_sweep_keeps_where_its_numbers_come_from(
    bars: Path, config: Path, tmp_path: Path
) -> None:
    asked = ("--strategy", "m", "--set", "fast=3,8", "--results", tmp_path / "kept", "--json")
    rows = json.loads(qt("sweep", config, "--bars", bars, *asked))

    (board,) = json.loads(qt("results", "--results", tmp_path / "kept", "--json"))
    assert len(rows) == len(board["runs"]) == board["tries"] == 2
    assert board["data"] == make_plan(options(bars)).history.data_hash
    assert all(run["code"] for run in board["runs"])
    assert [run["parameters"]["m"]["fast"] for run in board["runs"]] == [
        row["parameters"]["fast"] for row in rows
    ]


def test_a_check_names_what_it_found(bars: Path) -> None:
    assert "no bias found" in qt("check", "momentum", "--bars", bars)

    planted = "tests.unit.quantzoo.research.planted:NextBar"
    done = CliRunner().invoke(app, ["check", planted, "--bars", str(bars)])

    assert done.exit_code == 1
    assert "LOOKS_AHEAD: shifted of ALDR" in done.stdout


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("A,1709562600000,1,1,1,1,1\nA,1709562600000,1,1,1,1,1\n", "a minute once"),
        ("A,1709562600000,1,1,1,1,1\nA,1709562720000,1,1,1,1,1\n", "missing minutes"),
        ("A,1709562600000,1,1,2,1,1\n", "low <= open"),
        ("A,1709562600000,x,1,1,1,1\n", "line 2"),
    ],
)
def test_bars_that_cannot_be_trusted_are_refused_with_their_place(
    tmp_path: Path, rows: str, said: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(HEADER + rows)

    with pytest.raises(UsageError, match=said):
        make_plan(options(path))


def test_an_unknown_fill_model_is_refused(bars: Path) -> None:
    with pytest.raises(UsageError, match="next-open"):
        make_plan(options(bars, fills="magic"))


def test_values_are_read_as_json_where_they_are() -> None:
    assert values_of(["fast=3,8", "allow_short=true", "name=x"]) == {
        "fast": [3, 8],
        "allow_short": [True],
        "name": ["x"],
    }
    with pytest.raises(UsageError, match="NAME=VALUE"):
        values_of(["fast"])
    with pytest.raises(UsageError, match="one value"):
        single_values(["fast=1,2"])
