"""Where does a lane ask next? `lanes.Lane`, compiled: line by line the same, and tests hold it so."""

import math
from typing import Any

from quantzoo.backtest.compiled import compiled
from quantzoo.backtest.compiled_state import LANE, PENDING, World
from quantzoo.backtest.lanes import ENTER, LEAVE, NEVER, STOP, TIME


@compiled
def search(lane: int, row: int, world: World) -> None:
    """Look for the next order from `row` on."""
    if world.lanes.sign[lane]:
        world.lanes.found[lane] = _exit(lane, row, world)
    else:
        world.lanes.found[lane] = _entry(lane, row, world)


@compiled
def look_everywhere(row: int, world: World) -> None:
    """Every lane without an order in sight, or on its way, looks from `row` on."""
    lanes, numbers = world.lanes, world.account.numbers
    for lane in range(len(lanes.sign)):
        if lanes.found[lane] == NEVER and not _is_waiting(lane, world):
            search(lane, row, world)


@compiled
def leave(world: World) -> None:
    """The sights end: what is remembered of them goes into the lanes."""
    lanes, sights = world.lanes, world.sights
    for lane in range(len(lanes.sign)):
        since = max(lanes.disarmed[lane] + 1 - sights.begin, 0)
        if lanes.disarmed[lane] >= 0 and _next(sights.rearms[lane], since, sights.size) >= 0:
            lanes.disarmed[lane] = -1
        if lanes.sign[lane]:
            trail = _row_of(sights.trail_of, lane, lanes.sign[lane])
            if trail >= 0:
                begin = lanes.followed[lane] - sights.begin
                _follow(lane, sights.trails[trail], begin, sights.size, world)
                lanes.followed[lane] = sights.begin + sights.size


@compiled
def ask(lane: int, row: int, world: World) -> int:
    """The direction of the order asked for at `row`: 1, -1, or 0 for a close."""
    lanes, sights = world.lanes, world.sights
    lanes.found[lane] = NEVER
    if lanes.sign[lane]:
        return 0
    direction = 1 if sights.entry[lane, row - sights.begin] > 0 else -1
    lanes.disarmed[lane] = row
    stop = _row_of(sights.stop_of, lane, direction)
    if stop >= 0:
        lanes.level[lane] = sights.stops[stop, row - sights.begin]
    return direction


@compiled
def fill(lane: int, row: int, sign: int, world: World) -> None:
    """The order was filled at the beginning of `row`."""
    lanes = world.lanes
    if sign and not lanes.sign[lane]:
        lanes.held_from[lane] = lanes.followed[lane] = row
    elif not sign:
        lanes.level[lane] = math.nan
    lanes.sign[lane] = sign


@compiled
def _is_waiting(lane: int, world: World) -> bool:
    account = world.account
    for n in range(account.numbers[PENDING]):
        if world.log.orders[account.pending[n], LANE] == lane:
            return True
    return False


@compiled
def _row_of(rows: Any, lane: int, direction: int) -> int:
    return rows[lane, 0 if direction > 0 else 1]


@compiled
def _next(flags: Any, begin: int, end: int) -> int:
    for at in range(begin, end):
        if flags[at]:
            return at
    return -1


@compiled
def _entry(lane: int, row: int, world: World) -> int:
    lanes, sights = world.lanes, world.sights
    lanes.cause[lane] = ENTER
    at = row - sights.begin
    if lanes.disarmed[lane] >= 0:
        since = max(lanes.disarmed[lane] + 1 - sights.begin, 0)
        again = _next(sights.rearms[lane], since, sights.size)
        if again < 0:
            return NEVER
        at = max(at, again)
    at = _next(sights.entry[lane], at, sights.size)
    return sights.begin + at if at >= 0 else NEVER


@compiled
def _exit(lane: int, row: int, world: World) -> int:
    lanes, sights = world.lanes, world.sights
    leaves = sights.leaves_long if lanes.sign[lane] > 0 else sights.leaves_short
    at = row - sights.begin
    end = _next(leaves[lane], at, sights.size)
    cause = LEAVE
    if end < 0:
        cause, end = STOP, sights.size
    if lanes.most[lane] >= 0:
        aged = max(lanes.held_from[lane] + lanes.most[lane] - 1 - sights.begin, at)
        if aged < end:
            cause, end = TIME, aged
    stopped = _stop(lane, at, min(end, sights.size - 1), world)
    if stopped >= 0:
        cause, end = STOP, stopped
    lanes.cause[lane] = cause
    return sights.begin + end if end < sights.size else NEVER


@compiled
def _stop(lane: int, at: int, last: int, world: World) -> int:
    """The first bar of `at` to `last` that trades at the stop, -1 for none; bars before the
    answer, or before `last`, have moved the stop.
    """
    lanes, sights, market = world.lanes, world.sights, world.market
    is_long = lanes.sign[lane] > 0
    row = _row_of(sights.trail_of, lane, lanes.sign[lane])
    if row >= 0:
        _follow(lane, sights.trails[row], lanes.followed[lane] - sights.begin, at, world)
    elif math.isnan(lanes.level[lane]):
        return -1
    symbol = lanes.symbol[lane]
    extremes = market.low[symbol] if is_long else market.high[symbol]
    found, level, index = -1, lanes.level[lane], at
    for bar in range(at, last + 1):
        index = bar
        extreme = extremes[sights.begin + bar]
        if extreme <= level if is_long else extreme >= level:
            found = bar
            break
        if row >= 0 and bar < last:
            level = _nearer(level, sights.trails[row, bar], is_long)
    lanes.level[lane] = level
    lanes.followed[lane] = sights.begin + index
    return found


@compiled
def _follow(lane: int, trail: Any, begin: int, end: int, world: World) -> None:
    lanes = world.lanes
    is_long = lanes.sign[lane] > 0
    level = lanes.level[lane]
    for bar in range(begin, end):
        level = _nearer(level, trail[bar], is_long)
    lanes.level[lane] = level


@compiled
def _nearer(level: float, follow: float, is_long: bool) -> float:
    if math.isnan(level) or (follow > level if is_long else follow < level):
        return follow
    return level
