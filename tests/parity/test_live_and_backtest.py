"""The same minutes through the live path and through the backtester: the same in everything."""

import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from cli.bars import read_history
from local.plan import RunPlan
from quantterminal.domain.halts import HaltCode
from quantzoo.backtest.engine import Setting, backtest
from quantzoo.backtest.quote_path import QuotePath
from quantzoo.backtest.result import Result
from tests.e2e.qt_process import RECORDED, write_bars
from tests.parity.live_run import Faults, Record, Row, plan_for, run_live
from tests.unit.quantzoo.original import old_style

SYMBOLS = ("ALDR", "BRKT", "CYGN")
ROTATION = """
[[strategies]]
name = "rotation"
kind = "quantzoo.strategies.rotation:Rotation"
parameters = { period = 10, every = 5, most = 2 }
"""
TOGETHER = """
[[strategies]]
name = "momentum"
kind = "momentum"
parameters = { fast = 3, slow = 10, confirmation = 5 }
"""
TIGHT = """
[[strategies]]
name = "momentum"
kind = "momentum"
parameters = { allow_short = true, fast = 3, slow = 10, confirmation = 5 }
[[strategies]]
name = "reversion"
kind = "mean_reversion"
parameters = { entry = 1.0, stop = 1.0, allow_short = true }
[[strategies]]
name = "volatility_breakout"
kind = "volatility_breakout"
[limits]
max_position_fraction = 0.06
max_gross_fraction = 0.12
allow_flip = true
daily_loss_fraction = 0.0005
[execution]
limit_offset_bps = 0
order_timeout_s = 20
"""

pytestmark = [
    pytest.mark.timeout(900),
    # the connections of a run live as long as its process, which here is the test's
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def replayed(plan: RunPlan) -> Result:
    history = read_history(plan.bars, longest_gap=390)
    setting = Setting(trading=plan.trading, cash=plan.cash, fills=QuotePath())
    return backtest(setting, history)


def record_of(result: Result) -> Record:
    done: dict[str, Decimal] = defaultdict(Decimal)
    fills: list[Row] = []
    for each in result.fills:
        done[each.intent_id] += each.quantity
        fills.append((each.intent_id, each.side, each.quantity, each.price, done[each.intent_id]))
    signals = [(s.id, s.action, s.quantity, s.reference_price) for s in result.signals]
    starts = {s.id: s.bar_start for s in result.signals}
    intents = [(i.id, i.side, i.quantity, i.limit_price, i.denial_code) for i in result.intents]
    held = sum(
        (f.side.sign * f.quantity * f.price for f in result.fills),
        Decimal(0),
    )
    return Record(
        signals=sorted(signals, key=lambda row: (starts[row[0]], row[0])),
        intents=sorted(intents),
        fills=sorted(fills, key=lambda row: (row[0], row[4])),
        cash=result.cash - held,
    )


def assert_equal(live: Record, tested: Record) -> None:
    assert live.signals, "nothing was decided, so nothing was compared"
    assert live.fills, "nothing was filled, so nothing was compared"
    assert live.signals == tested.signals
    assert live.intents == tested.intents
    assert live.fills == tested.fills
    assert live.cash == tested.cash


def test_a_synthetic_day_with_binding_limits_is_equal(tmp_path: Path) -> None:
    """Shorts, partial fills, time-outs, new prices, our denials and the broker's are all in it."""
    bars = tmp_path / "bars.csv"
    write_bars(bars, symbols=SYMBOLS, minutes=150, seed=11)
    plan = plan_for(tmp_path, [bars], config=TIGHT, cash="20000000")

    live, result = run_live(plan), replayed(plan)

    assert_equal(live, record_of(result))
    assert result.cancels > 0
    assert any(each.attempt for each in result.intents)
    assert {"POSITION_LIMIT", "BUYING_POWER", "WASH_TRADE"} < set(result.denials)
    assert result.rejections
    assert result.late_denials
    quantities = {each.id: each.quantity for each in result.intents}
    assert any(each.quantity < quantities[each.intent_id] for each in result.fills)


def test_restarts_and_a_halt_do_not_change_a_decision(tmp_path: Path) -> None:
    """What was in flight is redelivered, state is rebuilt, and the daily-loss breaker acts."""
    bars = tmp_path / "bars.csv"
    write_bars(bars, symbols=SYMBOLS, minutes=75, seed=1)
    plan = plan_for(tmp_path, [bars], config=TIGHT)
    deaths = {
        datetime(2024, 3, 4, 14, 47, tzinfo=UTC): "pump",
        datetime(2024, 3, 4, 14, 56, tzinfo=UTC): "container",
        datetime(2024, 3, 4, 15, 10, tzinfo=UTC): "valkey",
    }
    faults = Faults(deaths)

    live, result = run_live(plan, faults=faults), replayed(plan)

    assert faults.killed == ["pump", "container", "valkey"]
    assert [each.code for each in result.halts] == [HaltCode.DAILY_LOSS]
    assert_equal(live, record_of(result))


AGAIN = {"deliver_again": 1, "send_copy": 1, "duplicate_updates": 1}


def assert_came_again(faults: Faults) -> None:
    """Minutes reached the strategies a second time and more."""
    assert sum(count > 1 for count in faults.evaluated.values()) > 10, faults.evaluated


def test_messages_that_come_twice_do_not_change_a_decision(tmp_path: Path) -> None:
    """At each step some handled messages come again, at once or as a copy, and so do updates."""
    bars = tmp_path / "bars.csv"
    write_bars(bars, symbols=SYMBOLS, minutes=50, seed=11)
    plan = plan_for(tmp_path, [bars], config=ROTATION + TIGHT, cash="20000000")
    faults = Faults(again=AGAIN)

    live, result = run_live(plan, faults=faults), replayed(plan)

    assert_came_again(faults)
    assert {each.strategy for each in result.fills} > {"momentum", "rotation"}
    assert_equal(live, record_of(result))


ORIGINAL = """
[[strategies]]
name = "old"
kind = "quantzoo.original.adapter:Original"
[strategies.parameters]
target = "old_style:Breakout"
params = "old_style:Params"
arguments = '{"lookback": 8, "contracts": 20}'
warm_up = 30
[[strategies]]
name = "next"
kind = "quantzoo.original.adapter:Original"
parameters = { target = "old_style:NextStyle", warm_up = 30 }
[[strategies]]
name = "names"
kind = "quantzoo.original.adapter:Original"
parameters = { target = "old_style:Names", warm_up = 30 }
"""


def test_original_strategies_are_equal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Live they are made anew with every minute, here they live through the day."""
    shutil.copy(Path(old_style.__file__), tmp_path / "old_style.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    bars = tmp_path / "bars.csv"
    write_bars(bars, symbols=SYMBOLS[:2], minutes=90, seed=6)
    plan = plan_for(tmp_path, [bars], config=ORIGINAL)

    live, result = run_live(plan), replayed(plan)

    assert {each.strategy for each in result.fills} == {"old", "next", "names"}
    assert_equal(live, record_of(result))


def test_a_strategy_over_several_symbols_is_equal(tmp_path: Path) -> None:
    """Some minutes lack a symbol, so that the barrier closes them by time."""
    bars = tmp_path / "bars.csv"
    write_bars(bars, symbols=SYMBOLS, minutes=90, seed=6)
    header, *rows = bars.read_text().splitlines(keepends=True)
    thinned = [row for number, row in enumerate(rows) if number % 11]
    bars.write_text("".join([header, *thinned]))
    plan = plan_for(tmp_path, [bars], config=ROTATION + TOGETHER)

    live, result = run_live(plan), replayed(plan)

    assert {each.strategy for each in result.fills} == {"rotation", "momentum"}
    assert {each.symbol for each in result.fills if each.strategy == "rotation"} == set(SYMBOLS)
    assert_equal(live, record_of(result))


RECORDED_FILES = [RECORDED / f"{symbol}_20131008.csv.gz" for symbol in ("IBM", "SPY", "BAC")]


@pytest.mark.skipif(
    not all(file.exists() for file in RECORDED_FILES), reason="the recorded bars are not here"
)
def test_a_recorded_day_is_equal(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, RECORDED_FILES)

    assert_equal(run_live(plan), record_of(replayed(plan)))


@pytest.mark.skipif(
    not all(file.exists() for file in RECORDED_FILES), reason="the recorded bars are not here"
)
def test_recorded_minutes_that_come_twice_do_not_change_a_decision(tmp_path: Path) -> None:
    bars = tmp_path / "bars.csv"
    write_first(bars, RECORDED_FILES, minutes=40)
    plan = plan_for(tmp_path, [bars])
    faults = Faults(again=AGAIN)

    live, result = run_live(plan, faults=faults), replayed(plan)

    assert_came_again(faults)
    assert_equal(live, record_of(result))


def write_first(file: Path, recorded: Sequence[Path], *, minutes: int) -> None:
    """The first minutes after the open of recorded files, as one."""
    history = read_history(recorded, longest_gap=390)
    part = history.between(history.first, history.first + timedelta(minutes=minutes))
    rows = ["symbol,ts_ms,open,high,low,close,volume\n"]
    for start, bars in part.minutes():
        rows += [
            f"{b.symbol},{start},{b.open!r},{b.high!r},{b.low!r},{b.close!r},{b.volume!r}\n"
            for b in bars
        ]
    file.write_text("".join(rows))


def test_the_record_tells_different_fills_apart(tmp_path: Path) -> None:
    bars = tmp_path / "bars.csv"
    write_bars(bars, symbols=SYMBOLS, minutes=120, seed=6)
    plan = plan_for(tmp_path, [bars])
    result = replayed(plan)
    first = replace(result.fills[0], price=result.fills[0].price + Decimal("0.01"))

    assert record_of(result) != record_of(replace(result, fills=[first, *result.fills[1:]]))
