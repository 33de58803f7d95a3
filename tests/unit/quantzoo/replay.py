"""Runs a strategy over bars through the kernel with the plainest fills there are.

What a bar asks for is filled completely at the open of the next bar; 100 shares where the size is
left open. With `restart=True` the run is saved through JSON text and continued by a new object
before each bar, as it is when every bar meets another process.
"""

import csv
import gzip
import json
import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from quantterminal.domain.bars import MINUTE, Bar
from quantterminal.domain.kernel import StrategyRun, step
from quantterminal.domain.sessions import session_at, session_on
from quantterminal.domain.signals import Action, Side, Signal
from quantterminal.domain.strategy import PositionView, Strategy
from quantzoo.trades import Fill

MINUTE_BARS = Path(__file__).parents[4] / "shared/data/lean/minute/trade"
SIZE = 100


@dataclass(slots=True)
class Replay:
    signals: list[Signal] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    held: float = 0.0
    states: list[str] = field(default_factory=list)


def replay(make: Callable[[], Strategy], bars: Iterable[Bar], *, restart: bool = False) -> Replay:
    result = Replay()
    run: StrategyRun | None = None
    pending: tuple[Signal, ...] = ()
    average = 0.0
    for bar in bars:
        for signal in pending:
            change = _shares(signal, result.held)
            if not change:
                continue
            result.held += change
            average = bar.open if result.held else 0.0
            result.fills.append(_fill(change, bar))
        if run is None or restart:
            run = _continued(make, bar.symbol, run)
        pending = step(run, bar, position=PositionView(result.held, average))
        result.signals.extend(pending)
        result.states.append(json.dumps(run.save(), sort_keys=True))
    return result


def _continued(make: Callable[[], Strategy], symbol: str, run: StrategyRun | None) -> StrategyRun:
    fresh = StrategyRun(make(), symbol)
    if run is not None:
        fresh.restore(json.loads(json.dumps(run.save(), allow_nan=False)))
    return fresh


def _shares(signal: Signal, held: float) -> float:
    if signal.action is Action.CLOSE:
        return -held
    return SIZE if signal.action is Action.BUY else -SIZE


def _fill(change: float, bar: Bar) -> Fill:
    return Fill(
        symbol=bar.symbol,
        side=Side.BUY if change > 0 else Side.SELL,
        quantity=Decimal(int(abs(change))),
        price=Decimal(repr(bar.open)),
        at=bar.start,
    )


def recorded_bars(symbol: str, day: str) -> list[Bar]:
    """The regular session of one recorded day; skips the test where the recordings are absent."""
    path = MINUTE_BARS / f"{symbol}_{day}.csv.gz"
    if not path.exists():
        pytest.skip(f"recorded bars are absent: {path.name}")
    with gzip.open(path, "rt") as lines:
        bars = [_parse(row) for row in csv.DictReader(lines)]
    return [bar for bar in bars if session_at(bar.start) is not None]


def _parse(row: dict[str, str]) -> Bar:
    return Bar(
        symbol=row["symbol"],
        start=datetime.fromtimestamp(int(row["ts_ms"]) / 1000, UTC),
        open=float(row["open"]),
        high=float(row["high"]),
        low=float(row["low"]),
        close=float(row["close"]),
        volume=float(row["volume"]),
    )


def random_bars(seed: int, count: int, *, volatility: float = 8e-4) -> list[Bar]:
    """A seeded walk in cents, minute after minute of one session and then of the following ones."""
    rng = random.Random(seed)
    price = rng.uniform(20, 200)
    bars = []
    for start in _minutes(date(2024, 3, 4), count):
        open_ = _cents(price * math.exp(rng.gauss(0, volatility / 4)))
        close = _cents(price * math.exp(rng.gauss(0, volatility)))
        high = _cents(max(open_, close) * (1 + abs(rng.gauss(0, volatility / 2))))
        low = _cents(min(open_, close) * (1 - abs(rng.gauss(0, volatility / 2))))
        high, low = max(high, open_, close), min(low, open_, close)
        bars.append(Bar("TEST", start, open_, high, low, close, float(rng.randrange(100, 10_000))))
        price = close
    return bars


def _minutes(day: date, count: int) -> Iterable[datetime]:
    while count > 0:
        session = session_on(day)
        day += timedelta(days=1)
        if session is None:
            continue
        start = session.open
        while start < session.close and count > 0:
            yield start
            start += MINUTE
            count -= 1


def _cents(price: float) -> float:
    return round(max(price, 1.0), 2)
