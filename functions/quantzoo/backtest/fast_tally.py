"""The breaker of one strategy, in ticks."""

from quantterminal.domain.risk import RiskLimits
from quantzoo.backtest.fast_rules import Order, part

FastOutcome = tuple[Order, int, int | None]
"""An order, the row of its bar, and what was realized, None for a refusal."""


class FastTally:
    """`strategy_breaker.Tally` in ticks: it knows when there may be something to say, and what the
    real one needs to say it.
    """

    def __init__(self, limits: RiskLimits) -> None:
        self.outcomes: list[FastOutcome] = []
        self._limits = limits
        self._share = part(limits.strategy_loss_fraction)
        self._realized = 0
        self._rejects = 0
        self._filled: dict[tuple[int, int], list[int]] = {}

    def copy(self) -> "FastTally":
        other = FastTally(self._limits)
        other.outcomes = self.outcomes[:]
        other._realized, other._rejects = self._realized, self._rejects
        other._filled = {key: rows[:] for key, rows in self._filled.items()}
        return other

    def note(self, order: Order, row: int, realized: int | None) -> bool:
        """One more outcome; whether it may call for a halt by its number."""
        limits = self._limits
        self.outcomes.append((order, row, realized))
        if realized is None:
            self._rejects += 1
            return self._rejects >= limits.max_rejects
        self._realized += realized
        key = (order.symbol, order.side)
        rows = self._filled.get(key)
        if rows is None:
            rows = self._filled[key] = []
        rows.append(row)
        most = limits.max_repeated_fills
        is_repeated = len(rows) >= most and row - rows[-most] < limits.repeated_fills_minutes
        return is_repeated or bool(limits.max_consecutive_losers)

    def has_lost(self, day_open: int) -> bool:
        lost, share = -self._realized, self._share
        return lost > 0 and lost * share.under >= day_open * share.over
