"""Volatility breakout: follow a close beyond the recent range, out by trailing stop or time."""

from dataclasses import dataclass
from typing import Annotated, Any

from quantzoo.declared import Answer, Cause, DeclaredStrategy
from quantzoo.parameters import Between
from quantzoo.readings import Ending, HighestBefore, LowestBefore, Price, Reading, TrueRange
from quantzoo.strategy import TradingParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class VolatilityBreakoutParameters(TradingParameters):
    """Periods in bars; `margin` and `trail` in average true ranges; `max_bars` a position lives."""

    channel: Annotated[int, Between(1, 1000)] = 20
    atr: Annotated[int, Between(1, 1000)] = 14
    margin: Annotated[float, Between(0.0, 20.0)] = 0.1
    trail: Annotated[float, Between(0.1, 50.0)] = 2.5
    max_bars: Annotated[int, Between(1, 100_000)] = 45
    flat_before_close: Annotated[int, Between(0, 390)] = 5


class VolatilityBreakout(DeclaredStrategy):
    """Compares a close with the range of the bars before it, never with a range that holds it."""

    version = "2"
    parameter_type = VolatilityBreakoutParameters
    parameters: VolatilityBreakoutParameters

    @property
    def most_bars(self) -> int:  # type: ignore[override]  # a parameter here
        return self.parameters.max_bars

    def watches(self) -> tuple[Reading, ...]:
        p = self.parameters
        watched: tuple[Reading, ...] = (
            Price("high"),
            Price("low"),
            Price("close"),
            TrueRange(p.atr, before=True),
            TrueRange(p.atr),
            Ending(p.flat_before_close),
            HighestBefore(p.channel),
        )
        return (*watched, LowestBefore(p.channel)) if p.allow_short else watched

    def decide(
        self,
        _high: Any,
        _low: Any,
        close: Any,
        before: Any,
        _range: Any,
        ending: Any,
        highest: Any,
        lowest: Any = None,
    ) -> Answer:
        margin = self.parameters.margin * before
        entry = (close > highest + margin) > ending
        if lowest is not None:
            entry = entry * 1 - ((close < lowest - margin) > ending)
        return entry, ending, ending, True

    def stop(self, direction: int, *values: Any) -> Any:
        return values[2] - direction * (self.parameters.trail * values[4])

    def trail(self, direction: int, *values: Any) -> Any:
        extreme = values[0] if direction > 0 else values[1]
        return extreme - direction * (self.parameters.trail * values[4])

    def reason(self, cause: Cause, *values: Any) -> str:
        if cause is Cause.ENTER:
            return "close beyond the channel"
        return "session end" if values[5] else "held long enough"
