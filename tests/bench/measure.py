"""`python -m tests.bench.measure`: bars per processor second, ours and the peers', in one run.

Peers run as processes in environments of their own; what everybody is timed for is the run alone,
without reading the data, compiling, or turning results into lists; the best of some runs counts.
Orders of work A are held against ours one by one.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median

from quantterminal.domain.configuration import Mode, StrategyConfig, TradingConfig
from quantterminal.domain.risk import RULES, RiskLimits, Rule
from quantzoo.backtest.engine import Setting, backtest
from quantzoo.backtest.fills import NextOpen
from quantzoo.backtest.history import History, epoch_ms, instant
from quantzoo.backtest.quick import Form, quick_backtest
from quantzoo.backtest.result import Result
from tests.bench import report
from tests.bench.report import Row
from tests.bench.work import market, write

ROOT = Path(__file__).resolve().parents[2]
PEERS_A = ("ssbt_py", "backtesting_py", "nautilus_a", "backtrader_py", "vectorbt_py")
PEERS_B = ("ssbt_b", "nautilus_b", "backtesting_b", "vectorbt_b")
# These get a part of the bars, the first ones.
SLOW = {"backtrader_py": 10, "ssbt_b": 4, "nautilus_b": 4, "backtesting_b": 10}
NAUTILUS = "nautilus_trader"
MISSING = "nautilus_trader 2 is missing: no Python of 3.12 to 3.14 was found"
_COLUMNAR_GOALS = {"A": 4.0, "B": 1.0}
_STRATEGIES_B = (
    StrategyConfig("m", "momentum", parameters={"fast": 20, "slow": 50}),
    StrategyConfig("r", "mean_reversion", parameters={"period": 50, "entry": 2.5, "stop": 2.5}),
    StrategyConfig("v", "volatility_breakout", parameters={"channel": 120, "margin": 0.5}),
)
# Every rule looks at every order; the breakers look too, and find nothing to stop a year of random
# walks for, so that all engines have the same orders to make.
_OPEN_LIMITS = RiskLimits(
    daily_loss_fraction=Decimal(1),
    drawdown_fraction=Decimal(1),
    strategy_loss_fraction=Decimal(1),
    max_repeated_fills=1_000,
    max_rejects=1_000_000,
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One engine on one piece of work; `orders` are (row of the fill, side)."""

    name: str
    version: str
    bars: int
    seconds: float
    orders: Sequence[tuple[int, str]]
    daily: Sequence[float] = field(default_factory=list)

    @property
    def speed(self) -> float:
        return self.bars / self.seconds


Run = Callable[[Setting, History], Result]


def setting(
    symbols: Sequence[str],
    *strategies: StrategyConfig,
    cash: Decimal = Decimal(1_000_000_000),
    rules: tuple[Rule, ...] = RULES,
) -> Setting:
    """No slippage, so that fills are the next opens themselves."""
    trading = TradingConfig(
        "bench", Mode.SIMULATED, tuple(symbols), strategies, limits=_OPEN_LIMITS
    )
    return Setting(
        trading,
        cash=cash,
        fills=NextOpen(Decimal(0)),
        rules=rules,
        day_orders=bool(rules),
        has_venue=bool(rules),
    )


def quick(form: Form, *, is_compiled: bool) -> Run:
    return partial(quick_backtest, form=form, is_compiled=is_compiled)


def ours(
    name: str, run: Run, setting_: Setting, history: History, *, first: History, times: int = 1
) -> Measured:
    """The best of some runs, after one of `first`, in which whatever is compiled is compiled."""
    run(setting_, first)
    seconds = []
    for _ in range(times):
        began = time.process_time()
        result = run(setting_, history)
        seconds.append(time.process_time() - began)
    rows = {start: row for row, start in enumerate(history.series[history.symbols[0]].starts)}
    orders = [(rows[epoch_ms(each.at)], str(each.side)) for each in result.fills]
    daily = [float(each.equity) for each in result.days]
    return Measured(name, "this one", history.bar_count, min(seconds), orders, daily)


def peer(script: str, data: Path, bars: int, *, times: int) -> Measured | None:
    """None, and the reason on standard error, when the peer fails or is missing."""
    bars //= SLOW.get(script, 1)
    path = ROOT / "tests" / "bench" / "peers" / f"{script}.py"
    name = script.partition("_")[0]
    python = ROOT / (".venv-nautilus" if name == "nautilus" else ".venv-bench") / "bin" / "python"
    if not python.exists():
        sys.stderr.write(f"{MISSING if name == 'nautilus' else f'{name} is missing'}\n")
        return None
    command = [str(python), str(path), str(data), str(bars), str(times)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    name = NAUTILUS if name == "nautilus" else name
    if done.returncode:
        sys.stderr.write(f"{name} failed: {done.stderr.strip().splitlines()[-1:]}\n")
        return None
    found = json.loads(done.stdout.strip().splitlines()[-1])
    orders = [(row, side) for row, side in found["orders"]]
    daily = found.get("daily", [])
    return Measured(name, found["version"], found["bars"], found["seconds"], orders, daily)


def measured(
    history: History, wanted: Setting, peers: Sequence[str], *, times: int
) -> tuple[list[Measured], list[Measured]]:
    """Ours, and the peers'. The reference engine, every bar through the kernel, gets a tenth; what
    is compiled is named first.
    """
    starts = history.series[history.symbols[0]].starts
    bars = len(starts)
    tenth, hundredth = (
        history.between(history.first, instant(starts[bars // part])) for part in (10, 100)
    )
    forms = {"columnar": Form.COLUMNS, "bar by bar": Form.BARS}
    ways = [("", True), (", plain Python", False)] if wanted.rules else [("", False)]
    mine = [
        ours(
            f"quantzoo, {name}{how}",
            quick(form, is_compiled=is_compiled),
            wanted,
            history,
            first=tenth,
            times=times,
        )
        for how, is_compiled in ways
        for name, form in forms.items()
    ]
    mine.append(
        ours("quantzoo, every bar through the kernel", backtest, wanted, tenth, first=hundredth)
    )
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "bars.npz"
        write(history, data)
        found = [peer(name, data, bars, times=times) for name in peers]
    return mine, [each for each in found if each is not None]


def work_a(bars: int, *, times: int) -> tuple[list[Measured], list[Measured]]:
    config = StrategyConfig("crossing", "tests.bench.crossing:Crossing")
    history = market(1, bars)
    return measured(history, setting(history.symbols, config, rules=()), PEERS_A, times=times)


def work_b(bars: int, *, times: int) -> tuple[list[Measured], list[Measured]]:
    history = market(10, bars)
    wanted = setting(history.symbols, *_STRATEGIES_B, cash=Decimal(1_000_000))
    return measured(history, wanted, PEERS_B, times=times)


def rows_of(work: str, mine: Sequence[Measured], peers: Sequence[Measured]) -> list[Row]:
    """Against the fastest event-driven peer, against nautilus_trader, and against the one with
    columns.
    """
    columnar, by_bars, *_ = mine
    driven = [each for each in peers if each.name != "vectorbt"]
    columns = [each for each in peers if each.name == "vectorbt"]
    rows = [_row(work, by_bars, driven, 3.0), _row(work, columnar, columns, _COLUMNAR_GOALS[work])]
    if work == "A":
        heavy = [each for each in peers if each.name == NAUTILUS]
        rows.append(_row(work, by_bars, heavy, 9.0, suffix=f", beside {NAUTILUS}", gone=MISSING))
    return rows


def _row(
    work: str,
    each: Measured,
    against: Sequence[Measured],
    goal: float,
    *,
    suffix: str = "",
    gone: str = "no peer",
) -> Row:
    best = max(against, key=lambda other: other.speed, default=None)
    name = f"{work}: {each.name}{suffix}"
    if best is None:
        return Row(name, each.speed, "bars/s", gone, None, goal)
    reference = f"{best.name} {best.version}, {best.speed:,.0f} bars/s"
    return Row(name, each.speed, "bars/s", reference, each.speed / best.speed, goal)


def import_row() -> Row:
    """Processor seconds of a whole process that imports every strategy; the median of some."""
    value = median(_cpu("import quantzoo.catalog") for _ in range(9))
    return Row("import of quantzoo", value, "CPU s", "0.3 s", 0.3 / value, 1.0)


def _cpu(text: str) -> float:
    before = os.times()
    environment = {"PYTHONPATH": str(ROOT / "functions")}
    subprocess.run([sys.executable, "-c", text], check=True, env=environment)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def difference(mine: Measured, other: Measured) -> int:
    """Orders that only one of two has, of those within the bars that both saw."""
    first = {order for order in mine.orders if order[0] < min(mine.bars, other.bars) - 1}
    second = {order for order in other.orders if order[0] < min(mine.bars, other.bars) - 1}
    return len(first ^ second)


def cents_apart(mine: Measured, other: Measured) -> int:
    """The greatest difference of the equity at a day's end, in cents; the last day left out,
    where an engine may close what is open.
    """
    pairs = list(zip(mine.daily[:-1], other.daily[:-1], strict=False))
    return max((round(abs(a - b) * 100) for a, b in pairs), default=-1)


def lines(title: str, found: Sequence[Measured], *, reference: Measured | None = None) -> list[str]:
    """`reference` is whose orders are compared: of one symbol, where all have the same to make."""
    text = [f"| {title} | version | bars | bars/CPU s | orders | differ |"]
    text.append("|---|---|---|---|---|---|")
    text += [
        f"| {each.name} | {each.version} | {each.bars:,} | {each.speed:,.0f}"
        f" | {len(each.orders):,} | {difference(reference, each) if reference else '-'} |"
        for each in found
    ]
    return text


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.measure", description=__doc__)
    parser.add_argument("--bars-a", type=int, default=500_000)
    parser.add_argument("--bars-b", type=int, default=100_000, help="of each of ten symbols")
    parser.add_argument("--times", type=int, default=3, help="runs, of which the best counts")
    options = parser.parse_args()
    mine_a, peers_a = work_a(options.bars_a, times=options.times)
    mine_b, peers_b = work_b(options.bars_b, times=options.times)
    text = [f"Python {platform.python_version()}, {platform.machine()}, load {os.getloadavg()}", ""]
    text += [*lines("A: one symbol, two averages", [*mine_a, *peers_a], reference=mine_a[0]), ""]
    text += [*lines("B: ten symbols, three strategies, all rules", [*mine_b, *peers_b]), ""]
    rows = [*rows_of("A", mine_a, peers_a), *rows_of("B", mine_b, peers_b), import_row()]
    text += [*report.lines(rows), ""]
    text += [
        f"Equity at each day's end against {each.name}: at most {cents_apart(mine_a[0], each)}"
        f" cents apart on {len(each.daily) - 1} days."
        for each in peers_a
        if each.daily
    ]
    sys.stdout.write("\n".join(text) + "\n")
    report.write(rows, {each.name: each.version for each in [*peers_a, *peers_b]})
    return 0


if __name__ == "__main__":
    sys.exit(main())
