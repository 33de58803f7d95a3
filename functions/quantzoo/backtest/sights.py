"""What lanes are shown: whole columns, or blocks of bars, each of them by a call of `decide`."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import numpy as np

from quantterminal.domain.errors import InvalidValueError
from quantzoo.backtest.columns import Columns, decided
from quantzoo.backtest.lanes import Lane, Sight
from quantzoo.backtest.streams import Stream
from quantzoo.backtest.tape import view
from quantzoo.declared import DeclaredStrategy
from quantzoo.readings import Price, Reading

Levels = Callable[[int], Any]
_ANSWERS = 4


class Reads(Protocol):
    """Some bars as arrays."""

    def read(self, reading: Reading) -> Any: ...


def column_lane(lane: Lane, columns: Columns) -> None:
    """Show a lane the whole history."""
    found = decided(lane.strategy, columns)
    stop, trail = levels_of(lane, columns)
    lane.look(
        Sight(
            0,
            len(columns),
            view(found.entry),
            (found.entry != 0).tobytes(),
            found.leaves_long.tobytes(),
            found.leaves_short.tobytes(),
            found.rearms.tobytes(),
            view(columns.high),
            view(columns.low),
            _viewed(stop),
            _viewed(trail),
        )
    )


def levels_of(lane: Lane, bars: Reads) -> tuple[Levels | None, Levels | None]:
    """`stop` and `trail` at each of the bars, by direction; None for a strategy without."""
    strategy = lane.strategy
    stop = _levels(strategy.stop, strategy.readings, bars) if lane.stops else None
    trail = _levels(strategy.trail, strategy.watched, bars) if lane.follows else None
    return stop, trail


def _levels(of: Callable[..., Any], readings: Sequence[Reading], bars: Reads) -> Levels:
    def levels(direction: int) -> Any:
        with np.errstate(invalid="ignore"):
            found = of(direction, *(bars.read(each) for each in readings))
        return np.asarray(found, dtype=np.float64)

    return levels


def _viewed(levels: Levels | None) -> Callable[[int], Sequence[float]] | None:
    if levels is None:
        return None
    known: dict[int, Any] = {}

    def look_up(direction: int) -> Any:
        if direction not in known:
            known[direction] = view(levels(direction))
        return known[direction]

    return look_up


@dataclass(frozen=True, slots=True)
class Answers:
    """What `decide` said to each bar of a block: the directions, and a byte 0 or 1 a bar."""

    entry: "array[int]"
    leaves_long: bytes
    leaves_short: bytes
    rearms: bytes


def asked(strategy: DeclaredStrategy, seen: Sequence[Sequence[Any]], cold: int) -> Answers:
    """Ask `decide` about each bar; nothing counts in the first `cold`."""
    # One answer after the other: many that live at once would set off the garbage collector.
    answers = list(chain.from_iterable(map(strategy.decide, *seen)))
    if len(answers) != _ANSWERS * len(seen[0]):
        raise InvalidValueError(f"Expected {_ANSWERS} answers of {strategy.name} a bar")
    entry, from_long, from_short, again = (answers[nth::_ANSWERS] for nth in range(_ANSWERS))
    entry[:cold] = [0] * cold
    return Answers(
        array("b", entry),
        _flags(from_long, cold),
        _flags(from_short, cold),
        _flags(again, cold),
    )


def _flags(values: Sequence[int], cold: int) -> bytes:
    """A byte for each, 0 for the first `cold`."""
    flags = bytes(values)
    if flags.strip(b"\0\1"):
        raise InvalidValueError(f"Expected truth values, was {max(flags)}")
    return bytes(cold) + flags[cold:]


class BlockLane:
    """Shows a lane one block after the other, each bar by a call of `decide`."""

    def __init__(self, lane: Lane, stream: Stream) -> None:
        self.lane = lane
        self.stream = stream
        self._warm = max(each.warm for each in lane.strategy.readings) - 1

    def load(self, begin: int, end: int) -> None:
        lane, stream = self.lane, self.stream
        answers = self.answers(begin, end)
        stop, trail = levels_of(lane, stream)
        lane.look(
            Sight(
                begin,
                end,
                answers.entry,
                bytes(map(bool, answers.entry)),
                answers.leaves_long,
                answers.leaves_short,
                answers.rearms,
                view(stream.read(_HIGH)),
                view(stream.read(_LOW)),
                _viewed(stop),
                _viewed(trail),
            )
        )

    def answers(self, begin: int, end: int) -> Answers:
        strategy = self.lane.strategy
        seen = [self.stream.numbers(each) for each in strategy.watched]
        return asked(strategy, seen, min(max(self._warm - begin, 0), end - begin))


_HIGH, _LOW = Price("high"), Price("low")
