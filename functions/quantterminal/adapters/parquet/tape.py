"""A day of the stored tape as Parquet: `trades` and `quotes`, by symbol and time.

Read through a cursor of the server's, a slice at a time, so that a day of any size fits.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # as above

_SLICE = 100_000
_AT = pa.timestamp("us", tz="UTC")
_TABLES: dict[str, list[tuple[str, pa.DataType]]] = {
    "trades": [
        ("symbol", pa.string()),
        ("at", _AT),
        ("sequence", pa.int64()),
        ("price", pa.float64()),
        ("size", pa.float64()),
        ("conditions", pa.int64()),
        ("exchange", pa.int16()),
        ("tape", pa.int16()),
        ("trf", pa.int16()),
        ("correction", pa.int16()),
    ],
    "quotes": [
        ("symbol", pa.string()),
        ("at", _AT),
        ("sequence", pa.int64()),
        ("bid", pa.float64()),
        ("ask", pa.float64()),
        ("bid_size", pa.int32()),
        ("ask_size", pa.int32()),
        ("bid_exchange", pa.int16()),
        ("ask_exchange", pa.int16()),
        ("tape", pa.int16()),
    ],
}


def export_day(conninfo: str, day: date, folder: Path) -> list[Path]:
    """`<table>-<day>.parquet` of a UTC day in `folder`; a file appears when it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with psycopg.connect(conninfo) as connection:
        for table, columns in _TABLES.items():
            file = folder / f"{table}-{day.isoformat()}.parquet"
            _export(connection, table, columns, day, file)
            written.append(file)
    return written


def _export(
    connection: "psycopg.Connection[Any]",
    table: str,
    columns: Sequence[tuple[str, Any]],
    day: date,
    file: Path,
) -> None:
    schema = pa.schema(columns)
    names = ", ".join(name for name, _ in columns)
    query = (
        f"select {names} from {table} join symbols on symbols.id = symbol_id"  # noqa: S608 - names of ours
        " where at >= %s and at < %s::timestamptz + interval '1 day' order by symbol, at, sequence"
    )
    unfinished = file.with_suffix(".part")
    start = f"{day.isoformat()} 00:00+00"
    with (
        connection.cursor(name=f"export_{table}") as cursor,
        pq.ParquetWriter(unfinished, schema, compression="zstd") as writer,
    ):
        cursor.execute(query.encode(), (start, start))
        while rows := cursor.fetchmany(_SLICE):
            arrays = [pa.array(column, kind) for column, (_, kind) in zip(zip(*rows), columns)]  # noqa: B905 - a row has all columns
            writer.write_table(pa.table(arrays, schema=schema))
    unfinished.replace(file)
