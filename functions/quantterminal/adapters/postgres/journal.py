"""Appends to the journal inside the caller's transaction: no state change without its row.

A row's place in the chain is known only when the rows before it are, so appends wait until the
transaction is about to commit. Then one lock per account lets one transaction after the other write
its rows. That lock is the last one that a transaction takes: whoever holds it waits for nobody.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from psycopg.types.json import Jsonb

from quantterminal.adapters.postgres.connection import Connection, Row
from quantterminal.domain.journal import Anchor, Entry, JournalRow, chain, plain

_LOCK = 0x5154_4A4C  # any constant that only this module uses
_INSERT = (
    "insert into journal (account, position, at, kind, ref, correlation_id, payload, previous,"
    " digest) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


def append(
    connection: Connection,
    *,
    account: str,
    at: datetime,
    kind: str,
    ref: str,
    correlation_id: str = "",
    payload: Mapping[str, object],
) -> None:
    """Tell this with the commit of the open transaction.

    Raises InvalidValueError for a payload that JSON may render in two ways.
    """
    values = {key: plain(value) for key, value in payload.items()}
    connection.pending.append(Entry(account, at, kind, ref, correlation_id, values))


def flush(connection: Connection) -> None:
    """Write what is pending behind the last row of its account; nothing else may follow."""
    pending, connection.pending = connection.pending, []
    by_account = sorted(pending, key=lambda each: each.account)
    for account, entries in groupby(by_account, key=lambda each: each.account):
        connection.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", (_LOCK, account))
        _write(connection, chain(entries, after=head(connection, account)))


def head(connection: Connection, account: str) -> Anchor | None:
    """The last row of the chain, None when it has not begun."""
    row = connection.execute(
        "select position, digest from journal where account = %s order by position desc limit 1",
        (account,),
    ).fetchone()
    return None if row is None else Anchor(account, row["position"], row["digest"])


def journal_row(row: Row) -> JournalRow:
    entry = Entry(
        row["account"], row["at"], row["kind"], row["ref"], row["correlation_id"], row["payload"]
    )
    return JournalRow(row["position"], entry, row["previous"], row["digest"])


def _write(connection: Connection, rows: Sequence[JournalRow]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, [_values(row) for row in rows])


def _values(row: JournalRow) -> tuple[object, ...]:
    entry = row.entry
    return (
        entry.account,
        row.position,
        entry.at,
        entry.kind,
        entry.ref,
        entry.correlation_id,
        Jsonb(entry.payload),
        row.previous,
        row.digest,
    )
