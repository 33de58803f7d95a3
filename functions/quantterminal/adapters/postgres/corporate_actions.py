"""Splits and dividends, each once under the vendor's id."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import date

from quantterminal.adapters.postgres.database import Database
from quantterminal.domain.corporate_actions import ActionKind, CorporateAction

_KEEP = (
    "insert into corporate_actions (id, symbol, kind, ex_date, split_from, split_to, cash) values"
    " (%(id)s, %(symbol)s, %(kind)s, %(ex_date)s, %(split_from)s, %(split_to)s, %(cash)s)"
    " on conflict (id) do update set ex_date = excluded.ex_date, split_from = excluded.split_from,"
    " split_to = excluded.split_to, cash = excluded.cash where"
    " (corporate_actions.ex_date, corporate_actions.split_from, corporate_actions.split_to,"
    " corporate_actions.cash) is distinct from"
    " (excluded.ex_date, excluded.split_from, excluded.split_to, excluded.cash)"
)
_FOUND = (
    "select id, symbol, kind, ex_date, split_from, split_to, cash from corporate_actions"
    " where symbol = any(%s) and ex_date > %s and ex_date <= %s order by ex_date, id"
)


class PostgresCorporateActions:
    """Implements `ports.corporate_actions.ActionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, actions: Iterable[CorporateAction]) -> int:
        with self._database.transaction() as connection:
            return sum(connection.execute(_KEEP, asdict(each)).rowcount for each in actions)

    def actions(
        self, symbols: Collection[str], *, after: date, until: date
    ) -> Sequence[CorporateAction]:
        with self._database.transaction() as connection:
            found = connection.execute(_FOUND, (list(symbols), after, until)).fetchall()
        return [CorporateAction(**row | {"kind": ActionKind(row["kind"])}) for row in found]
