"""Raising, lifting and obeying halts: durable first, then cached, then announced."""

from dataclasses import dataclass
from datetime import date

from quantterminal.domain.errors import RetryableError
from quantterminal.domain.events import EventName
from quantterminal.domain.halts import (
    ACCOUNT,
    EquityMarks,
    Halt,
    HaltCode,
    breaker,
    is_lifted_by_new_session,
)
from quantterminal.domain.risk import HaltLevel, RiskLimits
from quantterminal.domain.sessions import new_york_date
from quantterminal.ports.clock import Clock
from quantterminal.ports.ledger import HaltLedger
from quantterminal.ports.state import StateStore
from quantterminal.services.announce import Announcer


@dataclass(frozen=True, slots=True)
class HaltDesk:
    """The one place that changes halt levels."""

    account: str
    ledger: HaltLedger
    state: StateStore
    clock: Clock
    announcer: Announcer

    def raise_halt(
        self, scope: str, level: HaltLevel, *, code: HaltCode, reason: str, actor: str
    ) -> bool:
        """Stop `scope` at `level`; False when it is stopped that far already."""
        wanted = Halt(scope, level, code, reason, actor, self.clock.now())
        durable = self.ledger.raise_halt(self.account, wanted)
        self._refresh()
        if durable is None:
            return False
        self.announcer.announce(
            EventName.HALT_RAISED,
            f"{scope} is {level.name}: {reason}",
            ref=f"{scope}:{durable.epoch}",
            code=code,
            level=level.name,
            actor=actor,
        )
        return True

    def lift(self, scope: str, *, actor: str, reason: str) -> bool:
        """Re-arm `scope`; False when it was not halted. A reason is mandatory."""
        now = self.clock.now()
        lifted = self.ledger.lift(self.account, scope=scope, actor=actor, reason=reason, at=now)
        self._refresh()
        if lifted:
            self.announcer.announce(
                EventName.HALT_LIFTED,
                f"{scope} is ACTIVE again: {reason}",
                ref=f"{scope}:{now.isoformat()}",
                actor=actor,
            )
        return lifted

    def lift_for_new_session(self, day: date) -> None:
        """End the halts of earlier days that last until the next session, and only those."""
        for halt in self.ledger.halts(self.account):
            ends = is_lifted_by_new_session(halt) and new_york_date(halt.at) < day
            if ends and halt.level is not HaltLevel.ACTIVE:
                self.lift(halt.scope, actor="session", reason="a new session begins")

    def check_losses(self, marks: EquityMarks, limits: RiskLimits) -> None:
        """Raise the halt that the account's losses call for, if any."""
        verdict = breaker(marks, limits)
        if verdict is not None:
            level, code, reason = verdict
            self.raise_halt(ACCOUNT, level, code=code, reason=reason, actor="breaker")

    def _refresh(self) -> None:
        halts = self.ledger.halts(self.account)
        try:
            self.state.put_halts(self.account, halts)
        except RetryableError as problem:
            # the ledger has it, and the last hop reads the ledger
            self.announcer.telemetry.record("HaltNotCached", problem=str(problem))
