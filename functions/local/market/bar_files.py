"""Reads recorded bars: our CSV and Polygon's flat files, plain or gzipped.

Only what cannot be read is refused here, with file, line, what was expected and what was found.
Rows that can be read and make no sense (NaN, high < low, time running backwards) pass through.
"""

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.market.bars import RawBar, instant, minute_of
from quantterminal.domain.errors import CalendarRangeError
from quantterminal.domain.sessions import new_york_date, session_on

_OURS = ["symbol", "ts_ms", "open", "high", "low", "close", "volume"]
_POLYGON = [
    "ticker",
    "volume",
    "open",
    "close",
    "high",
    "low",
    "window_start",
    "transactions",
]
_NS_PER_MS = 1_000_000


class BarFileError(Exception):
    """A bar file that cannot be read; the text names file, line, expectation and finding."""


@dataclass(frozen=True, slots=True)
class Recording:
    """All rows of all files, in the order in which the feed sends them.

    `minutes` holds (minute in ms, its rows); a row out of order stands in the minute of the row
    before it. `in_session` counts the sound rows of regular sessions that stand in order, each
    (symbol, minute) once.
    """

    minutes: list[tuple[int, list[RawBar]]]
    symbols: tuple[str, ...]
    rows: int
    in_session: int


def read_recording(paths: Sequence[Path]) -> Recording:
    """Reads every file to its end before anything is played.

    Raises BarFileError for the first row that cannot be read, and when the files hold no bar.
    """
    minutes: dict[int, list[RawBar]] = {}
    good: set[tuple[str, int]] = set()
    symbols: set[str] = set()
    rows = 0
    for path in paths:
        for effective_ms, bar in _in_play_order(path):
            rows += 1
            symbols.add(bar.symbol)
            minutes.setdefault(minute_of(effective_ms), []).append(bar)
            if bar.start_ms == effective_ms and bar.is_sound and bar.is_in_session:
                good.add((bar.symbol, bar.start_ms))
    if not rows:
        raise BarFileError("Expected at least one bar file, was none")
    return Recording(sorted(minutes.items()), tuple(sorted(symbols)), rows, len(good))


def _in_play_order(path: Path) -> Iterator[tuple[int, RawBar]]:
    latest: dict[str, int] = {}
    for line, bar in _bars(path):
        effective_ms = max(bar.start_ms, latest.get(bar.symbol, bar.start_ms))
        if effective_ms != latest.get(bar.symbol):
            _check_calendar(path, line, effective_ms)
        latest[bar.symbol] = effective_ms
        yield effective_ms, bar


def _check_calendar(path: Path, line: int, milliseconds: int) -> None:
    try:
        session_on(new_york_date(instant(milliseconds)))
    except (CalendarRangeError, OverflowError) as error:
        raise BarFileError(
            f"{path}, line {line}: expected a time that the exchange calendar knows, "
            f"was {milliseconds} ms since 1970 ({error})"
        ) from error


def _bars(path: Path) -> Iterator[tuple[int, RawBar]]:
    rows = _rows(path)
    _, header = next(rows, (1, []))
    names = [name.strip() for name in header]
    if names not in (_OURS, _POLYGON):
        raise BarFileError(
            f"{path}, line 1: expected the header {','.join(_OURS)} or {','.join(_POLYGON)}, "
            f"was {','.join(header)!r}"
        )
    line = 1
    for line, row in rows:
        if len(row) != len(names):
            raise BarFileError(
                f"{path}, line {line}: expected {len(names)} columns, was {len(row)}: {row!r}"
            )
        yield line, _bar(_Row(path, line, dict(zip(names, row, strict=True))))
    if line == 1:
        raise BarFileError(f"{path}, line 2: expected at least one bar, was the end of the file")


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Numbered CSV rows without blank lines; a broken file becomes a BarFileError."""
    line = 0
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            for row in reader:
                line = reader.line_num
                if row:
                    yield line, row
    except (OSError, EOFError, ValueError, csv.Error, zlib.error) as error:
        raise BarFileError(
            f"{path}, line {line + 1}: expected {_kind(path)} that can be read, was {error}"
        ) from error


def _kind(path: Path) -> str:
    return "a complete gzip file" if path.suffix == ".gz" else "a UTF-8 CSV file"


@dataclass(frozen=True, slots=True)
class _Row:
    path: Path
    line: int
    cells: dict[str, str]

    def number(self, column: str) -> float:
        try:
            return float(self.plain(column))
        except ValueError as error:
            raise self.refusal(column, "a number") from error

    def whole(self, column: str) -> int:
        try:
            return int(self.plain(column))
        except ValueError as error:
            raise self.refusal(column, "a whole number") from error

    def plain(self, column: str) -> str:
        # Python reads 1_000 as a number, no market data file means it.
        return self.cells[column].replace("_", "?")

    def word(self, column: str) -> str:
        text = self.cells[column].strip()
        if not text or any(letter.isspace() or letter == "," for letter in text):
            raise self.refusal(column, "a ticker")
        return text

    def refusal(self, column: str, expected: str) -> BarFileError:
        return BarFileError(
            f"{self.path}, line {self.line}: expected {expected} in column {column}, "
            f"was {self.cells[column]!r}"
        )


def _bar(row: _Row) -> RawBar:
    if "ticker" in row.cells:
        row.whole("transactions")
        symbol, start_ms = row.word("ticker"), row.whole("window_start") // _NS_PER_MS
    else:
        symbol, start_ms = row.word("symbol"), row.whole("ts_ms")
    return RawBar(
        symbol=symbol,
        start_ms=start_ms,
        open=row.number("open"),
        high=row.number("high"),
        low=row.number("low"),
        close=row.number("close"),
        volume=row.number("volume"),
    )
