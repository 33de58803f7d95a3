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
    CLOSES,
    OPENS,
    PENDING,
    RESERVED,
    RESTING,
    TRYING,
    Books,
    Shown,
    World,
)
from quantzoo.backtest.lanes import NEVER

DONE, ALARM, FULL, LOST = range(4)
"""How `advance` ends: all done, strategies whose breaker may have something to say, no room for
more orders, or something that the compiled form does not know.
"""

QUANTITY_REFUSED, POWER_REFUSED = 1, 2
_SHORT_OVER, _SHORT_UNDER = 103, 100  # an opening short is valued at 3 % above the market
_DOLLAR, _CENT = 10_000, 100  # in ticks


@compiled
def advance(until: int, fills_too: bool, world: World) -> int:  # noqa: FBT001  positional, compiled
    """Everything before the row `until`, and with `fills_too` what is filled at it."""
    accounts, books, shown, prices, outside, rules = world
    account, market = accounts[0], (prices, outside)
    status = DONE
    while status == DONE:
        row = NEVER
        for n in range(len(books.lanes)):
            row = min(row, books.lanes[n].found)
        if account.fills_at <= row:
            row = account.fills_at
            if row > until or (row == until and not fills_too):
                return DONE
            status = _fill_all(row, account, books, shown, prices)
        elif row >= until:
            return DONE
        elif account.orders + len(books.lanes) > len(books.orders):
            return FULL
        else:
            status = _decide(row, account, books, shown, market, rules)
    return status


@compiled
def begin_session(row: int, cancels: bool, world: World) -> int:  # noqa: FBT001  positional, compiled
    """The equity at the close before it, and an end of what does not outlive the day."""
    account, books = world.accounts[0], world.books
    if cancels:
        for nth in range(account.pending):
            order = books.orders[books.lists[PENDING, nth]]
            search(books.lanes[order.lane], row, account, world.shown)
        account.pending = 0
        account.fills_at = NEVER
    if row:
        if not _fits(row - 1, books, world.prices):
            return LOST
        account.day_open = _worth(row - 1, account, books, world.prices)[0]
    for n in range(len(books.strategies)):
        books.strategies[n].realized = 0
        books.strategies[n].rejects = 0
    for n in range(len(books.lanes)):
        books.lanes[n].bought = 0
        books.lanes[n].sold = 0
    return DONE


@compiled
def _worth(row: int, account: Any, books: Books, prices: Any) -> tuple[int, int, int]:
    """At the closes of a minute: the equity, what is held long and what is held short."""
    long = short = 0
    for symbol in range(len(books.net)):
        value = books.net[symbol] * prices[CLOSES, symbol, row]
        if value > 0:
            long += value
        else:
            short -= value
    return account.cash + long - short, long, short


@compiled
def _fits(row: int, books: Books, prices: Any) -> bool:
    """Whether all that is held is worth so little that its products fit."""
    for symbol in range(len(books.net)):
        if _is_beyond(books.net[symbol], prices[CLOSES, symbol, row]):
            return False
    return True


@compiled
def _is_beyond(shares: int, price: int) -> bool:
    return abs(float(shares)) * float(price) > MOST_MONEY


@compiled
def _moved(price: int, side: int, under: int, up: int, down: int) -> int:
    """`fast_money.Prices.moved`."""
    moved = price * (up if side > 0 else down)
    step = _CENT if moved >= _DOLLAR * under else 1
    if side > 0:
        return -(-moved // (under * step)) * step
    return moved // (under * step) * step


@compiled
def _fill_all(row: int, account: Any, books: Books, shown: Shown, prices: Any) -> int:
    count = account.pending
    account.pending = 0
    account.alarms = 0
    account.fills_at = NEVER
    for nth in range(count):
        number = books.lists[PENDING, nth]
        order = books.orders[number]
        lane = books.lanes[order.lane]
        opened = prices[OPENS, lane.symbol, row]
        if not _fill(order, row, opened, account, books):
            return LOST
        if _is_alarming(order, account, books):
            books.lists[ALARMS, account.alarms] = number
            account.alarms += 1
        search(lane, row, account, shown)
    return ALARM if account.alarms else DONE


@compiled
def _fill(order: Any, row: int, opened: int, account: Any, books: Books) -> bool:
    lane, side, quantity = books.lanes[order.lane], order.side, order.quantity
    price = _moved(opened, side, account.fill_under, account.fill_up, account.fill_down)
    before = lane.held
    if _is_beyond(max(abs(before), quantity), max(price, lane.entered)):
        return False
    order.filled_at = row
    order.price = price
    order.realized = before * (price - lane.entered)
    shares = before + side * quantity
    lane.held = shares
    lane.entered = price
    books.net[lane.symbol] += side * quantity
    account.cash -= side * quantity * price
    account.cash -= max(account.fee_per_share * quantity, account.fee_least)
    fill(lane, row, (shares > 0) - (shares < 0))
    return True


@compiled
def _is_alarming(order: Any, account: Any, books: Books) -> bool:
    """`FastTally.note` of a fill."""
    lane = books.lanes[order.lane]
    strategy = books.strategies[lane.strategy]
    strategy.realized += order.realized
    if order.side > 0:
        side, count = 0, lane.bought
        lane.bought = count + 1
    else:
        side, count = 1, lane.sold
        lane.sold = count + 1
    most = books.repeats.shape[2]
    books.repeats[lane.number, side, count % most] = order.row
    since = order.row - books.repeats[lane.number, side, (count + 1) % most]
    is_repeated = count + 1 >= most and since < account.repeated_minutes
    return is_repeated or _has_lost(strategy, account)


@compiled
def _has_lost(strategy: Any, account: Any) -> bool:
    lost = -strategy.realized
    return bool(lost > 0 and lost * account.loss_under >= account.day_open * account.loss_over)


@compiled
def _decide(row: int, account: Any, books: Books, shown: Shown, market: Any, rules: Any) -> int:
    first, prices = account.orders, market[0]
    if not _fits(row, books, prices):
        return LOST
    for n in range(len(books.lanes)):
        lane = books.lanes[n]
        if lane.found == row:
            order = books.orders[account.orders]
            account.orders += 1
            _order(order, row, lane, prices[CLOSES, lane.symbol, row], account, shown)
    worth = _worth(row, account, books, prices)
    is_known = _assess(first, worth, account, books, shown, market, rules)
    if is_known and account.reserved > 1:
        is_known = _hop(worth, account, books, shown, market, rules)
    if is_known and account.has_venue:
        is_known = _submit(row, worth, account, books, shown, prices)
    if not is_known:
        return LOST
    if account.reserved:
        account.pending = account.reserved
        account.fills_at = row + 1
        for nth in range(account.reserved):
            books.lists[PENDING, nth] = books.lists[RESERVED, nth]
    return DONE


@compiled
def _assess(
    first: int, worth: Any, account: Any, books: Books, shown: Shown, market: Any, rules: Any
) -> bool:
    """The rules on the minute's orders, those from `first` on; False for what is not known."""
    account.reserved = 0
    account.approved = 0
    for number in range(first, account.orders):
        code = denial(number, worth, account, books, market, rules)
        if code == BEYOND:
            return False
        order = books.orders[number]
        order.denied = code
        if code:
            search(books.lanes[order.lane], order.row + 1, account, shown)
        else:
            books.lists[RESERVED, account.reserved] = number
            books.lists[APPROVED, account.approved] = number
            account.reserved += 1
            account.approved += 1
    return True


@compiled
def _hop(worth: Any, account: Any, books: Books, shown: Shown, market: Any, rules: Any) -> bool:
    """The last hop: each order sees what all others of the minute have reserved."""
    for nth in range(account.approved):
        number = books.lists[APPROVED, nth]
        code = denial(number, worth, account, books, market, rules)
        if code == BEYOND:
            return False
        if code:
            books.orders[number].denied_late = code
            _drop(number, account, books, shown)
    return True


@compiled
def _order(order: Any, row: int, lane: Any, reference: int, account: Any, shown: Shown) -> None:
    order.cause = lane.cause
    direction = ask(lane, row, account, shown)
    if direction:
        side, quantity = direction, lane.quantity
        if not quantity:
            quantity = account.day_open * account.size_over // (account.size_under * reference)
    else:
        side, quantity = (-1 if lane.held > 0 else 1), abs(lane.held)
    order.row = row
    order.lane = lane.number
    order.direction = direction
    order.side = side
    order.quantity = quantity
    order.limit = _moved(reference, side, account.limit_under, account.limit_up, account.limit_down)
    order.denied_late = 0
    order.refused = 0
    order.filled_at = -1


@compiled
def _drop(number: int, account: Any, books: Books, shown: Shown) -> None:
    kept = 0
    for nth in range(account.reserved):
        if books.lists[RESERVED, nth] != number:
            books.lists[RESERVED, kept] = books.lists[RESERVED, nth]
            kept += 1
    account.reserved = kept
    order = books.orders[number]
    search(books.lanes[order.lane], order.row + 1, account, shown)


@compiled
def _submit(row: int, worth: Any, account: Any, books: Books, shown: Shown, prices: Any) -> bool:
    """`venue.accept`, in ticks; False when a strategy may have to be stopped."""
    count = account.reserved
    for nth in range(count):
        books.lists[TRYING, nth] = books.lists[RESERVED, nth]
    account.resting = 0
    for nth in range(count):
        number = books.lists[TRYING, nth]
        order = books.orders[number]
        lane = books.lanes[order.lane]
        if _is_opening(order, books):
            refused = POWER_REFUSED * _is_too_much(order, row, worth, account, books, prices)
        else:
            refused = QUANTITY_REFUSED * _is_too_many(order, account, books)
        if not refused:
            books.lists[RESTING, account.resting] = number
            account.resting += 1
            continue
        order.refused = refused
        _drop(number, account, books, shown)
        strategy = books.strategies[lane.strategy]
        strategy.rejects += 1
        if strategy.rejects >= account.max_rejects or _has_lost(strategy, account):
            return False
    return True


@compiled
def _is_opening(order: Any, books: Books) -> bool:
    shares = books.net[books.lanes[order.lane].symbol]
    return bool(shares >= 0 if order.side > 0 else shares <= 0)


@compiled
def _is_too_many(order: Any, account: Any, books: Books) -> bool:
    """More than is held and not yet held by other orders that close."""
    symbol, closing = books.lanes[order.lane].symbol, 0
    for nth in range(account.resting):
        other = books.orders[books.lists[RESTING, nth]]
        is_same = books.lanes[other.lane].symbol == symbol and other.side == order.side
        if is_same and not _is_opening(other, books):
            closing += other.quantity
    return bool(order.quantity > abs(books.net[symbol]) - closing)


@compiled
def _is_too_much(order: Any, row: int, worth: Any, account: Any, books: Books, prices: Any) -> bool:
    """More than regulation T leaves, beside the orders that rest."""
    equity, long, short = worth
    free = max(0, 2 * equity - long - short) * _SHORT_UNDER
    cost = _cost(order, row, books, prices)
    for nth in range(account.resting):
        other = books.orders[books.lists[RESTING, nth]]
        if _is_opening(other, books):
            cost += _cost(other, row, books, prices)
    return bool(cost > free)


@compiled
def _cost(order: Any, row: int, books: Books, prices: Any) -> int:
    """Of an opening order, in hundredths of ticks."""
    price = order.limit * _SHORT_UNDER
    if order.side < 0:
        mark = prices[CLOSES, books.lanes[order.lane].symbol, row]
        price = max(price, mark * _SHORT_OVER)
    cost: int = order.quantity * price
    return cost
