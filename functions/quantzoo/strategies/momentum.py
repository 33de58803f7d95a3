"""Momentum: be long while a fast average is above a slow one and the price has risen."""

from dataclasses import dataclass
from typing import Annotated, Any

from quantzoo.declared import Answer, Cause, DeclaredStrategy
from quantzoo.parameters import Between
from quantzoo.readings import Change, Ending, Reading, Sum
from quantzoo.strategy import TradingParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentumParameters(TradingParameters):
    """Periods in bars; `confirmation` is how far back the rate of change looks."""

    fast: Annotated[int, Between(1, 500)] = 5
    slow: Annotated[int, Between(2, 1000)] = 20
    confirmation: Annotated[int, Between(1, 1000)] = 10
    flat_before_close: Annotated[int, Between(0, 390)] = 5

    def problems(self) -> list[str]:
        if self.fast < self.slow:
            return []
        return [f"fast: expected less than slow ({self.slow}), was {self.fast}"]


class Momentum(DeclaredStrategy):
    """Crossing averages, compared as integers: an exact tie is a tie and changes nothing.

    The rate of change has to agree, in either direction, before the position changes.
    """

    version = "2"
    parameter_type = MomentumParameters
    parameters: MomentumParameters

    def watches(self) -> tuple[Reading, ...]:
        p = self.parameters
        return Sum(p.fast), Sum(p.slow), Change(p.confirmation), Ending(p.flat_before_close)

    def decide(self, fast: Any, slow: Any, change: Any, ending: Any) -> Answer:
        p = self.parameters
        fast, slow = p.slow * fast, p.fast * slow
        rises, falls = (fast > slow) & (change > 0), (fast < slow) & (change < 0)
        entry = rises > ending
        if p.allow_short:
            entry = entry * 1 - (falls > ending)
        return entry, falls | ending, rises | ending, True

    def reason(self, cause: Cause, *values: Any) -> str:
        if cause is Cause.ENTER:
            return "signal"
        return "session end" if values[3] else "signal turned"
