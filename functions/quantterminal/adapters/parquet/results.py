"""A table of runs in Parquet: a file for each time that something is kept, never rewritten."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # as above

from quantterminal.domain.errors import InvalidValueError

_AT = pa.timestamp("us", tz="UTC")
_SCHEMA = pa.schema(
    [
        ("at", _AT),
        ("kind", pa.string()),
        ("code", pa.string()),
        ("data", pa.string()),
        ("setting", pa.string()),
        ("fills", pa.string()),
        ("parameters", pa.string()),
        ("first", _AT),
        ("last", _AT),
        ("trades", pa.int64()),
        ("figures", pa.map_(pa.string(), pa.float64())),
        ("days", pa.list_(pa.date32())),
        ("daily_returns", pa.list_(pa.float64())),
    ]
)


def append_rows(folder: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Keep `rows` as the file `name`.parquet, which appears when it is whole; `parameters` and
    `figures` are mappings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = [
        {
            **row,
            "parameters": json.dumps(row["parameters"], sort_keys=True),
            "figures": list(row["figures"].items()),
        }
        for row in rows
    ]
    file = folder / f"{name}.parquet"
    unfinished = file.with_suffix(".part")
    pq.write_table(pa.Table.from_pylist(written, schema=_SCHEMA), unfinished)
    unfinished.replace(file)
    return file


def read_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Everything that was kept there, in the order of the files' names.

    Raises InvalidValueError with the file for one that is something else.
    """
    for file in sorted(folder.glob("*.parquet")):
        try:
            rows = pq.read_table(file, schema=_SCHEMA, partitioning=None).to_pylist()
        except (OSError, pa.ArrowException) as problem:
            raise InvalidValueError(f"{file}: expected kept runs, was {problem}") from problem
        for row in rows:
            yield {
                **row,
                "parameters": json.loads(row["parameters"]),
                "figures": dict(row["figures"]),
            }
