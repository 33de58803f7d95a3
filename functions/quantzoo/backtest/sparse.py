"""The engine that visits only the minutes in which something can happen.

A strategy with `sparse(bars)` says at which bars it must be woken; the engine is for those only.
Minutes with working orders, first minutes of sessions and bars that touch an exit level are
visited, too. In between only the account's losses are looked at, on columns. Everything that is
visited goes through `Engine`, so the result is the same to the last digit; tests demand it.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np

from quantterminal.domain.bars import MINUTE, Bar
from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.kernel import StrategyRun, step
from quantterminal.domain.money import price_from_float
from quantterminal.domain.signals import Signal
from quantzoo.backtest.book import Holding, Marks, WorkingOrder
from quantzoo.backtest.columns import Columns, Wake, minutes_of
from quantzoo.backtest.engine import (
    Engine,
    MakeRun,
    Progress,
    Setting,
    check_symbols,
)
from quantzoo.backtest.history import DAY_MS, History, Series, instant
from quantzoo.backtest.result import Result
from quantzoo.catalog import make_strategy
from quantzoo.runs import bar_run
from quantzoo.strategy import Strategy

_NEVER = 1 << 60
_FIRST_LOOK = 64


class Lane:
    """One strategy on one symbol: its run, its wake lists, and the bar it is to see next."""

    def __init__(self, holding: Holding, run: StrategyRun, columns: Columns) -> None:
        self.holding = holding
        self.run = run
        run.strategy.on_start(run.context)
        run.last_seen = instant(0)
        wake = _wake(run, columns)
        self._lists = tuple(
            np.flatnonzero(mask).tolist() for mask in (wake.flat, wake.long, wake.short)
        )
        self._high, self._low = columns.high, columns.low

    def next_after(self, index: int, held: float) -> int:
        """The next bar to be shown after the one at `index`, _NEVER when there is none."""
        indexes = self._lists[0 if not held else 1 if held > 0 else 2]
        at = bisect_left(indexes, index + 1)
        found = indexes[at] if at < len(indexes) else _NEVER
        return self._touched(index + 1, found, held) if held else found

    def _touched(self, begin: int, end: int, held: float) -> int:
        """The first bar before `end` that trades at an exit level."""
        stop, target = self.run.context.exit_levels()
        below, above = (stop, target) if held > 0 else (target, stop)
        if below is None and above is None:
            return end
        last, size = min(end, len(self._low)), _FIRST_LOOK
        while begin < last:
            part = slice(begin, min(begin + size, last))
            hit = np.zeros(part.stop - part.start, dtype=np.bool_)
            if below is not None:
                hit |= self._low[part] <= below
            if above is not None:
                hit |= self._high[part] >= above
            first = int(hit.argmax())
            if hit[first]:
                return begin + first
            begin, size = part.stop, size * 4
        return end


class _ColumnMarks(Marks):
    """Marks that follow the minute instead of being put."""

    def __init__(self) -> None:
        super().__init__()
        self.minute = 0
        self._known: dict[str, tuple[int, Decimal]] = {}
        self.closes: dict[str, Sequence[float]] = {}
        self.rows: dict[str, Sequence[int]] = {}
        self.starts: dict[str, Sequence[int]] = {}

    def __getitem__(self, symbol: str) -> Decimal:
        known = self._known.get(symbol)
        if known is not None and known[0] == self.minute:
            return known[1]
        if self.rows[symbol][self.minute] < 0:
            raise KeyError(symbol)
        price = price_from_float(self.closes[symbol][self.minute])
        self._known[symbol] = (self.minute, price)
        return price

    def end(self, symbol: str) -> datetime:
        return instant(self.starts[symbol][self.rows[symbol][self.minute]]) + MINUTE

    def __iter__(self) -> Iterator[str]:
        return (each for each in self.closes if self.rows[each][self.minute] >= 0)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _MinuteBars(Mapping[str, Bar]):
    """The bars of one minute, made when they are asked for."""

    def __init__(self, engine: "SparseEngine") -> None:
        self._engine = engine
        self._made: dict[str, Bar] = {}

    def __getitem__(self, symbol: str) -> Bar:
        bar = self._made.get(symbol)
        if bar is None:
            row = self._engine.row(symbol)
            if row is None:
                raise KeyError(symbol)
            bar = self._made[symbol] = self._engine.series[symbol].bar(row)
        return bar

    def __contains__(self, symbol: object) -> bool:
        return self._engine.row(str(symbol)) is not None

    def __iter__(self) -> Iterator[str]:
        return (each for each in self._engine.series if each in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def sparse_backtest(
    setting: Setting,
    history: History,
    *,
    make_run: MakeRun | None = None,
    progress: Progress | None = None,
) -> Result:
    """As `backtest`, and with the same result; faster the less often strategies need to look."""
    check_symbols(setting, history)
    if setting.actions:
        raise InvalidValueError("Expected no corporate actions, which need every bar")
    engine = SparseEngine(setting, make_run or bar_run, history)
    engine.run(progress)
    return engine.finish(bars=history.bar_count, first=history.first, last=history.last)


class SparseEngine(Engine):
    """`Engine` with lanes that sleep; one history, walked once by `run`."""

    def __init__(self, setting: Setting, make_run: MakeRun, history: History) -> None:
        super().__init__(setting, make_run)
        self.series: dict[str, Series] = {each: history.series[each] for each in history.symbols}
        columns = {symbol: Columns(series) for symbol, series in self.series.items()}
        times = minutes_of(list(columns.values()))
        self.minutes: list[int] = times.tolist()
        self._cursors = {symbol: each.cursor for symbol, each in columns.items()}
        self._align(columns, times)
        self._lanes = [
            (symbol, Lane((each.name, symbol), make_run(each, symbol), columns[symbol]))
            for symbol in self.series
            for each in self._trading.strategies_for(symbol)
        ]
        self._numbers = {lane.holding: number for number, (_, lane) in enumerate(self._lanes)}
        self._changed: set[int] = set()
        self._next = [self._following(symbol, lane, -1) for symbol, lane in self._lanes]
        self._openings = _openings(times)
        self._now = 0

    def row(self, symbol: str) -> int | None:
        """The bar of `symbol` in the present minute, None when it has none."""
        row = self._rows[symbol][self._now]
        return row if row >= 0 and self._starts[symbol][row] == self.minutes[self._now] else None

    def run(self, progress: Progress | None) -> None:
        """From the first minute to the last."""
        at, count, opening = -1, len(self.minutes), 0
        while True:
            following = at + 1 if self.book.working else min(self._next)
            while opening < len(self._openings) and self._openings[opening] <= at:
                opening += 1
            if opening < len(self._openings):
                following = min(following, self._openings[opening])
            following = min(following, count)
            following = self._pass(at + 1, following)
            if following >= count:
                self._marks.minute = count - 1
                return
            self._now = at = following
            self._marks.minute = max(0, at - 1)
            start = instant(self.minutes[at])
            is_new = self.minute(start, _MinuteBars(self), count=self._counts[at])
            if is_new and progress is not None:
                progress(int(self._done[at]))

    def _align(self, columns: Mapping[str, Columns], times: Any) -> None:
        """For each minute and symbol: the last row so far, and its close."""
        self._marks = _ColumnMarks()
        self.book.marks = self._marks
        self._rows: dict[str, Sequence[int]] = {}
        self._starts: dict[str, Sequence[int]] = {}
        self._floats: dict[str, Any] = {}
        self._places: dict[str, Sequence[int]] = {}
        counts = np.zeros(len(times), dtype=np.int64)
        for symbol, each in columns.items():
            starts = self._marks.starts[symbol] = self._starts[symbol] = self.series[symbol].starts
            if len(starts) == len(times):  # every minute has its bar, so rows are minutes
                rows: Sequence[int] = range(len(times))
                counts += 1
                self._floats[symbol] = each.close
                self._marks.closes[symbol] = self.series[symbol].close
                self._places[symbol] = rows
            else:
                found = np.searchsorted(each.starts, times, side="right") - 1
                counts += (found >= 0) & (each.starts[found] == times)
                self._floats[symbol] = each.close[np.maximum(found, 0)]
                self._marks.closes[symbol] = self._floats[symbol].tolist()
                self._places[symbol] = np.searchsorted(times, each.starts).tolist()
                rows = found.tolist()
            self._rows[symbol] = self._marks.rows[symbol] = rows
        self._counts: list[int] = counts.tolist()
        self._done = np.cumsum(counts)

    def _pass(self, begin: int, end: int) -> int:
        """Go through minutes that nobody looks at: `end`, or an earlier one that needs a visit."""
        if begin >= end:
            return end
        book = self.book
        if book.rough_shares or self.setting.keeps_curve:
            equity = np.full(end - begin, book.rough_cash)
            for symbol, shares in book.rough_shares.items():
                equity += shares * self._floats[symbol][begin:end]
            rough = equity.tolist()
            low, high = book.calm_range()
            loud = np.flatnonzero((equity <= low) | (equity >= high))
            if book.rough_shares and len(loud):
                end = begin + int(loud[0])
                rough = rough[: end - begin]
            if self.setting.keeps_curve:
                self.curve += [
                    (instant(self.minutes[begin + n]) + MINUTE, each)
                    for n, each in enumerate(rough)
                ]
            self._invested += (end - begin) * bool(book.rough_shares)
        self._minutes += end - begin
        self._previous = instant(self.minutes[end - 1]) if end > begin else self._previous
        return end

    def _mark(self, start: datetime, bars: Mapping[str, Bar]) -> None:  # noqa: ARG002  by minute
        """Marks are looked up; only what the losses are computed from is put."""
        self._marks.minute = self._now
        floats = self._marks.floats
        for symbol in self.book.rough_shares:
            floats[symbol] = self._marks.closes[symbol][self._now]

    def _fill(self, order: WorkingOrder, quantity: Decimal, price: Decimal, now: datetime) -> None:
        super()._fill(order, quantity, price, now)
        self._changed.add(self._numbers[order.proposal.strategy, order.proposal.symbol])

    def _decide(self, bars: Mapping[str, Bar]) -> list[Signal]:
        now, following = self._now, self._next
        for number in self._changed:
            symbol, lane = self._lanes[number]
            following[number] = self._following(symbol, lane, self._rows[symbol][now] - 1)
        self._changed.clear()
        signals: list[Signal] = []
        for number in [each for each, at in enumerate(following) if at == now]:
            symbol, lane = self._lanes[number]
            row = self._cursors[symbol].index = self._rows[symbol][now]
            signals += step(lane.run, bars[symbol], position=self.book.view(lane.holding))
            following[number] = self._following(symbol, lane, row)
        self.signals += signals
        return signals

    def _following(self, symbol: str, lane: Lane, row: int) -> int:
        """The minute in which the lane is to see a bar after `row`, at its present position."""
        found = lane.next_after(row, self.book.view(lane.holding).quantity)
        return self._places[symbol][found] if found < _NEVER else _NEVER


def _wake(run: StrategyRun, columns: Columns) -> Wake:
    asked = run.strategy.sparse(columns) if isinstance(run.strategy, Strategy) else None
    if asked is None:
        raise InvalidValueError(
            f"Expected {run.strategy.name} to say when to wake it, it must see every bar"
        )
    return asked


def can_sleep(trading: TradingConfig) -> bool:
    """Whether all strategies have a `sparse` form of their own."""
    made = [make_strategy(each.kind, each.parameters) for each in trading.strategies]
    return all(
        isinstance(each, Strategy) and type(each).sparse is not Strategy.sparse for each in made
    )


def _openings(times: Any) -> list[int]:
    """The first minutes of the sessions; none of them crosses midnight in UTC."""
    days = times // DAY_MS
    return [0, *(np.flatnonzero(days[1:] != days[:-1]) + 1).tolist()]
