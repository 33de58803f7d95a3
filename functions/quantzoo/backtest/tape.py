"""A history in whole ticks of 1/10000 dollar, where that is exact; the fast engine's only input.

Sums and products of such numbers are exact integers, so that sizes, limits and losses come out as
they do in Decimal, digit for digit.
"""

from dataclasses import dataclass
from decimal import Decimal
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

    `first` are the rows that begin a session, `outside` tells the rows after whose end the session
    is over.
    """

    symbols: tuple[str, ...]
    series: tuple[Series, ...]
    columns: tuple[Columns, ...]
    starts: Ints
    opens: tuple[Ints, ...]
    closes: tuple[Ints, ...]
    first: tuple[int, ...]
    outside: bytes

    def __len__(self) -> int:
        return len(self.starts)


def tape_of(history: History) -> Tape | str:
    """The tape, or why there is none."""
    columns = tuple(Columns(history.series[each]) for each in history.symbols)
    starts = minutes_of(columns)
    if any(len(each) != len(starts) for each in columns):
        return "symbols with different minutes"
    days = starts // 86_400_000
    begins = np.flatnonzero(days[1:] != days[:-1]) + 1
    steps = np.diff(starts)
    steps[begins - 1] = MINUTE_MS
    if (steps != MINUTE_MS).any():
        return "minutes that are missing"
    opens, closes = [], []
    for each in columns:
        for prices, found in ((each.open, opens), (each.close, closes)):
            ticks = np.rint(prices * TICKS_PER_DOLLAR)
            if (ticks / TICKS_PER_DOLLAR != prices).any():
                return "prices between two ticks of 1/10000 dollar"
            found.append(ticks.astype(np.int64))
        if opens[-1].max() > _LARGEST or closes[-1].max() > _LARGEST:
            return f"prices above {_LARGEST // TICKS_PER_DOLLAR} dollars"
    return Tape(
        history.symbols,
        tuple(history.series[each] for each in history.symbols),
        columns,
        starts,
        tuple(opens),
        tuple(closes),
        (0, *begins.tolist()),
        columns[0].within_last(1).tobytes(),
    )


def whole(amount: Decimal) -> int | None:
    """Dollars in ticks, None when they are no whole number of them."""
    ticks = amount * TICKS_PER_DOLLAR
    return int(ticks) if ticks == ticks.to_integral_value() else None


def dollars(ticks: Any) -> Decimal:
    return Decimal(int(ticks)).scaleb(-4)
