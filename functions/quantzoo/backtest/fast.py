"""The engine for declared strategies: integers, and only the bars on which somebody asks.

Lanes say where their strategies ask next, by columns or a block of bars at a time; what happens
there is decided as in `Engine`, on whole shares and ticks. The account's losses are looked at a
stretch of minutes at a time: when one was deep enough to halt, the stretch is run again with the
halt in its minute. Signals, intents and fills are kept as numbers; `quantzoo.backtest.recorded`
makes the real ones of them when they are asked for, through the live functions. Results are equal
to the reference engine's to the last digit, and tests demand it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
    is_lifted_by_new_session,
)
from quantterminal.domain.risk import DenialCode, HaltLevel, Rule
from quantzoo.backtest.columns import Columns, decided
from quantzoo.backtest.engine import Setting
from quantzoo.backtest.fast_rules import Order, Part, fast_rules, part
from quantzoo.backtest.fills import Fees, NextOpen
from quantzoo.backtest.history import instant
from quantzoo.backtest.lanes import NEVER, Lane, Sight
from quantzoo.backtest.streams import Stream
from quantzoo.backtest.tape import Tape, dollars, whole
from quantzoo.backtest.venue import INSUFFICIENT_BUYING_POWER, INSUFFICIENT_QUANTITY
from quantzoo.declared import DeclaredStrategy

BLOCK = 2_048
STRETCH = 16_384
_BASIS_POINTS = 10_000
_DOLLAR, _CENT = 10_000, 100  # in ticks
_OPENING, _FILLS, _HALT, _LANES = range(4)  # the order of things within a minute
_SHORT_SALE = Part(103, 100)


@dataclass(frozen=True, slots=True)
class Moment:
    """What the rules saw when they denied an order: enough to ask the live ones again."""

    row: int
    equity: int
    net: tuple[int, ...]
    reserved: tuple[Order, ...]
    level: int


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

    def lengths(self) -> tuple[int, ...]:
        return tuple(len(each) for each in self._lists())

    def cut(self, lengths: Sequence[int]) -> None:
        for each, length in zip(self._lists(), lengths, strict=True):
            del each[length:]

    def _lists(self) -> tuple[list[Any], ...]:
        return self.signals, self.intents, self.fills, self.late_denials, self.rejections


class Prices:
    """Limits and fills as `money.round_limit` and `money.offset_by_bps` make them, in ticks."""

    def __init__(self, bps: Decimal) -> None:
        share = part(bps)
        self._under = _BASIS_POINTS * share.under
        self._over = {1: self._under + share.over, -1: self._under - share.over}

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

    def __init__(self, setting: Setting, tape: Tape, lanes: Sequence[Lane]) -> None:
        trading = setting.trading
        self.setting = setting
        self.tape = tape
        self.lanes = lanes
        self.record = Record()
        self.cash = whole(setting.cash) or 0
        self.held = [0] * len(lanes)
        self.net = [0] * len(tape.symbols)
        self.reserved: list[Order] = []
        self.level = 0
        self.outside = False
        self.halt: Halt | None = None
        self.halts: list[Halt] = []
        self.high_water = self.cash
        self.start = self.cash
        self.day_open = self.cash
        self.levels: list[tuple[int, int]] = []
        self.equities = np.zeros(len(tape), dtype=np.int64)
        self.invested = np.zeros(len(tape), dtype=np.bool_)
        self._row = 0
        self._equity: int | None = None
        self._pending: list[Order] = []
        self._opens = [memoryview(each) for each in tape.opens]
        self._closes = [memoryview(each) for each in tape.closes]
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

    def mark(self, symbol: int) -> int:
        return self._closes[symbol][self._row]

    def slow(self, rule: Rule, order: Order) -> DenialCode | None:
        from quantzoo.backtest.recorded import ask_rule

        return ask_rule(self, rule, order.signal, self.moment())

    def moment(self) -> Moment:
        return Moment(
            self._row, self.equity, tuple(self.net), tuple(self.reserved), self.level
        )

    def day_open_at(self, row: int) -> int:
        """The equity at the open of the session that `row` lies in."""
        first = self.tape.first
        begin = first[bisect_right(first, row) - 1]
        return int(self.equities[begin - 1]) if begin else self.start

    def run(self, stretches: Iterator[tuple[int, int]]) -> Iterator[int]:
        """Through the stretches (begin, end), which follow each other; yields what is done."""
        for begin, end in stretches:
            self._stretch(begin, end)
            yield end

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
            found = losses.first(len(halts))
            if found is None:
                break
            halts[found[0]] = found[1]
            self._put_back(kept)
        self.high_water = losses.high_water

    def _keep(self) -> "_Kept":
        return _Kept(
            self.cash,
            tuple(self.held),
            tuple(self.net),
            self.level,
            self.halt,
            len(self.halts),
            self.day_open,
            tuple(self._pending),
            tuple(lane.keep() for lane in self.lanes),
            self.record.lengths(),
        )

    def _put_back(self, kept: "_Kept") -> None:
        self.cash, self.level, self.halt = kept.cash, kept.level, kept.halt
        self.held, self.net = list(kept.held), list(kept.net)
        del self.halts[kept.halts :]
        self.day_open = kept.day_open
        self._pending = list(kept.pending)
        for lane, state in zip(self.lanes, kept.lanes, strict=True):
            lane.put_back(state)
        self.record.cut(kept.lengths)

    def _walk(self, begin: int, end: int, halts: dict[int, Halt]) -> None:
        self.levels.clear()
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
            self._row, self._equity = row, None
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
                self.halt = halts[row]
                self.halts.append(self.halt)
                self._set_level(row, int(self.halt.level))

    def _set_level(self, row: int, level: int) -> None:
        self.level = level
        self.levels.append((row, level))

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
        if self.halt is not None and is_lifted_by_new_session(self.halt):
            self.halt = None
            self._set_level(row, 0)

    def _fill(self, row: int) -> None:
        pending, self._pending = self._pending, []
        fills, held, net = self.record.fills, self.held, self.net
        for order in pending:
            side, quantity, number = order.side, order.quantity, order.lane
            price = self._fills.moved(self._opens[order.symbol][row], side)
            fills.append((order.signal, row, price))
            shares = held[number] = held[number] + side * quantity
            net[order.symbol] += side * quantity
            self.cash -= side * quantity * price + self.fees.of(quantity)
            lane = self.lanes[number]
            lane.fill(row, (shares > 0) - (shares < 0))
            self._search(lane, row)

    def _decide(self, row: int, asking: Sequence[int]) -> None:
        self.outside = self.tape.outside[row] == 1
        lanes = self.lanes
        orders = [self._order(lanes[number], row) for number in asking]
        intents, reserved = self.record.intents, self.reserved
        reserved.clear()
        for order in orders:
            code = self._check(order)
            moment = None if code is None else self.moment()
            intents.append((order.signal, order.side, order.quantity, order.limit, code, moment))
            if code is None:
                reserved.append(order)
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
            side=side,
            quantity=quantity,
            limit=self._limits.moved(reference, side),
            reference=reference,
            signal=len(signals) - 1,
        )

    def _sized(self, reference: int) -> int:
        return self.day_open * self._size.over // (self._size.under * reference)

    def _check(self, order: Order) -> DenialCode | None:
        for rule in self._rules:
            code = rule(order, self)
            if code is not None:
                return code
        return None

    def _last_hop(self, row: int) -> None:
        """Each sees what all others of the minute have reserved."""
        for order in self.reserved[:]:
            code = self._check(order)
            if code is not None:
                self.record.late_denials.append(code)
                self._drop(order, row)

    def _submit(self, row: int) -> None:
        """`venue.accept`, in ticks."""
        resting: list[tuple[Order, bool]] = []
        for order in self.reserved[:]:
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

    def _is_too_much(self, order: Order, resting: Sequence[tuple[Order, bool]]) -> bool:
        gross = sum(
            [abs(shares) * self.mark(n) for n, shares in enumerate(self.net) if shares]
        )
        free = max(0, 2 * self.equity - gross) * _SHORT_SALE.under
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
    net: tuple[int, ...]
    level: int
    halt: Halt | None
    halts: int
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
        equity = np.full(end - begin, kept.cash, dtype=np.int64)
        invested = np.zeros(end - begin, dtype=np.bool_)
        for symbol, (rows, shares, paid) in self._changes().items():
            equity -= _running(rows, paid, end - begin)
            held = _running(rows, shares, end - begin)
            held += kept.net[symbol]
            equity += held * engine.tape.closes[symbol][begin:end]
            invested |= held != 0
        engine.equities[begin:end] = equity
        engine.invested[begin:end] = invested
        self._equity = equity
        self._high = np.maximum(np.maximum.accumulate(equity), engine.high_water)
        self.high_water = int(self._high[-1])

    def first(self, known: int) -> tuple[int, Halt] | None:
        """The first minute in which the account is halted further than it was; `known` halts were
        in the stretch already.
        """
        limits = self._engine.setting.trading.limits
        drawdown, daily = part(limits.drawdown_fraction), part(limits.daily_loss_fraction)
        equity, high, opens = self._equity, self._high, self._day_opens()
        deep = (high - equity) * drawdown.under >= high * drawdown.over
        lost = (opens - equity) * daily.under >= opens * daily.over
        if not (deep.any() or lost.any()):
            return None
        wanted = np.where(deep, int(HaltLevel.HALTED), np.where(lost, int(HaltLevel.REDUCE_ONLY), 0))
        found = np.flatnonzero(wanted > self._levels())
        if not len(found):
            return None
        at = int(found[0])
        marks = EquityMarks(dollars(equity[at]), dollars(opens[at]), dollars(high[at]))
        verdict = breaker(marks, limits)
        if verdict is None:
            raise InvalidValueError(f"Expected a loss to halt for, was {marks}")
        level, code, reason = verdict
        row, number = self._begin + at, self._kept.halts + known + 1
        end = instant(int(self._engine.tape.starts[row])) + MINUTE
        return row, Halt(ACCOUNT, level, code, reason, "breaker", end, number)

    def _changes(self) -> dict[int, tuple[list[int], list[int], list[int]]]:
        """Rows, shares and what was paid, by symbol; also of those that are only held."""
        engine, begin, record = self._engine, self._begin, self._engine.record
        found: dict[int, tuple[list[int], list[int], list[int]]] = {
            symbol: ([], [], []) for symbol, shares in enumerate(self._kept.net) if shares
        }
        intents, signals, lanes = record.intents, record.signals, engine.lanes
        fee = engine.fees.of
        for signal, row, price in record.fills[self._kept.lengths[2] :]:
            _, side, quantity, *_ = intents[signal]
            rows, shares, paid = found.setdefault(lanes[signals[signal][1]].symbol, ([], [], []))
            rows.append(row - begin)
            shares.append(side * quantity)
            paid.append(side * quantity * price + fee(quantity))
        return found

    def _day_opens(self) -> Any:
        """The equity at the open of each minute's session."""
        engine, begin, end = self._engine, self._begin, self._end
        first = engine.tape.first
        number = bisect_right(first, begin) - 1
        opens = np.empty(end - begin, dtype=np.int64)
        while number < len(first) and first[number] < end:
            row = first[number]
            at_open = int(engine.equities[row - 1]) if row else engine.start
            opens[max(row - begin, 0) :] = at_open
            number += 1
        return opens

    def _levels(self) -> Any:
        levels = np.full(self._end - self._begin, self._kept.level, dtype=np.int64)
        for row, level in self._engine.levels:
            levels[row - self._begin :] = level
        return levels


def _running(rows: Sequence[int], values: Sequence[int], length: int) -> Any:
    """The sum of all values up to each row."""
    at_rows = np.zeros(length, dtype=np.int64)
    np.add.at(at_rows, np.asarray(rows, dtype=np.int64), np.asarray(values, dtype=np.int64))
    return np.cumsum(at_rows, out=at_rows)


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
            lambda at: [_number(each[at]) for each in readings],
        )
    )


def _number(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


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
        entry, leaves_long, leaves_short, rearms = zip(
            *map(strategy.decide, *seen), strict=True
        )
        cold = min(max(self._warm - begin, 0), end - begin)
        none = bytes(cold)
        self._lane.look(
            Sight(
                begin,
                end,
                entry,
                none + bytes(map(bool, entry[cold:])),
                none + bytes(map(bool, leaves_long[cold:])),
                none + bytes(map(bool, leaves_short[cold:])),
                none + bytes(map(bool, rearms[cold:])),
                stream.high,
                stream.low,
                (lambda direction: _Trail(strategy, direction, seen)) if self._lane.follows else None,
                lambda at: [each[at] for each in readings],
            )
        )


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
