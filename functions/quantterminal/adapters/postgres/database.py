"""One connection per process, opened when first needed and again after it broke.

A Lambda environment runs one invocation at a time, so one connection is all that it may hold.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg.rows import dict_row

from quantterminal.adapters.postgres import journal
from quantterminal.adapters.postgres.connection import Connection, Row
from quantterminal.domain.errors import AmbiguousError, ConflictError, RetryableError

__all__ = ["Connection", "Database", "Row"]

CONNECT_TIMEOUT_S = 3
STATEMENT_TIMEOUT_MS = 10_000
# Both ends give up on a silent peer within seconds: what a dead holder locked must come free.
_KEEPALIVE = {"keepalives_idle": 3, "keepalives_interval": 2, "keepalives_count": 3}
_SEND_TIMEOUT_MS = 9_000
_SERVER_OPTIONS = {
    "statement_timeout": STATEMENT_TIMEOUT_MS,
    "timezone": "UTC",
    "tcp_user_timeout": _SEND_TIMEOUT_MS,
    **{f"tcp_{name}": value for name, value in _KEEPALIVE.items()},
}
_CLIENT_OPTIONS: dict[str, str | int] = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "tcp_user_timeout": _SEND_TIMEOUT_MS,
    "options": " ".join(f"-c {name}={value}" for name, value in _SERVER_OPTIONS.items()),
    **_KEEPALIVE,
}
_BACK_SOON_S = 1.0


class Database:
    """Hands out transactions; `conninfo` is asked for at each connect, so a secret may rotate."""

    def __init__(self, conninfo: Callable[[], str]) -> None:
        self._conninfo = conninfo
        self._connection: Connection | None = None
        self._others: list[Database] = []

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that commits at the end of the block, its journal rows last.

        Raises RetryableError when the server cannot be reached or gave up the transaction,
        ConflictError when it lost against another one, AmbiguousError when the connection broke
        during commit.
        """
        connection = self._open()
        try:
            yield connection
            journal.flush(connection)
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected) as problem:
            self._roll_back(connection)
            raise ConflictError(f"Lost against another transaction: {problem}") from problem
        except psycopg.OperationalError as problem:
            self._drop()
            raise _away(problem) from problem
        except BaseException:
            self._roll_back(connection)
            raise
        self._commit(connection)

    @contextmanager
    def passing(self) -> Iterator[Connection]:
        """A transaction that leaves nothing behind: it is rolled back, and its end cannot fail.

        Raises RetryableError when the server cannot be reached or gave up a statement.
        """
        connection = self._open()
        try:
            yield connection
        except psycopg.OperationalError as problem:
            self._drop()
            raise _away(problem) from problem
        finally:
            self._roll_back(connection)

    def another(self) -> "Database":
        """The same server by a connection of its own, which is closed with this one."""
        made = Database(self._conninfo)
        self._others.append(made)
        return made

    def close(self) -> None:
        """Drop the connections; the next transaction opens a new one."""
        for other in self._others:
            other.close()
        self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def _open(self) -> Connection:
        if self._connection is not None and not self._connection.closed:
            return self._connection
        try:
            self._connection = Connection.connect(
                psycopg.conninfo.make_conninfo(self._conninfo(), **_CLIENT_OPTIONS),
                row_factory=dict_row,
                prepare_threshold=3,
            )
        except psycopg.OperationalError as problem:
            raise _away(problem) from problem
        return self._connection

    def _commit(self, connection: Connection) -> None:
        try:
            connection.commit()
        except psycopg.OperationalError as problem:
            self._drop()
            raise AmbiguousError(f"The connection broke during commit: {problem}") from problem

    def _roll_back(self, connection: Connection) -> None:
        connection.pending.clear()
        try:
            connection.rollback()
        except psycopg.Error:
            self._drop()


def _away(problem: psycopg.OperationalError) -> RetryableError:
    """A restart takes seconds: a bar must not wait for it until it is too old to be traded on."""
    return RetryableError(f"PostgreSQL is not reachable: {problem}", retry_after_s=_BACK_SOON_S)
