"""What lanes are shown: whole columns, or blocks of bars, each of them by a call of `decide`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from quantterminal.domain.errors import InvalidValueError
from quantzoo.backtest.columns import Columns, decided
from quantzoo.backtest.lanes import Lane, Sight
from quantzoo.backtest.streams import Stream
from quantzoo.backtest.tape import view
from quantzoo.declared import DeclaredStrategy


def column_lane(lane: Lane, columns: Columns) -> None:
    """Show a lane the whole history."""
    strategy = lane.strategy
    found = decided(strategy, columns)
    readings = [columns.read(each) for each in strategy.readings]
    seen = readings[: len(strategy.watched)]
    numbers = [_numbers(each) for each in readings]
    trails: dict[int, Any] = {}

    def trail(direction: int) -> Any:
        if direction not in trails:
            with np.errstate(invalid="ignore"):
                trails[direction] = view(np.asarray(strategy.trail(direction, *seen)))
        return trails[direction]

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
            trail if lane.follows else None,
            lambda at: [each[at] for each in numbers],
        )
    )


def _numbers(values: Any) -> Any:
    """Plain numbers by index."""
    return view(values) if isinstance(values, np.ndarray) else values


class BlockLane:
    """Shows a lane one block after the other, each bar by a call of `decide`."""

    def __init__(self, lane: Lane, stream: Stream) -> None:
        self._lane = lane
        self._stream = stream
        self._warm = max(each.warm for each in lane.strategy.readings) - 1

    def load(self, begin: int, end: int) -> None:
        strategy, stream = self._lane.strategy, self._stream
        readings = [stream.read(each) for each in strategy.readings]
        seen = readings[: len(strategy.watched)]
        entry: list[int] = []
        leaves_long, leaves_short, rearms = bytearray(), bytearray(), bytearray()
        enters, leave_long = entry.append, leaves_long.append
        leave_short, rearm = leaves_short.append, rearms.append
        # One answer after the other: many that live at once would set off the garbage collector.
        for direction, from_long, from_short, again in map(strategy.decide, *seen):
            enters(direction)
            leave_long(from_long)
            leave_short(from_short)
            rearm(again)
        has_exits = self._lane.stops or self._lane.follows
        cold = min(max(self._warm - begin, 0), end - begin)
        self._lane.look(
            Sight(
                begin,
                end,
                entry,
                bytes(cold) + bytes(map(bool, entry[cold:])),
                _flags(leaves_long, cold),
                _flags(leaves_short, cold),
                _flags(rearms, cold),
                stream.column("high") if has_exits else (),
                stream.column("low") if has_exits else (),
                (lambda direction: _Trail(strategy, direction, seen))
                if self._lane.follows
                else None,
                lambda at: [each[at] for each in readings],
            )
        )


def _flags(values: bytearray, cold: int) -> bytes:
    """A byte for each, 0 for the first `cold`."""
    flags = bytes(values)
    if flags.strip(b"\0\1"):
        raise InvalidValueError(f"Expected truth values, was {max(flags)}")
    return bytes(cold) + flags[cold:]


class _Trail(Sequence[float]):
    """`trail` at the bars that are asked for."""

    def __init__(
        self, strategy: DeclaredStrategy, direction: int, seen: Sequence[Sequence[Any]]
    ) -> None:
        self._strategy = strategy
        self._direction = direction
        self._seen = seen

    def __len__(self) -> int:
        return len(self._seen[0])

    def __getitem__(self, index: Any) -> Any:
        return self._strategy.trail(self._direction, *[each[index] for each in self._seen])
