"""Whole columns as a history: what is sound is taken at once, what is not is looked at bar by bar.

The checks are those of `history_of` and of `Bar`, a column at a time. Where any of them fails, the
bars go through `history_of` one after the other, which names the place.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import CalendarRangeError
from quantterminal.domain.sessions import next_session, session_on
from quantzoo.backtest.history import (
    COLUMNS,
    DAY_MS,
    MINUTE_MS,
    History,
    Series,
    epoch_ms,
    history_of,
    instant,
)


@dataclass(frozen=True, slots=True)
class Bulk:
    """One symbol's rows in order of time: `starts` are int64 ms since 1970, `numbers` float64."""

    symbol: str
    starts: Any
    numbers: Mapping[str, Any]

    def bars(self) -> Iterator[Bar]:
        """Each row as a bar. Raises InvalidValueError for the first that cannot be one."""
        rows = zip(self.starts.tolist(), *(self.numbers[n].tolist() for n in COLUMNS), strict=True)
        for start, opened, high, low, close, volume in rows:
            yield Bar(self.symbol, instant(start), opened, high, low, close, volume)


def joined(parts: Iterable[Bulk]) -> list[Bulk]:
    """The rows of each symbol behind each other, in the order of the parts."""
    by_symbol: dict[str, list[Bulk]] = {}
    for each in parts:
        by_symbol.setdefault(each.symbol, []).append(each)
    return [
        Bulk(
            symbol,
            np.concatenate([each.starts for each in found]),
            {name: np.concatenate([each.numbers[name] for each in found]) for name in COLUMNS},
        )
        for symbol, found in sorted(by_symbol.items())
    ]


def bulk_history(parts: Iterable[Bulk], *, longest_gap: int = 0) -> History:
    """As `history_of` of all the bars, with its errors, and its result."""
    whole = joined(parts)
    series = {each.symbol: _sound(each, longest_gap) for each in whole}
    if series and all(series.values()):
        return History({symbol: each for symbol, each in series.items() if each is not None})
    bars = chain.from_iterable(each.bars() for each in whole)
    return history_of(bars, longest_gap=longest_gap)


def _sound(bulk: Bulk, longest_gap: int) -> Series | None:
    """None where something is wrong, or might be."""
    try:
        opens, closes = _sessions(bulk.starts)
    except (CalendarRangeError, OverflowError, OSError, ValueError):
        return None
    kept = (bulk.starts >= opens) & (bulk.starts < closes)
    starts, opens, closes = bulk.starts[kept], opens[kept], closes[kept]
    numbers = {name: bulk.numbers[name][kept] for name in COLUMNS}
    whole = {name: bulk.numbers[name] for name in COLUMNS}
    if not len(starts) or not _are_bars(bulk.starts, whole):
        return None
    if not _follow(starts, opens, closes, longest_gap):
        return None
    return Series(
        bulk.symbol,
        array("q", starts.tobytes()),
        *(array("d", np.ascontiguousarray(numbers[name]).tobytes()) for name in COLUMNS),
    )


def _sessions(starts: Any) -> tuple[Any, Any]:
    """The open and the close of each bar's day, in ms; equal on a day without a session."""
    days, which = np.unique(starts // DAY_MS, return_inverse=True)
    opens, closes = np.zeros(len(days), dtype=np.int64), np.zeros(len(days), dtype=np.int64)
    for number, day in enumerate(days.tolist()):
        session = session_on(instant(day * DAY_MS).date())
        if session is not None:
            opens[number], closes[number] = epoch_ms(session.open), epoch_ms(session.close)
    return opens[which], closes[which]


def _are_bars(starts: Any, numbers: Mapping[str, Any]) -> bool:
    opened, high, low, close = (numbers[name] for name in ("open", "high", "low", "close"))
    volume = numbers["volume"]
    prices = (low > 0) & (low <= opened) & (low <= close) & (opened <= high) & (close <= high)
    return bool(
        (prices & np.isfinite(high) & (volume >= 0) & np.isfinite(volume)).all()
        and (starts % MINUTE_MS == 0).all()
    )


def _follow(starts: Any, opens: Any, closes: Any, longest_gap: int) -> bool:
    """Whether the bars are in order, and no more is missing than may be."""
    if longest_gap == 0 and starts[0] != opens[0]:
        return False
    steps = np.diff(starts)
    if not (steps > 0).all():
        return False
    is_new = opens[1:] != opens[:-1]
    within = steps // MINUTE_MS - 1
    tail = (closes[:-1] - starts[:-1]) // MINUTE_MS - 1
    head = (starts[1:] - opens[1:]) // MINUTE_MS
    missing = np.where(is_new, np.maximum(tail, head), within)
    if len(missing) and missing.max() > longest_gap:
        return False
    return all(
        epoch_ms(next_session(instant(before).date()).open) == after
        for before, after in zip(
            opens[:-1][is_new].tolist(), opens[1:][is_new].tolist(), strict=True
        )
    )
