"""Momentum: be long while a fast average is above a slow one and the price has risen."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from quantterminal.domain.bars import Bar
from quantterminal.domain.strategy import Context
from quantzoo.indicators import Roc, Sma
from quantzoo.parameters import Between
from quantzoo.strategy import SignalStrategy, TradingParameters

if TYPE_CHECKING:
    from quantzoo.backtest.columns import Columns, Wake


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


class Momentum(SignalStrategy):
    """Crossing averages, compared as integers: an exact tie is a tie and changes nothing.

    The rate of change has to agree, in either direction, before the position changes.
    """

    parameter_type = MomentumParameters
    parameters: MomentumParameters

    def on_start(self, ctx: Context) -> None:  # noqa: ARG002  the contract's signature
        self.fast = Sma(self.parameters.fast)
        self.slow = Sma(self.parameters.slow)
        self.change = Roc(self.parameters.confirmation)

    def generate_signal(self, symbol: str, bar: Bar) -> int:  # noqa: ARG002  one symbol each
        self.fast.update(bar.close)
        change = self.change.update(bar.close)
        if self.slow.update(bar.close) is None or change is None:
            return 0
        lead = self.slow.period * self.fast.sum - self.fast.period * self.slow.sum
        if lead > 0 and change > 0:
            return 1
        return -1 if lead < 0 and change < 0 else 0

    def sparse(self, bars: "Columns") -> "Wake":
        from quantzoo.backtest.columns import Wake

        p = self.parameters
        fast, slow, change = bars.sma(p.fast), bars.sma(p.slow), bars.roc(p.confirmation)
        self.fast, self.slow, self.change = fast, slow, change
        lead = p.slow * fast.sums - p.fast * slow.sums
        lead[: p.slow - 1] = 0
        rises, falls = (lead > 0) & (change.column > 0), (lead < 0) & (change.column < 0)
        ending = bars.within_close(p.flat_before_close)
        enters = rises | falls if p.allow_short else rises
        return Wake(flat=enters & ~ending, long=falls | ending, short=rises | ending)
