"""After the close: the minutes that the stream did not bring are fetched and kept.

They come too late for a strategy and are never shown to one; reports and research need them. Every
bar passes the same door as a live one. Gaps of the tape that the container found and did not live
to fill get their prints. The splits and dividends that the vendor knows are brought up to date,
too: the next session must not be read in the dollars of the last one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.errors import PermanentError
from quantterminal.domain.events import EventName
from quantterminal.domain.sessions import Session, session_on
from quantterminal.domain.trading_day import trading_day
from quantterminal.ports.bar_store import BarStore, Quarantined
from quantterminal.ports.clock import Clock
from quantterminal.ports.corporate_actions import ActionHistory, ActionStore
from quantterminal.ports.feed import BarHistory, RawBar, TradeHistory
from quantterminal.ports.lease import OpenGap, OpenGaps
from quantterminal.ports.telemetry import Telemetry
from quantterminal.ports.ticks import MissingTrades
from quantterminal.services.announce import Announcer
from quantterminal.services.bar_door import Accepted, BarDoor

SOURCE = "backfill"
_CLOCKS_APART = timedelta(seconds=5)  # ours and the tape's
_ACTIONS_SINCE = timedelta(days=30)  # late corrections of the vendor included


@dataclass(frozen=True, slots=True)
class TapeRepair:
    """What is needed to make prints good."""

    gaps: OpenGaps
    history: TradeHistory
    store: MissingTrades


@dataclass(frozen=True, slots=True)
class BackfillRuntime:
    """Without a `tape` no prints are kept, and none are missed."""

    trading: TradingConfig
    clock: Clock
    history: BarHistory
    bar_store: BarStore
    actions: ActionStore
    action_history: ActionHistory
    announcer: Announcer
    telemetry: Telemetry
    tape: TapeRepair | None = None


@dataclass(frozen=True, slots=True)
class Backfilled:
    """`stored` bars by symbol that were missing, and the symbols the vendor never answers for;
    `actions` are splits and dividends that were not known, `trades` prints that were missing.
    """

    stored: dict[str, int]
    refused: int
    unanswered: tuple[str, ...]
    actions: int = 0
    trades: int = 0


def backfill(day: date, *, runtime: BackfillRuntime) -> Backfilled:
    """Make good what is missing of `day`'s session; doing it again finds nothing.

    Raises RetryableError when the vendor or the store cannot answer now.
    """
    session = session_on(day)
    if session is None:
        return Backfilled({}, 0, ())
    stored: dict[str, int] = {}
    unanswered: list[str] = []
    refused = 0
    for symbol in runtime.trading.symbols:
        try:
            missing, bad = _missing(symbol, session, runtime)
        except PermanentError as problem:
            runtime.telemetry.record("BackfillUnanswered", symbol=symbol, problem=str(problem))
            unanswered.append(symbol)
            continue
        runtime.bar_store.quarantine(bad)
        runtime.bar_store.store([each.bar for each in missing], source=SOURCE)
        refused += len(bad)
        if missing:
            stored[symbol] = len(missing)
    if stored:
        _announce(day, stored, runtime.announcer)
    actions = _learn_actions(day, runtime)
    return Backfilled(stored, refused, tuple(unanswered), actions, _repair_tape(day, runtime))


def _repair_tape(day: date, runtime: BackfillRuntime) -> int:
    """The prints of the gaps that are not through; how many were missing."""
    tape, window = runtime.tape, trading_day(day)
    if tape is None:
        return 0
    repaired = 0
    for gap in tape.gaps.open_gaps(since=window.start, until=window.end):
        missing = sum(
            _missing_prints(symbol, gap, tape, runtime) for symbol in runtime.trading.symbols
        )
        tape.gaps.filled(gap.began, bars=0, trades=missing, at=runtime.clock.now())
        repaired += missing
    return repaired


def _missing_prints(symbol: str, gap: OpenGap, tape: TapeRepair, runtime: BackfillRuntime) -> int:
    start, end = gap.began - _CLOCKS_APART, gap.ended + _CLOCKS_APART
    try:
        pages = tape.history.trades(symbol, start=start, end=end)
        return sum(tape.store.store_missing(symbol, page) for page in pages)
    except PermanentError as problem:
        runtime.telemetry.record("trades_left_open", symbol=symbol, problem=str(problem))
        return 0


def _learn_actions(day: date, runtime: BackfillRuntime) -> int:
    """What the vendor knows of the last days and of those to come; how much of it is new."""
    learned = 0
    for symbol in runtime.trading.symbols:
        try:
            found = runtime.action_history.actions(symbol, since=day - _ACTIONS_SINCE)
        except PermanentError as problem:
            runtime.telemetry.record("ActionsUnanswered", symbol=symbol, problem=str(problem))
            continue
        learned += runtime.actions.keep(found)
    return learned


def _missing(
    symbol: str, session: Session, runtime: BackfillRuntime
) -> tuple[list[Accepted], list[Quarantined]]:
    known = runtime.bar_store.minutes(symbol, start=session.open, end=session.close)
    door, now = BarDoor([symbol]), runtime.clock.now()
    bars = runtime.history.minute_bars(symbol, start=session.open, end=session.close)
    verdicts = [door.judge(raw, now=now) for raw in _unknown(bars, known)]
    accepted = [each for each in verdicts if isinstance(each, Accepted)]
    return accepted, [each for each in verdicts if isinstance(each, Quarantined)]


def _unknown(bars: Sequence[RawBar], known: frozenset[datetime]) -> list[RawBar]:
    return [raw for raw in bars if raw.get("start") not in known]


def _announce(day: date, stored: dict[str, int], announcer: Announcer) -> None:
    total = sum(stored.values())
    announcer.announce(
        EventName.GAP_FOUND,
        f"{total} minutes of {day.isoformat()} were missing and have been fetched",
        ref=day.isoformat(),
        minutes=str(total),
        symbols=", ".join(f"{symbol} {count}" for symbol, count in sorted(stored.items())),
    )
