"""Round trips from fills, in Decimal, across splits.

A round trip goes from flat to flat in one symbol of one strategy. Its profit is the cash that came
in less the cash that went out, exact to the last digit; over a whole trip FIFO and average cost
give that same number, so neither is chosen. A fill that flips the position ends one trip and begins
the next. Shares still held belong to no trip: their realised part is the position's business.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from quantterminal.domain.corporate_actions import CorporateAction
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.signals import Side

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution: shares above 0 at dollars a share; `fee` is dollars paid for it."""

    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    at: datetime
    fee: Decimal = _ZERO

    def __post_init__(self) -> None:
        if not (self.quantity.is_finite() and self.quantity > 0):
            raise InvalidValueError(f"Fill: expected a quantity above 0, was {self.quantity}")
        if not (self.price.is_finite() and self.price > 0):
            raise InvalidValueError(f"Fill: expected a price above 0, was {self.price}")


@dataclass(frozen=True, slots=True)
class Split:
    """From here on the shares of a symbol are other ones; `action` says how many they became."""

    at: datetime
    action: CorporateAction

    @property
    def symbol(self) -> str:
        return self.action.symbol


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """A closed trade. `side` and `quantity` are the entry's; prices are means over its fills.

    `pnl` is dollars after fees. The means are rounded to the context's digits, the profit is not.
    Shares and prices of a trade across a split are those after it.
    """

    symbol: str
    side: Side
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    opened_at: datetime
    closed_at: datetime
    fees: Decimal
    pnl: Decimal


@dataclass(slots=True)
class _OpenTrip:
    side: Side
    opened_at: datetime
    entered: Decimal = _ZERO
    left: Decimal = _ZERO
    paid_in: Decimal = _ZERO
    paid_out: Decimal = _ZERO
    fees: Decimal = _ZERO

    @property
    def held(self) -> Decimal:
        return self.entered - self.left

    def add(self, side: Side, quantity: Decimal, *, price: Decimal, fee: Decimal) -> None:
        self.fees += fee
        if side is self.side:
            self.entered += quantity
            self.paid_in += quantity * price
        else:
            self.left += quantity
            self.paid_out += quantity * price

    def split(self, action: CorporateAction) -> None:
        held = action.shares_after(self.held)
        self.left = action.shares_after(self.left)
        self.entered = self.left + held

    def close(self, symbol: str, at: datetime) -> RoundTrip:
        return RoundTrip(
            symbol=symbol,
            side=self.side,
            quantity=self.entered,
            entry_price=self.paid_in / self.entered,
            exit_price=self.paid_out / self.left,
            opened_at=self.opened_at,
            closed_at=at,
            fees=self.fees,
            pnl=self.side.sign * (self.paid_out - self.paid_in) - self.fees,
        )


def round_trips(events: Iterable[Fill | Split]) -> tuple[RoundTrip, ...]:
    """The closed trips of one strategy's fills, in the order they closed.

    `events` are in order of time and may mix symbols. The fee of a fill that flips a position is
    divided by shares.
    """
    trips: dict[str, _OpenTrip] = {}
    closed: list[RoundTrip] = []
    for fill in events:
        if isinstance(fill, Split):
            if fill.symbol in trips:
                trips[fill.symbol].split(fill.action)
            continue
        trip = trips.setdefault(fill.symbol, _OpenTrip(fill.side, fill.at))
        within = fill.quantity if fill.side is trip.side else min(fill.quantity, trip.held)
        beyond = fill.quantity - within
        fee = fill.fee * within / fill.quantity if beyond else fill.fee
        trip.add(fill.side, within, price=fill.price, fee=fee)
        if trip.held:
            continue
        closed.append(trips.pop(fill.symbol).close(fill.symbol, fill.at))
        if beyond:
            trips[fill.symbol] = _OpenTrip(fill.side, fill.at)
            trips[fill.symbol].add(fill.side, beyond, price=fill.price, fee=fill.fee - fee)
    return tuple(closed)
