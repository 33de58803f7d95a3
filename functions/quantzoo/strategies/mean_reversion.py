"""Mean reversion: buy what fell out of its Bollinger band, sell it at the mean."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from quantterminal.domain.bars import Bar
from quantterminal.domain.strategy import Context
from quantzoo.indicators import Bollinger
from quantzoo.parameters import Between
from quantzoo.strategy import Strategy, TradingParameters, closes_within

if TYPE_CHECKING:
    from quantzoo.backtest.columns import Columns, Wake


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanReversionParameters(TradingParameters):
    """`period` in bars; `entry` and `stop` in standard deviations, from the mean and the entry."""

    period: Annotated[int, Between(2, 1000)] = 20
    entry: Annotated[float, Between(0.1, 10.0)] = 2.0
    stop: Annotated[float, Between(0.1, 20.0)] = 2.0
    flat_before_close: Annotated[int, Between(0, 390)] = 5


class MeanReversion(Strategy):
    """Enters once per excursion: after a stop the price must first come back into the band."""

    parameter_type = MeanReversionParameters
    parameters: MeanReversionParameters

    def on_start(self, ctx: Context) -> None:  # noqa: ARG002  the contract's signature
        self.band = Bollinger(self.parameters.period, width=self.parameters.entry)
        self.armed = True

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        self.band.update(bar.close)
        side = self.band.band_side()
        if side == 0:
            self.armed = True
        held = ctx.position_size()
        if closes_within(bar, self.parameters.flat_before_close):
            ctx.close_position(reason="session end")
        elif held:
            if held * self.band.mean_side() >= 0:
                ctx.close_position(reason="back at the mean")
        elif self.armed and side < 0:
            self._enter(ctx, bar, direction=1)
        elif self.armed and side > 0 and self.parameters.allow_short:
            self._enter(ctx, bar, direction=-1)

    def sparse(self, bars: "Columns") -> "Wake":
        from quantzoo.backtest.columns import Wake

        p = self.parameters
        band = bars.bollinger(p.period, p.entry)
        self.band = band
        sides, ending = band.sides, bars.within_close(p.flat_before_close)
        came_back = sides == 0
        came_back[1:] &= sides[:-1] != 0
        outside = sides != 0 if p.allow_short else sides < 0
        return Wake(
            flat=(outside & ~ending) | came_back,
            long=(band.mean_sides >= 0) | ending | came_back,
            short=(band.mean_sides <= 0) | ending | came_back,
        )

    def _enter(self, ctx: Context, bar: Bar, *, direction: int) -> None:
        self.armed = False
        ask = ctx.buy if direction > 0 else ctx.sell
        ask(reason=f"outside the band: {self.band.value:.2f} deviations")
        ctx.set_exit(stop=bar.close - direction * self.parameters.stop * (self.band.deviation or 0))
