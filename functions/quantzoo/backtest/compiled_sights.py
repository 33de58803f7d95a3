"""What the compiled loop is shown: the answers of `decide` and the levels of stops by lane and bar,
of whole columns or of one block after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantzoo.backtest.columns import decided
from quantzoo.backtest.compiled_state import ENTRY, LEAVES_LONG, LEAVES_SHORT, REARMS
from quantzoo.backtest.lanes import Lane
from quantzoo.backtest.sights import BlockLane, levels_of
from quantzoo.backtest.tape import Tape

_SIDES = (1, -1)


@dataclass(frozen=True, slots=True)
class Sights:
    """`size` bars from `begin` on. `stops` and `trails` are, by lane, of a long and of a short, the
    rows of `levels`, -1 for none.
    """

    begin: int
    size: int
    masks: Any
    stops: Any
    trails: Any
    levels: Any


def column_sights(lanes: Sequence[Lane], tape: Tape) -> Sights:
    """The whole history."""
    masks = np.empty((4, len(lanes), len(tape)), dtype=np.int8)
    stops, trails = (np.full((len(lanes), 2), -1, dtype=np.int64) for _ in range(2))
    levels: list[Any] = []
    for lane in lanes:
        columns = tape.columns[lane.symbol]
        found = decided(lane.strategy, columns)
        masks[ENTRY, lane.number] = found.entry
        masks[LEAVES_LONG, lane.number] = found.leaves_long
        masks[LEAVES_SHORT, lane.number] = found.leaves_short
        masks[REARMS, lane.number] = found.rearms
        sides = _SIDES if (found.entry < 0).any() else _SIDES[:1]
        for rows, of in zip((stops, trails), levels_of(lane, columns), strict=True):
            for nth, side in enumerate(sides):
                if of is not None:
                    rows[lane.number, nth] = len(levels)
                    levels.append(of(side))
    made = np.empty((len(levels), len(tape)))
    for row, level in zip(made, levels, strict=True):
        row[:] = level
    return Sights(0, len(tape), masks, stops, trails, made)


class BlockSights:
    """One block after the other, each bar of it by a call of `decide`."""

    def __init__(self, blocks: Sequence[BlockLane], size: int) -> None:
        self._blocks = blocks
        self._masks = np.empty((4, len(blocks), size), dtype=np.int8)
        self._stops, stops = _numbered([each.lane.stops for each in blocks], 0)
        self._trails, rows = _numbered([each.lane.follows for each in blocks], stops)
        self._levels = np.empty((rows, size))

    def load(self, begin: int, end: int) -> Sights:
        size = end - begin
        for number, block in enumerate(self._blocks):
            answers = block.answers(begin, end)
            masks = self._masks[:, number, :size]
            masks[ENTRY] = answers.entry
            masks[LEAVES_LONG] = np.frombuffer(answers.leaves_long, dtype=np.int8)
            masks[LEAVES_SHORT] = np.frombuffer(answers.leaves_short, dtype=np.int8)
            masks[REARMS] = np.frombuffer(answers.rearms, dtype=np.int8)
            tables = self._stops[number], self._trails[number]
            for rows, of in zip(tables, levels_of(block.lane, block.stream), strict=True):
                if of is not None:
                    for row, side in zip(rows, _SIDES, strict=True):
                        self._levels[row, :size] = of(side)
        return Sights(begin, size, self._masks, self._stops, self._trails, self._levels)


def _numbered(has_levels: Sequence[bool], first: int) -> tuple[Any, int]:
    """Two rows from `first` on for each that has levels, of a long and of a short; and the next."""
    rows = np.full((len(has_levels), 2), -1, dtype=np.int64)
    count = first
    for number, has in enumerate(has_levels):
        if has:
            rows[number] = count, count + 1
            count += 2
    return rows, count
