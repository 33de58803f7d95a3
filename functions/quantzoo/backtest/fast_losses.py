"""The account's losses over a stretch of minutes, all at once: what the breaker says to each."""

from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.halts import ACCOUNT, EquityMarks, Halt, breaker
from quantterminal.domain.risk import HaltLevel
from quantzoo.backtest.fast_record import Kept
from quantzoo.backtest.fast_rules import part
from quantzoo.backtest.tape import dollars

if TYPE_CHECKING:
    from quantzoo.backtest.fast import FastEngine


class Losses:
    """The equity at every minute of a stretch that was walked, and what the breaker says to it."""

    def __init__(self, engine: "FastEngine", begin: int, end: int, kept: Kept) -> None:
        self._engine = engine
        self._begin, self._end = begin, end
        self._kept = kept
        cash, shares = engine.changes(kept, begin)
        equity = engine.equities[begin:end]
        equity[:] = _running(kept.cash, *cash, end - begin)
        invested = engine.invested[begin:end]
        invested[:] = False
        for symbol, changes in shares.items():
            held = _running(kept.net[symbol], *changes, end - begin)
            invested |= held != 0
            held *= engine.tape.closes[symbol][begin:end]
            equity += held
        self._equity = equity
        self.high_water = max(int(equity.max()), engine.high_water)

    def first(self) -> tuple[int, Halt] | None:
        """The first minute in which the account is halted further than it was."""
        limits = self._engine.setting.trading.limits
        drawdown, daily = part(limits.drawdown_fraction), part(limits.daily_loss_fraction)
        equity, most = self._equity, self.high_water
        loss = most - int(equity.min())
        if loss * drawdown.under < most * drawdown.over and loss * daily.under < most * daily.over:
            return None
        high = np.maximum(np.maximum.accumulate(equity), self._engine.high_water)
        opens = self._day_opens()
        deep = (high - equity) * drawdown.under >= high * drawdown.over
        lost = (opens - equity) * daily.under >= opens * daily.over
        wanted = np.where(
            deep, int(HaltLevel.HALTED), np.where(lost, int(HaltLevel.REDUCE_ONLY), 0)
        )
        found = np.flatnonzero(wanted > self._levels())
        if not len(found):
            return None
        at = int(found[0])
        marks = EquityMarks(dollars(equity[at]), dollars(opens[at]), dollars(high[at]))
        verdict = breaker(marks, limits)
        if verdict is None:
            raise InvalidValueError(f"Expected a loss to halt for, was {marks}")
        level, code, reason = verdict
        row = self._begin + at
        return row, Halt(ACCOUNT, level, code, reason, "breaker", self._engine.end_of(row))

    def _day_opens(self) -> Any:
        """The equity at the open of each minute's session."""
        engine, begin, end = self._engine, self._begin, self._end
        first = engine.tape.first
        rows = first[bisect_right(first, begin) - 1 : bisect_left(first, end)]
        opens = [int(engine.equities[row - 1]) if row else engine.start for row in rows]
        edges = [begin, *rows[1:], end]
        lengths = [after - before for before, after in pairwise(edges)]
        return np.repeat(np.asarray(opens, dtype=np.int64), lengths)

    def _levels(self) -> Any:
        before = self._kept.stops.get(ACCOUNT)
        level = 0 if before is None else int(before.level)
        levels = np.full(self._end - self._begin, level, dtype=np.int64)
        for row, level in self._engine.account_levels:
            levels[row - self._begin :] = level
        return levels


def _running(start: int, rows: Any, changes: Any, length: int) -> Any:
    """What `start` has become by each row; `rows` ascend."""
    values = np.empty(len(rows) + 1, dtype=np.int64)
    values[0] = start
    values[1:] = changes
    np.cumsum(values, out=values)
    edges = np.concatenate([[0], rows, [length]]).astype(np.int64)
    return np.repeat(values, edges[1:] - edges[:-1])
