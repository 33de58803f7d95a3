"""Work A as a strategy of ours: long while the average of 20 lies above that of 50."""

from typing import Any

from quantzoo.declared import Answer, Cause, DeclaredStrategy
from quantzoo.readings import Reading, Sum

FAST, SLOW, SHARES = 20, 50, 100


class Crossing(DeclaredStrategy):
    quantity = SHARES

    def watches(self) -> tuple[Reading, ...]:
        return Sum(FAST), Sum(SLOW)

    def decide(self, fast: Any, slow: Any) -> Answer:
        fast, slow = 5 * fast, 2 * slow  # of 20 and 50 closes, shortened by 10
        return fast > slow, fast < slow, False, True

    def reason(self, cause: Cause, *values: Any) -> str:  # noqa: ARG002  the same for all
        return f"averages crossed: {cause}"
