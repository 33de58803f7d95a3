"""What stops one strategy: the same fill again and again, a loss, losers in a row, refused orders.

Everything is counted in market time (the end of the bar that an order was priced from), over one
session, so that a live run and a replay of its bars stop at the same order.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from quantterminal.domain.halts import HaltCode
from quantterminal.domain.risk import HaltLevel, RiskLimits
from quantterminal.domain.signals import Side, signal_of

_ZERO = Decimal(0)
Verdict = tuple[HaltLevel, HaltCode, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one order of the strategy. `realized` is dollars that its fills earned by
    closing, None when it has not filled.
    """

    intent_id: str
    symbol: str
    side: Side
    decided_at: datetime
    realized: Decimal | None = None
    is_rejected: bool = False


class Tally:
    """The outcomes of one strategy in one session; `note` them in the order they came."""

    def __init__(self, outcomes: Iterable[Outcome] = ()) -> None:
        self.realized = _ZERO
        self._profits: dict[str, Decimal] = {}
        self._filled: dict[tuple[str, Side], dict[str, datetime]] = {}
        self._rejected: list[datetime] = []
        for each in outcomes:
            self.note(each)

    def note(self, outcome: Outcome) -> None:
        """One more outcome; several fills of one order may come one by one."""
        if outcome.is_rejected:
            self._rejected.append(outcome.decided_at)
        if outcome.realized is None:
            return
        key = (outcome.symbol, outcome.side)
        self._filled.setdefault(key, {})[signal_of(outcome.intent_id)] = outcome.decided_at
        if outcome.realized:
            self.realized += outcome.realized
            earlier = self._profits.get(outcome.intent_id, _ZERO)
            self._profits[outcome.intent_id] = earlier + outcome.realized

    def verdict(
        self, cause: Outcome, limits: RiskLimits, *, day_open_equity: Decimal
    ) -> Verdict | None:
        """The halt that `cause`, noted already, calls for: the strictest; None within limits."""
        return (
            self._rejects(cause, limits)
            or self._repeats(cause, limits)
            or self._loss(limits, day_open_equity)
            or self._losers(limits)
        )

    def _rejects(self, cause: Outcome, limits: RiskLimits) -> Verdict | None:
        if not cause.is_rejected or len(self._rejected) < limits.max_rejects:
            return None
        window = timedelta(minutes=limits.rejects_minutes)
        found = sum(abs(cause.decided_at - at) < window for at in self._rejected)
        if found < limits.max_rejects:
            return None
        reason = f"{found} orders rejected within {limits.rejects_minutes} minutes"
        return HaltLevel.HALTED, HaltCode.REJECT_RATE, reason

    def _repeats(self, cause: Outcome, limits: RiskLimits) -> Verdict | None:
        if cause.realized is None:
            return None
        times = self._filled[cause.symbol, cause.side].values()
        if len(times) < limits.max_repeated_fills:
            return None
        window = timedelta(minutes=limits.repeated_fills_minutes)
        found = sum(abs(cause.decided_at - at) < window for at in times)
        if found < limits.max_repeated_fills:
            return None
        reason = (
            f"{found} times {cause.side} {cause.symbol} filled within"
            f" {limits.repeated_fills_minutes} minutes"
        )
        return HaltLevel.REDUCE_ONLY, HaltCode.REPEATED_FILLS, reason

    def _loss(self, limits: RiskLimits, day_open_equity: Decimal) -> Verdict | None:
        if self.realized >= 0:
            return None
        allowed = day_open_equity * limits.strategy_loss_fraction
        if -self.realized < allowed:
            return None
        reason = f"lost {-self.realized:.2f} since the open, {allowed:.2f} are allowed"
        return HaltLevel.REDUCE_ONLY, HaltCode.STRATEGY_LOSS, reason

    def _losers(self, limits: RiskLimits) -> Verdict | None:
        most = limits.max_consecutive_losers
        if not most or len(self._profits) < most:
            return None
        latest = list(self._profits.values())[-most:]
        if any(profit >= 0 for profit in latest):
            return None
        return HaltLevel.REDUCE_ONLY, HaltCode.CONSECUTIVE_LOSERS, f"{most} losing exits in a row"
