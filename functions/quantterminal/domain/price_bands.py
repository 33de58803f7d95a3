"""The price bands of a symbol (limit up, limit down), and when a quote stands at one.

The plan's rule: a symbol is in a limit state when its best offer is at the lower band or its best
bid at the upper one. Trading through a band is forbidden, so that the next step is a pause.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PriceBand:
    """Dollars; what lies outside may not be traded."""

    low: Decimal
    high: Decimal

    def is_reached(self, *, bid: Decimal, ask: Decimal) -> bool:
        return ask <= self.low or bid >= self.high
