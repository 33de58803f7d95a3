"""From the market-data stream to the bars queue: door, store, barrier, queue, watermark.

Deciding and doing are apart. `take`, `advance` and `recover` change what is in memory and fill an
outbox; `flush` works the outbox off, in order, and can be called again after a failure: every
effect is idempotent, and what has been done is not done twice by one process. A killed process
loses nothing that the feed can give again, because the next one starts at the watermark.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from quantterminal import topology
from quantterminal.domain.barrier import shards
from quantterminal.domain.bars import Bar, minute_of
from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.errors import PermanentError, RetryableError
from quantterminal.domain.events import Message, MinuteClosed, SweepOrders
from quantterminal.domain.risk import SymbolFlag
from quantterminal.domain.sessions import Session, new_york_date, session_on
from quantterminal.ports.activity import FlaggingBoard
from quantterminal.ports.bar_store import BarStore, LastCloses, Quarantined
from quantterminal.ports.bus import Bus, Outgoing
from quantterminal.ports.feed import BarHistory, RawBar
from quantterminal.ports.streams import (
    BandSeen,
    BarSeen,
    FrameUnreadable,
    HaltSeen,
    SessionReport,
)
from quantterminal.ports.telemetry import Telemetry
from quantterminal.ports.ticks import MinutePart, TickDigest
from quantterminal.ports.watermarks import Quote, QuoteBoard, Watermarks
from quantterminal.services.bar_door import Accepted, BarDoor, Duplicate, Revised
from quantterminal.services.bars_from_trades import BarsFromTrades
from quantterminal.services.minute_barrier import MinuteBarrier, bars_message
from quantterminal.services.symbol_watch import SymbolWatch

_QUOTES_EVERY = timedelta(milliseconds=250)
_FLAGS_EVERY = timedelta(seconds=5)
_CLOSES_SINCE = timedelta(days=14)  # a symbol that was not traded for longer has no last price
_SWEPT_AFTER_CLOSE = timedelta(minutes=5)  # the last order may still be unknown
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FRAME_UNREADABLE = "FRAME_UNREADABLE"
Taken = BarSeen | TickDigest | BandSeen | HaltSeen | FrameUnreadable | SessionReport


@dataclass(frozen=True, slots=True)
class IngestPorts:
    """The surroundings of `Ingest`. Without `closes` a first bar has nothing to be compared with,
    without a `board` no symbol is flagged.
    """

    bus: Bus
    bar_store: BarStore
    watermarks: Watermarks
    quotes: QuoteBoard
    history: BarHistory
    telemetry: Telemetry
    closes: LastCloses | None = None
    board: FlaggingBoard | None = None


@dataclass(slots=True)
class IngestCounts:
    """What came and what went since the process started. `events` are bars, quotes and trades."""

    events: int = 0
    bars: int = 0
    recovered: int = 0
    accepted: int = 0
    revised: int = 0
    duplicates: int = 0
    quarantined: int = 0
    unreadable: int = 0
    messages: int = 0
    last_event_at: datetime | None = None
    published_minute: datetime | None = None


class Ingest:
    """One account's market data. Not thread-safe: one worker calls it."""

    def __init__(
        self, trading: TradingConfig, ports: IngestPorts, *, bars_from_trades: bool = False
    ) -> None:
        self._trading = trading
        self._ports = ports
        self._door = BarDoor(trading.symbols)
        self._watch = SymbolWatch()
        self._flags: dict[str, SymbolFlag] = {}
        self._flags_put_at: datetime | None = None
        self._is_new = True
        self._shards = _shards(trading)
        self._barriers = {symbol: shard for shard in self._shards for symbol in shard.symbols}
        self._trades = (
            BarsFromTrades(grace_s=trading.barrier_timeout_s / 2) if bars_from_trades else None
        )
        self._source = "trades" if bars_from_trades else "stream"
        self.counts = IngestCounts()
        self._bars: list[tuple[str, Bar]] = []
        self._refused: list[Quarantined] = []
        self._messages: list[Outgoing] = []
        self._minute: datetime | None = None
        self._pending_quotes: dict[str, Quote] = {}
        self._quotes_put_at: datetime | None = None
        self._swept: datetime | None = None

    def take(self, events: Sequence[Taken], *, now: datetime, received_ns: int) -> None:
        """What came from the stream, in its order, at market time `now`."""
        for event in events:
            if isinstance(event, BarSeen):
                self._count_event(now, bars=1)
                self._admit(event.bar, source=self._source, now=now, received_ns=received_ns)
            elif isinstance(event, TickDigest):
                self._count_event(now, ticks=event.events)
                self._pending_quotes |= event.quotes
                self._watch.quoted(event.quotes)
                self._take_parts(event.parts, now=now, received_ns=received_ns)
            elif isinstance(event, FrameUnreadable):
                self._keep_unreadable(event, now)
            elif isinstance(event, BandSeen | HaltSeen):
                self._heed(event)
            elif isinstance(event, SessionReport):
                self._ports.telemetry.record(event.event, **event.fields)
        self.advance(now, received_ns=received_ns)

    def advance(self, now: datetime, *, received_ns: int = 0) -> None:
        """The timed duties up to market time `now`: close minutes, ask for the order sweep."""
        if self._trades is not None:
            for raw in self._trades.advance(now):
                self._admit(raw, source=self._source, now=now, received_ns=received_ns)
        for barrier in self._shards:
            self._emit(barrier.advance(now), now)
        self._sweep(now)

    def next_due(self) -> datetime:
        """The market time of the next timed duty; a long past one when it is due at once."""
        waiting = [barrier.next_due() for barrier in self._shards]
        if self._trades is not None:
            waiting.append(self._trades.next_due())
        if self._pending_quotes:
            waiting.append((self._quotes_put_at or _EPOCH) + _QUOTES_EVERY)
        every = timedelta(seconds=self._trading.sweep_every_s)
        waiting.append((self._swept or _EPOCH) + every)
        return min(at for at in waiting if at is not None)

    def recover(self, now: datetime, *, received_ns: int) -> None:
        """Fetch and publish what was missed since the watermark, at most this day's session.

        Raises RetryableError when the feed's history or a port cannot answer now; calling it again
        goes on. A symbol that the vendor will never give is reported and left.
        """
        self._remember_earlier(now)
        self.flush(now)
        session = session_on(new_york_date(now))
        if session is None:
            return
        start = self._recovery_start(session)
        if self.counts.published_minute is None:
            for barrier in self._shards:
                barrier.resume(start)
        missed = self._missed(start, min(minute_of(now), session.close))
        for _, minute in groupby(missed, key=_start_of):
            for raw in minute:
                self.counts.recovered += 1
                self._admit(raw, source="history", now=now, received_ns=received_ns)
            self.advance(now, received_ns=received_ns)
            self.flush(now)
        if missed:
            self._ports.telemetry.record("gap_recovered", since=start.isoformat(), bars=len(missed))

    def flush(self, now: datetime) -> None:
        """Do what is waiting: store, record, send, remember. Raises RetryableError: call again."""
        for source in dict.fromkeys(source for source, _ in self._bars):
            bars = [bar for its_source, bar in self._bars if its_source == source]
            self._ports.bar_store.store(bars, source=source)
            self._bars = [pair for pair in self._bars if pair[0] != source]
        if self._refused:
            self._ports.bar_store.quarantine(self._refused)
            self._refused = []
        self._put_quotes(now, publishing=bool(self._messages))
        self._put_flags(now)
        if self._messages:
            self._send()

    def _send(self) -> None:
        self._ports.bus.send(self._messages)
        sent, self._messages = len(self._messages), []
        self.counts.messages += sent
        minute, self._minute = self._minute, None
        if minute is None:
            return
        self.counts.published_minute = max(minute, self.counts.published_minute or minute)
        try:
            self._ports.watermarks.set_published_minute(minute)
        except RetryableError as problem:
            # disposable: without it the next start publishes a little more, and ids deduplicate
            self._ports.telemetry.record("watermark_not_set", problem=str(problem))

    def _put_quotes(self, now: datetime, *, publishing: bool) -> None:
        """At most every 250 ms of market time, always before a minute goes out, and at once while
        the market's time stands still (a stepped replay).
        """
        if not self._pending_quotes:
            return
        last = self._quotes_put_at
        if not publishing and last is not None and timedelta(0) < now - last < _QUOTES_EVERY:
            return
        try:
            self._ports.quotes.put(self._pending_quotes)
        except RetryableError as problem:
            self._ports.telemetry.record("quotes_not_put", problem=str(problem))
        self._pending_quotes = {}
        self._quotes_put_at = now

    def _put_flags(self, now: datetime) -> None:
        """Before a minute goes out: an order that it leads to must find them. All of them again
        every few seconds, because the board may have been lost.
        """
        board = self._ports.board
        if board is None:
            return
        self._watch.unconfirmed = frozenset(self._door.unconfirmed)
        flags, known = self._watch.flags(), self._flags
        last = self._flags_put_at
        again = last is None or not timedelta(0) <= now - last < _FLAGS_EVERY
        for symbol in [each for each in known if each not in flags]:
            board.put(symbol, None)
            del known[symbol]
        for symbol, flag in flags.items():
            if again or known.get(symbol) is not flag:
                board.put(symbol, flag)
                known[symbol] = flag
        if again:
            self._flags_put_at = now

    def _heed(self, event: BandSeen | HaltSeen) -> None:
        if event.symbol not in self._barriers:
            return
        if isinstance(event, BandSeen):
            self._watch.banded(event.symbol, event.band)
            return
        if not event.is_over:
            self._watch.halted(event.symbol, at=event.at)
        name = "symbol_resumes" if event.is_over else "symbol_halted"
        self._ports.telemetry.record(name, symbol=event.symbol, at=event.at.isoformat())

    def _remember_earlier(self, now: datetime) -> None:
        """Once in a life: the last closes, and what an earlier life has put on the board."""
        if not self._is_new:
            return
        if self._ports.closes is not None:
            symbols, since = self._trading.symbols, now - _CLOSES_SINCE
            self._door.expect(self._ports.closes.last_closes(symbols, since=since))
        if self._ports.board is not None:
            self._watch.adopt(self._ports.board.flags(), now=now)
            self._flags = dict(self._watch.flags())
        self._is_new = False

    def _take_parts(self, parts: Sequence[MinutePart], *, now: datetime, received_ns: int) -> None:
        if self._trades is None:
            return
        for part in parts:
            for raw in self._trades.add(part):
                self._admit(raw, source=self._source, now=now, received_ns=received_ns)

    def _keep_unreadable(self, frame: FrameUnreadable, now: datetime) -> None:
        self.counts.unreadable += 1
        self._ports.telemetry.record("feed_frame_unreadable", problem=frame.problem)
        digest = hashlib.sha256(frame.raw.encode()).hexdigest()[:16]
        self._refused.append(
            Quarantined(
                key=f"{FRAME_UNREADABLE}:{digest}",
                symbol="",
                code=FRAME_UNREADABLE,
                detail=frame.problem,
                raw=frame.raw,
                at=now,
            )
        )

    def _admit(self, raw: RawBar, *, source: str, now: datetime, received_ns: int) -> None:
        verdict = self._door.judge(raw, now=now)
        if isinstance(verdict, Duplicate):
            self.counts.duplicates += 1
        elif isinstance(verdict, Quarantined):
            self.counts.quarantined += 1
            self._refused.append(verdict)
            self._ports.telemetry.record(
                "bar_quarantined", symbol=verdict.symbol, code=verdict.code, detail=verdict.detail
            )
        else:
            self._publish(verdict, source=source, now=now, received_ns=received_ns)

    def _publish(
        self, verdict: Accepted | Revised, *, source: str, now: datetime, received_ns: int
    ) -> None:
        bar = verdict.bar
        barrier = self._barriers[bar.symbol]
        self._bars.append((source, bar))
        if isinstance(verdict, Revised):
            self.counts.revised += 1
            self._ports.telemetry.record("bar_revised", symbol=bar.symbol, start=str(bar.start))
            self._emit(barrier.revise(bar, received_ns=received_ns), now)
        else:
            self.counts.accepted += 1
            self._watch.traded(bar)
            self._emit(barrier.offer(bar, received_ns=received_ns), now)

    def _emit(self, closed: Sequence[MinuteClosed], now: datetime) -> None:
        for each in closed:
            group = f"{each.account}:{each.shard}"
            self._messages.append(Outgoing(topology.BARS, group, bars_message(each, at=now)))
            if each.bars and not each.late:
                self._minute = max(each.minute, self._minute or each.minute)

    def _sweep(self, now: datetime) -> None:
        every = timedelta(seconds=self._trading.sweep_every_s)
        due = now - (now - _EPOCH) % every
        if self._swept is not None and due <= self._swept:
            return
        self._swept = due
        session = session_on(new_york_date(due))
        if session is None or not session.open <= due < session.close + _SWEPT_AFTER_CLOSE:
            return
        account = self._trading.account
        name = f"sweep:{account}:{due.isoformat()}"
        payload = SweepOrders(account=account, as_of=due)
        message = Message(
            id=name, correlation_id=name, causation_id=name, occurred_at=due, payload=payload
        )
        self._messages.append(Outgoing(topology.ORDERS, f"{account}:sweep", message))

    def _recovery_start(self, session: Session) -> datetime:
        """The last published minute again, because a part of it may have been missed."""
        try:
            known = self._ports.watermarks.published_minute()
        except RetryableError as problem:
            self._ports.telemetry.record("watermark_not_read", problem=str(problem))
            known = None
        known = known or self._ports.bar_store.last_minute()
        return session.open if known is None else max(known, session.open)

    def _missed(self, start: datetime, end: datetime) -> list[RawBar]:
        if start >= end:
            return []
        missed: list[RawBar] = []
        for symbol in self._trading.symbols:
            try:
                bars = self._ports.history.minute_bars(symbol, start=start, end=end)
            except PermanentError as problem:
                self._ports.telemetry.record(
                    "gap_left_open", symbol=symbol, since=start.isoformat(), problem=str(problem)
                )
                continue
            missed += [raw for raw in bars if start <= (raw.get("start") or start) < end]
        return sorted(missed, key=lambda raw: (_start_of(raw), str(raw.get("symbol"))))

    def _count_event(self, now: datetime, *, bars: int = 0, ticks: int = 0) -> None:
        self.counts.events += bars + ticks
        self.counts.bars += bars
        self.counts.last_event_at = now


def _shards(trading: TradingConfig) -> tuple[MinuteBarrier, ...]:
    """One barrier a shard."""
    return tuple(
        MinuteBarrier(trading.account, symbols, timeout_s=trading.barrier_timeout_s, shard=number)
        for number, symbols in enumerate(shards(trading.symbols))
    )


def _start_of(raw: RawBar) -> datetime:
    start = raw.get("start")
    return start if isinstance(start, datetime) else _EPOCH
