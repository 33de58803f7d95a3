"""Volatility breakout: follow a close beyond the recent range, out by trailing stop or time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from quantterminal.domain.bars import Bar
from quantterminal.domain.strategy import Context
from quantzoo.indicators import Atr, RollingMax, RollingMin
from quantzoo.parameters import Between
from quantzoo.strategy import Strategy, TradingParameters, closes_within

if TYPE_CHECKING:
    from quantzoo.backtest.columns import Columns, Wake


@dataclass(frozen=True, slots=True, kw_only=True)
class VolatilityBreakoutParameters(TradingParameters):
    """Periods in bars; `margin` and `trail` in average true ranges; `max_bars` a position lives."""

    channel: Annotated[int, Between(1, 1000)] = 20
    atr: Annotated[int, Between(1, 1000)] = 14
    margin: Annotated[float, Between(0.0, 20.0)] = 0.1
    trail: Annotated[float, Between(0.1, 50.0)] = 2.5
    max_bars: Annotated[int, Between(1, 100_000)] = 45
    flat_before_close: Annotated[int, Between(0, 390)] = 5


class VolatilityBreakout(Strategy):
    """Compares a close with the range of the bars before it, never with a range that holds it."""

    parameter_type = VolatilityBreakoutParameters
    parameters: VolatilityBreakoutParameters

    def on_start(self, ctx: Context) -> None:  # noqa: ARG002  the contract's signature
        self.highest = RollingMax(self.parameters.channel)
        self.lowest = RollingMin(self.parameters.channel)
        self.range = Atr(self.parameters.atr)
        self.bars_held = 0
        self.stop = 0.0

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        direction = self._breakout(bar)
        self.highest.update(bar.high)
        self.lowest.update(bar.low)
        self.range.update(bar.high, bar.low, bar.close)
        held = ctx.position_size()
        self.bars_held = self.bars_held + 1 if held else 0
        if closes_within(bar, self.parameters.flat_before_close):
            ctx.close_position(reason="session end")
        elif held:
            self._follow(ctx, bar, direction=1 if held > 0 else -1)
        elif direction > 0 or (direction < 0 and self.parameters.allow_short):
            self._enter(ctx, bar, direction=direction)

    def sparse(self, bars: "Columns") -> "Wake":
        """While something is held, every bar moves the trailing stop."""
        from quantzoo.backtest.columns import Wake

        p = self.parameters
        highest, lowest, ranges = bars.highest(p.channel), bars.lowest(p.channel), bars.atr(p.atr)
        self.highest, self.lowest, self.range = highest, lowest, ranges
        margin = p.margin * ranges.column[:-1]
        broke = bars.every()
        broke[1:] = bars.close[1:] > highest.column[:-1] + margin
        if p.allow_short:
            broke[1:] |= bars.close[1:] < lowest.column[:-1] - margin
        ending = bars.within_close(p.flat_before_close)
        return Wake(flat=broke & ~ending, long=bars.every(), short=bars.every())

    def _breakout(self, bar: Bar) -> int:
        high, low, true_range = self.highest.value, self.lowest.value, self.range.value
        if high is None or low is None or true_range is None:
            return 0
        margin = self.parameters.margin * true_range
        return (bar.close > high + margin) - (bar.close < low - margin)

    def _enter(self, ctx: Context, bar: Bar, *, direction: int) -> None:
        self.stop = bar.close - direction * self._distance()
        ask = ctx.buy if direction > 0 else ctx.sell
        ask(reason="close beyond the channel")
        ctx.set_exit(stop=self.stop)

    def _follow(self, ctx: Context, bar: Bar, *, direction: int) -> None:
        if self.bars_held >= self.parameters.max_bars:
            ctx.close_position(reason="held long enough")
        extreme = bar.high if direction > 0 else bar.low
        trailed = extreme - direction * self._distance()
        if direction * (trailed - self.stop) > 0:
            self.stop = trailed
        ctx.set_exit(stop=self.stop)

    def _distance(self) -> float:
        return self.parameters.trail * (self.range.value or 0.0)
