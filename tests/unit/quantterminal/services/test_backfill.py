from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from quantterminal.adapters.memory.bar_store import MemoryBarStore
from quantterminal.adapters.memory.clock import MemoryClock
from quantterminal.adapters.memory.corporate_actions import MemoryCorporateActions
from quantterminal.adapters.memory.event_bus import MemoryEventBus
from quantterminal.adapters.memory.tape import MemoryGapLog
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.domain.bars import Bar
from quantterminal.domain.configuration import Mode, TradingConfig
from quantterminal.domain.corporate_actions import ActionKind, CorporateAction
from quantterminal.domain.errors import PermanentError
from quantterminal.domain.sessions import session_on
from quantterminal.ports.feed import RawBar
from quantterminal.ports.ticks import TradeTick
from quantterminal.services.announce import Announcer
from quantterminal.services.backfill import (
    SOURCE,
    Backfilled,
    BackfillRuntime,
    TapeRepair,
    backfill,
)
from tests.unit.quantterminal.adapters.ingest.ticks import trade

DAY = date(2026, 11, 24)
SESSION = session_on(DAY)
assert SESSION is not None
OPEN, CLOSE = SESSION.open, SESSION.close
SPLIT = CorporateAction(
    "E1", "SPY", ActionKind.SPLIT, DAY + timedelta(days=1), split_from=1, split_to=2
)
MINUTES = [OPEN + timedelta(minutes=n) for n in range(5)]


def raw(symbol: str, start: datetime, **changes: object) -> RawBar:
    prices = {"open": 10.0, "high": 11.0, "low": 9.0, "close": 10.5, "volume": 100.0}
    return {"symbol": symbol, "start": start, "vwap": None, "trades": None, **prices, **changes}


class History:
    """A vendor that gives what it is made with, and never the symbols of `refuses`."""

    def __init__(self, bars: Sequence[RawBar], refuses: Sequence[str] = ()) -> None:
        self._bars = bars
        self._refuses = refuses
        self.asked: list[tuple[str, datetime, datetime]] = []

    def minute_bars(self, symbol: str, *, start: datetime, end: datetime) -> Sequence[RawBar]:
        if symbol in self._refuses:
            raise PermanentError(f"Nobody knows {symbol}")
        assert (start, end) == (OPEN, CLOSE)
        return [each for each in self._bars if each["symbol"] == symbol]

    def trades(
        self, symbol: str, *, start: datetime, end: datetime
    ) -> Iterator[Sequence[TradeTick]]:
        if symbol in self._refuses:
            raise PermanentError(f"Nobody knows {symbol}")
        self.asked.append((symbol, start, end))
        yield [trade(1, symbol), trade(2, symbol)]
        yield [trade(3, symbol)]

    def actions(self, symbol: str, *, since: date) -> Sequence[CorporateAction]:
        if symbol in self._refuses:
            raise PermanentError(f"Nobody knows {symbol}")
        assert since == DAY - timedelta(days=30)
        return [SPLIT] if symbol == SPLIT.symbol else []


class MissingTrades:
    """Keeps symbol and sequence of each print."""

    def __init__(self) -> None:
        self.kept: set[tuple[str, float]] = set()

    def store_missing(self, symbol: str, trades: Sequence[TradeTick]) -> int:
        before = len(self.kept)
        self.kept |= {(symbol, each.sequence) for each in trades}
        return len(self.kept) - before


class Around:
    def __init__(self, history: History) -> None:
        self.store = MemoryBarStore()
        self.actions = MemoryCorporateActions()
        self.bus = MemoryEventBus()
        self.telemetry = MemoryTelemetry()
        self.gaps = MemoryGapLog()
        self.missing = MissingTrades()
        clock = MemoryClock(CLOSE + timedelta(minutes=40))
        self.runtime = BackfillRuntime(
            trading=TradingConfig("acct", Mode.PAPER, ("AAPL", "SPY"), ()),
            clock=clock,
            history=history,
            bar_store=self.store,
            actions=self.actions,
            action_history=history,
            announcer=Announcer("acct", self.bus, clock, self.telemetry),
            telemetry=self.telemetry,
            tape=TapeRepair(self.gaps, history, self.missing),
        )

    def have(self, symbol: str, starts: Sequence[datetime]) -> None:
        self.store.store(
            [Bar(symbol, start, 10.0, 11.0, 9.0, 10.5, 100.0) for start in starts], source="stream"
        )

    def run(self) -> Backfilled:
        return backfill(DAY, runtime=self.runtime)


def test_missing_minutes_are_fetched_kept_and_told() -> None:
    around = Around(History([raw(s, at) for s in ("AAPL", "SPY") for at in MINUTES]))
    around.have("AAPL", MINUTES)
    around.have("SPY", MINUTES[:2])

    found = around.run()

    assert found.stored == {"SPY": 3}
    assert {key[1] for key, (_, source) in around.store.bars.items() if source == SOURCE} == set(
        MINUTES[2:]
    )
    [told] = around.bus.published
    assert told.payload.name == "GapFound"
    assert told.payload.fields["symbols"] == "SPY 3"


def test_doing_it_again_finds_nothing() -> None:
    around = Around(History([raw("SPY", at) for at in MINUTES]))
    around.run()
    assert around.run() == Backfilled({}, 0, ())
    assert len(around.bus.published) == 1


def test_splits_are_learned_once() -> None:
    around = Around(History([]))

    assert [around.run().actions for _ in range(2)] == [1, 0]
    assert around.actions.actions(["SPY"], after=DAY, until=SPLIT.ex_date) == [SPLIT]


def test_what_is_stored_is_never_replaced() -> None:
    around = Around(History([raw("SPY", at, close=10.9) for at in MINUTES]))
    around.have("SPY", MINUTES)
    assert around.run().stored == {}
    assert {bar.close for bar, _ in around.store.bars.values()} == {10.5}


def test_a_corrupt_minute_is_refused_at_the_door_and_the_rest_kept() -> None:
    bars = [raw("SPY", MINUTES[0]), raw("SPY", MINUTES[1], high=1.0), raw("SPY", MINUTES[2])]
    around = Around(History(bars))
    found = around.run()
    assert (found.stored, found.refused) == ({"SPY": 2}, 1)
    assert {each.code for each in around.store.refused.values()} == {"HIGH_BELOW_LOW"}


def test_a_symbol_that_the_vendor_does_not_know_stops_no_other() -> None:
    around = Around(History([raw("SPY", at) for at in MINUTES], refuses=["AAPL"]))
    found = around.run()
    assert found.unanswered == ("AAPL",)
    assert found.stored == {"SPY": 5}


@pytest.mark.parametrize("day", [date(2026, 11, 26), date(2026, 11, 28)])
def test_a_day_without_a_session_has_nothing_to_miss(day: date) -> None:
    around = Around(History([raw("SPY", at) for at in MINUTES]))
    assert backfill(day, runtime=around.runtime) == Backfilled({}, 0, ())


def test_gaps_of_the_tape_that_nobody_filled_get_their_prints_once() -> None:
    around = Around(History([]))
    around.missing.kept = {("SPY", 1.0)}
    began, ended = OPEN + timedelta(minutes=3), OPEN + timedelta(minutes=4)
    around.gaps.found(began, ended, "1006")
    around.gaps.found(OPEN - timedelta(days=1), OPEN, "1006")

    assert [around.run().trades for _ in range(2)] == [5, 0]
    assert around.gaps.gaps[began]["trades"] == 5
    asked = around.runtime.tape.history.asked  # type: ignore[union-attr]  # it is the fake
    assert [symbol for symbol, _, _ in asked] == ["AAPL", "SPY"]
    assert all(start < began and ended < end for _, start, end in asked)


def test_prints_that_the_vendor_never_gives_leave_no_gap_open() -> None:
    around = Around(History([], refuses=["AAPL", "SPY"]))
    around.gaps.found(OPEN, OPEN + timedelta(minutes=1), "1006")

    assert [around.run().trades for _ in range(2)] == [0, 0]
    assert len(around.telemetry.named("trades_left_open")) == 2


def test_without_a_stored_tape_no_print_is_missed() -> None:
    around = Around(History([]))
    around.gaps.found(OPEN, OPEN + timedelta(minutes=1), "1006")

    assert backfill(DAY, runtime=replace(around.runtime, tape=None)).trades == 0
