"""What the ingest container is handed by `bootstrap`: ports and sessions, no vendor words.

Some threads use it. The feed's thread calls `bus`, `bar_store`, `watermarks`, `quotes` and
`history`; the ticks' thread calls `ticks`; the order stream's thread calls `bus` and
`recover_orders`; the page's thread calls `push_live`; others call `gate`, `lease`, `feed_board`,
`trade_history` and `gaps`; `note_start` is called in one of its own. So `bus` must be thread-safe,
and no two of the others may share a database connection.
"""

from collections.abc import Callable
from dataclasses import dataclass

from quantterminal.domain.configuration import TradingConfig
from quantterminal.ports.activity import FlaggingBoard
from quantterminal.ports.bar_store import BarStore, LastCloses
from quantterminal.ports.bus import Bus
from quantterminal.ports.clock import Clock
from quantterminal.ports.feed import BarHistory, TradeHistory
from quantterminal.ports.lease import FeedLease, GapLog
from quantterminal.ports.streams import MarketDataSession, OrderStreamSession
from quantterminal.ports.telemetry import Telemetry
from quantterminal.ports.watermarks import FeedBoard, QuoteBoard, StreamGate, Watermarks
from quantterminal.services.tick_lane import TickLane


@dataclass(frozen=True, slots=True)
class ContainerRuntime:
    """The container's surroundings.

    `feed_session` and `stream_session` are called once each: a session outlives its connections.
    `stream_keys` reads the broker's key id and secret anew; RetryableError when it cannot now.
    `recover_orders` imports the orders and fills that the stream may have missed; it raises
    RetryableError when the broker or the ledger cannot be read now. `draw` answers floats from
    [0, 1) for back-off, `monotonic` real seconds for ages. `holder` is this process's name on the
    lease. `trade_history` is None where no trades are subscribed. `stall_after_s` is None where
    silence proves nothing. `bars_from_trades` is for feeds that have trades but no minute bars.
    `closes` are asked for once by the feed's thread, `board` is where it flags symbols; without
    them nothing is compared with an earlier life, and no symbol is flagged. `note_start` writes
    down that this process has begun, RetryableError when it cannot now; None where nobody keeps
    such a record. `push_live` is called each second and sends the live sockets their message; None
    where there are none.
    """

    trading: TradingConfig
    clock: Clock
    bus: Bus
    bar_store: BarStore
    watermarks: Watermarks
    gate: StreamGate
    quotes: QuoteBoard
    history: BarHistory
    trade_history: TradeHistory | None
    ticks: TickLane
    lease: FeedLease
    gaps: GapLog
    feed_board: FeedBoard
    telemetry: Telemetry
    recover_orders: Callable[[], None]
    feed_url: str
    feed_session: Callable[[], MarketDataSession]
    stream_url: str
    stream_session: Callable[[], OrderStreamSession]
    stream_keys: Callable[[], tuple[str, str]]
    draw: Callable[[], float]
    monotonic: Callable[[], float]
    holder: str
    stall_after_s: float | None = None
    bars_from_trades: bool = False
    closes: LastCloses | None = None
    board: FlaggingBoard | None = None
    note_start: Callable[[], None] | None = None
    push_live: Callable[[], object] | None = None
