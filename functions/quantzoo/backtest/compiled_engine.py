"""The fast engine with its walk compiled: the same results, many times sooner.

What a halt or a strategy's breaker says comes from the live functions, between two calls of the
compiled loop; so do sessions begin. `compiled_engine` says what it cannot do.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from quantterminal.domain.halts import Halt
from quantzoo.backtest.compiled_lanes import leave, look_out
from quantzoo.backtest.compiled_loop import ALARM, DONE, FULL, advance, begin_session
from quantzoo.backtest.compiled_record import CompiledRecord, outcomes_upto
from quantzoo.backtest.compiled_rules import rules_of
from quantzoo.backtest.compiled_sights import Sights
from quantzoo.backtest.compiled_state import (
    ACCOUNT,
    ALARMS,
    PENDING,
    Shown,
    World,
    new_books,
    with_more_room,
)
from quantzoo.backtest.engine import Setting
from quantzoo.backtest.fast import FastEngine
from quantzoo.backtest.fast_record import Changes, Kept
from quantzoo.backtest.fast_rules import part
from quantzoo.backtest.lanes import NEVER, Lane
from quantzoo.backtest.tape import Tape

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

    def __init__(self, setting: Setting, tape: Tape, lanes: Sequence[Lane], *, rules: Any) -> None:
        super().__init__(setting, tape, lanes)
        names = sorted({lane.strategy.name for lane in lanes})
        longest = max(after - before for before, after in pairwise((*tape.first, len(tape))))
        most = min(setting.trading.limits.max_repeated_fills, longest + 1)
        books = new_books(len(lanes), len(tape.symbols), len(names), most)
        for lane, record in zip(lanes, books.lanes, strict=True):
            record["number"], record["symbol"] = lane.number, lane.symbol
            record["strategy"] = names.index(lane.strategy.name)
            record["quantity"] = lane.quantity or 0
            record["most"] = -1 if lane.most is None else lane.most
        outside = np.zeros(len(tape), dtype=np.bool_)
        outside[list(tape.outside)] = True
        self._accounts = np.zeros(1, dtype=ACCOUNT)
        self._account = self._accounts[0]
        self._set_terms()
        self._world = World(
            self._accounts,
            books,
            Shown(np.empty((4, 0, 0), dtype=np.int8), np.empty((0, 0)), _extremes(tape, lanes)),
            np.stack([np.stack(tape.opens), np.stack(tape.closes)]),
            outside,
            rules,
        )

    @property
    def problem(self) -> str | None:
        """A number that is too large for the loop."""
        account = self._account
        for name in ("limit", "fill"):
            under, up, down = (account[f"{name}_{part}"] for part in ("under", "up", "down"))
            if under > _MOST_UNDER * _BASIS_POINTS or up > 2 * under or down < 0:
                return "slippage or offsets beyond the price"
        for name in ("size", "loss"):
            over, under = account[f"{name}_over"], account[f"{name}_under"]
            if over > _MOST_OVER or under > _MOST_UNDER:
                return "a fraction with more than four digits"
        if account["fee_per_share"] > _MOST_FEE or account["fee_least"] > _LEAST_FEE:
            return "fees as high as prices"
        return None

    def run(self, stretches: Iterator[tuple[int, int]]) -> Iterator[int]:
        yield from super().run(stretches)
        books = self._world.books
        self.cash = int(self._account["cash"])
        self.net, self.held = books.net.tolist(), books.lanes["held"].tolist()
        record = CompiledRecord(books.orders[: self._account["orders"]])
        self.record.booked = record
        self.record.late_denials += record.late_denials
        self.record.rejections += record.rejections

    def look(self, sights: Sights) -> None:
        """Go on into the next sights."""
        self._account["begin"], self._account["size"] = sights.begin, sights.size
        lanes = self._world.books.lanes
        lanes["stop_long"], lanes["stop_short"] = sights.stops.T
        lanes["trail_long"], lanes["trail_short"] = sights.trails.T
        shown = self._world.shown._replace(masks=sights.masks, levels=sights.levels)
        self._world = self._world._replace(shown=shown)

    def leave(self) -> None:
        """Before what is shown changes."""
        leave(self._accounts, self._world.books, self._world.shown)

    def changes(self, kept: Kept, begin: int) -> tuple[Changes, dict[int, Changes]]:
        books = self._world.books
        orders = books.orders[kept.lengths[0] : self._account["orders"]]
        orders = orders[orders["filled_at"] >= begin]
        at, quantity = orders["filled_at"] - begin, orders["quantity"]
        turned, symbols = orders["side"] * quantity, books.lanes["symbol"][orders["lane"]]
        fees = np.maximum(self.fees.per_share * quantity, self.fees.least)
        shares = {}
        for symbol, held in enumerate(kept.net):
            mine = symbols == symbol
            if held or mine.any():
                shares[symbol] = at[mine], turned[mine]
        return (at, -turned * orders["price"] - fees), shares

    def _look_out(self, begin: int) -> None:
        look_out(begin, self._accounts, self._world.books, self._world.shown)

    def _keep(self) -> Kept:
        account = self._account
        return Kept(
            int(account["cash"]),
            tuple(self._world.books.net.tolist()),
            dict(self.stops),
            len(self.halts),
            (self._unfilled(), len(self.record.stops)),
            _Rest(tuple(each.copy() for each in self._arrays()), self.day_open),
        )

    def _unfilled(self) -> int:
        """The first order that may still fill, or the next one."""
        if self._account["pending"]:
            return int(self._world.books.lists[PENDING, 0])
        return int(self._account["orders"])

    def _put_back(self, kept: Kept) -> None:
        for each, before in zip(self._arrays(), kept.rest.arrays, strict=True):
            each[:] = before
        self.stops, self.day_open = dict(kept.stops), kept.rest.day_open
        del self.halts[kept.halts :]
        del self.record.stops[kept.lengths[1] :]
        self._set_levels()

    def _arrays(self) -> tuple[Any, ...]:
        books = self._world.books
        return self._accounts, books.lanes, books.net, books.strategies, books.lists, books.repeats

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
                self._world = self._world._replace(books=with_more_room(self._world.books))
            else:
                raise NotCompiledError("Expected what the compiled loop knows")

    def _open(self, row: int) -> None:
        if begin_session(row, self.setting.day_orders, self._world) != DONE:
            raise NotCompiledError("Expected an account of a size that fits")
        self.day_open = int(self._account["day_open"])
        self._lift(row)

    def _judge_fills(self) -> None:
        books = self._world.books
        for number in books.lists[ALARMS, : self._account["alarms"]].tolist():
            row = int(books.orders[number]["filled_at"])
            since = self.tape.first[bisect_right(self.tape.first, row) - 1]
            self._judge(outcomes_upto(number, books.orders, self.lanes, since=since), row)

    def _set_terms(self) -> None:
        limits, account = self.setting.trading.limits, self._account
        loss = part(limits.strategy_loss_fraction)
        account["cash"] = account["day_open"] = self.cash
        account["fills_at"] = NEVER
        for name, prices in (("limit", self._limits), ("fill", self._fills)):
            for place, number in zip(("under", "up", "down"), prices.numbers, strict=True):
                account[f"{name}_{place}"] = number
        account["size_over"], account["size_under"] = self._size.over, self._size.under
        account["fee_per_share"], account["fee_least"] = self.fees.per_share, self.fees.least
        account["has_venue"] = self.setting.has_venue
        account["loss_over"], account["loss_under"] = loss.over, loss.under
        account["repeated_minutes"] = limits.repeated_fills_minutes
        account["max_rejects"] = min(limits.max_rejects, _MOST_COUNT)

    def _asked(self) -> int:
        return int(self._account["orders"])

    def _set_levels(self) -> None:
        super()._set_levels()
        self._world.books.lanes["halted"] = self.levels


def _extremes(tape: Tape, lanes: Sequence[Lane]) -> Any:
    """Highs and lows, where somebody looks at them."""
    if not any(lane.stops or lane.follows for lane in lanes):
        return np.empty((2, 0, len(tape)))
    highs, lows = [each.high for each in tape.columns], [each.low for each in tape.columns]
    return np.stack([np.stack(highs), np.stack(lows)])
