"""Work B for the peers: three strategies a symbol, bar by bar, as plain and quick as Python goes.

The same logic as ours: crossing averages with a confirming rate of change, a Bollinger excursion
with a stop, a breakout with a trailing stop and an age; flat five minutes before the close; 4 % of
the equity an entry, 10 % at most in a symbol. Sums are of integer ticks.
"""

import math
from collections import deque

FAST, SLOW, BACK = 20, 50, 10
BAND, WIDTH, STOP = 50, 2.5, 2.5
CHANNEL, RANGE, MARGIN, TRAIL, LONGEST = 120, 14, 0.5, 2.5, 45
ENTRY, CAP = 0.04, 0.10


class Three:
    """One symbol. `on_bar` answers the signed shares to trade at the next open."""

    def __init__(self) -> None:
        self.ticks: deque[int] = deque(maxlen=SLOW + 1)
        self.closes: deque[float] = deque(maxlen=BACK + 1)
        self.highs: deque[tuple[int, float]] = deque()
        self.seen = 0
        self.fast = self.slow = self.squares = 0
        self.last = self.range = 0.0
        self.held = [0, 0, 0]
        self.armed = True
        self.stop = self.level = 0.0
        self.age = 0

    def on_bar(
        self, high: float, low: float, close: float, *, ending: bool, equity: float
    ) -> int:
        """`equity` in dollars, for the size of an entry."""
        ticks, seen = self.ticks, self.seen
        tick = round(close * 10_000)
        ticks.append(tick)
        self.fast += tick
        self.slow += tick
        self.squares += tick * tick
        if seen >= FAST:
            self.fast -= ticks[-FAST - 1]
        if seen >= SLOW:
            gone = ticks[0]
            self.slow -= gone
            self.squares -= gone * gone
        self.closes.append(close)
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
        top = highs[0][1] if highs else math.inf
        while highs and highs[-1][1] <= high:
            highs.pop()
        highs.append((seen, high))
        self.seen = seen + 1
        if seen < CHANNEL:
            return 0
        size = int(equity * ENTRY / close)
        room = int(equity * CAP / close) - sum(self.held)
        entry = size if size <= room else 0
        return (
            self._momentum(close, entry, ending=ending)
            + self._reversion(low, close, entry, ending=ending)
            + self._breakout(high, low, close, entry, top=top, before=before, ending=ending)
        )

    def _momentum(self, close: float, entry: int, *, ending: bool) -> int:
        held = self.held[0]
        fast, slow, first = SLOW * self.fast, FAST * self.slow, self.closes[0]
        if held:
            if ending or (fast < slow and close < first):
                self.held[0] = 0
                return -held
        elif fast > slow and close > first and not ending:
            self.held[0] = entry
            return entry
        return 0

    def _reversion(self, low: float, close: float, entry: int, *, ending: bool) -> int:
        held = self.held[1]
        offset = BAND * self.ticks[-1] - self.slow
        spread = BAND * self.squares - self.slow * self.slow
        outside = 4 * offset * offset > 25 * spread
        if not outside:
            self.armed = True
        if held:
            if ending or offset >= 0 or low <= self.stop:
                self.held[1] = 0
                return -held
        elif outside and offset < 0 and self.armed and not ending:
            self.armed = False
            self.held[1] = entry
            self.stop = close - STOP * math.sqrt(spread) / (BAND * 10_000)
            return entry
        return 0

    def _breakout(  # noqa: PLR0913 - what a bar and its past are
        self,
        high: float,
        low: float,
        close: float,
        entry: int,
        *,
        top: float,
        before: float,
        ending: bool,
    ) -> int:
        held = self.held[2]
        if held:
            self.age += 1
            if ending or low <= self.level or self.age >= LONGEST:
                self.held[2] = 0
                return -held
            self.level = max(self.level, high - TRAIL * self.range)
        elif close > top + MARGIN * before and not ending:
            self.held[2] = entry
            self.age = 0
            self.level = close - TRAIL * self.range
            return entry
        return 0
