"""Turns a minute bar into what was tradable inside its minute: four price points.

The open comes at 5 s, the first extreme at 20 s, the second at 35 s, the close at 50 s; a rising
bar visits its low first, a falling one its high, so that the path never flatters anybody. The four
trades carry the volume of the bar between them: bars built from them equal the bar.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from local.market.bars import RawBar

POINT_OFFSETS_MS = (5_000, 20_000, 35_000, 50_000)
_CENT = Decimal("0.01")
_SUB_DOLLAR_TICK = Decimal("0.0001")
_BASIS_POINT = Decimal("0.0001")
_ROUND_LOT = 100


@dataclass(frozen=True, slots=True)
class PricePoint:
    """A trade of `size` shares (0: none) at `price`, and the quote that stands around it.

    `bar_volume` is the volume of the whole minute, from which the broker takes its share.
    """

    symbol: str
    at_ms: int
    price: float
    size: float
    bid: Decimal
    ask: Decimal
    quote_size: int
    bar_volume: float


def price_points(bar: RawBar) -> tuple[PricePoint, ...]:
    """The four points of a sound bar, in the order of time."""
    prices = _path(bar)
    sizes = _volume_shares(bar.volume)
    return tuple(
        _point(bar, bar.start_ms + offset, price, size)
        for offset, price, size in zip(POINT_OFFSETS_MS, prices, sizes, strict=True)
    )


def tick_of(price: Decimal) -> Decimal:
    """The exchange's smallest price step: a cent from a dollar up, else a hundredth of one."""
    return _CENT if price >= 1 else _SUB_DOLLAR_TICK


def _path(bar: RawBar) -> tuple[float, float, float, float]:
    if bar.close >= bar.open:
        return bar.open, bar.low, bar.high, bar.close
    return bar.open, bar.high, bar.low, bar.close


def _volume_shares(volume: float) -> tuple[float, ...]:
    quarter = volume // 4
    return quarter, quarter, quarter, volume - 3 * quarter


def _point(bar: RawBar, at_ms: int, price: float, size: float) -> PricePoint:
    bid, ask = _quote(Decimal(str(price)))
    lots = max(1, round(size / _ROUND_LOT))
    return PricePoint(bar.symbol, at_ms, price, size, bid, ask, lots * _ROUND_LOT, bar.volume)


def _quote(price: Decimal) -> tuple[Decimal, Decimal]:
    tick = tick_of(price)
    half = max(tick, (price * _BASIS_POINT).quantize(tick))
    bid = ((price - half) / tick).to_integral_value(ROUND_FLOOR) * tick
    ask = ((price + half) / tick).to_integral_value(ROUND_CEILING) * tick
    return max(bid, tick), ask
