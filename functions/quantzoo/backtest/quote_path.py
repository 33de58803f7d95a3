"""Fills at the quotes of four price points a minute: the model of the local broker.

The open trades at 5 s, the first extreme at 20 s, the second at 35 s, the close at 50 s; a rising
bar visits its low first, a falling one its high. Around each point stands a quote a basis point
wide to both sides, at least a tick; a limit order that the quote reaches fills at the quote. With
this model a backtest fills exactly as `qt run` on the local broker does; tests hold them together.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from quantterminal.domain.bars import Bar
from quantterminal.domain.money import price_from_float, tick_size
from quantterminal.domain.risk import Proposal
from quantterminal.domain.signals import Side

_BASIS_POINT = Decimal("0.0001")
_POINTS = 4


@dataclass(frozen=True, slots=True)
class QuotePath:
    """`participation` of the minute's volume, a quarter at each point, and never less than
    `smallest` shares where the minute traded at all.
    """

    participation: Decimal = Decimal("0.1")
    smallest: Decimal = Decimal(100)

    @property
    def offsets_ms(self) -> tuple[int, ...]:
        return (5_000, 20_000, 35_000, 50_000)

    def price(self, order: Proposal, bar: Bar, *, at: int) -> Decimal | None:
        point = price_from_float(_path(bar)[at])
        tick = tick_size(point)
        half = max(tick, (point * _BASIS_POINT).quantize(tick))
        if order.side is Side.BUY:
            ask = ((point + half) / tick).to_integral_value(ROUND_CEILING) * tick
            return ask if ask <= order.limit_price else None
        bid = max(((point - half) / tick).to_integral_value(ROUND_FLOOR) * tick, tick)
        return bid if bid >= order.limit_price else None

    def liquidity(self, bar: Bar, *, at: int) -> Decimal | None:  # noqa: ARG002  equal quarters
        if bar.volume < 1:
            return Decimal(0)
        share = Decimal(int(bar.volume)) * self.participation / _POINTS
        return max(self.smallest, share // 1)


def _path(bar: Bar) -> tuple[float, float, float, float]:
    if bar.close >= bar.open:
        return bar.open, bar.low, bar.high, bar.close
    return bar.open, bar.high, bar.low, bar.close
