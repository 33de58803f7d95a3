"""Where does a lane ask next? `lanes.Lane`, compiled, line by line the same; tests hold it so."""

import math
from typing import Any

from quantzoo.backtest.compiled import compiled
from quantzoo.backtest.compiled_state import (
    ENTRY,
    HIGH,
    LEAVES_LONG,
    LEAVES_SHORT,
    LOW,
    PENDING,
    REARMS,
    Books,
    Shown,
)
from quantzoo.backtest.lanes import ENTER, LEAVE, NEVER, STOP, TIME


@compiled
def search(lane: Any, row: int, account: Any, shown: Shown) -> None:
    """Look for the next order from `row` on."""
    if lane.sign:
        lane.found = _exit(lane, row, account, shown)
    else:
        lane.found = _entry(lane, row, account, shown)


@compiled
def look_out(row: int, accounts: Any, books: Books, shown: Shown) -> None:
    """Every lane without an order in sight, or on its way, looks from `row` on."""
    account = accounts[0]
    for n in range(len(books.lanes)):
        lane = books.lanes[n]
        is_waiting = False
        for nth in range(account.pending):
            is_waiting |= books.orders[books.lists[PENDING, nth]].lane == n
        if lane.found == NEVER and not is_waiting:
            search(lane, row, account, shown)


@compiled
def leave(accounts: Any, books: Books, shown: Shown) -> None:
    """What is shown ends: what is remembered of it goes into the lanes."""
    account = accounts[0]
    for n in range(len(books.lanes)):
        lane = books.lanes[n]
        if lane.disarmed >= 0 and _rearms(lane, account, shown) >= 0:
            lane.disarmed = -1
        trail = lane.trail_long if lane.sign > 0 else lane.trail_short
        if lane.sign and trail >= 0:
            _follow(lane, trail, account.size, account, shown)
            lane.followed = account.begin + account.size


@compiled
def ask(lane: Any, row: int, account: Any, shown: Shown) -> int:
    """The direction of the order asked for at `row`: 1, -1, or 0 for a close."""
    lane.found = NEVER
    if lane.sign:
        return 0
    at = row - account.begin
    direction = 1 if shown.masks[ENTRY, lane.number, at] > 0 else -1
    lane.disarmed = row
    stop = lane.stop_long if direction > 0 else lane.stop_short
    if stop >= 0:
        lane.level = shown.levels[stop, at]
    return direction


@compiled
def fill(lane: Any, row: int, sign: int) -> None:
    """The order was filled at the beginning of `row`."""
    if sign and not lane.sign:
        lane.held_from = row
        lane.followed = row
    elif not sign:
        lane.level = math.nan
    lane.sign = sign


@compiled
def _next(masks: Any, kind: int, lane: int, begin: int, end: int) -> int:
    for at in range(begin, end):
        if masks[kind, lane, at]:
            return at
    return -1


@compiled
def _rearms(lane: Any, account: Any, shown: Shown) -> int:
    since = max(lane.disarmed + 1 - account.begin, 0)
    return _next(shown.masks, REARMS, lane.number, since, account.size)


@compiled
def _entry(lane: Any, row: int, account: Any, shown: Shown) -> int:
    lane.cause = ENTER
    at = row - account.begin
    if lane.disarmed >= 0:
        again = _rearms(lane, account, shown)
        if again < 0:
            return NEVER
        at = max(at, again)
    at = _next(shown.masks, ENTRY, lane.number, at, account.size)
    return account.begin + at if at >= 0 else NEVER


@compiled
def _exit(lane: Any, row: int, account: Any, shown: Shown) -> int:
    kind = LEAVES_LONG if lane.sign > 0 else LEAVES_SHORT
    at = row - account.begin
    end = _next(shown.masks, kind, lane.number, at, account.size)
    cause = LEAVE
    if end < 0:
        cause, end = STOP, account.size
    if lane.most >= 0:
        aged = max(lane.held_from + lane.most - 1 - account.begin, at)
        if aged < end:
            cause, end = TIME, aged
    stopped = _stop(lane, at, min(end, account.size - 1), account, shown)
    if stopped >= 0:
        cause, end = STOP, stopped
    lane.cause = cause
    return account.begin + end if end < account.size else NEVER


@compiled
def _stop(lane: Any, at: int, last: int, account: Any, shown: Shown) -> int:
    """The first bar of `at` to `last` that trades at the stop, -1 for none; bars before the
    answer, or before `last`, have moved the stop.
    """
    is_long = lane.sign > 0
    trail = lane.trail_long if is_long else lane.trail_short
    if trail >= 0:
        _follow(lane, trail, at, account, shown)
    elif math.isnan(lane.level):
        return -1
    found, level, index = -1, lane.level, at
    for bar in range(at, last + 1):
        index = bar
        extreme = shown.extremes[LOW if is_long else HIGH, lane.symbol, account.begin + bar]
        if extreme <= level if is_long else extreme >= level:
            found = bar
            break
        if trail >= 0 and bar < last:
            level = _nearer(level, shown.levels[trail, bar], lane.sign)
    lane.level = level
    lane.followed = account.begin + index
    return found


@compiled
def _follow(lane: Any, trail: int, end: int, account: Any, shown: Shown) -> None:
    level = lane.level
    for bar in range(lane.followed - account.begin, end):
        level = _nearer(level, shown.levels[trail, bar], lane.sign)
    lane.level = level


@compiled
def _nearer(level: float, follow: float, sign: int) -> float:
    if math.isnan(level) or (follow > level if sign > 0 else follow < level):
        return follow
    return level
