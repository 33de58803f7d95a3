"""The breaker of one strategy, in ticks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from quantterminal.domain.risk import RiskLimits
from quantterminal.domain.signals import Side
from quantterminal.domain.strategy_breaker import Outcome, Tally, Verdict
from quantzoo.backtest.fast_rules import Order, part
from quantzoo.backtest.tape import dollars

if TYPE_CHECKING:
    from quantzoo.backtest.fast import FastEngine

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


def verdict_of(outcomes: Sequence[FastOutcome], engine: "FastEngine") -> Verdict | None:
    """What the live breaker itself says to the last of the outcomes."""
    found = [
        Outcome(
            f"{order.signal}#0",
            engine.tape.symbols[order.symbol],
            Side.BUY if order.side > 0 else Side.SELL,
            engine.end_of(row),
            None if realized is None else dollars(realized),
            is_rejected=realized is None,
        )
        for order, row, realized in outcomes
    ]
    limits, opened = engine.setting.trading.limits, dollars(engine.day_open)
    return Tally(found).verdict(found[-1], limits, day_open_equity=opened)
