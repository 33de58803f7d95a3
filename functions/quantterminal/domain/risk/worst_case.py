"""What could become of a position if working orders fill in the worst way."""

from decimal import Decimal

from quantterminal.domain.risk.orders import Proposal, RiskSnapshot
from quantterminal.domain.signals import Side

_ZERO = Decimal(0)


def worst_case(proposal: Proposal, snapshot: RiskSnapshot) -> tuple[Decimal, Decimal]:
    """The largest and smallest signed position that could result: position + all working orders.

    Working buys may all fill while no sell does, and the other way round.
    """
    held = snapshot.positions.get(proposal.symbol, _ZERO)
    highest = lowest = held
    for intent, order in snapshot.reserved.items():
        if order.symbol != proposal.symbol or intent == proposal.intent_id:
            continue
        if order.side is Side.BUY:
            highest += order.quantity
        else:
            lowest -= order.quantity
    return highest, lowest


def is_reducing(proposal: Proposal, snapshot: RiskSnapshot) -> bool:
    """Whether the order can only bring the account's position closer to zero, never beyond.

    An order or a position whose number is none is never called reducing.
    """
    highest, lowest = worst_case(proposal, snapshot)
    if not are_finite(highest, lowest, proposal.quantity) or proposal.quantity <= 0:
        return False
    if proposal.side is Side.BUY:
        return highest < 0 and proposal.quantity <= -highest
    return lowest > 0 and proposal.quantity <= lowest


def closes_its_own(proposal: Proposal) -> bool:
    """Whether the order only brings its own strategy's position closer to zero, never beyond."""
    held = proposal.held
    if held is None or not are_finite(held, proposal.quantity):
        return False
    return 0 < proposal.quantity <= -held * proposal.side.sign


def are_finite(*numbers: Decimal) -> bool:
    return all(number.is_finite() for number in numbers)
