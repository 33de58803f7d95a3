"""Work A as a strategy of ours: long while the average of 20 lies above that of 50."""

from typing import TYPE_CHECKING

from quantterminal.domain.bars import Bar
from quantterminal.domain.strategy import Context
from quantzoo.indicators import Sma
from quantzoo.strategy import Strategy

if TYPE_CHECKING:
    from quantzoo.backtest.columns import Columns, Wake

FAST, SLOW, SHARES = 20, 50, 100


class Crossing(Strategy):
    def on_start(self, ctx: Context) -> None:  # noqa: ARG002  the contract's signature
        self.fast, self.slow = Sma(FAST), Sma(SLOW)

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        self.fast.update(bar.close)
        if self.slow.update(bar.close) is None:
            return
        lead = SLOW * self.fast.sum - FAST * self.slow.sum
        held = ctx.position_size()
        if lead > 0 and not held:
            ctx.buy(SHARES)
        elif lead < 0 and held:
            ctx.close_position()

    def sparse(self, bars: "Columns") -> "Wake":
        from quantzoo.backtest.columns import Wake

        fast, slow = bars.sma(FAST), bars.sma(SLOW)
        self.fast, self.slow = fast, slow
        lead = SLOW * fast.sums - FAST * slow.sums
        lead[: SLOW - 1] = 0
        return Wake(flat=lead > 0, long=lead < 0, short=lead < 0)
