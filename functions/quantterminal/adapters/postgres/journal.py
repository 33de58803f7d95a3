"""Appends to the journal inside the caller's transaction: no state change without its row."""

from collections.abc import Mapping
from datetime import datetime

from psycopg.types.json import Jsonb

from quantterminal.adapters.postgres.database import Connection


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
    connection.execute(
        "insert into journal (account, at, kind, ref, correlation_id, payload)"
        " values (%s, %s, %s, %s, %s, %s)",
        (account, at, kind, ref, correlation_id, Jsonb(dict(payload))),
    )
