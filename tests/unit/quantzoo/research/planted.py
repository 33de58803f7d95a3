"""Strategies that know what they cannot know, each in another of the usual ways."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from quantterminal.domain.bars import Bar
from quantterminal.domain.strategy import Context, MinuteContext
from quantzoo.features import FeatureStrategy
from quantzoo.indicators import Ema, Indicator
from quantzoo.strategy import MinuteStrategy, Strategy

Columns = Mapping[str, Sequence[float]]


class Fair(FeatureStrategy):
    """Knows nothing that it should not."""

    window = 30

    def features(self, bars: Columns) -> Columns:
        closes = bars["close"]
        changes = [0.0, *(after - before for before, after in pairwise(closes))]
        return {"change": changes}

    def decide(self, ctx: Context, bar: Bar, now: Mapping[str, float]) -> None:  # noqa: ARG002 - the contract's signature
        (value,) = now.values()
        if value > 0 and not ctx.position_size():
            ctx.buy(100)
        elif value < 0:
            ctx.close_position()


class NextBar(Fair):
    """A shift in the wrong direction."""

    def features(self, bars: Columns) -> Columns:
        closes = bars["close"]
        return {"shifted": [b - a for a, b in pairwise(closes)] + [0.0]}


class Centered(Fair):
    """A moving average with its window around the bar."""

    def features(self, bars: Columns) -> Columns:
        closes = bars["close"]
        means = []
        for index in range(len(closes)):
            part = closes[max(0, index - 5) : index + 6]
            means.append(closes[index] - sum(part) / len(part))
        return {"centered": means}


class Normalised(Fair):
    """Scaled by the mean of the whole history."""

    def features(self, bars: Columns) -> Columns:
        closes = bars["close"]
        mean = sum(closes) / len(closes)
        return {"normalised": [close / mean - 1 for close in closes]}


class BackFilled(Fair):
    """Gaps of a slower series filled from behind."""

    def features(self, bars: Columns) -> Columns:
        closes = list(bars["close"])
        filled = [
            closes[min(index - index % 5 + 4, len(closes) - 1)] - closes[index]
            for index in range(len(closes))
        ]
        return {"five_minutes": filled}


class Remembers(Strategy):
    """Keeps what it saw in a place that outlives the run."""

    def on_start(self, ctx: Context) -> None:  # noqa: ARG002 - the contract's signature
        self.count = 0

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        following = MEMORY.get(self.count + 1)
        MEMORY[self.count] = bar.close
        self.count += 1
        if following is not None and following > bar.close and not ctx.position_size():
            ctx.buy(100)
        elif following is not None and following < bar.close:
            ctx.close_position()


Memory = dict[int, float]
MEMORY: Memory = {}


class SlowStart(Strategy):
    """Says that it needs 20 bars and remembers thousands."""

    @property
    def warm_up(self) -> int:
        return 20

    def on_start(self, ctx: Context) -> None:  # noqa: ARG002 - the contract's signature
        self.trend = Ema(200)

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        level = self.trend.update(bar.close)
        if level is not None and bar.close > level and not ctx.position_size():
            ctx.buy(100)
        elif level is not None and bar.close < level:
            ctx.close_position()


class Peeking(Indicator):
    """An indicator with a memory of its own class."""

    def __init__(self) -> None:
        super().__init__(1)
        self.count = 0
        self.last = 0.0

    @property
    def value(self) -> float:
        return PEEKED.get(self.count, self.last)

    def update(self, price: float) -> float:
        PEEKED[self.count] = price
        self.count += 1
        self.last = price
        return self.value


PEEKED: Memory = {}


class PeekingIndicator(Strategy):
    def on_start(self, ctx: Context) -> None:  # noqa: ARG002 - the contract's signature
        self.next_close = Peeking()

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        if self.next_close.update(bar.close) > bar.close and not ctx.position_size():
            ctx.buy(100)


class PeekingTogether(MinuteStrategy):
    """Knows the first symbol's next close from an earlier run."""

    def on_start(self, ctx: MinuteContext) -> None:  # noqa: ARG002 - the contract's signature
        self.count = 0

    def on_minute(self, ctx: MinuteContext, bars: Mapping[str, Bar]) -> None:
        symbol, bar = next(iter(bars.items()))
        following = MEMORY.get(self.count + 1)
        MEMORY[self.count] = bar.close
        self.count += 1
        if following is not None and following > bar.close and not ctx[symbol].position_size():
            ctx[symbol].buy(100)
        elif following is not None and following < bar.close:
            ctx[symbol].close_position()
