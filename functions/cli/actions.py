"""Splits and dividends in a CSV file: `symbol,ex_date,kind,split_from,split_to,cash`."""

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from local.errors import UsageError
from quantterminal.domain.corporate_actions import ActionKind, CorporateAction
from quantterminal.domain.errors import InvalidValueError

HEADER = ["symbol", "ex_date", "kind", "split_from", "split_to", "cash"]


def read_actions(file: Path) -> tuple[CorporateAction, ...]:
    """By ex-date. Raises UsageError with file and line for what is none."""
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            reader = csv.reader(opened, strict=True)
            header = next(reader, [])
            if header != HEADER:
                raise UsageError(
                    f"{file}, line 1: expected {','.join(HEADER)}, was {','.join(header)!r}"
                )
            found = [_action(file, reader.line_num, row) for row in reader if row]
    except (OSError, ValueError, csv.Error) as problem:
        raise UsageError(f"{file}: expected a CSV file, was {problem}") from problem
    return tuple(sorted(found, key=lambda each: (each.ex_date, each.id)))


def write_actions(file: Path, actions: Iterable[CorporateAction]) -> None:
    """What `read_actions` reads; the file appears when it is whole."""
    unfinished = file.with_suffix(".part")
    with unfinished.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(HEADER)
        writer.writerows([_cell(getattr(each, name)) for name in HEADER] for each in actions)
    unfinished.replace(file)


def _action(file: Path, line: int, row: list[str]) -> CorporateAction:
    if len(row) != len(HEADER):
        raise UsageError(f"{file}, line {line}: expected {len(HEADER)} columns, was {row!r}")
    cells = dict(zip(HEADER, row, strict=True))
    numbers = {name: cells[name] for name in ("split_from", "split_to", "cash")}
    try:
        return CorporateAction(
            ":".join(row[:3]),
            cells["symbol"],
            ActionKind(cells["kind"]),
            date.fromisoformat(cells["ex_date"]),
            **{name: float(text) if text else None for name, text in numbers.items()},
        )
    except (ValueError, InvalidValueError) as problem:
        raise UsageError(f"{file}, line {line}: {problem}") from problem


def _cell(value: object) -> str:
    return "" if value is None else str(value)
