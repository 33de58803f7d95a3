"""The starts of the system as rows of the ledger."""

from dataclasses import asdict

from quantterminal.adapters.postgres.database import Database
from quantterminal.ports.run_log import SystemStart

_NOTE = b"""
insert into runs (id, account, started_at, mode, source, code_version, config)
values (%(id)s, %(account)s, %(at)s, %(mode)s, %(source)s, %(code_version)s, %(config)s)
on conflict (id) do nothing
"""


class PostgresRunLog:
    """Implements `ports.run_log.RunLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, start: SystemStart) -> None:
        name = f"{start.account}:{start.source}:{start.at.isoformat()}"
        with self._database.transaction() as connection:
            connection.execute(_NOTE, asdict(start) | {"id": name})
