"""`qt backfill`: minute bars of past days from the vendor, as files that `qt backtest` reads.

One file a day in the layout of the vendor's flat files. A day whose file is there is not asked for
again, and a file appears only when it is whole, so that what was interrupted goes on where it was.
"""

import gzip
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

from local.errors import UsageError
from local.market.bars import epoch_ms
from quantterminal.domain.errors import QuantTerminalError
from quantterminal.domain.sessions import Session, session_on
from quantterminal.ports.corporate_actions import ActionHistory
from quantterminal.ports.feed import BarHistory, RawBar

_HEADER = "ticker,volume,open,close,high,low,window_start,transactions\n"
_NS_PER_MS = 1_000_000
_FOLDER = "us_stocks_sip/minute_aggs_v1"


@dataclass(frozen=True, slots=True)
class Fetched:
    """Days and bars that are new, days that were there, symbols and days without an answer."""

    days: int
    known_days: int
    bars: int
    unanswered: tuple[str, ...] = ()


class MarketHistory(BarHistory, ActionHistory, Protocol):
    """What the vendor is asked for."""


def history_of(base_url: str, api_key: str) -> MarketHistory:
    """The vendor's REST at that address."""
    from quantterminal.adapters.polygon.client import PolygonHistory

    return PolygonHistory(base_url=base_url, api_key=api_key, draw=random.random, sleep=time.sleep)


def day_file(folder: Path, day: date) -> Path:
    """Where a day's bars are."""
    return folder / _FOLDER / f"{day:%Y}" / f"{day:%m}" / f"{day.isoformat()}.csv.gz"


def sessions_between(first: date, last: date) -> list[Session]:
    """Every session of those days, both included. Raises UsageError when there is none."""
    if last < first:
        raise UsageError(f"Expected a last day on or after {first}, was {last}")
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    found = [session for day in days if (session := session_on(day)) is not None]
    if not found:
        raise UsageError(f"Expected a trading day from {first} to {last}, was none")
    return found


def fetch_days(
    history: BarHistory,
    folder: Path,
    *,
    sessions: Sequence[Session],
    symbols: Sequence[str],
    done: Callable[[int], None],
) -> Fetched:
    """Fetch what is missing; `done` is told how many days are there. A day that a symbol has no
    answer for has no file: it is asked for again the next time.
    """
    days = known = bars = 0
    unanswered: list[str] = []
    for number, session in enumerate(sessions, start=1):
        file = day_file(folder, session.day)
        if file.exists():
            known += 1
        else:
            try:
                rows = list(_rows(history, session, symbols))
            except QuantTerminalError as problem:
                unanswered.append(f"{session.day}: {problem}")
            else:
                _write(file, rows)
                days, bars = days + 1, bars + len(rows)
        done(number)
    return Fetched(days, known, bars, tuple(unanswered))


def _rows(history: BarHistory, session: Session, symbols: Sequence[str]) -> Iterator[str]:
    for symbol in symbols:
        for raw in history.minute_bars(symbol, start=session.open, end=session.close):
            yield _row(symbol, raw)


def _row(symbol: str, raw: RawBar) -> str:
    start_ns = epoch_ms(raw["start"]) * _NS_PER_MS
    prices = ",".join(f"{raw[name]!r}" for name in ("open", "close", "high", "low"))
    return f"{symbol},{raw['volume']!r},{prices},{start_ns},{raw['trades'] or 0}\n"


def _write(file: Path, rows: Sequence[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".part")
    with gzip.open(unfinished, "wt") as written:
        written.write(_HEADER)
        written.writelines(rows)
    unfinished.replace(file)
