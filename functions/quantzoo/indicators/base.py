"""What all indicators share: the checked period, the checked input, and integer ticks."""

import math

from quantterminal.domain.errors import InvalidValueError
from quantzoo.state import Stateful

TICKS_PER_DOLLAR = 10_000


class Indicator(Stateful):
    """Has `update(...)`, which returns the new `value`: None until enough was seen."""

    def __init__(self, period: int) -> None:
        if type(period) is not int or period < 1:
            raise InvalidValueError(
                f"{type(self).__name__}: expected a period of 1 or more, was {period!r}"
            )
        self.period = period

    @property
    def value(self) -> float | None:
        raise NotImplementedError


def finite(value: float) -> float:
    """`value`, refused when it is NaN or infinite: one of them would stay in a mean for ever."""
    if not math.isfinite(value):
        raise InvalidValueError(f"Expected a finite number, was {value!r}")
    return value


def to_ticks(price: float) -> int:
    """`price` in whole 1/10000 dollars, the finest step that US equities trade in."""
    return round(finite(price) * TICKS_PER_DOLLAR)
