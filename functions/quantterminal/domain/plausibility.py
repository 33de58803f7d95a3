"""Whether a snapshot of the account at the broker can be true, given our own books.

Brokers have shown an equity of zero and an empty list of positions for minutes. Every fill that
the broker knows is in our books before this is asked, so such a snapshot contradicts the broker's
own record.
"""

from collections.abc import Mapping
from decimal import Decimal

_JUMP = Decimal("0.05")
SAMPLES = 3
"""Passes in a row that must show a contradiction before it is taken for a fact."""


def contradiction(
    *,
    equity: Decimal,
    cash: Decimal,
    positions: Mapping[str, Decimal],
    our_equity: Decimal | None,
    our_cash: Decimal,
    our_positions: Mapping[str, Decimal],
) -> str:
    """What is implausible in the broker's numbers, empty when nothing is. Dollars and shares.

    `our_equity` is our own mark-to-market, None while a price is missing.
    """
    held = any(our_positions.values())
    worth = our_cash if our_equity is None else our_equity
    if equity <= 0 < worth:
        return f"the broker shows an equity of {equity}, we count {worth}"
    if held and not any(positions.values()):
        count = sum(1 for each in our_positions.values() if each)
        return f"the broker shows no positions, we hold {count}"
    if abs(cash - our_cash) > abs(worth) * _JUMP:
        return f"the broker shows cash of {cash}, we count {our_cash}"
    return ""
