"""Durable halts. Raising one locks the account's row, so that levels and epochs never race."""

from dataclasses import replace
from datetime import datetime

from quantterminal.adapters.postgres import journal, rows
from quantterminal.adapters.postgres.database import Connection, Database
from quantterminal.domain.halts import Halt, covers
from quantterminal.domain.risk import HaltLevel


class PostgresHaltLedger:
    """Implements `ports.ledger.HaltLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def halts(self, account: str) -> list[Halt]:
        with self._database.transaction() as connection:
            return _halts(connection, account)

    def raise_halt(self, account: str, halt: Halt) -> Halt | None:
        with self._database.transaction() as connection:
            known = _locked(connection, account).get(halt.scope)
            if known is not None and covers(known, halt):
                return None
            durable = replace(halt, epoch=_next_epoch(connection, account))
            _write(connection, account, durable)
            return durable

    def lift(self, account: str, *, scope: str, actor: str, reason: str, at: datetime) -> bool:
        with self._database.transaction() as connection:
            known = _locked(connection, account).get(scope)
            if known is None or known.level is HaltLevel.ACTIVE:
                return False
            epoch = _next_epoch(connection, account)
            lifted = replace(
                known, level=HaltLevel.ACTIVE, reason=reason, actor=actor, at=at, epoch=epoch
            )
            _write(connection, account, lifted)
            return True


def _halts(connection: Connection, account: str) -> list[Halt]:
    found = connection.execute(
        "select * from halts where account = %s order by scope", (account,)
    ).fetchall()
    return [rows.halt(row) for row in found]


def _locked(connection: Connection, account: str) -> dict[str, Halt]:
    """The halts by scope, while nobody else can change one."""
    row = connection.execute(
        "select 1 from accounts where account = %s for no key update", (account,)
    ).fetchone()
    if row is None:
        raise LookupError(f"Expected an account {account!r} in the ledger, was none")
    return {each.scope: each for each in _halts(connection, account)}


def _next_epoch(connection: Connection, account: str) -> int:
    row = connection.execute(
        "update accounts set halt_epoch = halt_epoch + 1 where account = %s returning halt_epoch",
        (account,),
    ).fetchone()
    if row is None:
        raise LookupError(f"Expected an account {account!r} in the ledger, was none")
    epoch: int = row["halt_epoch"]
    return epoch


def _write(connection: Connection, account: str, halt: Halt) -> None:
    connection.execute(
        "insert into halts (account, scope, level, code, reason, actor, at, epoch)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (account, scope) do update set level = excluded.level, code = excluded.code,"
        " reason = excluded.reason, actor = excluded.actor, at = excluded.at,"
        " epoch = excluded.epoch",
        (
            account,
            halt.scope,
            int(halt.level),
            halt.code,
            halt.reason,
            halt.actor,
            halt.at,
            halt.epoch,
        ),
    )
    journal.append(
        connection,
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
