"""Durable halts. Raising one locks the account's row, so that levels and epochs never race.

An order is sent under a shared lock, a halt is raised under the exclusive one, so that whoever
sends has seen every durable halt. In front of that lock is a door, which senders pass one moment
and whoever changes a halt keeps shut until the commit: even when the wait for a stuck sender is
given up, nobody new comes in. A sender that is late does not send either: it lets go before anyone
can have given up waiting for it. The sender's lock belongs to an open transaction on a connection
of its own, so that it goes with the process, the connection or the transaction, whichever ends
first. In a raise both come before any row's lock, because the sender still writes its order.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg

from quantterminal.adapters.postgres import journal, rows
from quantterminal.adapters.postgres.database import Connection, Database
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.halts import Halt, covers
from quantterminal.domain.risk import HaltLevel

_SENDING, _DOOR = 0x5154_484C, 0x5154_4844  # any constants that only this module uses
_HOLD = (
    "select pg_advisory_lock_shared(%(door)s, hashtext(%(account)s)),"
    " pg_advisory_xact_lock_shared(%(sending)s, hashtext(%(account)s)),"
    " pg_advisory_unlock_shared(%(door)s, hashtext(%(account)s))"
)
_EXCLUDE = "select pg_advisory_xact_lock(%s, hashtext(%s))"
_LOCKS = (_DOOR, _SENDING)  # in this order
PATIENCE_S = 3.0
"""How long a halt waits for orders that are being sent, real seconds."""


class PostgresHaltLedger:
    """Implements `ports.ledger.HaltLedger`; `monotonic` counts real seconds."""

    def __init__(
        self,
        database: Database,
        *,
        patience_s: float = PATIENCE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._holding = database.another()
        self._patience_s = patience_s
        self._monotonic = monotonic

    def halts(self, account: str) -> list[Halt]:
        with self._database.transaction() as connection:
            return _halts(connection, account)

    @contextmanager
    def held(self, account: str) -> Iterator["Hold"]:
        with self._holding.passing() as connection:
            # whoever gives up on us began to wait after we had the lock, so after this instant
            deadline = self._monotonic() + self._patience_s
            locks = {"door": _DOOR, "sending": _SENDING, "account": account}
            connection.execute(_HOLD, locks)
            epoch, halts = _epoch(connection, account), _halts(connection, account)

            def confirm() -> None:
                if _confirmed(connection, account) != epoch:
                    raise RetryableError(f"The halts of {account} have changed: look again")
                if self._monotonic() >= deadline:
                    raise RetryableError(
                        f"Expected to send within {self._patience_s} s of the last look at the"
                        f" halts of {account}, was longer"
                    )

            yield Hold(halts, confirm)

    def raise_halt(self, account: str, halt: Halt) -> Halt | None:
        with self._database.transaction() as connection:
            standing = {each.scope: each for each in _halts(connection, account)}.get(halt.scope)
            if standing is not None and covers(standing, halt):
                return None
            took = [_take(connection, each, account, self._patience_s) for each in _LOCKS]
            known = _locked(connection, account).get(halt.scope)
            if known is not None and covers(known, halt):
                return None
            durable = replace(halt, epoch=_next_epoch(connection, account))
            _write(connection, account, durable, waited_out=not all(took))
            return durable

    def lift(self, account: str, *, scope: str, actor: str, reason: str, at: datetime) -> bool:
        with self._database.transaction() as connection:
            for each in _LOCKS:
                connection.execute(_EXCLUDE, (each, account))
            known = _locked(connection, account).get(scope)
            if known is None or known.level is HaltLevel.ACTIVE:
                return False
            epoch = _next_epoch(connection, account)
            lifted = replace(
                known, level=HaltLevel.ACTIVE, reason=reason, actor=actor, at=at, epoch=epoch
            )
            _write(connection, account, lifted)
            return True


@dataclass(frozen=True, slots=True)
class Hold:
    """Implements `ports.ledger.Hold`."""

    halts: Sequence[Halt]
    confirm: Callable[[], None]


def _confirmed(connection: Connection, account: str) -> int | None:
    """The epoch now. The lock is the transaction's: if this very one answers, it holds the lock."""
    try:
        return _epoch(connection, account)
    except psycopg.Error as problem:
        raise RetryableError(f"The hold on the halts is gone: {problem}") from problem


def _epoch(connection: Connection, account: str) -> int | None:
    row = connection.execute(
        "select halt_epoch from accounts where account = %s", (account,)
    ).fetchone()
    return None if row is None else int(row["halt_epoch"])


def _take(connection: Connection, lock: int, account: str, patience_s: float) -> bool:
    """Take the exclusive lock; False when it did not come free in time. Needs a transaction that
    has begun already, so that the inner one is a savepoint.
    """
    try:
        with connection.transaction():
            connection.execute(f"set local lock_timeout = {int(patience_s * 1000)}".encode())
            connection.execute(_EXCLUDE, (lock, account))
    except psycopg.errors.LockNotAvailable:
        return False
    connection.execute("set local lock_timeout = 0")
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


def _write(connection: Connection, account: str, halt: Halt, *, waited_out: bool = False) -> None:
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
            # True: durable although an order may have been on its way since before
            "waited_out": waited_out,
        },
    )
