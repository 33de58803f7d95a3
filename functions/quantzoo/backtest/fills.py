"""How a simulated broker fills orders: always from the bar after the decision on, never better.

A model names the instants of a minute at which orders can trade and answers a price and a
quantity for each. Prices are rounded to the tick against us.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from quantterminal.domain.bars import Bar
from quantterminal.domain.money import offset_by_bps, price_from_float, round_limit
from quantterminal.domain.risk import Proposal
from quantterminal.domain.signals import Side

_ZERO = Decimal(0)


class FillModel(Protocol):
    """`offsets_ms` are the instants, in ms from the start of the minute, ascending."""

    @property
    def offsets_ms(self) -> tuple[int, ...]: ...

    def price(self, order: Proposal, bar: Bar, *, at: int) -> Decimal | None:
        """Dollars a share at the instant with that index; None when the order does not trade."""
        ...

    def liquidity(self, bar: Bar, *, at: int) -> Decimal | None:
        """Shares that all our orders of one side may take then; None for no limit."""
        ...


@dataclass(frozen=True, slots=True)
class NextOpen:
    """Everything fills at the next bar's open, `slippage_bps` worse; the limit price is ignored.

    `participation` is the greatest share of the bar's volume, None for any quantity.
    """

    slippage_bps: Decimal = Decimal(1)
    participation: Decimal | None = None

    @property
    def offsets_ms(self) -> tuple[int, ...]:
        return (0,)

    def price(self, order: Proposal, bar: Bar, *, at: int) -> Decimal | None:  # noqa: ARG002  one instant
        return worse_by(price_from_float(bar.open), self.slippage_bps, order.side)

    def liquidity(self, bar: Bar, *, at: int) -> Decimal | None:  # noqa: ARG002  one instant
        return None if self.participation is None else _share(bar.volume, self.participation)


@dataclass(frozen=True, slots=True)
class TradedThrough:
    """A limit order fills at the open when that is better than its limit, and later in the bar at
    its limit when the price went beyond it: a price that only touches the limit fills nobody.

    `queue_shares` at our price trade before us, of what `participation` of the volume leaves.
    """

    participation: Decimal = Decimal("0.1")
    queue_shares: Decimal = _ZERO

    @property
    def offsets_ms(self) -> tuple[int, ...]:
        return (0, 29_000)

    def price(self, order: Proposal, bar: Bar, *, at: int) -> Decimal | None:
        limit, is_buy = order.limit_price, order.side is Side.BUY
        if at == 0:
            opened = price_from_float(bar.open)
            return opened if (opened < limit if is_buy else opened > limit) else None
        extreme = price_from_float(bar.low if is_buy else bar.high)
        return limit if (extreme < limit if is_buy else extreme > limit) else None

    def liquidity(self, bar: Bar, *, at: int) -> Decimal | None:  # noqa: ARG002  half at each
        half = _share(bar.volume, self.participation / 2)
        return max(half - self.queue_shares, _ZERO)


@dataclass(frozen=True, slots=True)
class Fees:
    """Dollars of one execution: `per_share`, but at least `least`; zero by default, as Alpaca's."""

    per_share: Decimal = _ZERO
    least: Decimal = _ZERO

    def of(self, quantity: Decimal) -> Decimal:
        return max(self.per_share * quantity, self.least)


def worse_by(price: Decimal, bps: Decimal, side: Side) -> Decimal:
    """`price` moved against us, on the tick: up for a buy, down for a sale."""
    return round_limit(offset_by_bps(price, bps * side.sign), side_is_buy=side is Side.BUY)


def _share(volume: float, part: Decimal) -> Decimal:
    return int(volume) * part // 1
