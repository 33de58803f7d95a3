"""What cannot be done to a whole column at once, compiled."""

from typing import Any

from quantzoo.backtest.compiled import compiled


@compiled
def compiled_wilder(ranges: Any, period: int, mean: float, means: Any) -> None:
    """`columns.wilder`, step by step the same."""
    less = period - 1
    for at in range(len(ranges)):
        mean = (mean * less + ranges[at]) / period
        means[at] = mean
