"""Durable halts in memory, for tests."""

from dataclasses import replace
from datetime import datetime

from quantterminal.adapters.memory.tables import Tables
from quantterminal.domain.halts import Halt, is_lifted_by_new_session
from quantterminal.domain.risk import HaltLevel


class MemoryHaltLedger:
    """Satisfies `ports.ledger.HaltLedger`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def halts(self, account: str) -> list[Halt]:
        found = [halt for (owner, _), halt in self._tables.halts.items() if owner == account]
        return sorted(found, key=lambda halt: halt.scope)

    def raise_halt(self, account: str, halt: Halt) -> Halt | None:
        self._tables.account(account)
        known = self._tables.halts.get((account, halt.scope))
        if known is not None and _covers(known, halt):
            return None
        durable = replace(halt, epoch=self._next_epoch(account))
        self._write(account, durable)
        return durable

    def lift(self, account: str, *, scope: str, actor: str, reason: str, at: datetime) -> bool:
        self._tables.account(account)
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

    def _next_epoch(self, account: str) -> int:
        row = self._tables.account(account)
        self._tables.accounts[account] = replace(row, halt_epoch=row.halt_epoch + 1)
        return row.halt_epoch + 1

    def _write(self, account: str, halt: Halt) -> None:
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
            },
        )


def _covers(known: Halt, wanted: Halt) -> bool:
    if known.level != wanted.level:
        return known.level > wanted.level
    return is_lifted_by_new_session(wanted) or not is_lifted_by_new_session(known)
