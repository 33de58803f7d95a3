"""`qt export`: a day of the stored tape as Parquet, one file a table."""

from datetime import date
from pathlib import Path

from local.errors import UsageError


def export_day(database: str, day: date, folder: Path) -> list[Path]:
    """The files that were written. Raises UsageError without the library that writes them."""
    try:
        from quantterminal.adapters.parquet.tape import export_day as export
    except ModuleNotFoundError as problem:
        raise UsageError(
            f"Expected {problem.name}, which writes Parquet and is a library for research:"
            " pip install pyarrow"
        ) from problem
    return export(database, day, folder)
