"""One declared strategy on one symbol, as the fast engine drives it: where does it ask next?

A lane walks over what `decide` answered, either a block of bars at a time or over the whole
history, and stops at the bars on which its strategy asks for an order; it keeps exactly the state
that `DeclaredStrategy.on_bar` keeps. Tests hold the two together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from quantzoo.declared import DeclaredStrategy

NEVER = 1 << 60
ENTER, LEAVE, TIME, STOP = range(4)  # causes of an order
_YES = 1


@dataclass(frozen=True, slots=True)
class Sight:
    """The bars `begin` to `end` of one lane; everything in it is counted from `begin`.

    `enters`, `leaves_long`, `leaves_short` and `rearms` have one byte a bar, 0 or 1; `stop` and
    `trail` give the levels for a direction, None for a strategy without.
    """

    begin: int
    end: int
    entry: Sequence[int]
    enters: bytes
    leaves_long: bytes
    leaves_short: bytes
    rearms: bytes
    high: Sequence[float]
    low: Sequence[float]
    stop: Callable[[int], Sequence[float]] | None
    trail: Callable[[int], Sequence[float]] | None


class Lane:
    """`number` orders the lanes of a minute; `sign` is the direction of what is held.

    `found` is the bar of the next order, NEVER when none is in sight.
    """

    __slots__ = (
        "_disarmed",
        "_followed",
        "_held_from",
        "_level",
        "cause",
        "follows",
        "found",
        "most",
        "number",
        "quantity",
        "sight",
        "sign",
        "stops",
        "strategy",
        "symbol",
    )

    def __init__(self, number: int, symbol: int, strategy: DeclaredStrategy) -> None:
        self.number = number
        self.symbol = symbol
        self.strategy = strategy
        self.quantity = strategy.quantity
        self.stops = type(strategy).stop is not DeclaredStrategy.stop
        self.follows = type(strategy).trail is not DeclaredStrategy.trail
        self.sight: Sight | None = None
        self.sign = 0
        self.found = NEVER
        self.cause = ENTER
        self.most = strategy.most_bars
        self._held_from = 0
        self._level: float | None = None
        self._followed = 0
        self._disarmed = -1

    @property
    def is_plain(self) -> bool:
        """Whether it is left by `decide` alone."""
        return not (self.stops or self.follows or self.most is not None)

    def look(self, sight: Sight) -> None:
        """Go on into the next sight; `found` is NEVER then, or the bar that was found before."""
        before = self.sight
        if before is not None:
            since = max(self._disarmed + 1 - before.begin, 0)
            if self._disarmed >= 0 and before.rearms.find(_YES, since) >= 0:
                self._disarmed = -1
            if self.sign and before.trail is not None:
                size = before.end - before.begin
                self._follow(before.trail(self.sign), self._followed - before.begin, size)
                self._followed = before.end
        self.sight = sight

    def search(self, row: int) -> int:
        """Look for the next order from `row` on, which the lane has not seen yet."""
        sight = self._seen()
        if self.sign:
            found = self._search_exit(row, sight)
        else:
            at = row - sight.begin
            if self._disarmed >= 0:
                again = sight.rearms.find(_YES, max(self._disarmed + 1 - sight.begin, 0))
                at = max(at, again) if again >= 0 else -1
            at = sight.enters.find(_YES, at) if at >= 0 else -1
            found = sight.begin + at if at >= 0 else NEVER
            self.cause = ENTER
        self.found = found
        return found

    def ask(self, row: int) -> int:
        """The direction of the order asked for at `row`: 1, -1, or 0 for a close."""
        if self.sign:
            return 0
        sight = self._seen()
        direction = 1 if sight.entry[row - sight.begin] > 0 else -1
        self._disarmed = row
        if sight.stop is not None:
            self._level = sight.stop(direction)[row - sight.begin]
        return direction

    def fill(self, row: int, sign: int) -> None:
        """The order was filled at the beginning of `row`."""
        if sign and not self.sign:
            self._held_from = self._followed = row
        elif not sign:
            self._level = None
        self.sign = sign

    def keep(self) -> tuple[Any, ...]:
        """The state, for `put_back`."""
        return (
            self.sign,
            self.found,
            self.cause,
            self._held_from,
            self._level,
            self._followed,
            self._disarmed,
        )

    def put_back(self, state: tuple[Any, ...]) -> None:
        (
            self.sign,
            self.found,
            self.cause,
            self._held_from,
            self._level,
            self._followed,
            self._disarmed,
        ) = state

    def _seen(self) -> Sight:
        assert self.sight is not None  # noqa: S101  a lane looks before it searches
        return self.sight

    def _search_exit(self, row: int, sight: Sight) -> int:
        begin, size = sight.begin, sight.end - sight.begin
        leaves = sight.leaves_long if self.sign > 0 else sight.leaves_short
        at = row - begin
        end = leaves.find(_YES, at)
        cause, end = (LEAVE, end) if end >= 0 else (STOP, size)
        if self.most is not None:
            aged = max(self._held_from + self.most - 1 - begin, at)
            if aged < end:
                cause, end = TIME, aged
        stopped = self._search_stop(at, min(end, size - 1), sight)
        if stopped >= 0:
            cause, end = STOP, stopped
        self.cause = cause
        return begin + end if end < size else NEVER

    def _search_stop(self, at: int, last: int, sight: Sight) -> int:
        """The first bar of `at` to `last` that trades at the stop, -1 for none; bars before the
        answer, or before `last`, have moved the stop.
        """
        if self._level is None and sight.trail is None:
            return -1
        trail = None if sight.trail is None else sight.trail(self.sign)
        if trail is not None:
            self._follow(trail, self._followed - sight.begin, at)
        long, extremes = self.sign > 0, sight.low if self.sign > 0 else sight.high
        level = self._level
        found = -1
        index = at
        for index in range(at, last + 1):
            if level is not None and (
                extremes[index] <= level if long else extremes[index] >= level
            ):
                found = index
                break
            if trail is not None and index < last:
                follow = trail[index]
                if level is None or (follow > level if long else follow < level):
                    level = follow
        self._level = level
        self._followed = sight.begin + index
        return found

    def _follow(self, trail: Sequence[float], begin: int, end: int) -> None:
        level, long = self._level, self.sign > 0
        for index in range(begin, end):
            follow = trail[index]
            if level is None or (follow > level if long else follow < level):
                level = follow
        self._level = level
