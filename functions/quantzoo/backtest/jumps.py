"""Openings that look like a split that nobody told of: research across one is worth nothing."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from quantterminal.domain.corporate_actions import ActionKind, CorporateAction
from quantterminal.domain.sessions import new_york_date
from quantzoo.backtest.history import DAY_MS, History, instant

_CLOSE_TO = 0.02
_LARGEST = 50


@dataclass(frozen=True, slots=True)
class Jump:
    """`symbol` opened on `day` at about `ratio` of its last close; 0.5 is a split of 2 for 1."""

    symbol: str
    day: date
    ratio: float


def unexplained_jumps(history: History, actions: Iterable[CorporateAction]) -> list[Jump]:
    """Openings near a whole part or multiple of the last close, without a split of that day."""
    known = {(each.symbol, each.ex_date) for each in actions if each.kind is ActionKind.SPLIT}
    found: list[Jump] = []
    for symbol in history.symbols:
        series = history.series[symbol]
        for index in _openings(series.starts):
            ratio = series.open[index] / series.close[index - 1]
            day = new_york_date(instant(series.starts[index]))
            if _is_whole(ratio) and (symbol, day) not in known:
                found.append(Jump(symbol, day, ratio))
    return found


def _openings(starts: Sequence[int]) -> Iterator[int]:
    """The first bar of each day but the first."""
    index = 0
    while index < len(starts):
        if index:
            yield index
        day_ends = (starts[index] // DAY_MS + 1) * DAY_MS
        index = bisect_left(starts, day_ends, index)


def _is_whole(ratio: float) -> bool:
    times = max(ratio, 1 / ratio)
    near = round(times)
    return 2 <= near <= _LARGEST and abs(times / near - 1) <= _CLOSE_TO
