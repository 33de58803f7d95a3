"""What the compiled loop works on: records by lane, by symbol and by order, in whole ticks.

The fields mean what they mean in `fast.FastEngine` and `lanes.Lane`. Few arrays, because each one
that a compiled function is handed is counted in and out.
"""

from typing import Any, NamedTuple

import numpy as np

from quantzoo.backtest.lanes import NEVER

LANE = np.dtype(
    [
        ("level", np.float64),  # NaN for none
        *(
            (name, np.int64)
            for name in (
                "number",
                "symbol",
                "strategy",
                "quantity",  # 0 leaves it to the sizing rule
                "most",  # -1 for as long as it likes
                "sign",
                "found",
                "cause",
                "held_from",
                "followed",
                "disarmed",
                "held",
                "entered",
                "halted",
                "bought",  # fills of this session
                "sold",
                "stop_long",  # rows of the levels, -1 for none
                "stop_short",
                "trail_long",
                "trail_short",
            )
        ),
    ]
)
ORDER = np.dtype(
    [
        (name, np.int64)
        for name in (
            "row",
            "lane",
            "cause",
            "direction",
            "side",
            "quantity",
            "limit",
            "denied",  # codes, 0 for none
            "denied_late",
            "refused",
            "filled_at",  # a row, -1 for never
            "price",
            "realized",
        )
    ]
)
STRATEGY = np.dtype([("realized", np.int64), ("rejects", np.int64)])
ACCOUNT = np.dtype(
    [
        (name, np.int64)
        for name in (
            "cash",
            "day_open",
            "fills_at",  # the row of the next fills
            "orders",  # how many there are of what is in lists
            "reserved",
            "approved",
            "resting",
            "pending",
            "alarms",
            "begin",  # what is shown
            "size",
            "limit_under",  # prices are moved by parts of `under`
            "limit_up",
            "limit_down",
            "fill_under",
            "fill_up",
            "fill_down",
            "size_over",
            "size_under",
            "fee_per_share",
            "fee_least",
            "has_venue",
            "loss_over",
            "loss_under",
            "repeated_minutes",
            "max_rejects",
        )
    ]
)

RESERVED, APPROVED, TRYING, RESTING, PENDING, ALARMS = range(6)
"""Lists of the orders of one minute, in `Books.lists`."""

ENTRY, LEAVES_LONG, LEAVES_SHORT, REARMS = range(4)
"""The answers of `decide`, in `Shown.masks`."""

OPENS, CLOSES = range(2)
"""In `prices`, in ticks by symbol and row."""

HIGH, LOW = range(2)
"""In `Shown.extremes`, in dollars by symbol and row."""


class Shown(NamedTuple):
    """Answers by lane, and levels, of the bars that are shown; extremes of all."""

    masks: Any
    levels: Any
    extremes: Any


class Books(NamedTuple):
    """`net` by symbol; `repeats` are the rows of the latest orders that were filled, by lane and
    side, as many as call for the breaker.
    """

    lanes: Any
    orders: Any
    net: Any
    strategies: Any
    lists: Any
    repeats: Any


class World(NamedTuple):
    """All that the loop knows; `outside` is by row."""

    accounts: Any
    books: Books
    shown: Shown
    prices: Any
    outside: Any
    rules: Any


ROOM = 1 << 15  # orders, at first


def new_books(lanes: int, symbols: int, strategies: int, most_repeated: int) -> Books:
    found = np.zeros(lanes, dtype=LANE)
    found["level"] = np.nan
    found["found"], found["disarmed"] = NEVER, -1
    for name in ("stop_long", "stop_short", "trail_long", "trail_short"):
        found[name] = -1
    return Books(
        found,
        np.zeros(ROOM + lanes, dtype=ORDER),
        np.zeros(symbols, dtype=np.int64),
        np.zeros(strategies, dtype=STRATEGY),
        np.zeros((6, lanes), dtype=np.int64),
        np.zeros((lanes, 2, most_repeated), dtype=np.int64),
    )


def with_more_room(books: Books) -> Books:
    """Twice the room for orders, with those that are there."""
    orders = np.zeros(2 * len(books.orders), dtype=ORDER)
    orders[: len(books.orders)] = books.orders
    return books._replace(orders=orders)
