"""Work B for the peers: three strategies, one object of each a symbol, as quick as Python goes.

The logic of ours: crossing averages with a confirming rate of change, a Bollinger excursion with a
stop, a breakout with a trailing stop and an age; flat five minutes before the close. Sums are of
integer ticks. `on_bar` answers the signed shares to trade at the next open; `entry` is the size of
an entry, 0 where the cap of 10 % leaves no room.
"""

import math
from collections import deque

FAST, SLOW, BACK = 20, 50, 10
BAND, WIDTH, STOP = 50, 2.5, 2.5
CHANNEL, RANGE, MARGIN, TRAIL, LONGEST = 120, 14, 0.5, 2.5, 45
ENTRY, CAP = 0.04, 0.10


class Momentum:
    def __init__(self) -> None:
        self.held = 0
        self.ticks: deque[int] = deque(maxlen=SLOW)
        self.window: deque[int] = deque(maxlen=FAST)
        self.closes: deque[float] = deque(maxlen=BACK + 1)
        self.fast = self.slow = 0

    def on_bar(self, bar, entry: int, *, ending: bool) -> int:  # noqa: ANN001 - each peer's own bar
        tick = round(bar.close * 10_000)
        if len(self.window) == FAST:
            self.fast -= self.window[0]
        if len(self.ticks) == SLOW:
            self.slow -= self.ticks[0]
        self.window.append(tick)
        self.ticks.append(tick)
        self.closes.append(bar.close)
        self.fast += tick
        self.slow += tick
        if len(self.ticks) < SLOW:
            return 0
        held = self.held
        fast, slow, change = SLOW * self.fast, FAST * self.slow, bar.close - self.closes[0]
        if held:
            if ending or (fast < slow and change < 0):
                self.held = 0
                return -held
        elif fast > slow and change > 0 and not ending:
            self.held = entry
            return entry
        return 0


class Reversion:
    def __init__(self) -> None:
        self.held = 0
        self.ticks: deque[int] = deque(maxlen=BAND)
        self.total = self.squares = 0
        self.armed = True
        self.stop = 0.0

    def on_bar(self, bar, entry: int, *, ending: bool) -> int:  # noqa: ANN001 - each peer's own bar
        tick = round(bar.close * 10_000)
        if len(self.ticks) == BAND:
            gone = self.ticks[0]
            self.total -= gone
            self.squares -= gone * gone
        self.ticks.append(tick)
        self.total += tick
        self.squares += tick * tick
        if len(self.ticks) < BAND:
            return 0
        held, offset = self.held, BAND * tick - self.total
        spread = BAND * self.squares - self.total * self.total
        outside = 4 * offset * offset > 25 * spread
        if not outside:
            self.armed = True
        if held:
            if ending or offset >= 0 or bar.low <= self.stop:
                self.held = 0
                return -held
        elif outside and offset < 0 and self.armed and not ending:
            self.armed = False
            self.held = entry
            self.stop = bar.close - STOP * math.sqrt(spread) / (BAND * 10_000)
            return entry
        return 0


class Breakout:
    def __init__(self) -> None:
        self.held = 0
        self.highs: deque[tuple[int, float]] = deque()
        self.seen = self.age = 0
        self.last = self.range = self.level = 0.0

    def on_bar(self, bar, entry: int, *, ending: bool) -> int:  # noqa: ANN001 - each peer's own bar
        high, low, close, seen = bar.high, bar.low, bar.close, self.seen
        before = self.range
        if seen:
            true = max(high, self.last) - min(low, self.last)
            if seen <= RANGE:
                self.range += true / RANGE
            else:
                self.range = (before * (RANGE - 1) + true) / RANGE
        self.last = close
        highs = self.highs
        while highs and highs[0][0] < seen - CHANNEL:
            highs.popleft()
        top = highs[0][1] if seen >= CHANNEL else math.inf
        while highs and highs[-1][1] <= high:
            highs.pop()
        highs.append((seen, high))
        self.seen = seen + 1
        held = self.held
        if held:
            self.age += 1
            if ending or low <= self.level or self.age >= LONGEST:
                self.held = 0
                return -held
            self.level = max(self.level, high - TRAIL * self.range)
        elif close > top + MARGIN * before and not ending:
            self.held = entry
            self.age = 0
            self.level = close - TRAIL * self.range
            return entry
        return 0


class Three:
    """The three of one symbol."""

    def __init__(self) -> None:
        self.strategies = (Momentum(), Reversion(), Breakout())

    def on_bar(self, bar, *, ending: bool, equity: float) -> list[int]:  # noqa: ANN001 - each peer's own bar
        """The orders of each, in signed shares; `equity` in dollars, for the size of an entry."""
        held = sum([each.held for each in self.strategies])
        size, room = int(equity * ENTRY / bar.close), int(equity * CAP / bar.close)
        orders = []
        for each in self.strategies:
            order = each.on_bar(bar, size if held + size <= room else 0, ending=ending)
            if order:
                held += order
                orders.append(order)
        return orders
