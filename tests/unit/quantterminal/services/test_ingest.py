"""The ingest over ports in memory: what is stored, sent and remembered, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from quantterminal import topology
from quantterminal.adapters.memory.bar_store import MemoryBarStore
from quantterminal.adapters.memory.bus import MemoryBus
from quantterminal.adapters.memory.quotes import MemoryQuoteBoard
from quantterminal.adapters.memory.symbol_board import MemorySymbolBoard
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.adapters.memory.watermarks import MemoryWatermarks
from quantterminal.domain.barrier import SHARD_SIZE
from quantterminal.domain.configuration import Mode, TradingConfig
from quantterminal.domain.errors import PermanentError, RetryableError
from quantterminal.domain.events import MinuteClosed, SweepOrders
from quantterminal.domain.price_bands import PriceBand
from quantterminal.domain.risk import SymbolFlag
from quantterminal.ports.feed import RawBar
from quantterminal.ports.streams import (
    BandSeen,
    BarSeen,
    FrameUnreadable,
    HaltSeen,
    SessionReport,
)
from quantterminal.ports.ticks import MinutePart, TickDigest
from quantterminal.ports.watermarks import Quote
from quantterminal.services.ingest import Ingest, IngestPorts
from tests.unit.quantterminal.services.sample_bars import CLOSE, OPEN, bar, minute, raw

SYMBOLS = ("AAA", "BBB")


@dataclass
class History:
    """A feed that can give every bar of `bars` again, or cannot."""

    bars: list[RawBar] = field(default_factory=list)
    asked: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    problem: Exception | None = None

    def minute_bars(self, symbol: str, *, start: datetime, end: datetime) -> Sequence[RawBar]:
        self.asked.append((symbol, start, end))
        if self.problem is not None:
            raise self.problem
        return [
            each for each in self.bars if each["symbol"] == symbol and start <= each["start"] < end
        ]


@dataclass
class Around:
    bus: MemoryBus = field(default_factory=MemoryBus)
    bar_store: MemoryBarStore = field(default_factory=MemoryBarStore)
    watermarks: MemoryWatermarks = field(default_factory=MemoryWatermarks)
    quotes: MemoryQuoteBoard = field(default_factory=MemoryQuoteBoard)
    history: History = field(default_factory=History)
    telemetry: MemoryTelemetry = field(default_factory=MemoryTelemetry)
    board: MemorySymbolBoard = field(default_factory=MemorySymbolBoard)

    def ingest(
        self, symbols: tuple[str, ...] = SYMBOLS, *, bars_from_trades: bool = False
    ) -> Ingest:
        trading = TradingConfig(account="acct", mode=Mode.SIMULATED, symbols=symbols, strategies=())
        ports = IngestPorts(
            bus=self.bus,
            bar_store=self.bar_store,
            watermarks=self.watermarks,
            quotes=self.quotes,
            history=self.history,
            telemetry=self.telemetry,
            closes=self.bar_store,
            board=self.board,
        )
        return Ingest(trading, ports, bars_from_trades=bars_from_trades)

    def minutes(self) -> list[MinuteClosed]:
        payloads = [message.payload for message in self.bus.messages(topology.BARS)]
        return [payload for payload in payloads if isinstance(payload, MinuteClosed)]

    def starts(self) -> list[datetime]:
        return [closed.minute for closed in self.minutes()]


def after(number: int, seconds: float = 0.05) -> datetime:
    return minute(number + 1) + timedelta(seconds=seconds)


def take(ingest: Ingest, now: datetime, *raws: RawBar) -> None:
    ingest.take([BarSeen(each) for each in raws], now=now, received_ns=1)
    ingest.flush(now)


def seen_yesterday(*, close: float = 10.5) -> MemoryBarStore:
    """A store that knows a close of each symbol."""
    store = MemoryBarStore()
    yesterday = [replace(bar(symbol), start=OPEN - timedelta(days=1)) for symbol in SYMBOLS]
    low = min(close, 9.0)
    store.store([replace(each, close=close, low=low) for each in yesterday], source="stream")
    return store


def started(around: Around) -> Ingest:
    """An ingest that has gone live before the open."""
    ingest = around.ingest()
    ingest.recover(OPEN, received_ns=0)
    return ingest


def quote(at: datetime, bid: str = "10.00", *, symbol: str = "AAA") -> TickDigest:
    return TickDigest(1, quotes={symbol: Quote(Decimal(bid), Decimal(bid) + 1, at)})


def part(symbol: str, price: float, number: int = 0) -> MinutePart:
    return MinutePart(symbol, minute(number), price, price, price, price, 100.0, 100 * price, 1)


def test_a_complete_minute_is_stored_sent_and_remembered() -> None:
    around = Around()
    ingest = around.ingest()

    take(ingest, after(0), raw("BBB"), raw("AAA"))

    (closed,) = around.minutes()
    assert [bar.symbol for bar in closed.bars] == ["AAA", "BBB"]
    assert {symbol for symbol, _, _ in around.bar_store.bars} == {"AAA", "BBB"}
    assert around.watermarks.published_minute() == minute(0)
    outgoing = next(each for each in around.bus.sent if each.queue == topology.BARS)
    assert outgoing.group == "acct:0"
    assert ingest.counts.accepted == ingest.counts.bars == ingest.counts.events == 2
    assert ingest.counts.published_minute == minute(0)


def test_an_incomplete_minute_goes_out_when_its_time_comes() -> None:
    around = Around()
    ingest = around.ingest()
    take(ingest, after(0), raw("AAA"))
    assert around.minutes() == []

    ingest.advance(after(0, 2))
    ingest.flush(after(0, 2))

    (closed,) = around.minutes()
    assert closed.no_trade == ("BBB",)


def test_a_bar_that_is_late_already_does_not_wait_for_the_timer() -> None:
    around = Around()

    take(around.ingest(), after(0, 5), raw("AAA"))

    assert around.starts() == [minute(0)]


def test_every_bar_is_counted_once_under_one_name() -> None:
    around = Around()
    ingest = around.ingest()

    take(ingest, after(0), raw("AAA"), raw("AAA"), raw("AAA", close=9.5), raw("ZZZ"))

    counts = ingest.counts
    assert (counts.bars, counts.accepted, counts.revised) == (4, 1, 1)
    assert (counts.duplicates, counts.quarantined) == (1, 1)
    assert [each.code for each in around.bar_store.refused.values()] == ["UNKNOWN_SYMBOL"]
    assert around.telemetry.named("bar_quarantined")[0]["code"] == "UNKNOWN_SYMBOL"


@pytest.mark.parametrize("down", ["bus", "bar_store"])
def test_f11_nothing_is_lost_or_sent_twice_when_a_port_is_down(down: str) -> None:
    around = Around()
    ingest = around.ingest()
    port = around.bus if down == "bus" else around.bar_store
    port.is_down = True

    for _ in range(2):
        with pytest.raises(RetryableError):
            take(ingest, after(0), raw("AAA"), raw("BBB"), raw("ZZZ"))
    assert around.watermarks.published_minute() is None
    assert ingest.counts.published_minute is None
    port.is_down = False
    ingest.flush(after(0))
    ingest.flush(after(0))

    assert around.starts() == [minute(0)]
    assert len(around.bar_store.bars) == 2
    assert around.watermarks.published_minute() == minute(0)


def test_a_session_s_report_becomes_telemetry() -> None:
    around = Around()

    around.ingest().take(
        [SessionReport("feed_stalled", {"silent_s": "5"})], now=OPEN, received_ns=1
    )

    assert around.telemetry.named("feed_stalled") == [{"silent_s": "5"}]


def test_f10_what_cannot_be_read_is_counted_and_kept_as_it_came() -> None:
    around = Around()
    ingest = around.ingest()

    for _ in range(2):
        ingest.take([FrameUnreadable("<html>", "no JSON")], now=OPEN, received_ns=1)
    ingest.flush(OPEN)

    assert ingest.counts.unreadable == 2
    (kept,) = around.bar_store.refused.values()
    assert (kept.code, kept.raw, kept.detail) == ("FRAME_UNREADABLE", "<html>", "no JSON")


def test_where_minutes_come_on_the_wire_prints_make_none() -> None:
    around = Around()
    ingest = around.ingest()

    ingest.take([TickDigest(1, parts=[part("AAA", 10.0)])], now=OPEN, received_ns=1)
    ingest.advance(after(0, 5))
    ingest.flush(after(0, 5))

    assert around.minutes() == []
    assert ingest.counts.events == 1


def sweeps(around: Around) -> list[str]:
    return [message.id for message in around.bus.messages(topology.ORDERS)]


def test_the_sweep_is_asked_for_every_ten_seconds_of_the_session() -> None:
    around = Around()
    ingest = around.ingest()
    for seconds in (-5, 0, 3, 9.9, 10, 35, 36):
        now = OPEN + timedelta(seconds=seconds)
        ingest.advance(now)
        ingest.flush(now)

    assert sweeps(around) == [
        f"sweep:acct:2024-03-04T14:30:{second}+00:00" for second in ("00", "10", "30")
    ]
    payloads = [message.payload for message in around.bus.messages(topology.ORDERS)]
    assert payloads[-1] == SweepOrders("acct", OPEN + timedelta(seconds=30))
    assert ingest.next_due() == OPEN + timedelta(seconds=40)


def test_sweeps_end_when_the_fate_of_the_last_order_must_be_known() -> None:
    around = Around()
    ingest = around.ingest()
    last = CLOSE + timedelta(seconds=290)
    after = (CLOSE + timedelta(minutes=5), CLOSE + timedelta(hours=2))
    for now in (OPEN - timedelta(seconds=1), CLOSE, last, *after):
        ingest.advance(now)
        ingest.flush(now)

    assert sweeps(around) == [f"sweep:acct:{at.isoformat()}" for at in (CLOSE, last)]


def test_quotes_are_put_at_most_every_250_ms_and_the_newest_wins() -> None:
    around = Around()
    ingest = around.ingest()
    for milliseconds in (0, 100, 200, 250, 300):
        now = OPEN + timedelta(milliseconds=milliseconds)
        ingest.take([quote(now, f"10.{milliseconds:03d}")], now=now, received_ns=1)
        ingest.flush(now)

    assert around.quotes.puts == 2
    assert around.quotes.quotes()["AAA"].bid == Decimal("10.250")
    assert ingest.next_due() == OPEN + timedelta(milliseconds=500)


def test_quotes_are_put_at_once_while_the_clock_stands_still() -> None:
    around = Around()
    ingest = around.ingest()
    for symbol in SYMBOLS:
        seen = quote(OPEN, symbol=symbol)
        ingest.take([seen], now=OPEN, received_ns=1)
        ingest.flush(OPEN)

    assert set(around.quotes.quotes()) == set(SYMBOLS)


def test_quotes_are_on_the_board_before_a_minute_goes_out() -> None:
    around = Around()
    ingest = around.ingest()
    ingest.take([quote(after(0))], now=after(0), received_ns=1)
    ingest.flush(after(0))
    newer = after(0, 0.1)
    events = [quote(newer, "11.00"), BarSeen(raw("AAA")), BarSeen(raw("BBB"))]
    ingest.take(events, now=newer, received_ns=1)

    around.bus.is_down = True
    with pytest.raises(RetryableError):
        ingest.flush(newer)

    assert around.quotes.quotes()["AAA"].bid == Decimal("11.00")


def all_bars(count: int) -> list[RawBar]:
    return [raw(symbol, number) for number in range(count) for symbol in SYMBOLS]


def test_f29_a_first_start_recovers_the_day_from_its_open() -> None:
    around = Around(history=History(all_bars(5)))
    ingest = around.ingest()

    ingest.recover(after(4, 30), received_ns=1)

    assert around.starts() == [minute(number) for number in range(5)]
    assert around.history.asked == [(symbol, OPEN, minute(5)) for symbol in SYMBOLS]
    assert (ingest.counts.recovered, ingest.counts.bars) == (10, 0)


def test_a_restart_goes_on_with_the_last_published_minute_again() -> None:
    around = Around(history=History(all_bars(5)), watermarks=MemoryWatermarks(minute(2)))
    ingest = around.ingest()

    ingest.recover(after(4, 30), received_ns=1)

    assert around.starts() == [minute(2), minute(3), minute(4)]


def test_f38_without_a_watermark_the_store_knows_how_far_we_were() -> None:
    around = Around(history=History(all_bars(5)))
    first = around.ingest()
    take(first, after(0), *all_bars(2))
    around.watermarks = MemoryWatermarks()

    around.ingest().recover(after(4, 30), received_ns=1)

    assert around.starts() == [minute(number) for number in range(5)]


def test_a_watermark_of_an_earlier_day_starts_at_todays_open() -> None:
    around = Around(
        history=History(all_bars(2)), watermarks=MemoryWatermarks(OPEN - timedelta(days=3))
    )

    around.ingest().recover(after(1, 30), received_ns=1)

    assert around.history.asked[0][1] == OPEN


@pytest.mark.parametrize(
    "now", [OPEN - timedelta(minutes=5), OPEN - timedelta(days=1), OPEN + timedelta(seconds=30)]
)
def test_there_is_nothing_to_recover_before_a_minute_has_ended(now: datetime) -> None:
    around = Around(history=History(all_bars(5)))

    around.ingest().recover(now, received_ns=1)

    assert around.history.asked == []
    assert around.minutes() == []


def test_the_minute_that_is_still_running_is_not_asked_for() -> None:
    around = Around(history=History(all_bars(5)))

    around.ingest().recover(minute(3) + timedelta(seconds=30), received_ns=1)

    assert around.starts() == [minute(0), minute(1), minute(2)]


def test_after_a_reconnect_what_was_seen_already_is_a_duplicate() -> None:
    around = Around(history=History(all_bars(4)))
    ingest = around.ingest()
    take(ingest, after(0), *all_bars(1))
    take(ingest, after(1), *all_bars(2)[2:])

    ingest.recover(after(3, 30), received_ns=1)
    take(ingest, after(4), raw("AAA", 4), raw("BBB", 4))

    assert around.starts() == [minute(number) for number in range(5)]
    assert ingest.counts.duplicates == 2
    assert len(around.bar_store.bars) == 10


def test_a_bar_that_was_lost_with_the_connection_is_published_late() -> None:
    around = Around(history=History(all_bars(1)))
    ingest = around.ingest()
    take(ingest, after(0), raw("AAA"))
    ingest.advance(after(0, 2))
    ingest.flush(after(0, 2))

    ingest.recover(after(0, 30), received_ns=1)

    assert [(closed.minute, closed.late) for closed in around.minutes()] == [
        (minute(0), ()),
        (minute(0), ("BBB",)),
    ]


def test_the_corrected_history_of_an_earlier_life_triggers_nothing() -> None:
    around = Around(watermarks=MemoryWatermarks(minute(3)))
    ingest = around.ingest()
    ingest.recover(after(3, 30), received_ns=1)

    take(ingest, after(4), raw("AAA", 1, close=9.5))

    (closed,) = around.minutes()
    assert closed.bars == ()
    assert closed.revisions[0].close == 9.5


def test_recovery_can_be_repeated_until_the_vendor_answers() -> None:
    around = Around(history=History(all_bars(3), problem=RetryableError("503")))
    ingest = around.ingest()
    with pytest.raises(RetryableError):
        ingest.recover(after(2, 30), received_ns=1)

    around.history.problem = None
    ingest.recover(after(2, 30), received_ns=1)

    assert around.starts() == [minute(0), minute(1), minute(2)]


def test_recovery_goes_on_where_the_bus_failed() -> None:
    around = Around(history=History(all_bars(3)))
    ingest = around.ingest()
    around.bus.is_down = True
    with pytest.raises(RetryableError):
        ingest.recover(after(2, 30), received_ns=1)

    around.bus.is_down = False
    ingest.recover(after(2, 30), received_ns=1)

    assert around.starts() == [minute(0), minute(1), minute(2)]
    assert len(around.bar_store.bars) == 6


def test_a_gap_that_the_vendor_will_never_fill_is_reported() -> None:
    around = Around(history=History(problem=PermanentError("403")))

    around.ingest().recover(after(2, 30), received_ns=1)

    reported = around.telemetry.named("gap_left_open")
    assert [each["symbol"] for each in reported] == list(SYMBOLS)


def test_minutes_from_trades_where_there_are_only_trades() -> None:
    around = Around()
    ingest = around.ingest(bars_from_trades=True)
    for symbol, price in (("AAA", 10.0), ("BBB", 20.0)):
        digest = TickDigest(1, parts=[part(symbol, price)])
        ingest.take([digest], now=OPEN + timedelta(seconds=5), received_ns=1)
    ingest.flush(OPEN + timedelta(seconds=5))
    assert around.minutes() == []

    ingest.advance(after(0, 1))
    ingest.flush(after(0, 1))

    (closed,) = around.minutes()
    assert [(bar.symbol, bar.close) for bar in closed.bars] == [("AAA", 10.0), ("BBB", 20.0)]


def test_a_universe_above_the_shard_size_is_cut_into_shards() -> None:
    symbols = tuple(f"S{number:04d}" for number in range(SHARD_SIZE + 2))
    around = Around()

    take(around.ingest(symbols), after(0), *(raw(symbol) for symbol in symbols))

    assert [(closed.shard, len(closed.bars)) for closed in around.minutes()] == [
        (0, SHARD_SIZE),
        (1, 2),
    ]


HALT = HaltSeen("AAA", minute(1) + timedelta(seconds=20))
RESUMES = HaltSeen("AAA", minute(5), is_over=True)


def flagged(around: Around) -> dict[str, SymbolFlag]:
    return around.board.flags()


def test_f18_a_halt_is_on_the_board_until_a_bar_of_a_later_minute_comes() -> None:
    around = Around(bar_store=seen_yesterday())
    ingest = started(around)

    ingest.take([HALT, replace(HALT, symbol="ZZZ")], now=HALT.at, received_ns=1)
    ingest.flush(HALT.at)
    assert flagged(around) == {"AAA": SymbolFlag.HALTED}

    take(ingest, after(1), raw("AAA", 1))
    ingest.take([RESUMES], now=RESUMES.at, received_ns=1)
    take(ingest, after(4), raw("BBB", 4))
    assert flagged(around) == {"AAA": SymbolFlag.HALTED}

    take(ingest, after(5), raw("AAA", 5))
    assert flagged(around) == {}
    assert [each["symbol"] for each in around.telemetry.named("symbol_halted")] == ["AAA"]
    assert around.telemetry.named("symbol_resumes")


def test_a_quote_at_its_price_band_is_on_the_board_before_the_minute_goes_out() -> None:
    around = Around(bar_store=seen_yesterday())
    ingest = started(around)
    band = BandSeen("AAA", PriceBand(Decimal("9.50"), Decimal("10.00")))

    ingest.take([band, quote(after(0))], now=after(0), received_ns=1)
    around.bus.is_down = True
    ingest.take([BarSeen(raw("AAA")), BarSeen(raw("BBB"))], now=after(0), received_ns=1)
    with pytest.raises(RetryableError):
        ingest.flush(after(0))

    assert flagged(around) == {"AAA": SymbolFlag.LULD}
    assert not around.minutes()


def test_no_minute_goes_out_while_a_flag_cannot_be_put() -> None:
    around = Around(bar_store=seen_yesterday())
    ingest = started(around)
    ingest.take([HALT, BarSeen(raw("AAA")), BarSeen(raw("BBB"))], now=after(0), received_ns=1)

    around.board.is_down = True
    with pytest.raises(RetryableError):
        ingest.flush(after(0))
    assert not around.minutes()

    around.board.is_down = False
    ingest.flush(after(0))
    assert around.starts() == [minute(0)]


def test_f38_flags_are_put_again_after_the_board_was_lost() -> None:
    around = Around(bar_store=seen_yesterday())
    ingest = started(around)
    ingest.take([HALT], now=HALT.at, received_ns=1)
    ingest.flush(HALT.at)

    around.board.put("AAA", None)
    ingest.flush(HALT.at + timedelta(seconds=4))
    assert flagged(around) == {}

    ingest.flush(HALT.at + timedelta(seconds=6))
    assert flagged(around) == {"AAA": SymbolFlag.HALTED}


def test_f18_a_halt_outlives_the_container() -> None:
    around = Around(bar_store=seen_yesterday())
    around.board.put("AAA", SymbolFlag.HALTED)
    around.board.put("BBB", SymbolFlag.SSR)
    ingest = around.ingest()
    ingest.recover(OPEN + timedelta(seconds=10), received_ns=0)

    take(ingest, after(0), raw("AAA", 0), raw("BBB", 0))
    assert flagged(around) == {"AAA": SymbolFlag.HALTED, "BBB": SymbolFlag.SSR}

    take(ingest, after(2), raw("AAA", 2))
    assert flagged(around) == {"BBB": SymbolFlag.SSR}


def test_f30_the_first_bar_of_a_life_is_compared_with_what_is_stored() -> None:
    around = Around(bar_store=seen_yesterday(close=1.05))
    ingest = started(around)

    take(ingest, after(0), raw("AAA"), raw("BBB"))

    assert {each.code for each in around.bar_store.refused.values()} == {"PRICE_JUMP"}
    assert not around.minutes()


def test_f30_without_a_stored_close_orders_are_held_until_a_second_minute_agrees() -> None:
    around = Around()
    ingest = started(around)

    take(ingest, after(0), raw("AAA"), raw("BBB"))
    assert flagged(around) == dict.fromkeys(SYMBOLS, SymbolFlag.UNCONFIRMED)
    assert around.starts() == [minute(0)]

    take(ingest, after(1), raw("AAA", 1), raw("BBB", 1))
    assert flagged(around) == {}
