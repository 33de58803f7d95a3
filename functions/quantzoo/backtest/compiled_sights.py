"""What the compiled loop is shown: the answers of `decide` and the levels of stops, as arrays of all
lanes by bar; of whole columns, or of one block of bars after the other.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from quantzoo.backtest.columns import decided
from quantzoo.backtest.compiled_state import Sights
from quantzoo.backtest.lanes import Lane
from quantzoo.backtest.sights import BlockLane, Levels, column_levels
from quantzoo.backtest.tape import Tape

_SIDES = (1, -1)


def column_sights(lanes: Sequence[Lane], tape: Tape) -> Sights:
    """The whole history."""
    shape = len(lanes), len(tape)
    entry = np.empty(shape, dtype=np.int8)
    leaves_long, leaves_short, rearms = (np.empty(shape, dtype=np.bool_) for _ in range(3))
    stops, trails = _Table(len(lanes), len(tape)), _Table(len(lanes), len(tape))
    for lane in lanes:
        columns = tape.columns[lane.symbol]
        found = decided(lane.strategy, columns)
        entry[lane.number] = found.entry
        leaves_long[lane.number] = found.leaves_long
        leaves_short[lane.number] = found.leaves_short
        rearms[lane.number] = found.rearms
        levels = column_levels(lane, columns)
        sides = [side for side in _SIDES if side > 0 or (found.entry < 0).any()]
        for table, each in zip((stops, trails), levels, strict=True):
            table.add(lane.number, each, sides)
    return Sights(
        0,
        len(tape),
        entry,
        leaves_long,
        leaves_short,
        rearms,
        stops.rows,
        stops.made(),
        trails.rows,
        trails.made(),
    )


class _Table:
    """Levels by lane and side, only of those that have some."""

    def __init__(self, lanes: int, size: int) -> None:
        self.rows = np.full((lanes, 2), -1, dtype=np.int64)
        self._size = size
        self._levels: list[Any] = []

    def add(self, lane: int, levels: Levels | None, sides: Sequence[int]) -> None:
        if levels is None:
            return
        for side in sides:
            self.rows[lane, 0 if side > 0 else 1] = len(self._levels)
            self._levels.append(np.broadcast_to(levels(side), self._size))

    def made(self) -> Any:
        return np.stack(self._levels) if self._levels else np.empty((0, self._size))


class BlockSights:
    """One block after the other, each bar of it by a call of `decide`. Stops are asked for where a
    position may be entered; the levels that they follow to are of the whole block.
    """

    def __init__(self, blocks: Sequence[BlockLane], tape: Tape, size: int) -> None:
        self._blocks = blocks
        self._tape = tape
        shape = len(blocks), size
        self._entry = np.empty(shape, dtype=np.int8)
        self._flags = tuple(np.empty(shape, dtype=np.bool_) for _ in range(3))
        self._stop_of, stops = _numbered([each.lane.stops for each in blocks])
        self._trail_of, trails = _numbered([each.lane.follows for each in blocks])
        self._stops, self._trails = np.empty((stops, size)), np.empty((trails, size))

    def load(self, begin: int, end: int) -> Sights:
        size = end - begin
        for number, block in enumerate(self._blocks):
            answers = block.answers(begin, end)
            entry = self._entry[number]
            entry[:size] = np.frombuffer(answers.entry, dtype=np.int8)
            found = (answers.leaves_long, answers.leaves_short, answers.rearms)
            for flags, values in zip(self._flags, found, strict=True):
                flags[number, :size] = np.frombuffer(values, dtype=np.bool_)
            self._put_stops(number, block, entry[:size])
            self._put_trails(number, block, begin, end)
        return Sights(
            begin,
            size,
            self._entry,
            *self._flags,
            self._stop_of,
            self._stops,
            self._trail_of,
            self._trails,
        )

    def _put_stops(self, number: int, block: BlockLane, entry: Any) -> None:
        if not block.lane.stops:
            return
        levels = block.stops()
        at_bars = levels(1), levels(-1)
        for at in np.flatnonzero(entry).tolist():
            side = 0 if entry[at] > 0 else 1
            self._stops[self._stop_of[number, side], at] = at_bars[side][at]

    def _put_trails(self, number: int, block: BlockLane, begin: int, end: int) -> None:
        if block.lane.follows:
            columns = self._tape.columns[block.lane.symbol]
            for row, levels in zip(
                self._trail_of[number], block.trails(columns, begin, end), strict=True
            ):
                self._trails[row, : end - begin] = levels


def _numbered(has_levels: Sequence[bool]) -> tuple[Any, int]:
    """Two rows for each that has levels, of a long and of a short; and how many rows there are."""
    rows = np.full((len(has_levels), 2), -1, dtype=np.int64)
    count = 0
    for number, has in enumerate(has_levels):
        if has:
            rows[number] = count, count + 1
            count += 2
    return rows, count
