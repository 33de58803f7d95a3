"""The engine for declared strategies: integers, and only the bars on which somebody asks.

Lanes say where their strategies ask next, by columns or a block of bars at a time; what happens
there is decided as in `Engine`, on whole shares and ticks. The account's losses are looked at a
stretch of minutes at a time: when one was deep enough to halt, the stretch is run again with the
halt in its minute. Signals, intents and fills are kept as numbers; `quantzoo.backtest.recorded`
makes the real ones of them when they are asked for, through the live functions. Results are equal
to the reference engine's to the last digit, and tests demand it.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np

from quantterminal.domain.bars import MINUTE
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.halts import (
    ACCOUNT,
    EquityMarks,
    Halt,
    breaker,
    covers,
    is_lifted_by_new_session,
)
from quantterminal.domain.risk import (
    DenialCode,
    HaltLevel,
    RiskLimits,
    Rule,
    recent_window,
)
from quantterminal.domain.signals import Side
from quantterminal.domain.strategy_breaker import Outcome, Tally, Verdict
from quantzoo.backtest.columns import Columns, decided
from quantzoo.backtest.engine import SETTLED, Setting
from quantzoo.backtest.fast_rules import Order, Part, fast_rules, measure, part
from quantzoo.backtest.fills import Fees, NextOpen
from quantzoo.backtest.history import instant
from quantzoo.backtest.lanes import ENTER, LEAVE, NEVER, Lane, Sight
from quantzoo.backtest.streams import Stream
from quantzoo.backtest.tape import Tape, dollars, whole
from quantzoo.backtest.venue import INSUFFICIENT_BUYING_POWER, INSUFFICIENT_QUANTITY
from quantzoo.declared import DeclaredStrategy

BLOCK = 2_048
STRETCH = 16_384
_BASIS_POINTS = 10_000
_DOLLAR, _CENT = 10_000, 100  # in ticks
_OPENING, _FILLS, _HALT, _LANES = range(4)  # the order of things within a minute
_MOST_SHARES = 10**6  # whose costs fit 63 bits, however many orders there are
_YES = 1
_SHORT_SALE = Part(103, 100)


@dataclass(frozen=True, slots=True)
class Moment:
    """What the rules saw when they denied an order: enough to ask the live ones again."""

    row: int
    equity: int
    net: tuple[int, ...]
    reserved: tuple[Order, ...]
    recent: tuple[Order, ...]
    stops: tuple[Halt, ...]


@dataclass(frozen=True, slots=True)
class Booked:
    """The orders of a lane that was alone: `rows` of the signals, 1 or -1, limits; `at` rows of the
    fills, their prices, and what was paid.
    """

    symbol: int
    shares: int
    rows: Any
    sides: Any
    limits: Any
    at: Any
    prices: Any
    paid: Any

    def changes(self) -> "tuple[Changes, dict[int, Changes]]":
        turned = self.sides[: len(self.at)].astype(np.int64) * self.shares
        return (self.at, -self.paid), {self.symbol: (self.at, turned)}

    def write(self, record: "Record") -> None:
        """As the lists that other runs keep."""
        sides = self.sides.tolist()
        rows = zip(self.rows.tolist(), sides, self.limits.tolist(), strict=True)
        for number, (row, side, limit) in enumerate(rows):
            cause, direction = (ENTER, 1) if side > 0 else (LEAVE, 0)
            record.signals.append((row, 0, cause, direction))
            record.intents.append((number, side, self.shares, limit, None, None))
        fills = zip(self.at.tolist(), self.prices.tolist(), strict=True)
        record.fills += [(number, row, price) for number, (row, price) in enumerate(fills)]


@dataclass(slots=True)
class Record:
    """What happened, in numbers. Signals are (row, lane, cause, direction), intents (signal, side,
    quantity, limit, denial, moment), fills (intent, row, price).
    """

    signals: list[tuple[int, int, int, int]] = field(default_factory=list)
    intents: list[tuple[int, int, int, int, DenialCode | None, Moment | None]] = field(
        default_factory=list
    )
    fills: list[tuple[int, int, int]] = field(default_factory=list)
    late_denials: list[DenialCode] = field(default_factory=list)
    rejections: list[str] = field(default_factory=list)
    booked: Booked | None = None

    def unfold(self) -> None:
        """Turn what was booked at once into lists."""
        if self.booked is not None and not self.signals:
            self.booked.write(self)

    @property
    def counts(self) -> tuple[int, int, int]:
        """Signals, intents, fills."""
        if self.booked is not None:
            return len(self.booked.rows), len(self.booked.rows), len(self.booked.at)
        return len(self.signals), len(self.intents), len(self.fills)

    def lengths(self) -> tuple[int, ...]:
        return tuple(len(each) for each in self._lists())

    def cut(self, lengths: Sequence[int]) -> None:
        for each, length in zip(self._lists(), lengths, strict=True):
            del each[length:]

    def _lists(self) -> tuple[list[Any], ...]:
        return self.signals, self.intents, self.fills, self.late_denials, self.rejections


class NotAloneError(Exception):
    """A lane that was run alone, and may not be."""


class Prices:
    """Limits and fills as `money.round_limit` and `money.offset_by_bps` make them, in ticks."""

    def __init__(self, bps: Decimal) -> None:
        share = part(bps)
        self._under = _BASIS_POINTS * share.under
        self._over = {1: self._under + share.over, -1: self._under - share.over}

    def all_moved(self, prices: Any, sides: Any) -> Any:
        """`moved` of arrays."""
        moved = prices * np.where(sides > 0, self._over[1], self._over[-1])
        steps = np.where(moved >= _DOLLAR * self._under, _CENT, 1)
        under = self._under * steps
        return np.where(sides > 0, -(-moved // under), moved // under) * steps

    def moved(self, price: int, side: int) -> int:
        """`price` moved against us, rounded to the tick against us."""
        moved = price * self._over[side]
        under = self._under
        step = _CENT if moved >= _DOLLAR * under else 1
        if side > 0:
            return -(-moved // (under * step)) * step
        return moved // (under * step) * step


class FastEngine:
    """One account over one tape; `run` once, then everything is in `record` and in the fields.

    `equities` and `invested` are by minute: ticks, and whether anything is held.
    """

    def __init__(
        self, setting: Setting, tape: Tape, lanes: Sequence[Lane], *, may_be_alone: bool = True
    ) -> None:
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
        self._pending: list[Order] = []
        self._opens = [memoryview(each) for each in tape.opens]
        self._closes = [memoryview(each) for each in tape.closes]
        self.is_alone = (
            may_be_alone
            and len(lanes) == 1
            and bool(lanes[0].quantity)
            and not (setting.rules or setting.has_venue or setting.day_orders)
        )
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
        return self._closes[symbol][self._row]

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

    def run(self, stretches: Iterator[tuple[int, int]]) -> Iterator[int]:
        """Through the stretches (begin, end), which follow each other; yields what is done."""
        start = self._keep()
        end = 0
        for begin, end in stretches:
            if self.is_alone:
                self._walk_alone(begin, end)
            else:
                self._stretch(begin, end)
            yield end
        if self.is_alone:
            self._halt_alone(start, end)
            if not self._is_quiet():
                raise NotAloneError("Expected a strategy that no breaker stops")

    def _is_quiet(self) -> bool:
        """Whether the breaker of a strategy has nothing to say, whatever the session."""
        limits, record = self.setting.trading.limits, self.record
        if record.booked is not None:
            at, paid = record.booked.at, record.booked.paid
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

    def _stretch(self, begin: int, end: int) -> None:
        waiting = {order.lane for order in self._pending}
        for lane in self.lanes:
            if lane.found == NEVER and lane.number not in waiting:
                lane.search(begin)
        kept = self._keep()
        halts: dict[int, Halt] = {}
        while True:
            self._walk(begin, end, halts)
            losses = _Losses(self, begin, end, kept)
            found = losses.first()
            if found is None:
                break
            halts[found[0]] = found[1]
            self._put_back(kept)
        self.high_water = losses.high_water

    def _keep(self) -> "_Kept":
        return _Kept(
            self.cash,
            tuple(self.held),
            tuple(self.entered),
            tuple(self.net),
            dict(self.stops),
            len(self.halts),
            tuple(self.recent),
            {name: tally.copy() for name, tally in self.tallies.items()},
            self.day_open,
            tuple(self._pending),
            tuple(lane.keep() for lane in self.lanes),
            self.record.lengths(),
        )

    def _put_back(self, kept: "_Kept") -> None:
        self.cash, self.stops = kept.cash, dict(kept.stops)
        self.recent = deque(kept.recent)
        self.tallies = {name: tally.copy() for name, tally in kept.tallies.items()}
        self._set_levels()
        self.held, self.net = list(kept.held), list(kept.net)
        self.entered = list(kept.entered)
        del self.halts[kept.halts :]
        self.day_open = kept.day_open
        self._pending = list(kept.pending)
        for lane, state in zip(self.lanes, kept.lanes, strict=True):
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

    def _walk_alone(self, begin: int, end: int) -> None:
        """`_walk` for one lane that nobody refuses anything and whose orders outlive the day."""
        (lane,) = self.lanes
        if self._cross(lane, begin, end):
            return
        if lane.found == NEVER and not self._pending:
            lane.search(begin)
        self._go_along(lane, begin, end)

    def _halt_alone(self, start: "_Kept", end: int) -> None:
        """The halts of such a run, which change nothing else."""
        halts: dict[int, Halt] = {}
        losses = _Losses(self, 0, end, start)
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
            self._queue, self._width = [], _LANES + 1
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
            intents.append((number, side, shares, limit, None, None))
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
        self.record.booked = Booked(lane.symbol, shares, rows, sides, limits, at, prices, paid)
        self.cash -= int(paid.sum())
        lane.sign = filled % 2
        self.held[lane.number] = self.net[lane.symbol] = lane.sign * shares

    def _stop(self, row: int, halt: Halt) -> bool:
        """`Book` stops the same scopes in the same order."""
        known = self.stops.get(halt.scope)
        if known is not None and covers(known, halt):
            return False
        self.stops[halt.scope] = halt = replace(halt, epoch=len(self.halts) + 1)
        self.halts.append(halt)
        if halt.scope == ACCOUNT:
            self.account_levels.append((row, int(halt.level)))
        self._set_levels()
        return True

    def _lift(self, row: int) -> None:
        """What a new session ends."""
        ended = [scope for scope, halt in self.stops.items() if is_lifted_by_new_session(halt)]
        for scope in ended:
            del self.stops[scope]
            if scope == ACCOUNT:
                self.account_levels.append((row, 0))
        if ended:
            self._set_levels()

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
        verdict = self._verdict(tally)
        if verdict is None:
            return False
        level, code, reason = verdict
        halt = Halt(f"strategy:{name}", level, code, reason, "breaker", self.end_of(at))
        return self._stop(row, halt)

    def _verdict(self, tally: "FastTally") -> Verdict | None:
        """What the live breaker itself says."""
        outcomes = [
            Outcome(
                f"{order.signal}#0",
                self.tape.symbols[order.symbol],
                Side.BUY if order.side > 0 else Side.SELL,
                self.end_of(row),
                None if realized is None else dollars(realized),
                is_rejected=realized is None,
            )
            for order, row, realized in tally.outcomes
        ]
        limits, opened = self.setting.trading.limits, dollars(self.day_open)
        return Tally(outcomes).verdict(outcomes[-1], limits, day_open_equity=opened)

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
            moment = None if code is None else self.moment()
            intents.append((order.signal, order.side, order.quantity, order.limit, code, moment))
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
            shares = self.net[order.symbol]
            opening = shares >= 0 if order.side > 0 else shares <= 0
            if opening:
                refusal = INSUFFICIENT_BUYING_POWER if self._is_too_much(order, resting) else None
            else:
                closing = sum(
                    each.quantity
                    for each, opens in resting
                    if not opens and each.symbol == order.symbol and each.side == order.side
                )
                short = order.quantity > abs(shares) - closing
                refusal = INSUFFICIENT_QUANTITY if short else None
            if refusal is None:
                resting.append((order, opening))
            else:
                self.record.rejections.append(refusal)
                self._drop(order, row)
                has_stopped |= self._note(order, row, None)

    def _is_too_much(self, order: Order, resting: Sequence[tuple[Order, bool]]) -> bool:
        free = max(0, 2 * self.equity - sum(self.sides)) * _SHORT_SALE.under
        committed = sum([self._cost(each) for each, opens in resting if opens])
        return self._cost(order) > free - committed

    def _cost(self, order: Order) -> int:
        """Of an opening order, in hundredths of ticks."""
        price = order.limit * _SHORT_SALE.under
        if order.side < 0:
            price = max(price, self.mark(order.symbol) * _SHORT_SALE.over)
        return order.quantity * price

    def _drop(self, order: Order, row: int) -> None:
        self.reserved.remove(order)
        self._search(self.lanes[order.lane], row + 1)


@dataclass(frozen=True, slots=True)
class _Kept:
    cash: int
    held: tuple[int, ...]
    entered: tuple[int, ...]
    net: tuple[int, ...]
    stops: dict[str, Halt]
    halts: int
    recent: tuple[Order, ...]
    tallies: "dict[str, FastTally]"
    day_open: int
    pending: tuple[Order, ...]
    lanes: tuple[Any, ...]
    lengths: tuple[int, ...]


class _Losses:
    """The equity at every minute of a stretch that was walked, and what the breaker says to it."""

    def __init__(self, engine: FastEngine, begin: int, end: int, kept: _Kept) -> None:
        self._engine = engine
        self._begin, self._end = begin, end
        self._kept = kept
        cash, shares = _changes(engine, kept, begin)
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
        lengths = np.diff([begin, *rows[1:], end])
        return np.repeat(np.asarray(opens, dtype=np.int64), lengths)

    def _levels(self) -> Any:
        before = self._kept.stops.get(ACCOUNT)
        level = 0 if before is None else int(before.level)
        levels = np.full(self._end - self._begin, level, dtype=np.int64)
        for row, level in self._engine.account_levels:
            levels[row - self._begin :] = level
        return levels


Changes = tuple[Any, Any]  # rows, and what is added at each


def _changes(engine: FastEngine, kept: _Kept, begin: int) -> tuple[Changes, dict[int, Changes]]:
    """Of the cash, and of the shares by symbol; also of those that are only held."""
    found: dict[int, tuple[list[int], list[int]]] = {
        symbol: ([], []) for symbol, shares in enumerate(kept.net) if shares
    }
    at: list[int] = []
    paid: list[int] = []
    record, fee = engine.record, engine.fees.of
    intents, signals, lanes = record.intents, record.signals, engine.lanes
    for signal, row, price in record.fills[kept.lengths[2] :]:
        _, side, quantity, *_ = intents[signal]
        rows, shares = found.setdefault(lanes[signals[signal][1]].symbol, ([], []))
        at.append(row - begin)
        rows.append(row - begin)
        shares.append(side * quantity)
        paid.append(-side * quantity * price - fee(quantity))
    if record.booked is not None:
        return record.booked.changes()
    return (at, paid), dict(found)


def _running(start: int, rows: Any, changes: Any, length: int) -> Any:
    """What `start` has become by each row; `rows` ascend."""
    values = np.empty(len(rows) + 1, dtype=np.int64)
    values[0] = start
    values[1:] = changes
    np.cumsum(values, out=values)
    return np.repeat(values, np.diff(np.concatenate([[0], rows, [length]]).astype(np.int64)))


class FastTally:
    """`strategy_breaker.Tally` in ticks: it knows when there may be something to say, and what the
    real one needs to say it. `outcomes` are (order, row, realized), None for a refusal.
    """

    def __init__(self, limits: RiskLimits) -> None:
        self.outcomes: list[tuple[Order, int, int | None]] = []
        self._limits = limits
        self._share = part(limits.strategy_loss_fraction)
        self._realized = 0
        self._rejects = 0
        self._filled: dict[tuple[int, int], list[int]] = {}

    def copy(self) -> "FastTally":
        other = FastTally(self._limits)
        other.outcomes = self.outcomes[:]
        other._realized, other._rejects = self._realized, self._rejects
        other._filled = {key: rows[:] for key, rows in self._filled.items()}
        return other

    def note(self, order: Order, row: int, realized: int | None) -> bool:
        """One more outcome; whether it may call for a halt by its number."""
        limits = self._limits
        self.outcomes.append((order, row, realized))
        if realized is None:
            self._rejects += 1
            return self._rejects >= limits.max_rejects
        self._realized += realized
        key = (order.symbol, order.side)
        rows = self._filled.get(key)
        if rows is None:
            rows = self._filled[key] = []
        rows.append(row)
        most = limits.max_repeated_fills
        is_repeated = len(rows) >= most and row - rows[-most] < limits.repeated_fills_minutes
        return is_repeated or bool(limits.max_consecutive_losers)

    def has_lost(self, day_open: int) -> bool:
        lost, share = -self._realized, self._share
        return lost > 0 and lost * share.under >= day_open * share.over


class WholeFees:
    """`Fees` in ticks."""

    def __init__(self, fees: Fees) -> None:
        self.per_share = whole(fees.per_share) or 0
        self.least = whole(fees.least) or 0

    def of(self, quantity: int) -> int:
        return max(self.per_share * quantity, self.least)


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
                trails[direction] = memoryview(np.asarray(strategy.trail(direction, *seen)))
        return trails[direction]

    lane.look(
        Sight(
            0,
            len(columns),
            memoryview(found.entry),
            (found.entry != 0).tobytes(),
            found.leaves_long.tobytes(),
            found.leaves_short.tobytes(),
            found.rearms.tobytes(),
            memoryview(columns.high),
            memoryview(columns.low),
            trail if lane.follows else None,
            lambda at: [each[at] for each in numbers],
        )
    )


def _numbers(values: Any) -> Any:
    """Plain numbers by index."""
    return memoryview(values) if isinstance(values, np.ndarray) else values


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


def _next_open(setting: Setting) -> NextOpen:
    if not isinstance(setting.fills, NextOpen):
        raise InvalidValueError(f"Expected fills at the next open, was {setting.fills!r}")
    return setting.fills
