"""A connection that remembers what its transaction still has to tell the journal."""

from typing import Any

import psycopg

from quantterminal.domain.journal import Entry

Row = dict[str, Any]


class Connection(psycopg.Connection[Row]):
    """`pending` are entries of the open transaction, written as its last act before the commit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pending: list[Entry] = []
