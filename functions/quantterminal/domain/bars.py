"""Minute bars, and the door that keeps corrupt ones out.

A bar that violates the rules cannot be constructed, so everything behind the door trusts its bars.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from quantterminal.domain.errors import InvalidValueError

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Bar:
    """One closed minute of one symbol. `start` is its first instant, aware UTC, a whole minute.

    Prices are dollars, `volume` is shares (fractional trades exist), `revision` counts corrections
    of the same minute from 0. Raises InvalidValueError when a rule is broken.
    """

    symbol: str
    start: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float
    vwap: float | None = None
    trades: int | None = None
    revision: int = 0

    def __post_init__(self) -> None:
        problem = self._time_problem() or self._value_problem()
        if problem:
            raise InvalidValueError(f"Bar of {self.symbol!r} at {self.start}: {problem}")

    @property
    def end(self) -> datetime:
        return self.start + MINUTE

    def _time_problem(self) -> str:
        if not self.symbol:
            return "expected a symbol, was empty"
        if self.start.tzinfo is not UTC:
            return f"expected a start in UTC, was {self.start!r}"
        if self.start.second or self.start.microsecond:
            return "expected a start on a whole minute"
        return ""

    def _value_problem(self) -> str:
        prices = (self.open, self.high, self.low, self.close)
        if not all(math.isfinite(price) and price > 0 for price in prices):
            return f"expected finite prices above 0, was {prices}"
        if not math.isfinite(self.volume) or self.volume < 0:
            return f"expected a volume of 0 or more, was {self.volume}"
        if self.high < max(prices) or self.low > min(prices):
            return f"expected low <= open, close <= high, was {prices} (open, high, low, close)"
        return ""


def minute_of(instant: datetime) -> datetime:
    """The start of the minute that `instant` falls into."""
    return instant.replace(second=0, microsecond=0)
