"""Rotation: hold the strongest of several symbols, looked at together at each closed minute."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from quantterminal.domain.bars import Bar
from quantterminal.domain.strategy import MinuteContext
from quantzoo.indicators import Roc
from quantzoo.parameters import Between
from quantzoo.strategy import MinuteStrategy, TradingParameters, closes_within


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationParameters(TradingParameters):
    """`period` in traded minutes of each symbol; `every` is how many minutes a choice stands,
    counted from midnight; `most` is how many symbols are held at once.
    """

    period: Annotated[int, Between(1, 1000)] = 30
    every: Annotated[int, Between(1, 390)] = 15
    most: Annotated[int, Between(1, 100)] = 1
    flat_before_close: Annotated[int, Between(0, 390)] = 5


class Rotation(MinuteStrategy):
    """Long those that rose most, out of the others; a tie goes to the first by name.

    Who did not trade in a minute is neither chosen nor sold in it.
    """

    parameter_type = RotationParameters
    parameters: RotationParameters

    def on_start(self, ctx: MinuteContext) -> None:
        self.changes = {symbol: Roc(self.parameters.period) for symbol in ctx.symbols}

    def on_minute(self, ctx: MinuteContext, bars: Mapping[str, Bar]) -> None:
        for symbol, bar in bars.items():
            self.changes[symbol].update(bar.close)
        any_bar = next(iter(bars.values()))
        if closes_within(any_bar, self.parameters.flat_before_close):
            for symbol in bars:
                ctx[symbol].close_position(reason="session end")
        elif (60 * any_bar.start.hour + any_bar.start.minute) % self.parameters.every == 0:
            self._choose(ctx, bars)

    def _choose(self, ctx: MinuteContext, bars: Mapping[str, Bar]) -> None:
        rises = {symbol: self.changes[symbol].value or 0.0 for symbol in bars}
        ranked = sorted(bars, key=lambda symbol: (-rises[symbol], symbol))
        chosen = [symbol for symbol in ranked[: self.parameters.most] if rises[symbol] > 0]
        for symbol in bars:
            held = ctx[symbol].position_size()
            if held and symbol not in chosen:
                ctx[symbol].close_position(reason="others are stronger")
            elif not held and symbol in chosen:
                ctx[symbol].buy(reason="strongest")
