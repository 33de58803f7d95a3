"""Minute bars in Parquet: whole columns, because a year of fifty symbols is five million rows.

What can be read and makes no sense (NaN, high < low, time running backwards) passes through; who
takes the columns checks them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pyarrow.compute as pc  # type: ignore[import-untyped]  # as above
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # as above

from quantterminal.domain.errors import InvalidValueError

NUMBERS = ("open", "high", "low", "close", "volume")
_STARTS = ("start", "ts_ms")


@dataclass(frozen=True, slots=True)
class BarColumns:
    """One symbol's rows of one file, in the file's order: ms since 1970, dollars, shares."""

    symbol: str
    starts: Any
    numbers: dict[str, Any]


def read_columns(file: Path) -> list[BarColumns]:
    """The rows by symbol, in alphabetical order.

    The file has the columns `symbol`, `start` (a timestamp with its time zone) or `ts_ms` (whole
    milliseconds since 1970), `open`, `high`, `low`, `close` and `volume`. Raises InvalidValueError
    with file, column and row for what is not so, and for a value that is missing.
    """
    try:
        table = pq.read_table(file, partitioning=None)
    except (OSError, pa.ArrowException) as problem:
        raise InvalidValueError(f"{file}: expected a Parquet file, was {problem}") from problem
    starts = _starts(file, table)
    symbols = _column(file, table, "symbol").cast(pa.string())
    numbers = {name: _number(file, table, name) for name in NUMBERS}
    encoded = symbols.combine_chunks().dictionary_encode()
    codes = encoded.indices.to_numpy()
    found = []
    for code, symbol in enumerate(encoded.dictionary.to_pylist()):
        rows = codes == code
        of_symbol = {name: column[rows] for name, column in numbers.items()}
        found.append(BarColumns(symbol, starts[rows], of_symbol))
    return sorted(found, key=lambda each: each.symbol)


def _column(file: Path, table: Any, name: str) -> Any:
    if name not in table.column_names:
        raise InvalidValueError(
            f"{file}: expected the columns symbol, start, {', '.join(NUMBERS)},"
            f" was {', '.join(table.column_names)}"
        )
    column = table.column(name)
    if column.null_count:
        row = pc.index(column.is_null(), value=True).as_py() + 1
        raise InvalidValueError(f"{file}, row {row}: expected a value in {name}, was none")
    return column


def _starts(file: Path, table: Any) -> Any:
    name = next((each for each in _STARTS if each in table.column_names), "start")
    column = _column(file, table, name)
    kind = column.type
    if pa.types.is_timestamp(kind):
        if kind.tz is None:
            raise InvalidValueError(f"{file}: expected {name} with a time zone, was {kind}")
        column = _cast(file, column, pa.timestamp("ms", tz=kind.tz), name)
    elif name == "start" or not pa.types.is_integer(kind):
        raise InvalidValueError(f"{file}: expected {name} to be a timestamp, was {kind}")
    return np.ascontiguousarray(column.cast(pa.int64()).to_numpy())


def _number(file: Path, table: Any, name: str) -> Any:
    column = _cast(file, _column(file, table, name), pa.float64(), name)
    return np.ascontiguousarray(column.to_numpy())


def _cast(file: Path, column: Any, kind: Any, name: str) -> Any:
    try:
        return column.cast(kind)
    except pa.ArrowException as problem:
        raise InvalidValueError(
            f"{file}: expected {name} as {kind}, was {column.type}: {problem}"
        ) from problem
