"""What the compiled loop works on: arrays by lane, by symbol and by order, in whole ticks.

The fields mean what they mean in `fast.FastEngine` and `lanes.Lane`.
"""

from typing import Any, NamedTuple

import numpy as np

from quantzoo.backtest.lanes import NEVER

(
    CASH,
    DAY_OPEN,
    ORDERS,
    FILLS,
    LATE,
    REJECTED,
    RESERVED,
    APPROVED,
    RESTING,
    PENDING,
    FILLS_AT,
    ALARMS,
) = range(12)
"""Places in `Account.numbers`: money, how many there are of what is in lists, and the row of the
next fills.
"""

ROW, LANE, CAUSE, DIRECTION, SIDE, QUANTITY, LIMIT, CODE = range(8)
"""Columns of `Log.orders`; those of `Log.fills` are the order, the row, the price and what was
realized.
"""


class Market(NamedTuple):
    """Prices by symbol and row, of opens and closes in ticks; `outside` by row."""

    opens: Any
    closes: Any
    high: Any
    low: Any
    outside: Any


class Sights(NamedTuple):
    """What `decide` answered by lane and bar, of `size` bars from `begin` on. `stop_of` and
    `trail_of` are, by lane and for a long and a short, the rows of `stops` and `trails`, -1 for
    none.
    """

    begin: int
    size: int
    entry: Any
    leaves_long: Any
    leaves_short: Any
    rearms: Any
    stop_of: Any
    stops: Any
    trail_of: Any
    trails: Any


class Lanes(NamedTuple):
    """By lane; 0 shares leave the size to the sizing rule, a level is NaN where there is none."""

    symbol: Any
    strategy: Any
    quantity: Any
    most: Any
    sign: Any
    found: Any
    cause: Any
    held_from: Any
    followed: Any
    disarmed: Any
    held: Any
    entered: Any
    halted: Any
    level: Any


class Terms(NamedTuple):
    """Prices are moved by `over` parts of `under`: `limit` and `fill` are (under, up, down)."""

    limit: tuple[int, int, int]
    fill: tuple[int, int, int]
    size_over: int
    size_under: int
    fee_per_share: int
    fee_least: int
    has_venue: bool
    loss_over: int
    loss_under: int
    repeated_minutes: int
    max_rejects: int


class Rules(NamedTuple):
    """The rules that can deny, in their order: which one, and its limits."""

    kinds: Any
    limits: Any


class Account(NamedTuple):
    """`repeats` are the rows of the latest orders that were filled, by lane and side, `repeated`
    how many there were in this session; what follows are lists of orders of one minute.
    """

    numbers: Any
    net: Any
    realized: Any
    rejects: Any
    repeats: Any
    repeated: Any
    reserved: Any
    approved: Any
    trying: Any
    resting: Any
    pending: Any
    alarms: Any


class Log(NamedTuple):
    """What happened, in the order it did."""

    orders: Any
    fills: Any
    late: Any
    rejected: Any


class World(NamedTuple):
    """All that the loop knows."""

    market: Market
    sights: Sights
    lanes: Lanes
    terms: Terms
    rules: Rules
    account: Account
    log: Log


def new_log(size: int, lanes: int) -> Log:
    """Room for so many orders, and for those of one more minute."""
    room = size + lanes
    return Log(
        np.empty((room, 8), dtype=np.int64),
        np.empty((room, 4), dtype=np.int64),
        np.empty(room, dtype=np.int64),
        np.empty((room, 2), dtype=np.int64),
    )


def longer(log: Log, lanes: int) -> Log:
    """Twice the room, with what is in it."""
    made = new_log(2 * len(log.orders), lanes)
    for old, new in zip(log, made, strict=True):
        new[: len(old)] = old
    return made


def new_account(lanes: int, symbols: int, strategies: int, most_repeated: int) -> Account:
    def room() -> Any:
        return np.zeros(lanes, dtype=np.int64)

    numbers = np.zeros(ALARMS + 1, dtype=np.int64)
    numbers[FILLS_AT] = NEVER
    return Account(
        numbers,
        np.zeros(symbols, dtype=np.int64),
        np.zeros(strategies, dtype=np.int64),
        np.zeros(strategies, dtype=np.int64),
        np.zeros((lanes, 2, most_repeated), dtype=np.int64),
        np.zeros((lanes, 2), dtype=np.int64),
        *(room() for _ in range(6)),
    )
