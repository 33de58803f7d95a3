"""What the account could come to hold, and whether it can pay for it."""

from decimal import Decimal

from quantterminal.domain.risk.levels import Denial, DenialCode
from quantterminal.domain.risk.limits import RiskLimits
from quantterminal.domain.risk.orders import Proposal, RiskSnapshot
from quantterminal.domain.risk.worst_case import are_finite, is_reducing, worst_case
from quantterminal.domain.signals import Side

_ZERO = Decimal(0)
_UNPRICED = Denial(DenialCode.LEVERAGE_LIMIT, "Expected a price of everything held, was none")


def position_limit(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C3: |position + working orders + this order| at the worst, against a share of equity."""
    if is_reducing(proposal, snapshot):
        return None
    equity = snapshot.equity
    if equity is None or not equity.is_finite() or equity <= 0:
        return Denial(DenialCode.POSITION_LIMIT, f"Expected equity above 0, was {equity}")
    highest, lowest = worst_case(proposal, snapshot)
    if proposal.side is Side.BUY:
        highest += proposal.quantity
    else:
        lowest -= proposal.quantity
    mark = snapshot.marks.get(proposal.symbol, proposal.limit_price)
    if not are_finite(highest, lowest, mark):
        return Denial(
            DenialCode.POSITION_LIMIT,
            f"Expected numbers for {proposal.symbol}, was {highest}, {lowest} at {mark}",
        )
    price = max(proposal.limit_price, mark)
    exposure = max(abs(highest), abs(lowest)) * price
    allowed = equity * limits.max_position_fraction
    if exposure <= allowed:
        return None
    return Denial(
        DenialCode.POSITION_LIMIT,
        f"Expected at most {allowed:.2f} in {proposal.symbol}, would be {exposure:.2f} at worst",
    )


def account_exposure(
    proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits
) -> Denial | None:
    """C4: what is held and works together as a multiple of equity, and long less short, should all
    that adds to this order's side fill and nothing else.
    """
    sides, equity = _exposure(proposal, snapshot), snapshot.equity
    if sides is None or equity is None or not equity.is_finite():
        return None if is_reducing(proposal, snapshot) else _UNPRICED
    long, short, buys, sells = sides
    gross, lent = long + short + buys + sells, equity * limits.max_leverage
    net = long - short + buys if proposal.side is Side.BUY else short - long + sells
    if (gross <= lent and net <= equity * limits.max_net_fraction) or is_reducing(
        proposal, snapshot
    ):
        return None
    if gross > lent:
        return Denial(
            DenialCode.LEVERAGE_LIMIT,
            f"Expected at most {limits.max_leverage} x {equity:.2f}, would be {gross:.2f} at worst",
        )
    return Denial(
        DenialCode.NET_LIMIT,
        f"Expected at most {equity * limits.max_net_fraction:.2f} net, would be {net:.2f} at worst",
    )


def buying_power(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C5: opening orders reserve their notional; sells free nothing until they are filled."""
    if is_reducing(proposal, snapshot):
        return None
    available = available_buying_power(snapshot, limits, without=proposal.intent_id)
    if available is not None and proposal.notional <= available:
        return None
    found = "unknown" if available is None else f"{available:.2f}"
    return Denial(
        DenialCode.BUYING_POWER, f"Expected {proposal.notional:.2f} to be free, was {found}"
    )


def available_buying_power(
    snapshot: RiskSnapshot, limits: RiskLimits, *, without: str = ""
) -> Decimal | None:
    """Dollars that may still be committed: equity x gross limit - positions - working orders.

    None when a price or another number that it needs is missing.
    """
    if snapshot.equity is None:
        return None
    used = _ZERO
    for symbol, quantity in snapshot.positions.items():
        if not quantity:
            continue
        mark = snapshot.marks.get(symbol)
        if mark is None:
            return None
        used += abs(quantity) * mark
    used += sum(
        (order.notional for intent, order in snapshot.reserved.items() if intent != without), _ZERO
    )
    available = snapshot.equity * limits.max_gross_fraction - used
    return available if available.is_finite() else None


def _exposure(
    proposal: Proposal, snapshot: RiskSnapshot
) -> tuple[Decimal, Decimal, Decimal, Decimal] | None:
    """Dollars long and short at the marks, and of working buys and sells with this order."""
    long = short = _ZERO
    for symbol, quantity in snapshot.positions.items():
        if not quantity:
            continue
        mark = snapshot.marks.get(symbol)
        value = quantity * mark if mark is not None else None
        if value is None or not value.is_finite():
            return None
        if value > 0:
            long += value
        else:
            short -= value
    buys = proposal.notional if proposal.side is Side.BUY else _ZERO
    sells = proposal.notional if proposal.side is Side.SELL else _ZERO
    for intent, order in snapshot.reserved.items():
        if intent == proposal.intent_id:
            continue
        if order.side is Side.BUY:
            buys += order.notional
        else:
            sells += order.notional
    return (long, short, buys, sells) if are_finite(long, short, buys, sells) else None
