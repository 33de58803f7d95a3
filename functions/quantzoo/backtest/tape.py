"""A history in whole ticks of 1/10000 dollar, where that is exact; the fast engine's only input.

Sums and products of such numbers are exact integers, so that sizes, limits and losses come out as
they do in Decimal, digit for digit.
"""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantzoo.backtest.columns import Columns, minutes_of
from quantzoo.backtest.history import MINUTE_MS, History, Series
from quantzoo.indicators import TICKS_PER_DOLLAR

Ints = NDArray[np.int64]
_LARGEST = 1_000_000_000  # ticks; and products of these with shares and fractions fit 63 bits


@dataclass(frozen=True, slots=True)
class Tape:
    """Every symbol has a bar in every one of the minutes `starts`; `opens` and `closes` by symbol.

    `first` are the rows that begin a session, `outside` those with whose end the session is over.
    """

    symbols: tuple[str, ...]
    series: tuple[Series, ...]
    columns: tuple[Columns, ...]
    starts: Ints
    opens: tuple[Ints, ...]
    closes: tuple[Ints, ...]
    first: tuple[int, ...]
    outside: frozenset[int]

    def __len__(self) -> int:
        return len(self.starts)


def tape_of(history: History) -> Tape | str:
    """The tape, or why there is none."""
    columns = tuple(Columns(history.series[each]) for each in history.symbols)
    starts = minutes_of(columns)
    if any(len(each) != len(starts) for each in columns):
        return "symbols with different minutes"
    begins = np.flatnonzero(np.diff(starts) != MINUTE_MS) + 1
    first = (0, *begins.tolist())
    ends = (*first[1:], len(starts))
    closes = [columns[0].session_close(row) for row in first]
    if any(one == other for one, other in pairwise(closes)):
        return "minutes that are missing"
    lasts = [int(starts[end - 1]) + MINUTE_MS for end in ends]
    if any(last > close for last, close in zip(lasts, closes, strict=True)):
        return "bars outside the session"
    over = zip(ends, lasts, closes, strict=True)
    opens = []
    for each in columns:
        opened = np.rint(each.open * TICKS_PER_DOLLAR)
        if not (_are(opened, each.open) and _are(each.close_ticks, each.close)):
            return "prices between two ticks of 1/10000 dollar"
        if opened.max() > _LARGEST:
            return f"prices above {_LARGEST // TICKS_PER_DOLLAR} dollars"
        opens.append(opened.astype(np.int64))
    return Tape(
        history.symbols,
        tuple(history.series[each] for each in history.symbols),
        columns,
        starts,
        tuple(opens),
        tuple(each.close_ticks for each in columns),
        first,
        frozenset(end - 1 for end, last, close in over if last == close),
    )


def _are(ticks: Any, prices: Any) -> bool:
    return bool((ticks / TICKS_PER_DOLLAR == prices).all())


def view(values: Any) -> "memoryview[Any]":
    """An array's numbers by index, as plain Python numbers and quicker than by the array."""
    return memoryview(values)


def whole(amount: Decimal) -> int | None:
    """Dollars in ticks, None when they are no whole number of them."""
    ticks = amount * TICKS_PER_DOLLAR
    return int(ticks) if ticks == ticks.to_integral_value() else None


def dollars(ticks: Any) -> Decimal:
    return Decimal(int(ticks)).scaleb(-4)
