"""The fast engine with its walk compiled: the same results, many times sooner.

What a halt or a strategy's breaker says comes from the live functions, between two calls of the
compiled loop; so do sessions begin. `compiled_engine` says what it cannot do.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from quantterminal.domain.halts import Halt
from quantzoo.backtest.compiled_lanes import leave, look_everywhere
from quantzoo.backtest.compiled_loop import ALARM, DONE, FULL, advance, begin_session
from quantzoo.backtest.compiled_record import CompiledRecord, outcomes_upto
from quantzoo.backtest.compiled_rules import rules_of
from quantzoo.backtest.compiled_state import (
    ALARMS,
    CASH,
    DAY_OPEN,
    FILLS,
    LANE,
    ORDERS,
    QUANTITY,
    SIDE,
    Lanes,
    Market,
    Rules,
    Sights,
    Terms,
    World,
    longer,
    new_account,
    new_log,
)
from quantzoo.backtest.engine import Setting
from quantzoo.backtest.fast import FastEngine
from quantzoo.backtest.fast_record import Changes, Kept
from quantzoo.backtest.fast_rules import part
from quantzoo.backtest.lanes import ENTER, NEVER, Lane
from quantzoo.backtest.tape import Tape

_ROOM = 1 << 15  # orders, at first
_MOST_SHARES = 10**9
_MOST_FEE = 10**4  # ticks a share
_LEAST_FEE = 10**12
_MOST_UNDER, _MOST_OVER = 10_000, 40_000
_MOST_COUNT = 2**62
_BASIS_POINTS = 10_000


class NotCompiledError(Exception):
    """A run that came upon something that the compiled loop does not know."""


def compiled_engine(setting: Setting, tape: Tape, lanes: Sequence[Lane]) -> "CompiledEngine | str":
    """The engine, or why there is none."""
    limits = setting.trading.limits
    rules = rules_of(setting.rules, limits)
    if isinstance(rules, str):
        return rules
    if limits.max_consecutive_losers or limits.max_repeated_fills < 1:
        return "a limit of consecutive losers, or of no fill at all"
    if any((lane.quantity or 0) > _MOST_SHARES for lane in lanes):
        return f"more than {_MOST_SHARES} shares an order"
    engine = CompiledEngine(setting, tape, lanes, rules=rules)
    return engine.problem or engine


@dataclass(frozen=True, slots=True)
class _Rest:
    """Copies of what the loop changes, and what the last session opened at."""

    arrays: tuple[Any, ...]
    day_open: int


class CompiledEngine(FastEngine):
    """`run` raises NotCompiledError when only plain Python can go on; nothing counts then."""

    def __init__(
        self, setting: Setting, tape: Tape, lanes: Sequence[Lane], *, rules: Rules
    ) -> None:
        super().__init__(setting, tape, lanes)
        names = sorted({lane.strategy.name for lane in lanes})
        longest = max(after - before for before, after in pairwise((*tape.first, len(tape))))
        most = min(setting.trading.limits.max_repeated_fills, longest + 1)
        account = new_account(len(lanes), len(tape.symbols), len(names), most)
        account.numbers[[CASH, DAY_OPEN]] = self.cash
        self._lanes = _lanes(lanes, names)
        self._world = World(
            _market(tape, lanes),
            _no_sights(len(lanes)),
            self._lanes,
            self._terms(),
            rules,
            account,
            new_log(_ROOM, len(lanes)),
        )

    @property
    def problem(self) -> str | None:
        """A number that is too large for the loop."""
        terms = self._world.terms
        for under, up, down in (terms.limit, terms.fill):
            if under > _MOST_UNDER * _BASIS_POINTS or up > 2 * under or down < 0:
                return "slippage or offsets beyond the price"
        shares = (terms.size_over, terms.size_under), (terms.loss_over, terms.loss_under)
        if any(over > _MOST_OVER or under > _MOST_UNDER for over, under in shares):
            return "a fraction with more than four digits"
        if terms.fee_per_share > _MOST_FEE or terms.fee_least > _LEAST_FEE:
            return "fees as high as prices"
        return None

    def run(self, stretches: Iterator[tuple[int, int]]) -> Iterator[int]:
        yield from super().run(stretches)
        numbers, log = self._world.account.numbers, self._world.log
        self.cash = int(numbers[CASH])
        self.net, self.held = self._world.account.net.tolist(), self._lanes.held.tolist()
        record = CompiledRecord(numbers, log)
        self.record.booked = record
        self.record.late_denials += record.late_denials
        self.record.rejections += record.rejections

    def look(self, sights: Sights) -> None:
        """Go on into the next sights."""
        self._world = self._world._replace(sights=sights)

    def leave(self) -> None:
        """Before what the sights are made of changes."""
        leave(self._world)

    def changes(self, kept: Kept, begin: int) -> tuple[Changes, dict[int, Changes]]:
        world = self._world
        fills = world.log.fills[kept.lengths[0] : world.account.numbers[FILLS]]
        orders = world.log.orders[fills[:, 0]]
        at, prices = fills[:, 1] - begin, fills[:, 2]
        turned, symbols = orders[:, SIDE] * orders[:, QUANTITY], self._lanes.symbol[orders[:, LANE]]
        fees = np.maximum(self.fees.per_share * orders[:, QUANTITY], self.fees.least)
        shares = {
            symbol: (at[symbols == symbol], turned[symbols == symbol])
            for symbol, held in enumerate(kept.net)
            if held or (symbols == symbol).any()
        }
        return (at, -turned * prices - fees), shares

    def _look_out(self, begin: int) -> None:
        look_everywhere(begin, self._world)

    def _keep(self) -> Kept:
        numbers = self._world.account.numbers
        return Kept(
            int(numbers[CASH]),
            tuple(self._world.account.net.tolist()),
            dict(self.stops),
            len(self.halts),
            (int(numbers[FILLS]), len(self.record.stops)),
            _Rest(tuple(each.copy() for each in self._arrays()), self.day_open),
        )

    def _put_back(self, kept: Kept) -> None:
        for each, before in zip(self._arrays(), kept.rest.arrays, strict=True):
            each[:] = before
        self.stops, self.day_open = dict(kept.stops), kept.rest.day_open
        del self.halts[kept.halts :]
        del self.record.stops[kept.lengths[1] :]
        self._set_levels()

    def _arrays(self) -> tuple[Any, ...]:
        return *self._lanes, *self._world.account

    def _walk(self, begin: int, end: int, halts: dict[int, Halt]) -> None:
        self.account_levels.clear()
        first = {row for row in self.tape.first if begin <= row < end}
        for row in sorted(first.union(halts)):
            self._advance(row)
            if row in first:
                self._open(row)
            if row in halts:
                self._advance(row, fills_too=True)
                self._stop(row, halts[row])
        self._advance(end)

    def _advance(self, until: int, *, fills_too: bool = False) -> None:
        while (status := advance(until, fills_too, self._world)) != DONE:
            if status == ALARM:
                self._judge_fills()
            elif status == FULL:
                log = longer(self._world.log, len(self.lanes))
                self._world = self._world._replace(log=log)
            else:
                raise NotCompiledError("Expected what the compiled loop knows")

    def _open(self, row: int) -> None:
        if begin_session(row, self.setting.day_orders, self._world) != DONE:
            raise NotCompiledError("Expected an account of a size that fits")
        self.day_open = int(self._world.account.numbers[DAY_OPEN])
        self._lift(row)

    def _judge_fills(self) -> None:
        account, log = self._world.account, self._world.log
        for number in account.alarms[: account.numbers[ALARMS]].tolist():
            row = int(log.fills[number, 1])
            since = self.tape.first[bisect_right(self.tape.first, row) - 1]
            outcomes = outcomes_upto(number, log, account.numbers, self.lanes, since=since)
            self._judge(outcomes, row)

    def _terms(self) -> Terms:
        limits, loss = (
            self.setting.trading.limits,
            part(self.setting.trading.limits.strategy_loss_fraction),
        )
        return Terms(
            self._limits.numbers,
            self._fills.numbers,
            self._size.over,
            self._size.under,
            self.fees.per_share,
            self.fees.least,
            self.setting.has_venue,
            loss.over,
            loss.under,
            limits.repeated_fills_minutes,
            min(limits.max_rejects, _MOST_COUNT),
        )

    def _asked(self) -> int:
        return int(self._world.account.numbers[ORDERS])

    def _set_levels(self) -> None:
        super()._set_levels()
        self._lanes.halted[:] = self.levels


def _lanes(lanes: Sequence[Lane], names: Sequence[str]) -> Lanes:
    def integers(values: Iterable[int]) -> Any:
        return np.fromiter(values, dtype=np.int64, count=len(lanes))

    def same(value: int) -> Any:
        return np.full(len(lanes), value, dtype=np.int64)

    return Lanes(
        symbol=integers(lane.symbol for lane in lanes),
        strategy=integers(names.index(lane.strategy.name) for lane in lanes),
        quantity=integers(lane.quantity or 0 for lane in lanes),
        most=integers(-1 if lane.most is None else lane.most for lane in lanes),
        sign=same(0),
        found=same(NEVER),
        cause=same(ENTER),
        held_from=same(0),
        followed=same(0),
        disarmed=same(-1),
        held=same(0),
        entered=same(0),
        halted=same(0),
        level=np.full(len(lanes), np.nan),
    )


def _market(tape: Tape, lanes: Sequence[Lane]) -> Market:
    outside = np.zeros(len(tape), dtype=np.bool_)
    outside[list(tape.outside)] = True
    has_exits = any(lane.stops or lane.follows for lane in lanes)
    columns = tape.columns if has_exits else ()
    none = np.empty((0, len(tape)))
    return Market(
        np.stack(tape.opens),
        np.stack(tape.closes),
        np.stack([each.high for each in columns]) if has_exits else none,
        np.stack([each.low for each in columns]) if has_exits else none,
        outside,
    )


def _no_sights(lanes: int) -> Sights:
    entry, flags = np.empty((lanes, 0), dtype=np.int8), np.empty((lanes, 0), dtype=np.bool_)
    rows, levels = np.full((lanes, 2), -1, dtype=np.int64), np.empty((0, 0))
    return Sights(0, 0, entry, flags, flags, flags, rows, levels, rows, levels)
