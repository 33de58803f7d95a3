"""Money and ticks: the one place where a price becomes a Decimal and is rounded to the tick."""

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from quantterminal.domain.errors import InvalidValueError

CENT = Decimal("0.01")
_SUB_DOLLAR_TICK = Decimal("0.0001")
_ONE = Decimal(1)
_BASIS_POINT = Decimal("0.0001")


def price_from_float(price: float) -> Decimal:
    """A market-data float as Decimal by its shortest decimal form; refuses NaN and infinity."""
    if not math.isfinite(price):
        raise InvalidValueError(f"Expected a finite price, was {price!r}")
    return Decimal(repr(price))


def tick_size(price: Decimal) -> Decimal:
    """Smallest price step: $0.01 from $1 upwards, $0.0001 below (Reg NMS rule 612; Alpaca)."""
    return CENT if price >= _ONE else _SUB_DOLLAR_TICK


def round_limit(price: Decimal, *, side_is_buy: bool) -> Decimal:
    """A limit price on the tick, rounded towards filling: up for buys, down for sells."""
    rounding = ROUND_CEILING if side_is_buy else ROUND_FLOOR
    return price.quantize(tick_size(price), rounding=rounding)


def is_on_tick(price: Decimal) -> bool:
    return price == price.quantize(tick_size(price))


def offset_by_bps(price: Decimal, bps: Decimal) -> Decimal:
    """`price` moved by signed basis points, unrounded."""
    return price * (_ONE + bps * _BASIS_POINT)


def to_cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)
