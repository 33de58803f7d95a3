"""Bars, splits and dividends from the vendor's REST, kept as files: what is there is not asked for.

Each symbol has a folder of its own, with a file a day in the layout of `qt backfill`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path

from cli.actions import read_actions, write_actions
from cli.backfill import MarketHistory, day_file, fetch_days, sessions_between
from cli.progress import bars_done
from local.errors import UsageError
from quantterminal.domain.corporate_actions import CorporateAction
from quantterminal.domain.errors import QuantTerminalError
from quantterminal.domain.sessions import Session

_CORRECTED_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Vendor:
    """Whom to ask, and the folder of what was answered."""

    history: MarketHistory
    cache: Path


@dataclass(frozen=True, slots=True)
class Downloaded:
    files: Sequence[Path]
    actions: tuple[CorporateAction, ...]


def download(
    vendor: Vendor, symbols: Sequence[str], *, first: date, last: date, now: datetime
) -> Downloaded:
    """Everything of those days, both included.

    Raises UsageError for a day that is not over at `now`, and when the vendor does not answer; what
    has come by then is kept.
    """
    sessions = sessions_between(first, last)
    if now < sessions[-1].close + _CORRECTED_FOR:
        raise UsageError(f"Expected days that are over, was {sessions[-1].day}")
    files: list[Path] = []
    with bars_done(len(symbols) * len(sessions), "days") as done:
        for number, symbol in enumerate(symbols):
            folder = vendor.cache / symbol
            found = fetch_days(
                vendor.history,
                folder,
                sessions=sessions,
                symbols=[symbol],
                done=partial(_tell, done, number * len(sessions)),
            )
            if found.unanswered:
                raise UsageError(f"{symbol}: {'; '.join(found.unanswered)}")
            files += [day_file(folder, each.day) for each in sessions]
    actions = chain.from_iterable(_actions(vendor, each, sessions) for each in symbols)
    return Downloaded(files, tuple(actions))


def _tell(done: Callable[[int], None], before: int, days: int) -> None:
    done(before + days)


def _actions(
    vendor: Vendor, symbol: str, sessions: Sequence[Session]
) -> tuple[CorporateAction, ...]:
    first, last = sessions[0].day, sessions[-1].day
    file = vendor.cache / symbol / f"actions-{first}-{last}.csv"
    if not file.exists():
        try:
            found = vendor.history.actions(symbol, since=first)
        except QuantTerminalError as problem:
            raise UsageError(f"{symbol}: {problem}") from problem
        write_actions(file, [each for each in found if each.ex_date <= last])
    return read_actions(file)
