"""After the close: the minutes that the stream did not bring are fetched and kept.

They come too late for a strategy and are never shown to one; reports and research need them. Every
bar passes the same door as a live one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.errors import PermanentError
from quantterminal.domain.events import EventName
from quantterminal.domain.sessions import Session, session_on
from quantterminal.ports.bar_store import BarStore, Quarantined
from quantterminal.ports.clock import Clock
from quantterminal.ports.feed import BarHistory, RawBar
from quantterminal.ports.telemetry import Telemetry
from quantterminal.services.announce import Announcer
from quantterminal.services.bar_door import Accepted, BarDoor

SOURCE = "backfill"


@dataclass(frozen=True, slots=True)
class BackfillRuntime:
    trading: TradingConfig
    clock: Clock
    history: BarHistory
    bar_store: BarStore
    announcer: Announcer
    telemetry: Telemetry


@dataclass(frozen=True, slots=True)
class Backfilled:
    """`stored` bars by symbol that were missing, and the symbols the vendor never answers for."""

    stored: dict[str, int]
    refused: int
    unanswered: tuple[str, ...]


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
    return Backfilled(stored, refused, tuple(unanswered))


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
