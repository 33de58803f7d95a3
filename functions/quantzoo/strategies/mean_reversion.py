"""Mean reversion: buy what fell out of its Bollinger band, sell it at the mean."""

from dataclasses import dataclass
from typing import Annotated, Any

from quantzoo.declared import Answer, Cause, DeclaredStrategy
from quantzoo.parameters import Between
from quantzoo.readings import BandSide, Deviation, Ending, MeanSide, Price, Reading, Score
from quantzoo.strategy import TradingParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanReversionParameters(TradingParameters):
    """`period` in bars; `entry` and `stop` in standard deviations, from the mean and the entry."""

    period: Annotated[int, Between(2, 1000)] = 20
    entry: Annotated[float, Between(0.1, 10.0)] = 2.0
    stop: Annotated[float, Between(0.1, 20.0)] = 2.0
    flat_before_close: Annotated[int, Between(0, 390)] = 5


class MeanReversion(DeclaredStrategy):
    """Enters once per excursion: after a stop the price must first come back into the band."""

    version = "2"
    parameter_type = MeanReversionParameters
    parameters: MeanReversionParameters

    def watches(self) -> tuple[Reading, ...]:
        p = self.parameters
        return BandSide(p.period, p.entry), MeanSide(p.period), Ending(p.flat_before_close)

    def looks_up(self) -> tuple[Reading, ...]:
        period = self.parameters.period
        return Price("close"), Deviation(period), Score(period)

    def decide(self, side: Any, mean_side: Any, ending: Any) -> Answer:
        entry = (side < 0) > ending
        if self.parameters.allow_short:
            entry = entry * 1 - ((side > 0) > ending)
        return entry, (mean_side >= 0) | ending, (mean_side <= 0) | ending, side == 0

    def stop(self, direction: int, *values: Any) -> Any:
        close, deviation = values[3], values[4]
        return close - direction * self.parameters.stop * deviation

    def reason(self, cause: Cause, *values: Any) -> str:
        if cause is Cause.ENTER:
            return f"outside the band: {values[5]:.2f} deviations"
        return "session end" if values[2] else "back at the mean"
