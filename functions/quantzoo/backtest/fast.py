"""The engine for declared strategies: integers, and only the bars on which somebody asks.

Lanes say where their strategies ask next, by columns or a block of bars at a time; what happens
there is decided as in `Engine`, on whole shares and ticks. The account's losses are looked at a
stretch of minutes at a time: when one was deep enough to halt, the stretch is run again with the
halt in its minute. Signals, intents and fills are kept as numbers; `quantzoo.backtest.recorded`
makes the real ones of them when they are asked for, through the live functions. Results are equal
to the reference engine's to the last digit, and tests demand it.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush

import numpy as np

from quantterminal.domain.bars import MINUTE
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.halts import (
    ACCOUNT,
    Halt,
    covers,
    is_lifted_by_new_session,
)
from quantterminal.domain.risk import (
    DenialCode,
    Rule,
    recent_window,
)
from quantzoo.backtest.engine import SETTLED, Setting
from quantzoo.backtest.fast_losses import Losses
from quantzoo.backtest.fast_money import Prices, WholeFees
from quantzoo.backtest.fast_record import Changes, Kept, Moment, Record, Rest
from quantzoo.backtest.fast_rules import Order, fast_rules, measure, part
from quantzoo.backtest.fast_tally import FastOutcome, FastTally, verdict_of
from quantzoo.backtest.fast_venue import refusal_of
from quantzoo.backtest.fills import NextOpen
from quantzoo.backtest.history import instant
from quantzoo.backtest.lanes import NEVER, Lane
from quantzoo.backtest.tape import Tape, view, whole

_OPENING, _FILLS, _HALT, _LANES = range(4)  # the order of things within a minute


class FastEngine:
    """One account over one tape; `run` once, then everything is in `record` and in the fields.

    `equities` and `invested` are by minute: ticks, and whether anything is held.
    """

    def __init__(self, setting: Setting, tape: Tape, lanes: Sequence[Lane]) -> None:
        trading = setting.trading
        self.setting = setting
        self.tape = tape
        self.lanes = lanes
        self.record = Record()
        self.cash = whole(setting.cash) or 0
        self.held = [0] * len(lanes)
        self.entered = [0] * len(lanes)  # the price of what is held
        self.net = [0] * len(tape.symbols)
        self.reserved: list[Order] = []
        self.approved: list[Order] = []
        self.recent: deque[Order] = deque()
        self.levels = [0] * len(lanes)
        self.stops: dict[str, Halt] = {}
        self.outside = False
        self.halts: list[Halt] = []
        self.high_water = self.cash
        self.start = self.cash
        self.day_open = self.cash
        self.account_levels: list[tuple[int, int]] = []
        self.tallies: dict[str, FastTally] = {}
        self.equities = np.zeros(len(tape), dtype=np.int64)
        self.invested = np.zeros(len(tape), dtype=np.bool_)
        self._row = 0
        self._equity: int | None = None
        self._sides: tuple[int, int] | None = None
        self._memory = recent_window(trading.limits) - SETTLED
        self.memory_ms = self._memory // timedelta(milliseconds=1)
        self._pending: list[Order] = []
        self._opens = [view(each) for each in tape.opens]
        self._closes = [view(each) for each in tape.closes]
        self._rules = fast_rules(setting.rules, trading.limits)
        self._limits = Prices(trading.execution.limit_offset_bps)
        self._fills = Prices(_next_open(setting).slippage_bps)
        self._size = part(trading.execution.order_fraction)
        self.fees = WholeFees(setting.fees)

    @property
    def equity(self) -> int:
        """At the closes of the present minute."""
        if self._equity is None:
            closes, row = self._closes, self._row
            self._equity = self.cash + sum(
                [shares * closes[n][row] for n, shares in enumerate(self.net) if shares]
            )
        return self._equity

    @property
    def sides(self) -> tuple[int, int]:
        if self._sides is None:
            closes, row = self._closes, self._row
            values = [shares * closes[n][row] for n, shares in enumerate(self.net) if shares]
            long = sum([value for value in values if value > 0])
            self._sides = long, long - sum(values)
        return self._sides

    def mark(self, symbol: int) -> int:
        return int(self._closes[symbol][self._row])

    def slow(self, rule: Rule, order: Order) -> DenialCode | None:
        from quantzoo.backtest.recorded import ask_rule

        return ask_rule(self, rule, order.signal, self.moment())

    def moment(self) -> Moment:
        oldest = self.end_of(self._row) - self._memory
        while self.recent and self.end_of(self.row_of(self.recent[0])) < oldest:
            self.recent.popleft()
        return Moment(
            self._row,
            self.equity,
            tuple(self.net),
            tuple(self.held),
            tuple(self.reserved),
            tuple(self.recent),
            tuple(self.stops.values()),
        )

    def row_of(self, order: Order) -> int:
        """The bar that it was decided on."""
        return self.record.signals[order.signal][0]

    def end_of(self, row: int) -> datetime:
        """The end of a bar."""
        return instant(int(self.tape.starts[row])) + MINUTE

    def day_open_at(self, row: int) -> int:
        """The equity at the open of the session that `row` lies in."""
        first = self.tape.first
        begin = first[bisect_right(first, row) - 1]
        return int(self.equities[begin - 1]) if begin else self.start

    def changes(self, kept: Kept, begin: int) -> tuple[Changes, dict[int, Changes]]:
        """Since then of the cash, and of the shares by symbol, at rows from `begin` on; also of
        shares that are only held.
        """
        record, fee = self.record, self.fees.of
        found: dict[int, tuple[list[int], list[int]]] = {
            symbol: ([], []) for symbol, shares in enumerate(kept.net) if shares
        }
        at: list[int] = []
        paid: list[int] = []
        intents, signals, lanes = record.intents, record.signals, self.lanes
        for signal, row, price in record.fills[kept.lengths[2] :]:
            _, side, quantity, *_ = intents[signal]
            rows, shares = found.setdefault(lanes[signals[signal][1]].symbol, ([], []))
            at.append(row - begin)
            rows.append(row - begin)
            shares.append(side * quantity)
            paid.append(-side * quantity * price - fee(quantity))
        return (at, paid), dict(found)

    def run(self, stretches: Iterator[tuple[int, int]]) -> Iterator[int]:
        """Through the stretches (begin, end), which follow each other; yields what is done."""
        for begin, end in stretches:
            self._stretch(begin, end)
            yield end

    def _stretch(self, begin: int, end: int) -> None:
        self._look_out(begin)
        kept = self._keep()
        halts: dict[int, Halt] = {}
        while True:
            self._walk(begin, end, halts)
            losses = Losses(self, begin, end, kept)
            found = losses.first()
            if found is None:
                break
            halts[found[0]] = found[1]
            self._put_back(kept)
        self.high_water = losses.high_water

    def _look_out(self, begin: int) -> None:
        """Every lane without an order in sight, or on its way, looks from `begin` on."""
        waiting = {order.lane for order in self._pending}
        for lane in self.lanes:
            if lane.found == NEVER and lane.number not in waiting:
                lane.search(begin)

    def _keep(self) -> Kept:
        return Kept(
            self.cash,
            tuple(self.net),
            dict(self.stops),
            len(self.halts),
            self.record.lengths(),
            Rest(
                tuple(self.held),
                tuple(self.entered),
                tuple(self.recent),
                {name: tally.copy() for name, tally in self.tallies.items()},
                self.day_open,
                tuple(self._pending),
                tuple(lane.keep() for lane in self.lanes),
            ),
        )

    def _put_back(self, kept: Kept) -> None:
        rest: Rest = kept.rest
        self.cash, self.stops = kept.cash, dict(kept.stops)
        self.recent = deque(rest.recent)
        self.tallies = {name: tally.copy() for name, tally in rest.tallies.items()}
        self._set_levels()
        self.held, self.net = list(rest.held), list(kept.net)
        self.entered = list(rest.entered)
        del self.halts[kept.halts :]
        self.day_open = rest.day_open
        self._pending = list(rest.pending)
        for lane, state in zip(self.lanes, rest.lanes, strict=True):
            lane.put_back(state)
        self.record.cut(kept.lengths)

    def _walk(self, begin: int, end: int, halts: dict[int, Halt]) -> None:
        self.account_levels.clear()
        width = _LANES + len(self.lanes)
        first = self.tape.first
        queue = [row * width + _OPENING for row in first if begin <= row < end]
        queue += [row * width + _HALT for row in halts]
        queue += [
            lane.found * width + _LANES + lane.number for lane in self.lanes if lane.found < NEVER
        ]
        if self._pending:
            queue.append(begin * width + _FILLS)
        heapify(queue)
        self._queue, self._width = queue, width
        limit = end * width
        while queue and queue[0] < limit:
            row, what = divmod(heappop(queue), width)
            self._row, self._equity, self._sides = row, None, None
            if what >= _LANES:
                asking = [what - _LANES]
                following = (row + 1) * width
                while queue and queue[0] < following:
                    asking.append(heappop(queue) - row * width - _LANES)
                self._decide(row, asking)
            elif what == _FILLS:
                self._fill(row)
            elif what == _OPENING:
                self._open(row)
            else:
                self._stop(row, halts[row])

    def _stop(self, row: int, halt: Halt) -> bool:
        """`Book` stops the same scopes in the same order."""
        known = self.stops.get(halt.scope)
        if known is not None and covers(known, halt):
            return False
        self.stops[halt.scope] = halt = replace(halt, epoch=len(self.halts) + 1)
        self.halts.append(halt)
        if halt.scope == ACCOUNT:
            self.account_levels.append((row, int(halt.level)))
        self._change_stops()
        return True

    def _lift(self, row: int) -> None:
        """What a new session ends."""
        ended = [scope for scope, halt in self.stops.items() if is_lifted_by_new_session(halt)]
        for scope in ended:
            del self.stops[scope]
            if scope == ACCOUNT:
                self.account_levels.append((row, 0))
        if ended:
            self._change_stops()

    def _change_stops(self) -> None:
        self.record.stops.append((self._asked(), tuple(self.stops.values())))
        self._set_levels()

    def _asked(self) -> int:
        """How many orders were asked for so far."""
        return len(self.record.signals)

    def _set_levels(self) -> None:
        stops = self.stops
        for lane in self.lanes:
            scopes = (ACCOUNT, f"strategy:{lane.strategy.name}")
            self.levels[lane.number] = max(
                [int(stops[scope].level) for scope in scopes if scope in stops], default=0
            )

    def _note(self, order: Order, row: int, realized: int | None) -> bool:
        """The breaker of one strategy, after a fill or a refusal; True when that stops it."""
        name = order.strategy
        tally = self.tallies.get(name)
        if tally is None:
            tally = self.tallies[name] = FastTally(self.setting.trading.limits)
        at = self.row_of(order)
        if not tally.note(order, at, realized) and not tally.has_lost(self.day_open):
            return False
        return self._judge(tally.outcomes, row)

    def _judge(self, outcomes: Sequence[FastOutcome], row: int) -> bool:
        """Whether the breaker stops the strategy after these outcomes."""
        verdict = verdict_of(outcomes, self)
        if verdict is None:
            return False
        (order, at, _), (level, code, reason) = outcomes[-1], verdict
        halt = Halt(f"strategy:{order.strategy}", level, code, reason, "breaker", self.end_of(at))
        return self._stop(row, halt)

    def _search(self, lane: Lane, row: int) -> None:
        found = lane.search(row)
        if found < NEVER:
            heappush(self._queue, found * self._width + _LANES + lane.number)

    def _open(self, row: int) -> None:
        if self._pending and self.setting.day_orders:
            cancelled, self._pending = self._pending, []
            for order in cancelled:
                self._search(self.lanes[order.lane], row)
        if row:
            self._row = row - 1
            self.day_open = self.equity
            self._row, self._equity = row, None
        self._lift(row)
        self.tallies.clear()

    def _fill(self, row: int) -> None:
        pending, self._pending = self._pending, []
        fills, held, net = self.record.fills, self.held, self.net
        for order in pending:
            side, quantity, number = order.side, order.quantity, order.lane
            price = self._fills.moved(self._opens[order.symbol][row], side)
            fills.append((order.signal, row, price))
            before = held[number]
            shares = held[number] = before + side * quantity
            net[order.symbol] += side * quantity
            entered = self.entered
            realized = before * (price - entered[number]) if before else 0
            entered[number] = price
            self._note(order, row, realized)
            self.cash -= side * quantity * price + self.fees.of(quantity)
            lane = self.lanes[number]
            lane.fill(row, (shares > 0) - (shares < 0))
            self._search(lane, row)

    def _decide(self, row: int, asking: Sequence[int]) -> None:
        self.outside = row in self.tape.outside
        lanes = self.lanes
        orders = [self._order(lanes[number], row) for number in asking]
        intents, reserved = self.record.intents, self.reserved
        reserved.clear()
        self.approved.clear()
        for order in orders:
            code = self._check(order)
            intents.append((order.signal, order.side, order.quantity, order.limit, code))
            if code is None:
                reserved.append(order)
                self.approved.append(order)
                self.recent.append(order)
            else:
                self._search(lanes[order.lane], row + 1)
        if len(reserved) > 1:
            self._last_hop(row)
        if reserved and self.setting.has_venue:
            self._submit(row)
        if reserved:
            self._pending = reserved[:]
            heappush(self._queue, (row + 1) * self._width + _FILLS)

    def _order(self, lane: Lane, row: int) -> Order:
        direction = lane.ask(row)
        lane.found = NEVER
        signals = self.record.signals
        signals.append((row, lane.number, lane.cause, direction))
        reference = self._closes[lane.symbol][row]
        if direction:
            side = direction
            quantity = lane.quantity or self._sized(reference)
        else:
            shares = self.held[lane.number]
            side, quantity = (-1, shares) if shares > 0 else (1, -shares)
        return Order(
            lane.number,
            lane.symbol,
            lane.strategy.name,
            side=side,
            quantity=quantity,
            limit=self._limits.moved(reference, side),
            reference=reference,
            signal=len(signals) - 1,
        )

    def _sized(self, reference: int) -> int:
        return self.day_open * self._size.over // (self._size.under * reference)

    def _check(self, order: Order) -> DenialCode | None:
        if self._rules:
            measure(order, self)
        for rule in self._rules:
            code = rule(order, self)
            if code is not None:
                return code
        return None

    def _last_hop(self, row: int) -> None:
        """Each sees what all others of the minute have reserved."""
        for order in self.reserved[:]:
            self._hop(order, row)

    def _hop(self, order: Order, row: int) -> bool:
        code = self._check(order)
        if code is not None:
            self.record.late_denials.append(code)
            self._drop(order, row)
        return code is None

    def _submit(self, row: int) -> None:
        """`venue.accept`, in ticks."""
        resting: list[tuple[Order, bool]] = []
        has_stopped = False
        for order in self.reserved[:]:
            if has_stopped and not self._hop(order, row):
                continue
            opening, refusal = refusal_of(order, resting, self)
            if refusal is None:
                resting.append((order, opening))
            else:
                self.record.rejections.append(refusal)
                self._drop(order, row)
                has_stopped |= self._note(order, row, None)

    def _drop(self, order: Order, row: int) -> None:
        self.reserved.remove(order)
        self._search(self.lanes[order.lane], row + 1)


def _next_open(setting: Setting) -> NextOpen:
    if not isinstance(setting.fills, NextOpen):
        raise InvalidValueError(f"Expected fills at the next open, was {setting.fills!r}")
    return setting.fills
