"""How much of a good result is luck: the deflated Sharpe ratio.

Whoever tries many parameter sets finds a good one by chance. Bailey and Lopez de Prado (2014)
hold the best Sharpe ratio against the greatest that chance alone would give among as many tries.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, pvariance

from quantterminal.domain.errors import InvalidValueError

_EULER = 0.5772156649015329
_NORMAL = NormalDist()


def probabilistic_sharpe(returns: Sequence[float], *, benchmark: float = 0.0) -> float | None:
    """The probability that the true Sharpe ratio (a period's, not a year's) is above `benchmark`,
    with the returns' own skew and tails. None for fewer than three returns or equal ones.
    """
    if len(returns) < 3 or min(returns) == max(returns):
        return None
    mean = fmean(returns)
    deviation = math.sqrt(pvariance(returns, mean))
    scaled = [(each - mean) / deviation for each in returns]
    skew, tails = fmean(x**3 for x in scaled), fmean(x**4 for x in scaled)
    sharpe = mean / deviation
    spread = 1 - skew * sharpe + (tails - 1) / 4 * sharpe**2
    if spread <= 0:
        return None
    return _NORMAL.cdf((sharpe - benchmark) * math.sqrt(len(returns) - 1) / math.sqrt(spread))


def luckiest_sharpe(sharpes: Sequence[float]) -> float:
    """The greatest Sharpe ratio that chance is expected to give among as many worthless tries, of
    the variance that these (a period's) have; 0.0 for one try.
    """
    tries = len(sharpes)
    if not tries:
        raise InvalidValueError("Expected at least one try, was none")
    if tries == 1:
        return 0.0
    deviation = math.sqrt(pvariance(sharpes))
    upper = _NORMAL.inv_cdf(1 - 1 / tries)
    further = _NORMAL.inv_cdf(1 - 1 / (tries * math.e))
    return deviation * ((1 - _EULER) * upper + _EULER * further)


def deflated_sharpe(returns: Sequence[float], *, tried: Sequence[float]) -> float | None:
    """The probability that the best of `tried` (Sharpe ratios of a period) is more than luck."""
    return probabilistic_sharpe(returns, benchmark=luckiest_sharpe(tried))


def period_sharpe(returns: Sequence[float]) -> float | None:
    """Mean over population deviation of a period; None for fewer than two or equal returns."""
    if len(returns) < 2 or min(returns) == max(returns):
        return None
    return fmean(returns) / math.sqrt(pvariance(returns))
