"""Prints that are stored only where they are missing. Needs no numpy."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.tick_days import make_tick_days
from quantterminal.domain.trade_conditions import mask_of
from quantterminal.ports.ticks import TradeTick

INCOMING = (
    "create temporary table if not exists incoming_trades (like trades) on commit delete rows"
)
MERGE = (
    "insert into trades select distinct on (symbol_id, at, sequence) * from incoming_trades fresh"
    " where not exists (select from trades known where known.symbol_id = fresh.symbol_id"
    " and known.at = fresh.at and known.sequence = fresh.sequence)"
)
_SYMBOL = (
    "with made as (insert into symbols (symbol) values (%(symbol)s) on conflict do nothing"
    " returning id) select id from made union select id from symbols where symbol = %(symbol)s"
)
_COPY = (
    "copy incoming_trades (at, sequence, price, size, conditions, symbol_id, exchange, tape, trf,"
    " correction) from stdin"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Row = tuple[object, ...]


class PostgresMissingTrades:
    """Implements `ports.ticks.MissingTrades`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def store_missing(self, symbol: str, trades: Sequence[TradeTick]) -> int:
        if not trades:
            return 0
        days = {_at(each).date() for each in trades}
        first = min(days)
        make_tick_days(self._database, first, days=(max(days) - first).days + 1)
        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute(_SYMBOL, {"symbol": symbol})
            found = cursor.fetchone()
            cursor.execute(INCOMING)
            with cursor.copy(_COPY) as copy:
                for row in _rows(trades, symbol_id=None if found is None else found["id"]):
                    copy.write_row(row)
            return cursor.execute(MERGE).rowcount


def _rows(trades: Sequence[TradeTick], *, symbol_id: object) -> Iterator[_Row]:
    for each in trades:
        numbers = (each.exchange, each.tape, each.trf, each.correction)
        yield (
            _at(each),
            int(each.sequence),
            each.price,
            each.size,
            mask_of(each.conditions),
            symbol_id,
            *(int(number) for number in numbers),
        )


def _at(trade: TradeTick) -> datetime:
    return _EPOCH + timedelta(milliseconds=int(trade.at_ms))
