"""What lanes are shown: whole columns, or blocks of bars, each of them by a call of `decide`."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

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


def column_lane(lane: Lane, columns: Columns) -> None:
    """Show a lane the whole history."""
    found = decided(lane.strategy, columns)
    stop, trail = column_levels(lane, columns)
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


def column_levels(lane: Lane, columns: Columns) -> tuple[Levels | None, Levels | None]:
    """`stop` and `trail` of all bars, by direction; None for a strategy without."""
    readings = [columns.read(each) for each in lane.strategy.readings]
    return _levels(lane, readings)


def _levels(lane: Lane, readings: Sequence[Any]) -> tuple[Levels | None, Levels | None]:
    strategy = lane.strategy
    seen = readings[: len(strategy.watched)]
    stop, trail = strategy.stop, strategy.trail
    return (
        (lambda direction: _array(stop, direction, readings)) if lane.stops else None,
        (lambda direction: _array(trail, direction, seen)) if lane.follows else None,
    )


def _array(of: Callable[..., Any], direction: int, readings: Sequence[Any]) -> Any:
    with np.errstate(invalid="ignore"):
        return np.asarray(of(direction, *readings), dtype=np.float64)


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
        self._stream = stream
        self._warm = max(each.warm for each in lane.strategy.readings) - 1

    def load(self, begin: int, end: int) -> None:
        lane, stream = self.lane, self._stream
        answers = self.answers(begin, end)
        has_exits = lane.stops or lane.follows
        stops = self.stops() if lane.stops else None
        seen = self._read(lane.strategy.watched)
        lane.look(
            Sight(
                begin,
                end,
                answers.entry,
                bytes(map(bool, answers.entry)),
                answers.leaves_long,
                answers.leaves_short,
                answers.rearms,
                stream.column("high") if has_exits else (),
                stream.column("low") if has_exits else (),
                stops,
                partial(_AtBars, lane.strategy.trail, seen) if lane.follows else None,
            )
        )

    def answers(self, begin: int, end: int) -> Answers:
        strategy = self.lane.strategy
        cold = min(max(self._warm - begin, 0), end - begin)
        return asked(strategy, self._read(strategy.watched), cold)

    def stops(self) -> Callable[[int], Sequence[float]]:
        """`stop` by direction and bar of the block, worked out when it is looked up."""
        strategy = self.lane.strategy
        return partial(_AtBars, strategy.stop, self._read(strategy.readings))

    def trails(self, bars: Columns, begin: int, end: int) -> list[Any]:
        """`trail` of a long and of a short at all bars of the block; `bars` are the same bars."""
        strategy = self.lane.strategy
        seen = [
            bars.read(each)[begin:end] if isinstance(each, Price) else np.asarray(values)
            for each, values in zip(strategy.watched, self._read(strategy.watched), strict=True)
        ]
        return [_array(strategy.trail, direction, seen) for direction in (1, -1)]

    def _read(self, readings: Sequence[Reading]) -> list[Sequence[Any]]:
        return [self._stream.read(each) for each in readings]


class _AtBars(Sequence[float]):
    """`stop` or `trail` at the bars that are asked for."""

    def __init__(
        self, of: Callable[..., Any], readings: Sequence[Sequence[Any]], direction: int
    ) -> None:
        self._of = of
        self._readings = readings
        self._direction = direction

    def __len__(self) -> int:
        return len(self._readings[0])

    def __getitem__(self, index: Any) -> Any:
        return self._of(self._direction, *[each[index] for each in self._readings])
