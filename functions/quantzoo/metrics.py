"""Performance figures from returns, equity and round trips.

Returns are fractions a period (0.01 = 1 %), equity is dollars at the end of each period. A figure
that its input does not define (one return, no loss to divide by) is None, never infinity or zero:
a page must be able to show that there is nothing to show.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from quantterminal.domain.errors import InvalidValueError

TRADING_DAYS = 252


def returns_of(equity: Sequence[float] | Sequence[Decimal]) -> list[float]:
    """Fractional change from each equity to the next; raises InvalidValueError at 0 or below."""
    points = _points(equity)
    return [after / before - 1.0 for before, after in pairwise(points)]


def sharpe(
    returns: Sequence[float], *, risk_free: float = 0.0, periods_per_year: float = TRADING_DAYS
) -> float | None:
    """Annualised mean excess return over its sample deviation; `risk_free` is a period's."""
    if len(returns) < 2 or min(returns) == max(returns):
        return None
    mean = math.fsum(returns) / len(returns)
    variance = math.fsum((value - mean) ** 2 for value in returns) / (len(returns) - 1)
    return (mean - risk_free) / math.sqrt(variance) * math.sqrt(periods_per_year)


def sortino(
    returns: Sequence[float], *, required: float = 0.0, periods_per_year: float = TRADING_DAYS
) -> float | None:
    """As Sharpe, over the root mean square of what fell short of `required` a period."""
    if len(returns) < 2:
        return None
    excess = [value - required for value in returns]
    downside = math.sqrt(math.fsum(min(value, 0.0) ** 2 for value in excess) / len(excess))
    if downside == 0:
        return None
    return math.fsum(excess) / len(excess) / downside * math.sqrt(periods_per_year)


def max_drawdown(equity: Sequence[float] | Sequence[Decimal]) -> float | None:
    """Deepest fall below an earlier high, as a fraction of that high: 0.15 is 15 % down."""
    points = _points(equity)
    if not points:
        return None
    deepest, high = 0.0, points[0]
    for point in points:
        high = max(high, point)
        deepest = max(deepest, 1.0 - point / high)
    return deepest


def cagr(
    equity: Sequence[float] | Sequence[Decimal], *, periods_per_year: float = TRADING_DAYS
) -> float | None:
    """Compound growth a year, as a fraction, from the first equity to the last.

    None where that is beyond a float: a good day alone, taken for a year of minutes.
    """
    points = _points(equity)
    if len(points) < 2:
        return None
    growth = math.log(points[-1] / points[0]) * periods_per_year / (len(points) - 1)
    try:
        return math.expm1(growth)
    except OverflowError:
        return None


def win_rate(profits: Sequence[Decimal]) -> float | None:
    """Share of trades with a profit above zero; a trade that came out even is no win."""
    if not profits:
        return None
    return sum(1 for profit in profits if profit > 0) / len(profits)


def profit_factor(profits: Sequence[Decimal]) -> float | None:
    """Sum of the winners over the sum of the losers; None without a loser."""
    gains = sum((profit for profit in profits if profit > 0), Decimal(0))
    losses = -sum((profit for profit in profits if profit < 0), Decimal(0))
    return float(gains / losses) if losses else None


def _points(equity: Sequence[float] | Sequence[Decimal]) -> list[float]:
    points = [float(value) for value in equity]
    for index, point in enumerate(points):
        if not (math.isfinite(point) and point > 0):
            raise InvalidValueError(f"Expected equity above 0, was {point} at index {index}")
    return points
