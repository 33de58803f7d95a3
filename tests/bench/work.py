"""The data and the two pieces of work that every engine is given.

A: one symbol, 500,000 minutes, moving averages of 20 and 50 that cross, 100 shares at the next
open, no account rules. B: three strategies on ten symbols, 100,000 minutes each.
"""

from array import array
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from quantterminal.domain.sessions import sessions_from
from quantzoo.backtest.history import History, Series, epoch_ms

COLUMNS = ("starts", "open", "high", "low", "close", "volume")


def market(symbols: int, bars: int, *, seed: int = 1) -> History:
    """Random walks in cents over regular sessions; the same for the same arguments."""
    starts = list(_minutes(bars))
    return History({f"S{n:02d}": _series(f"S{n:02d}", starts, seed + n) for n in range(symbols)})


def _minutes(bars: int) -> Iterator[int]:
    left = bars
    for session in sessions_from(date(2012, 1, 3)):
        length = min(left, (session.close - session.open) // timedelta(minutes=1))
        opening = epoch_ms(session.open)
        yield from range(opening, opening + length * 60_000, 60_000)
        left -= length
        if not left:
            return


def _series(symbol: str, starts: list[int], seed: int) -> Series:
    generator = np.random.default_rng(seed)
    size = len(starts)
    cents = 10_000 + np.cumsum(generator.integers(-6, 7, size)) + generator.integers(-2, 3, size)
    cents = np.maximum(np.abs(cents - 2_000) + 2_000, 100)
    opens = np.concatenate([[10_000], cents[:-1]])
    high = np.maximum(opens, cents) + generator.integers(0, 5, size)
    low = np.minimum(opens, cents) - generator.integers(0, 5, size)
    prices = [each / 100 for each in (opens, high, low, cents)]
    volume = generator.integers(500, 50_000, size).astype(float)
    columns = [array("d", each.tobytes()) for each in (*prices, volume)]
    return Series(symbol, array("q", starts), *columns)


def write(history: History, path: Path) -> None:
    """For the peers, which run in an environment of their own: one .npz."""
    arrays = {
        f"{symbol}_{name}": np.asarray(getattr(series, name))
        for symbol, series in history.series.items()
        for name in COLUMNS
    }
    np.savez(path, **arrays)
