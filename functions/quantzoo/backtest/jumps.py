"""Openings that look like a split that nobody told of: research across one is worth nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from quantterminal.domain.corporate_actions import ActionKind, CorporateAction
from quantterminal.domain.sessions import new_york_date
from quantzoo.backtest.history import History, instant

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
        previous = 0.0
        day_number = -1
        for start, opened, close in zip(series.starts, series.open, series.close, strict=True):
            if start // 86_400_000 != day_number:
                day_number = start // 86_400_000
                day = new_york_date(instant(start))
                if previous and _is_whole(opened / previous) and (symbol, day) not in known:
                    found.append(Jump(symbol, day, opened / previous))
            previous = close
    return found


def _is_whole(ratio: float) -> bool:
    times = max(ratio, 1 / ratio)
    near = round(times)
    return 2 <= near <= _LARGEST and abs(times / near - 1) <= _CLOSE_TO
