from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # as above
import pytest

from quantterminal.adapters.parquet.bars import read_columns
from quantterminal.domain.errors import InvalidValueError

OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
ROWS: dict[str, list[Any]] = {
    "symbol": ["BRKT", "ALDR"],
    "start": [OPEN, OPEN],
    "open": [2.0, 1.0],
    "high": [2.0, 1.0],
    "low": [2.0, 1.0],
    "close": [2.0, 1.0],
    "volume": [20, 10],
}


def written(folder: Path, **changed: Any) -> Path:
    columns = {**ROWS, **changed}
    file = folder / "bars.parquet"
    kept = {name: values for name, values in columns.items() if values is not None}
    pq.write_table(pa.table(kept), file)
    return file


@pytest.mark.parametrize(
    "starts",
    [
        {"start": pa.array([OPEN] * 2, pa.timestamp("ns", tz="UTC"))},
        {"start": pa.array([OPEN] * 2, pa.timestamp("s", tz="America/New_York"))},
        {"start": None, "ts_ms": [int(OPEN.timestamp() * 1000)] * 2},
    ],
)
def test_rows_are_read_by_symbol(tmp_path: Path, starts: Mapping[str, Any]) -> None:
    first, second = read_columns(written(tmp_path, **starts))

    assert (first.symbol, second.symbol) == ("ALDR", "BRKT")
    assert first.starts.tolist() == [int(OPEN.timestamp() * 1000)]
    assert {name: column.tolist() for name, column in first.numbers.items()} == {
        "open": [1.0],
        "high": [1.0],
        "low": [1.0],
        "close": [1.0],
        "volume": [10.0],
    }


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"start": [datetime(2024, 3, 4, 14, 30)] * 2}, "start with a time zone, was timestamp"),  # noqa: DTZ001  what is refused
        ({"start": ["2024-03-04"] * 2}, "start to be a timestamp, was string"),
        ({"start": None}, "the columns symbol, start"),
        ({"start": None, "ts_ms": ["a", "b"]}, "ts_ms to be a timestamp, was string"),
        ({"volume": None}, "the columns symbol, start, open"),
        ({"close": [1.0, None]}, "row 2: expected a value in close"),
        ({"symbol": [None, "A"]}, "row 1: expected a value in symbol"),
        ({"close": ["a", "b"]}, "close as double, was string"),
    ],
)
def test_what_is_not_so_is_refused_with_its_place(
    tmp_path: Path, changed: Mapping[str, Any], said: str
) -> None:
    file = written(tmp_path, **changed)

    with pytest.raises(InvalidValueError, match=said) as found:
        read_columns(file)
    assert str(file) in str(found.value)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bars.parquet"
    file.write_text("symbol,ts_ms\n")

    with pytest.raises(InvalidValueError, match="expected a Parquet file"):
        read_columns(file)
