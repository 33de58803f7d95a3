"""Durable halts in memory, for tests: who sends holds them, who changes one waits for the holders.

As in the real ledger there is a door in front of the holders, shut while somebody changes a halt.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from quantterminal.adapters.memory.tables import Tables
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.halts import Halt, covers
from quantterminal.domain.risk import HaltLevel

PATIENCE_S = 3.0
"""As the real ledger's."""
_STATEMENT_S = 10.0

Wait = Callable[[Callable[[], bool], float], bool]
"""Give way to the others until the condition holds, so many seconds at most; whether it holds."""


class MemoryHaltLedger:
    """Satisfies `ports.ledger.HaltLedger`. By itself nobody waits: there is one thread."""

    def __init__(
        self,
        tables: Tables,
        *,
        wait: Wait = lambda is_free, _seconds: is_free(),
        monotonic: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._tables = tables
        self._wait = wait
        self._monotonic = monotonic

    def halts(self, account: str) -> list[Halt]:
        found = [halt for (owner, _), halt in self._tables.halts.items() if owner == account]
        return sorted(found, key=lambda halt: halt.scope)

    @contextmanager
    def held(self, account: str) -> Iterator["Hold"]:
        tables, me = self._tables, object()
        deadline = self._monotonic() + PATIENCE_S
        if not self._wait(lambda: account not in tables.doors, _STATEMENT_S):
            raise RetryableError(f"The halts of {account} are being changed")
        holders = tables.holders.setdefault(account, [])
        holders.append(me)
        epoch = self._epoch(account)

        def confirm() -> None:
            if me not in holders or self._epoch(account) != epoch:
                raise RetryableError(f"The halts of {account} have changed: look again")
            if self._monotonic() >= deadline:
                raise RetryableError(
                    f"Expected to send within {PATIENCE_S} s of the last look at the halts of"
                    f" {account}, was longer"
                )

        try:
            yield Hold(self.halts(account), confirm)
        finally:
            holders.remove(me)

    def raise_halt(self, account: str, halt: Halt) -> Halt | None:
        self._tables.account(account)
        if self._stands(account, halt):
            return None
        with self._alone(account, PATIENCE_S) as is_alone:
            if self._stands(account, halt):
                return None
            durable = replace(halt, epoch=self._next_epoch(account))
            self._write(account, durable, waited_out=not is_alone)
            return durable

    def lift(self, account: str, *, scope: str, actor: str, reason: str, at: datetime) -> bool:
        self._tables.account(account)
        with self._alone(account, _STATEMENT_S) as is_alone:
            if not is_alone:
                raise RetryableError(f"The halts of {account} are held for too long")
            known = self._tables.halts.get((account, scope))
            if known is None or known.level is HaltLevel.ACTIVE:
                return False
            lifted = replace(
                known,
                level=HaltLevel.ACTIVE,
                reason=reason,
                actor=actor,
                at=at,
                epoch=self._next_epoch(account),
            )
            self._write(account, lifted)
            return True

    @contextmanager
    def _alone(self, account: str, patience_s: float) -> Iterator[bool]:
        """Behind a shut door once the holders are gone; False when that took too long."""
        tables, me = self._tables, object()
        is_alone = self._wait(lambda: account not in tables.doors, patience_s)
        shut = tables.doors.setdefault(account, me)
        try:
            yield self._wait(lambda: not tables.holders.get(account), patience_s) and is_alone
        finally:
            if shut is me:
                del tables.doors[account]

    def _stands(self, account: str, halt: Halt) -> bool:
        known = self._tables.halts.get((account, halt.scope))
        return known is not None and covers(known, halt)

    def _epoch(self, account: str) -> int | None:
        row = self._tables.accounts.get(account)
        return None if row is None else row.halt_epoch

    def _next_epoch(self, account: str) -> int:
        row = self._tables.account(account)
        self._tables.accounts[account] = replace(row, halt_epoch=row.halt_epoch + 1)
        return row.halt_epoch + 1

    def _write(self, account: str, halt: Halt, *, waited_out: bool = False) -> None:
        self._tables.halts[(account, halt.scope)] = halt
        self._tables.append(
            account=account,
            at=halt.at,
            kind="halt",
            ref=halt.scope,
            payload={
                "level": halt.level.name,
                "code": halt.code,
                "reason": halt.reason,
                "actor": halt.actor,
                "epoch": halt.epoch,
                "waited_out": waited_out,
            },
        )


@dataclass(frozen=True, slots=True)
class Hold:
    """Satisfies `ports.ledger.Hold`."""

    halts: Sequence[Halt]
    confirm: Callable[[], None]
