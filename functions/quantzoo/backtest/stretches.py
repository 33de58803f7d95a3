"""A run of the fast engine in stretches of minutes, each shown before it is gone through."""

from collections.abc import Iterator, Sequence
from itertools import chain

from quantzoo.backtest.columns import Recursion, wilder
from quantzoo.backtest.engine import Progress
from quantzoo.backtest.fast import FastEngine
from quantzoo.backtest.lanes import Lane
from quantzoo.backtest.sights import BlockLane
from quantzoo.backtest.streams import Stream
from quantzoo.backtest.tape import Tape

BLOCK = 2_048  # bars that are shown at once, one after the other
STRETCH = 16_384  # minutes of columns after which losses are looked at


def go(engine: FastEngine, shown: Iterator[tuple[int, int]], progress: Progress | None) -> None:
    """To the end; `progress` is told the bars done."""
    for done in engine.run(shown):
        if progress is not None:
            progress(done * len(engine.tape.symbols))


def stretches(length: int, size: int) -> Iterator[tuple[int, int]]:
    for begin in range(0, length, size):
        yield begin, min(begin + size, length)


class Blocks:
    """The bars of all symbols in blocks, and who is shown them by lane."""

    def __init__(self, tape: Tape, lanes: Sequence[Lane], *, recursion: Recursion = wilder) -> None:
        self._streams = [
            Stream(
                series,
                chain.from_iterable(
                    lane.strategy.readings for lane in lanes if lane.symbol == symbol
                ),
                recursion,
            )
            for symbol, series in enumerate(tape.series)
        ]
        self._length = len(tape)
        self.lanes = [BlockLane(lane, self._streams[lane.symbol]) for lane in lanes]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        for begin, end in stretches(self._length, BLOCK):
            for stream in self._streams:
                stream.load(begin, end)
            yield begin, end
