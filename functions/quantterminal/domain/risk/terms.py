"""Are the order's own terms sane: quantity, price, size?"""

from decimal import Decimal

from quantterminal.domain.money import is_on_tick
from quantterminal.domain.risk.levels import Denial, DenialCode
from quantterminal.domain.risk.limits import RiskLimits
from quantterminal.domain.risk.orders import Proposal, RiskSnapshot
from quantterminal.domain.risk.worst_case import are_finite, is_reducing, worst_case
from quantterminal.domain.signals import Side

_ZERO = Decimal(0)
_BASIS_POINT = Decimal("0.0001")


def valid_quantity(
    proposal: Proposal, _snapshot: RiskSnapshot, _limits: RiskLimits
) -> Denial | None:
    """C15, C22: whole shares; a fraction could not be sold short nor rest at the exchange."""
    quantity = proposal.quantity
    if quantity.is_finite() and quantity > 0 and quantity == quantity.to_integral_value():
        return None
    return Denial(DenialCode.INVALID_QUANTITY, f"Expected whole shares above 0, was {quantity}")


def valid_price(proposal: Proposal, _snapshot: RiskSnapshot, _limits: RiskLimits) -> Denial | None:
    """C22: a limit off the tick would be refused by the exchange."""
    price = proposal.limit_price
    if price.is_finite() and price > 0 and is_on_tick(price):
        return None
    return Denial(DenialCode.INVALID_PRICE, f"Expected a limit price on the tick, was {price}")


def price_collar(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C2: both sides of the last known price; without a price nothing is sent.

    The price is the last bar's close, live and in a backtest alike: quotes exist only live, and a
    rule that looked at them would let a backtest trade what a live run denies.
    """
    mark = snapshot.marks.get(proposal.symbol)
    if mark is None or not mark.is_finite() or mark <= 0:
        return Denial(DenialCode.PRICE_COLLAR, f"No last price for {proposal.symbol}")
    away = abs(proposal.limit_price - mark)
    if away <= mark * limits.price_collar_bps * _BASIS_POINT:
        return None
    return Denial(
        DenialCode.PRICE_COLLAR,
        f"Expected a limit within {limits.price_collar_bps} bps of {mark},"
        f" was {proposal.limit_price}",
    )


def min_price(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C14: nothing new in a stock so cheap that a tick is a large part of its price."""
    if proposal.limit_price >= limits.min_price or is_reducing(proposal, snapshot):
        return None
    return Denial(
        DenialCode.MIN_PRICE,
        f"Expected a price of at least {limits.min_price}, was {proposal.limit_price}",
    )


def order_size(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C1: shares, dollars and share of equity of one order, however much else is free."""
    equity, most = snapshot.equity, limits.max_order_notional
    allowed = None
    if equity is not None and equity.is_finite():
        allowed = equity * limits.max_order_fraction
        if most is not None and most < allowed:
            allowed = most
        if proposal.quantity <= limits.max_order_shares and proposal.notional <= allowed:
            return None
    if is_reducing(proposal, snapshot):
        return None
    dollars = "known equity" if allowed is None else f"{allowed:.2f}"
    return Denial(
        DenialCode.ORDER_SIZE,
        f"Expected at most {limits.max_order_shares} shares and {dollars},"
        f" was {proposal.quantity} for {proposal.notional}",
    )


def participation(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C14: a share of the average day's volume. Once configured, an unknown volume denies."""
    fraction = limits.max_volume_fraction
    if fraction is None or is_reducing(proposal, snapshot):
        return None
    volume = snapshot.volumes.get(proposal.symbol)
    if volume is None or not volume.is_finite():
        return Denial(DenialCode.PARTICIPATION, f"No average volume for {proposal.symbol}")
    if proposal.quantity <= volume * fraction:
        return None
    return Denial(
        DenialCode.PARTICIPATION,
        f"Expected at most {volume * fraction:.0f} shares of {volume:.0f} a day,"
        f" was {proposal.quantity}",
    )


def no_flip(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C21: one order never turns the account's position around, as the broker has it too."""
    if limits.allow_flip:
        return None
    held = snapshot.positions.get(proposal.symbol, _ZERO)
    if not held:
        return None
    highest, lowest = worst_case(proposal, snapshot)
    if are_finite(held, highest, lowest):
        if proposal.side is Side.BUY:
            flips = held < 0 and proposal.quantity > -highest
        else:
            flips = held > 0 and proposal.quantity > lowest
        if not flips:
            return None
    return Denial(
        DenialCode.POSITION_FLIP,
        f"Expected at most what is held of {proposal.symbol} and not being closed ({held} held),"
        f" was {proposal.side} {proposal.quantity}",
    )


def no_short(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C15: with shorting off, no sell may leave the account short at the worst."""
    if limits.allow_short or proposal.side is Side.BUY:
        return None
    _, lowest = worst_case(proposal, snapshot)
    if are_finite(lowest) and proposal.quantity <= lowest:
        return None
    return Denial(
        DenialCode.SHORT_NOT_ALLOWED,
        f"Expected at most {lowest} of {proposal.symbol} to sell, was {proposal.quantity}",
    )
