"""What a declared strategy reads of each bar: the same number from one bar after the other, from a
block of bars, and from whole columns.

A reading is a name and a period, no state. Its live form is an indicator that is updated bar by
bar (`indicator`, `value`); `quantzoo.backtest.streams` and `quantzoo.backtest.columns` have the
other two, and a property test holds the three together to the last bit.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from quantterminal.domain.bars import Bar
from quantzoo.indicators import (
    Atr,
    Bollinger,
    Indicator,
    Roc,
    RollingMax,
    RollingMin,
    RollingStd,
    Sma,
    to_ticks,
)
from quantzoo.strategy import closes_within


class Reading(Protocol):
    """`warm` bars are needed for the first value, the bar that is read included."""

    @property
    def warm(self) -> int: ...

    def indicator(self) -> Indicator | None:
        """A new one, that saves what was seen; None where nothing needs to be remembered."""
        ...

    def value(self, indicator: Any, bar: Bar) -> float | None:
        """Show `bar` to the indicator, once, and read; None until warm."""
        ...


@dataclass(frozen=True, slots=True)
class Price:
    """`open`, `high`, `low` or `close` of the bar, in dollars."""

    name: str

    @property
    def warm(self) -> int:
        return 1

    def indicator(self) -> None:
        return None

    def value(self, indicator: None, bar: Bar) -> float:  # noqa: ARG002  nothing to remember
        found: float = getattr(bar, self.name)
        return found


@dataclass(frozen=True, slots=True)
class Ending:
    """Whether the session closes `minutes` or less after the bar's end; never for 0 minutes."""

    minutes: int

    @property
    def warm(self) -> int:
        return 1

    def indicator(self) -> None:
        return None

    def value(self, indicator: None, bar: Bar) -> bool:  # noqa: ARG002  nothing to remember
        return closes_within(bar, self.minutes)


@dataclass(frozen=True, slots=True)
class Sum:
    """Of the last `period` closes, in whole ticks of 1/10000 dollar."""

    period: int

    @property
    def warm(self) -> int:
        return self.period

    def indicator(self) -> Sma:
        return Sma(self.period)

    def value(self, indicator: Sma, bar: Bar) -> int | None:
        return None if indicator.update(bar.close) is None else indicator.sum


@dataclass(frozen=True, slots=True)
class Change:
    """From the close `period` bars ago to this one, in percent."""

    period: int

    @property
    def warm(self) -> int:
        return self.period + 1

    def indicator(self) -> Roc:
        return Roc(self.period)

    def value(self, indicator: Roc, bar: Bar) -> float | None:
        return indicator.update(bar.close)


@dataclass(frozen=True, slots=True)
class HighestBefore:
    """The highest high of the `period` bars before this one."""

    period: int

    @property
    def warm(self) -> int:
        return self.period + 1

    def indicator(self) -> RollingMax:
        return RollingMax(self.period)

    def value(self, indicator: RollingMax, bar: Bar) -> float | None:
        before = indicator.value
        indicator.update(bar.high)
        return before


@dataclass(frozen=True, slots=True)
class LowestBefore:
    """The lowest low of the `period` bars before this one."""

    period: int

    @property
    def warm(self) -> int:
        return self.period + 1

    def indicator(self) -> RollingMin:
        return RollingMin(self.period)

    def value(self, indicator: RollingMin, bar: Bar) -> float | None:
        before = indicator.value
        indicator.update(bar.low)
        return before


@dataclass(frozen=True, slots=True)
class TrueRange:
    """Wilder's mean true range up to this bar, or up to the one before it."""

    period: int
    before: bool = False

    @property
    def warm(self) -> int:
        return self.period + 1 + self.before

    def indicator(self) -> Atr:
        return Atr(self.period)

    def value(self, indicator: Atr, bar: Bar) -> float | None:
        before = indicator.value
        now = indicator.update(bar.high, bar.low, bar.close)
        return before if self.before else now


@dataclass(frozen=True, slots=True)
class BandSide:
    """1 with the close above the upper Bollinger band, -1 below the lower one, else 0."""

    period: int
    width: float

    @property
    def warm(self) -> int:
        return self.period

    def indicator(self) -> Bollinger:
        return Bollinger(self.period, width=self.width)

    def value(self, indicator: Bollinger, bar: Bar) -> int | None:
        return None if indicator.update(bar.close) is None else indicator.band_side()


@dataclass(frozen=True, slots=True)
class MeanSide:
    """1 with the close above the mean of the last `period`, -1 below, 0 on it."""

    period: int

    @property
    def warm(self) -> int:
        return self.period

    def indicator(self) -> Sma:
        return Sma(self.period)

    def value(self, indicator: Sma, bar: Bar) -> int | None:
        if indicator.update(bar.close) is None:
            return None
        offset = self.period * to_ticks(bar.close) - indicator.sum
        return (offset > 0) - (offset < 0)


@dataclass(frozen=True, slots=True)
class Deviation:
    """Population standard deviation of the last `period` closes, in dollars."""

    period: int

    @property
    def warm(self) -> int:
        return self.period

    def indicator(self) -> RollingStd:
        return RollingStd(self.period)

    def value(self, indicator: RollingStd, bar: Bar) -> float | None:
        return indicator.update(bar.close)


@dataclass(frozen=True, slots=True)
class Score:
    """The close's distance from the mean of the last `period`, in deviations."""

    period: int

    @property
    def warm(self) -> int:
        return self.period

    def indicator(self) -> Bollinger:
        return Bollinger(self.period, width=1.0)

    def value(self, indicator: Bollinger, bar: Bar) -> float | None:
        return indicator.update(bar.close)
