"""Walk-forward: choose parameters on the past, trade them on what follows, and go on.

Between the two lies a purge, sessions whose outcome both would share (a position held over the
border); after each test an embargo keeps its sessions out of the next choice for a while.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.sessions import Session, new_york_date, sessions_from
from quantzoo.backtest.engine import Setting
from quantzoo.backtest.history import History
from quantzoo.research.trials import Executor, InProcess, Job, Trial, grid, leaders, named


@dataclass(frozen=True, slots=True)
class Windows:
    """Lengths in sessions. `train` sessions are chosen on, then `purge` are skipped, `test` are
    traded; sessions within `embargo` after an earlier test are no longer chosen on.
    """

    train: int
    test: int
    purge: int = 1
    embargo: int = 0

    def __post_init__(self) -> None:
        if self.train < 2 or self.test < 1 or self.purge < 0 or self.embargo < 0:
            raise InvalidValueError(
                f"Expected train >= 2, test >= 1, purge and embargo >= 0, was {self}"
            )


@dataclass(frozen=True, slots=True)
class Fold:
    """Sessions to choose on, oldest first and without gaps, and sessions to trade."""

    train: tuple[Session, ...]
    test: tuple[Session, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One fold's outcome: what was chosen, and how it did before and after."""

    chosen: dict[str, Any]
    trained: Trial
    tested: Trial
    deflated_sharpe: float | None


def folds(sessions: Sequence[Session], windows: Windows) -> Iterator[Fold]:
    """Tests follow each other without overlap; the training window rolls along before them."""
    tested_until: int | None = None
    begin = windows.train + windows.purge
    while begin + windows.test <= len(sessions):
        end_of_train = begin - windows.purge
        first = max(0, end_of_train - windows.train)
        if tested_until is not None and windows.embargo:
            kept = [
                index
                for index in range(first, end_of_train)
                if not tested_until <= index < tested_until + windows.embargo
            ]
        else:
            kept = list(range(first, end_of_train))
        run = _longest_run(kept)
        if len(run) >= 2:
            yield Fold(
                tuple(sessions[index] for index in run),
                tuple(sessions[begin : begin + windows.test]),
            )
        tested_until = begin + windows.test
        begin += windows.test


def walk_forward(
    setting: Setting,
    history: History,
    *,
    strategy: str,
    values: Mapping[str, Sequence[Any]],
    windows: Windows,
    executor: Executor | None = None,
) -> list[Step]:
    """For each fold the best parameters of its training sessions, traded on its test sessions.

    Raises InvalidValueError when the history is too short for one fold.
    """
    named(setting, strategy)
    pool = executor or InProcess()
    parts = list(folds(sessions_of(history), windows))
    if not parts:
        raise InvalidValueError(
            f"Expected {windows.train + windows.purge + windows.test} sessions at least,"
            f" was {len(sessions_of(history))}"
        )
    tries = grid(values)
    jobs = [
        Job(setting, _part(history, fold.train), strategy, each) for fold in parts for each in tries
    ]
    trained = list(pool.map(Job.run, jobs))
    best = [
        leaders(trained[index * len(tries) : (index + 1) * len(tries)])[0]
        for index in range(len(parts))
    ]
    finals = [
        Job(setting, _part(history, fold.test), strategy, chosen.parameters)
        for fold, (chosen, _) in zip(parts, best, strict=True)
    ]
    tested = list(pool.map(Job.run, finals))
    return [
        Step(chosen.parameters, chosen, after, deflated)
        for (chosen, deflated), after in zip(best, tested, strict=True)
    ]


def sessions_of(history: History) -> list[Session]:
    """The sessions from the first bar to the last."""
    last = new_york_date(history.last)
    found: list[Session] = []
    for session in sessions_from(new_york_date(history.first)):
        if session.day > last:
            break
        found.append(session)
    return found


def days_of(trials: Sequence[Trial]) -> list[date]:
    """All days that were traded, in order."""
    return [day for each in trials for day in each.days]


def _part(history: History, sessions: Sequence[Session]) -> History:
    return history.between(sessions[0].open, sessions[-1].close)


def _longest_run(indexes: Sequence[int]) -> list[int]:
    """The last unbroken stretch: a backtest over a hole would trade across it."""
    run: list[int] = []
    for index in indexes:
        if run and index != run[-1] + 1:
            run = []
        run.append(index)
    return run
