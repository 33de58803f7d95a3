"""The fast engine's walk from order to order, compiled: what `fast.FastEngine` does in a minute.

`advance` goes on by itself as long as nothing comes up that only the live functions can say: the
text of a strategy's breaker, a halt of the account, a new session.
"""

from typing import Any

from quantzoo.backtest.compiled import compiled
from quantzoo.backtest.compiled_lanes import ask, fill, search
from quantzoo.backtest.compiled_rules import BEYOND, MOST_MONEY, denial
from quantzoo.backtest.compiled_state import (
    ALARMS,
    APPROVED,
    CASH,
    CAUSE,
    CODE,
    DAY_OPEN,
    DIRECTION,
    FILLS,
    FILLS_AT,
    LANE,
    LATE,
    LIMIT,
    ORDERS,
    PENDING,
    QUANTITY,
    REJECTED,
    RESERVED,
    RESTING,
    ROW,
    SIDE,
    World,
)
from quantzoo.backtest.lanes import NEVER

DONE, ALARM, FULL, LOST = range(4)
"""How `advance` ends: all done, strategies whose breaker may have something to say, no room for
more orders, or something that the compiled form does not know.
"""

QUANTITY_REFUSED, POWER_REFUSED = range(2)
_SHORT_OVER, _SHORT_UNDER = 103, 100  # an opening short is valued at 3 % above the market
_DOLLAR, _CENT = 10_000, 100  # in ticks


@compiled
def advance(until: int, fills_too: bool, world: World) -> int:  # noqa: FBT001  positional, compiled
    """Everything before the row `until`, and with `fills_too` what is filled at it."""
    numbers = world.account.numbers
    status = DONE
    while status == DONE:
        row, filled_at = _next_row(world), numbers[FILLS_AT]
        if filled_at <= row:
            if filled_at > until or (filled_at == until and not fills_too):
                return DONE
            status = _fill_all(filled_at, world)
        elif row >= until:
            return DONE
        elif numbers[ORDERS] + len(world.lanes.sign) > len(world.log.orders):
            return FULL
        else:
            status = _decide(row, world)
    return status


@compiled
def begin_session(row: int, cancels: bool, world: World) -> int:  # noqa: FBT001  positional, compiled
    """The equity at the close before it, and an end of what does not outlive the day."""
    account = world.account
    numbers = account.numbers
    if cancels:
        for n in range(numbers[PENDING]):
            search(world.log.orders[account.pending[n], LANE], row, world)
        numbers[PENDING] = 0
        numbers[FILLS_AT] = NEVER
    if row:
        if not _fits(row - 1, world):
            return LOST
        numbers[DAY_OPEN] = _worth(row - 1, world)[0]
    account.realized[:] = 0
    account.rejects[:] = 0
    account.repeated[:] = 0
    return DONE


@compiled
def _next_row(world: World) -> int:
    row = NEVER
    for found in world.lanes.found:
        row = min(row, found)
    return row


@compiled
def _worth(row: int, world: World) -> tuple[int, int, int]:
    """At the closes of a minute: the equity, what is held long and what is held short."""
    long = short = 0
    for symbol in range(len(world.account.net)):
        shares = world.account.net[symbol]
        if shares:
            value = shares * world.market.closes[symbol, row]
            if value > 0:
                long += value
            else:
                short -= value
    return world.account.numbers[CASH] + long - short, long, short


@compiled
def _fits(row: int, world: World) -> bool:
    """Whether all that is held is worth so little that its products fit."""
    for symbol in range(len(world.account.net)):
        if _is_beyond(world.account.net[symbol], world.market.closes[symbol, row]):
            return False
    return True


@compiled
def _is_beyond(shares: int, price: int) -> bool:
    return abs(float(shares)) * float(price) > MOST_MONEY


@compiled
def _moved(price: int, side: int, terms: Any) -> int:
    """`fast_money.Prices.moved`."""
    under, up, down = terms
    moved = price * (up if side > 0 else down)
    step = _CENT if moved >= _DOLLAR * under else 1
    if side > 0:
        return -(-moved // (under * step)) * step
    return moved // (under * step) * step


@compiled
def _fill_all(row: int, world: World) -> int:
    numbers = world.account.numbers
    count = numbers[PENDING]
    numbers[PENDING] = numbers[ALARMS] = 0
    numbers[FILLS_AT] = NEVER
    for n in range(count):
        if not _fill(world.account.pending[n], row, world):
            return LOST
    return ALARM if numbers[ALARMS] else DONE


@compiled
def _fill(order: int, row: int, world: World) -> bool:
    account, lanes, log = world.account, world.lanes, world.log
    numbers = account.numbers
    lane, side, quantity = (
        log.orders[order, LANE],
        log.orders[order, SIDE],
        log.orders[order, QUANTITY],
    )
    symbol = lanes.symbol[lane]
    price = _moved(world.market.opens[symbol, row], side, world.terms.fill)
    before = lanes.held[lane]
    if _is_beyond(max(abs(before), quantity), max(price, lanes.entered[lane])):
        return False
    realized = before * (price - lanes.entered[lane])
    number = numbers[FILLS]
    numbers[FILLS] = number + 1
    log.fills[number, 0] = order
    log.fills[number, 1] = row
    log.fills[number, 2] = price
    log.fills[number, 3] = realized
    shares = before + side * quantity
    lanes.held[lane] = shares
    lanes.entered[lane] = price
    account.net[symbol] += side * quantity
    if _is_alarming(lane, side, log.orders[order, ROW], realized, world):
        account.alarms[numbers[ALARMS]] = number
        numbers[ALARMS] += 1
    terms = world.terms
    numbers[CASH] -= side * quantity * price + max(terms.fee_per_share * quantity, terms.fee_least)
    fill(lane, row, (shares > 0) - (shares < 0), world)
    search(lane, row, world)
    return True


@compiled
def _is_alarming(lane: int, side: int, row: int, realized: int, world: World) -> bool:
    """`FastTally.note` of a fill."""
    account, terms = world.account, world.terms
    strategy, nth = world.lanes.strategy[lane], 0 if side > 0 else 1
    account.realized[strategy] += realized
    rows, most = account.repeats[lane, nth], account.repeats.shape[2]
    count = account.repeated[lane, nth]
    rows[count % most] = row
    account.repeated[lane, nth] = count + 1
    is_repeated = count + 1 >= most and row - rows[(count + 1) % most] < terms.repeated_minutes
    return is_repeated or _has_lost(strategy, world)


@compiled
def _has_lost(strategy: int, world: World) -> bool:
    lost = -world.account.realized[strategy]
    terms, opened = world.terms, world.account.numbers[DAY_OPEN]
    return lost > 0 and lost * terms.loss_under >= opened * terms.loss_over


@compiled
def _decide(row: int, world: World) -> int:
    account, lanes, log = world.account, world.lanes, world.log
    numbers = account.numbers
    first = numbers[ORDERS]
    if not _fits(row, world):
        return LOST
    for lane in range(len(lanes.found)):
        if lanes.found[lane] == row:
            _order(lane, row, world)
    worth = _worth(row, world)
    numbers[RESERVED] = numbers[APPROVED] = 0
    for order in range(first, numbers[ORDERS]):
        code = denial(order, worth, world)
        if code == BEYOND:
            return LOST
        log.orders[order, CODE] = code
        if code:
            search(log.orders[order, LANE], row + 1, world)
        else:
            _append(account.reserved, RESERVED, order, numbers)
            _append(account.approved, APPROVED, order, numbers)
    if numbers[RESERVED] > 1 and not _hop_last(row, worth, world):
        return LOST
    if numbers[RESERVED] and world.terms.has_venue and not _submit(row, worth, world):
        return LOST
    if numbers[RESERVED]:
        numbers[PENDING] = numbers[RESERVED]
        account.pending[: numbers[PENDING]] = account.reserved[: numbers[PENDING]]
        numbers[FILLS_AT] = row + 1
    return DONE


@compiled
def _append(orders: Any, length: int, order: int, numbers: Any) -> None:
    orders[numbers[length]] = order
    numbers[length] += 1


@compiled
def _order(lane: int, row: int, world: World) -> None:
    lanes, orders, numbers = world.lanes, world.log.orders, world.account.numbers
    order = numbers[ORDERS]
    numbers[ORDERS] = order + 1
    direction = ask(lane, row, world)
    reference = world.market.closes[lanes.symbol[lane], row]
    if direction:
        side, quantity = direction, lanes.quantity[lane]
        if not quantity:
            terms = world.terms
            quantity = numbers[DAY_OPEN] * terms.size_over // (terms.size_under * reference)
    else:
        side, quantity = (-1 if lanes.held[lane] > 0 else 1), abs(lanes.held[lane])
    orders[order, ROW] = row
    orders[order, LANE] = lane
    orders[order, CAUSE] = lanes.cause[lane]
    orders[order, DIRECTION] = direction
    orders[order, SIDE] = side
    orders[order, QUANTITY] = quantity
    orders[order, LIMIT] = _moved(reference, side, world.terms.limit)
    orders[order, CODE] = 0


@compiled
def _hop_last(row: int, worth: Any, world: World) -> bool:
    """Each sees what all others of the minute have reserved."""
    account, log = world.account, world.log
    numbers = account.numbers
    for n in range(numbers[APPROVED]):
        order = account.approved[n]
        code = denial(order, worth, world)
        if code == BEYOND:
            return False
        if code:
            log.late[numbers[LATE]] = code
            numbers[LATE] += 1
            _drop(order, row, world)
    return True


@compiled
def _drop(order: int, row: int, world: World) -> None:
    account = world.account
    kept = 0
    for n in range(account.numbers[RESERVED]):
        if account.reserved[n] != order:
            account.reserved[kept] = account.reserved[n]
            kept += 1
    account.numbers[RESERVED] = kept
    search(world.log.orders[order, LANE], row + 1, world)


@compiled
def _submit(row: int, worth: Any, world: World) -> bool:
    """`venue.accept`, in ticks; False when so many are refused that a strategy may be stopped."""
    account, log, lanes = world.account, world.log, world.lanes
    numbers = account.numbers
    count = numbers[RESERVED]
    account.trying[:count] = account.reserved[:count]
    numbers[RESTING] = 0
    for n in range(count):
        order = account.trying[n]
        is_opening = _is_opening(order, world)
        if is_opening:
            is_refused, why = _is_too_much(order, row, worth, world), POWER_REFUSED
        else:
            is_refused, why = _is_too_many(order, world), QUANTITY_REFUSED
        if not is_refused:
            _append(account.resting, RESTING, order, numbers)
            continue
        log.rejected[numbers[REJECTED], 0] = order
        log.rejected[numbers[REJECTED], 1] = why
        numbers[REJECTED] += 1
        _drop(order, row, world)
        strategy = lanes.strategy[log.orders[order, LANE]]
        account.rejects[strategy] += 1
        if account.rejects[strategy] >= world.terms.max_rejects or _has_lost(strategy, world):
            return False
    return True


@compiled
def _is_opening(order: int, world: World) -> bool:
    shares = world.account.net[world.lanes.symbol[world.log.orders[order, LANE]]]
    return shares >= 0 if world.log.orders[order, SIDE] > 0 else shares <= 0


@compiled
def _is_too_many(order: int, world: World) -> bool:
    """More than is held and not yet held by other orders that close."""
    account, orders, symbols = world.account, world.log.orders, world.lanes.symbol
    symbol, closing = symbols[orders[order, LANE]], 0
    for n in range(account.numbers[RESTING]):
        other = account.resting[n]
        is_same = symbols[orders[other, LANE]] == symbol
        if is_same and orders[other, SIDE] == orders[order, SIDE] and not _is_opening(other, world):
            closing += orders[other, QUANTITY]
    return orders[order, QUANTITY] > abs(account.net[symbol]) - closing


@compiled
def _is_too_much(order: int, row: int, worth: Any, world: World) -> bool:
    equity, long, short = worth
    free = max(0, 2 * equity - long - short) * _SHORT_UNDER
    committed = 0
    for n in range(world.account.numbers[RESTING]):
        if _is_opening(world.account.resting[n], world):
            committed += _cost(world.account.resting[n], row, world)
    return _cost(order, row, world) > free - committed


@compiled
def _cost(order: int, row: int, world: World) -> int:
    """Of an opening order, in hundredths of ticks."""
    orders = world.log.orders
    price = orders[order, LIMIT] * _SHORT_UNDER
    if orders[order, SIDE] < 0:
        mark = world.market.closes[world.lanes.symbol[orders[order, LANE]], row]
        price = max(price, mark * _SHORT_OVER)
    return orders[order, QUANTITY] * price
