"""Prices and fees in whole ticks of 1/10000 dollar, rounded as the Decimals are."""

from decimal import Decimal
from typing import Any

import numpy as np

from quantzoo.backtest.fast_rules import part
from quantzoo.backtest.fills import Fees
from quantzoo.backtest.tape import whole

_BASIS_POINTS = 10_000
_DOLLAR, _CENT = 10_000, 100  # in ticks


class Prices:
    """Limits and fills as `money.round_limit` and `money.offset_by_bps` make them, in ticks."""

    def __init__(self, bps: Decimal) -> None:
        share = part(bps)
        self._under = _BASIS_POINTS * share.under
        self._over = {1: self._under + share.over, -1: self._under - share.over}

    @property
    def numbers(self) -> tuple[int, int, int]:
        """What is divided by, and the factors up and down."""
        return self._under, self._over[1], self._over[-1]

    def all_moved(self, prices: Any, sides: Any) -> Any:
        """`moved` of arrays."""
        moved = prices * np.where(sides > 0, self._over[1], self._over[-1])
        steps = np.where(moved >= _DOLLAR * self._under, _CENT, 1)
        under = self._under * steps
        return np.where(sides > 0, -(-moved // under), moved // under) * steps

    def moved(self, price: int, side: int) -> int:
        """`price` moved against us, rounded to the tick against us."""
        moved = price * self._over[side]
        under = self._under
        step = _CENT if moved >= _DOLLAR * under else 1
        if side > 0:
            return -(-moved // (under * step)) * step
        return moved // (under * step) * step


class WholeFees:
    """`Fees` in ticks."""

    def __init__(self, fees: Fees) -> None:
        self.per_share = whole(fees.per_share) or 0
        self.least = whole(fees.least) or 0

    def of(self, quantity: int) -> int:
        return max(self.per_share * quantity, self.least)
