"""Recorded bars as a history for the backtester, and what splits and dividends fell into it.

A source is a file (our CSV and Polygon's flat files, plain or gzipped, or Parquet), the address of
a database with the `bars` of a live run (`postgresql://...`), or that of the vendor's REST
(`https://...`), whose answers are kept as files.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path

from cli.actions import read_actions
from local.errors import UsageError
from local.market.bar_files import BarFileError, read_recording
from local.market.bars import RawBar, instant
from quantterminal.domain.bars import Bar
from quantterminal.domain.corporate_actions import CorporateAction
from quantterminal.domain.errors import CalendarRangeError, InvalidValueError, QuantTerminalError
from quantzoo.backtest.history import History, history_of

_PARQUET = (".parquet", ".pq")


@dataclass(frozen=True, slots=True)
class BarsWanted:
    """Where bars are and which of them; `first` and `last` are days in New York, both included.

    `actions` is a file of splits and dividends; a database and the vendor tell of them themselves.
    `cache` is where the vendor's answers are kept.
    """

    sources: Sequence[str]
    symbols: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    longest_gap: int = 0
    actions: Path | None = None
    cache: Path = Path("bars")


@dataclass(frozen=True, slots=True)
class MarketData:
    """Bars as they were traded, and the splits and dividends of their symbols."""

    history: History
    actions: tuple[CorporateAction, ...] = ()


def read_market(wanted: BarsWanted) -> MarketData:
    """Every bar that is wanted.

    Raises UsageError with the place for what cannot be read, for a corrupt bar, and for bars that
    are doubled, out of order, or missing for more than `longest_gap` minutes.
    """
    addresses = [each for each in wanted.sources if "://" in each]
    if not addresses:
        found = MarketData(
            read_history([Path(each) for each in wanted.sources], longest_gap=wanted.longest_gap)
        )
    elif len(wanted.sources) > 1:
        raise UsageError(f"Expected files or one address, was {', '.join(wanted.sources)}")
    elif addresses[0].startswith(("postgresql://", "postgres://")):
        found = _from_database(addresses[0], wanted)
    elif addresses[0].startswith(("https://", "http://")):
        found = _from_vendor(addresses[0], wanted)
    else:
        raise UsageError(f"Expected a file, postgresql://... or https://..., was {addresses[0]}")
    actions = read_actions(wanted.actions) if wanted.actions else found.actions
    return MarketData(_cut(found.history, wanted), tuple(actions))


def read_history(paths: Sequence[Path], *, longest_gap: int = 0) -> History:
    """Every bar of a regular session in the files; a symbol may be spread over several.

    Raises UsageError as `read_market`.
    """
    ordered = sorted(paths)
    parquet = [each for each in ordered if each.suffix in _PARQUET]
    try:
        if parquet and len(parquet) < len(ordered):
            raise UsageError("Expected files of one kind, was Parquet and others")
        if parquet:
            return _from_parquet(parquet, longest_gap)
        recording = read_recording(ordered)
        bars = (_bar(raw) for _, rows in recording.minutes for raw in rows)
        return history_of(bars, longest_gap=longest_gap)
    except (BarFileError, OSError, InvalidValueError, CalendarRangeError) as problem:
        raise UsageError(str(problem)) from problem


def _from_parquet(files: Sequence[Path], longest_gap: int) -> History:
    try:
        from quantterminal.adapters.parquet.bars import read_columns
        from quantzoo.backtest.bulk import Bulk, bulk_history
    except ModuleNotFoundError as problem:
        raise UsageError(
            f"Expected {problem.name}, which reads Parquet and is a library for research:"
            " pip install pyarrow numpy"
        ) from problem
    parts = (Bulk(c.symbol, c.starts, c.numbers) for file in files for c in read_columns(file))
    return bulk_history(parts, longest_gap=longest_gap)


def _from_database(address: str, wanted: BarsWanted) -> MarketData:
    from quantterminal.adapters.postgres.bar_store import PostgresBarStore
    from quantterminal.adapters.postgres.corporate_actions import PostgresCorporateActions
    from quantterminal.adapters.postgres.database import Database

    first, last = _days(wanted)
    start, end = _midnight(first), _midnight(last + timedelta(days=1))
    database = Database(lambda: address)
    store = PostgresBarStore(database)
    try:
        symbols = wanted.symbols or tuple(store.symbols(start=start, end=end))
        bars = chain.from_iterable(
            store.first_bars(symbol, start=start, end=end) for symbol in symbols
        )
        history = _history(bars, wanted)
        found = PostgresCorporateActions(database).actions(symbols, after=first, until=last)
    except QuantTerminalError as problem:
        raise UsageError(f"The database: {problem}") from problem
    finally:
        database.close()
    return MarketData(history, tuple(found))


def _from_vendor(address: str, wanted: BarsWanted) -> MarketData:
    from cli.backfill import history_of as vendor_at
    from cli.download import Vendor, download

    first, last = _days(wanted)
    if not wanted.symbols:
        raise UsageError("Expected --symbols, because the vendor has thousands")
    vendor = Vendor(vendor_at(address, os.environ.get("POLYGON_API_KEY", "")), wanted.cache)
    got = download(vendor, wanted.symbols, first=first, last=last, now=datetime.now(UTC))
    return MarketData(read_history(got.files, longest_gap=wanted.longest_gap), got.actions)


def _history(bars: Iterable[Bar], wanted: BarsWanted) -> History:
    try:
        return history_of(bars, longest_gap=wanted.longest_gap)
    except (InvalidValueError, CalendarRangeError) as problem:
        raise UsageError(str(problem)) from problem


def _days(wanted: BarsWanted) -> tuple[date, date]:
    if wanted.first is None or wanted.last is None or wanted.last < wanted.first:
        raise UsageError(
            f"Expected --from and --to, in this order, was {wanted.first} and {wanted.last}"
        )
    return wanted.first, wanted.last


def _cut(history: History, wanted: BarsWanted) -> History:
    """The wanted days and symbols of what was read."""
    missing = sorted(set(wanted.symbols) - set(history.symbols))
    if missing:
        raise UsageError(
            f"Expected symbols of the bars ({', '.join(history.symbols)}), was {', '.join(missing)}"
        )
    symbols = wanted.symbols or history.symbols
    if symbols != history.symbols:
        history = History({symbol: history.series[symbol] for symbol in symbols})
    if wanted.first is None and wanted.last is None:
        return history
    first = _midnight(wanted.first) if wanted.first else history.first
    last = _midnight(wanted.last) + timedelta(days=1) if wanted.last else history.last
    found = history.between(first, last + timedelta(minutes=1))
    if not found.series:
        raise UsageError(
            f"Expected bars from {wanted.first} to {wanted.last}, was"
            f" {history.first.isoformat()} to {history.last.isoformat()}"
        )
    return found


def _midnight(day: date) -> datetime:
    """In UTC, between the sessions of two days."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _bar(raw: RawBar) -> Bar:
    return Bar(
        raw.symbol,
        instant(raw.start_ms),
        raw.open,
        raw.high,
        raw.low,
        raw.close,
        raw.volume,
    )
