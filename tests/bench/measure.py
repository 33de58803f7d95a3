"""`python -m tests.bench.measure`: bars per processor second, ours and the peers', in one run.

Peers run as processes in the environment `.venv-bench`; what they are timed for is the run alone,
without reading the data and without compiling. Their orders are held against ours one by one.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from quantterminal.domain.configuration import Mode, StrategyConfig, TradingConfig
from quantterminal.domain.risk import RULES, RiskLimits, Rule
from quantzoo.backtest.engine import Setting, backtest
from quantzoo.backtest.fills import NextOpen
from quantzoo.backtest.history import History, epoch_ms
from quantzoo.backtest.result import Result
from quantzoo.backtest.sparse import sparse_backtest
from tests.bench.work import market, write

ROOT = Path(__file__).resolve().parents[2]
PEERS = ("ssbt", "backtesting", "backtrader", "vectorbt")
SLOW = {"backtrader": 10}  # gets the first tenth of the bars
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


def ours(name: str, run: Run, setting_: Setting, history: History) -> Measured:
    began = time.process_time()
    result = run(setting_, history)
    seconds = time.process_time() - began
    rows = {start: row for row, start in enumerate(history.series[history.symbols[0]].starts)}
    orders = [(rows[epoch_ms(each.at)], str(each.side)) for each in result.fills]
    daily = [float(each.equity) for each in result.days]
    return Measured(name, "this one", history.bar_count, seconds, orders, daily)


def peer(name: str, data: Path, bars: int) -> Measured | None:
    """None, and the reason on standard error, when the peer fails."""
    bars //= SLOW.get(name, 1)
    script = ROOT / "tests" / "bench" / "peers" / f"{name}_py.py"
    command = [str(ROOT / ".venv-bench" / "bin" / "python"), str(script), str(data), str(bars)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(f"{name} failed: {done.stderr.strip().splitlines()[-1:]}\n")
        return None
    found = json.loads(done.stdout.strip().splitlines()[-1])
    orders = [(row, side) for row, side in found["orders"]]
    daily = found.get("daily", [])
    return Measured(name, found["version"], found["bars"], found["seconds"], orders, daily)


def work_a(bars: int) -> tuple[list[Measured], list[Measured]]:
    """Ours, and the peers'."""
    history = market(1, bars)
    config = StrategyConfig("crossing", "tests.bench.crossing:Crossing")
    wanted = setting(history.symbols, config, rules=())
    mine = [
        ours("quantzoo, bar by bar", backtest, wanted, history),
        ours("quantzoo, columnar", sparse_backtest, wanted, history),
    ]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "bars.npz"
        write(history, data)
        found = [peer(name, data, bars) for name in PEERS]
    return mine, [each for each in found if each is not None]


def work_b(bars: int) -> list[Measured]:
    history = market(10, bars)
    wanted = setting(history.symbols, *_STRATEGIES_B)
    return [
        ours("quantzoo, bar by bar", backtest, wanted, history),
        ours("quantzoo, columnar", sparse_backtest, wanted, history),
    ]


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


def lines(title: str, rows: Sequence[Measured], reference: Measured) -> list[str]:
    text = [f"| {title} | version | bars | bars/CPU s | ratio | orders | differ |"]
    text.append("|---|---|---|---|---|---|---|")
    text += [
        f"| {each.name} | {each.version} | {each.bars:,} | {each.speed:,.0f}"
        f" | {each.speed / reference.speed:.2f} | {len(each.orders):,}"
        f" | {difference(reference, each)} |"
        for each in rows
    ]
    return text


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.measure", description=__doc__)
    parser.add_argument("--bars-a", type=int, default=500_000)
    parser.add_argument("--bars-b", type=int, default=100_000, help="of each of ten symbols")
    options = parser.parse_args()
    mine, peers = work_a(options.bars_a)
    same = [each for each in peers if each.daily]
    text = [f"Python {platform.python_version()}, {platform.machine()}", ""]
    text += [*lines("A: one symbol, two averages", [*mine, *peers], mine[0]), ""]
    own = work_b(options.bars_b)
    text += [*lines("B: ten symbols, three strategies, all rules", own, own[0]), ""]
    text += [
        f"Equity at each day's end against {each.name}: at most {cents_apart(mine[0], each)} cents"
        f" apart on {len(mine[0].daily) - 1} days."
        for each in same
        if each.bars == mine[0].bars
    ]
    sys.stdout.write("\n".join(text) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
