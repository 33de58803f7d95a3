"""The fast engine for one lane that nobody refuses anything and whose orders outlive the day: no
rules, no venue, a fixed quantity. Nothing on the account can change what it does.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from quantterminal.domain.halts import Halt
from quantzoo.backtest.engine import Setting
from quantzoo.backtest.fast import FastEngine
from quantzoo.backtest.fast_losses import Losses
from quantzoo.backtest.fast_record import Booked, Changes, Kept
from quantzoo.backtest.fast_rules import Order, part
from quantzoo.backtest.lanes import NEVER, Lane

_MOST_SHARES = 10**6  # whose costs fit 63 bits, however many orders there are
_YES = 1


class NotAloneError(Exception):
    """A lane that was run alone, and may not be."""


def may_run_alone(setting: Setting, lanes: Sequence[Lane]) -> bool:
    """Whether only the lane itself decides what comes of its orders."""
    refuses = setting.rules or setting.has_venue or setting.day_orders
    return len(lanes) == 1 and bool(lanes[0].quantity) and not refuses


class AloneEngine(FastEngine):
    """`run` raises NotAloneError when a breaker has something to say to the strategy after all."""

    _booked: Booked | None = None

    def changes(self, kept: Kept, begin: int) -> tuple[Changes, dict[int, Changes]]:
        return super().changes(kept, begin) if self._booked is None else self._booked.changes()

    def run(self, stretches: Iterator[tuple[int, int]]) -> Iterator[int]:
        start, end = self._keep(), 0
        for begin, end in stretches:
            self._go(begin, end)
            yield end
        self._halt_alone(start, end)
        if not self._is_quiet():
            raise NotAloneError("Expected a strategy that no breaker stops")

    def _is_quiet(self) -> bool:
        """Whether the breaker of a strategy has nothing to say, whatever the session."""
        limits, record = self.setting.trading.limits, self.record
        if self._booked is not None:
            at, paid = self._booked.at, self._booked.paid
        else:
            at = np.asarray([row for _, row, _ in record.fills], dtype=np.int64)
            sides = [record.intents[number] for number, _, _ in record.fills]
            prices = [price for _, _, price in record.fills]
            paid = np.asarray(
                [each[1] * each[2] * price for each, price in zip(sides, prices, strict=True)],
                dtype=np.int64,
            )
        trips = len(at) // 2 * 2  # an entry and an exit take turns
        realized = -(paid[:trips:2] + paid[1:trips:2])
        lost = -int(realized[realized < 0].sum())
        share = part(limits.strategy_loss_fraction)
        most = limits.max_repeated_fills
        rows = at[::2], at[1::2]
        is_repeated = any(
            (each[most - 1 :] - each[: len(each) - most + 1] < limits.repeated_fills_minutes).any()
            for each in rows
            if len(each) >= most
        )
        has_lost = lost * share.under >= int(self.equities.min()) * share.over
        return not (is_repeated or has_lost or limits.max_consecutive_losers)

    def _go(self, begin: int, end: int) -> None:
        (lane,) = self.lanes
        if self._cross(lane, begin, end):
            return
        if lane.found == NEVER and not self._pending:
            lane.search(begin)
        self._go_along(lane, begin, end)

    def _halt_alone(self, start: Kept, end: int) -> None:
        """The halts of such a run, which change nothing else."""
        halts: dict[int, Halt] = {}
        losses = Losses(self, 0, end, start)
        while (found := losses.first()) is not None:
            halts[found[0]] = found[1]
            self.stops.clear()
            self.halts.clear()
            self.account_levels.clear()
            for row in sorted({*self.tape.first, *halts}):
                if self.tape.first[bisect_right(self.tape.first, row) - 1] == row:
                    self._lift(row)
                if row in halts:
                    self._stop(row, halts[row])

    def _go_along(self, lane: Lane, begin: int, end: int) -> None:
        if self._pending:
            self._queue, self._width = [], 1  # which nobody looks into
            self._fill(begin)
        record, shares = self.record, lane.quantity or 0
        signals, intents, fills = record.signals, record.intents, record.fills
        opens, closes = self._opens[lane.symbol], self._closes[lane.symbol]
        price_of, limit_of, fee = self._fills.moved, self._limits.moved, self.fees.of(shares)
        search, ask, fill, number = lane.search, lane.ask, lane.fill, len(signals)
        row = lane.found
        while row < end:
            direction = ask(row)
            side = direction or -lane.sign
            signals.append((row, 0, lane.cause, direction))
            limit = limit_of(closes[row], side)
            intents.append((number, side, shares, limit, None))
            row += 1
            if row >= end:
                order = Order(
                    0, 0, "", side=side, quantity=shares, limit=limit, reference=0, signal=number
                )
                self._pending = [order]
                lane.found = NEVER
                break
            price = price_of(opens[row], side)
            fills.append((number, row, price))
            self.cash -= side * shares * price + fee
            number += 1
            fill(row, direction)
            row = search(row)
        self.held[0] = self.net[lane.symbol] = lane.sign * shares

    def _cross(self, lane: Lane, begin: int, end: int) -> bool:
        """Entries and exits that take turns, all at once; False where they may not."""
        sight, tape = lane.sight, self.tape
        if sight is None or begin or end < len(tape) or not isinstance(sight.entry, memoryview):
            return False
        entry = np.asarray(sight.entry)
        leaves = np.frombuffer(sight.leaves_long, dtype=np.bool_)
        if not lane.is_plain or (lane.quantity or 0) > _MOST_SHARES:
            return False
        warm = max(sight.rearms.find(_YES), 0)
        if (
            sight.rearms.find(0, warm) >= 0
            or (entry < 0).any()
            or (entry.view(bool) & leaves).any()
        ):
            return False
        labels = entry - leaves.view(np.int8)
        rows = np.flatnonzero(labels)
        found = labels[rows]
        turns = np.empty(len(rows), dtype=np.bool_)
        turns[:1] = found[:1] > 0
        turns[1:] = found[1:] != found[:-1]
        self._book(lane, rows[turns], found[turns])
        return True

    def _book(self, lane: Lane, rows: Any, sides: Any) -> None:
        """Orders of a lane at `rows`, each filled at the next one's open."""
        tape, shares = self.tape, lane.quantity or 0
        limits = self._limits.all_moved(tape.closes[lane.symbol][rows], sides)
        filled = len(rows) - (len(rows) > 0 and int(rows[-1]) + 1 == len(tape))
        at, turned = rows[:filled] + 1, sides[:filled].astype(np.int64)
        prices = self._fills.all_moved(tape.opens[lane.symbol][at], turned)
        paid = turned * shares * prices + self.fees.of(shares)
        booked = Booked(lane.symbol, shares, rows, sides, limits, at, prices, paid)
        self._booked = self.record.booked = booked
        self.cash -= int(paid.sum())
        lane.sign = filled % 2
        self.held[lane.number] = self.net[lane.symbol] = lane.sign * shares
