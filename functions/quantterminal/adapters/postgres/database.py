"""One connection per process, opened when first needed and again after it broke.

A Lambda environment runs one invocation at a time, so one connection is all that it may hold.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.rows import dict_row

from quantterminal.domain.errors import AmbiguousError, ConflictError, RetryableError

Row = dict[str, Any]
Connection = psycopg.Connection[Row]

CONNECT_TIMEOUT_S = 3
STATEMENT_TIMEOUT_MS = 10_000
_BACK_SOON_S = 1.0


class Database:
    """Hands out transactions; `conninfo` is asked for at each connect, so a secret may rotate."""

    def __init__(self, conninfo: Callable[[], str]) -> None:
        self._conninfo = conninfo
        self._connection: Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that commits at the end of the block.

        Raises RetryableError when the server cannot be reached or gave up the transaction,
        ConflictError when it lost against another one, AmbiguousError when the connection broke
        during commit.
        """
        connection = self._open()
        try:
            yield connection
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected) as problem:
            self._roll_back(connection)
            raise ConflictError(f"Lost against another transaction: {problem}") from problem
        except psycopg.OperationalError as problem:
            self.close()
            raise _away(problem) from problem
        except BaseException:
            self._roll_back(connection)
            raise
        self._commit(connection)

    def close(self) -> None:
        """Drop the connection; the next transaction opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def _open(self) -> Connection:
        if self._connection is not None and not self._connection.closed:
            return self._connection
        try:
            self._connection = psycopg.connect(
                self._conninfo(),
                row_factory=dict_row,
                connect_timeout=CONNECT_TIMEOUT_S,
                options=f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC",
                prepare_threshold=3,
            )
        except psycopg.OperationalError as problem:
            raise _away(problem) from problem
        return self._connection

    def _commit(self, connection: Connection) -> None:
        try:
            connection.commit()
        except psycopg.OperationalError as problem:
            self.close()
            raise AmbiguousError(f"The connection broke during commit: {problem}") from problem

    def _roll_back(self, connection: Connection) -> None:
        try:
            connection.rollback()
        except psycopg.Error:
            self.close()


def _away(problem: psycopg.OperationalError) -> RetryableError:
    """A restart takes seconds: a bar must not wait for it until it is too old to be traded on."""
    return RetryableError(f"PostgreSQL is not reachable: {problem}", retry_after_s=_BACK_SOON_S)
