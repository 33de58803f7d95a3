"""What the ingest container is handed by `bootstrap`: ports and sessions, no vendor words.

Two threads use it. The feed's thread calls `bus`, `bar_store`, `watermarks`, `quotes` and
`history`; the order stream's thread calls `bus` and `recover_orders`; a third one calls `gate`.
So `bus` must be thread-safe, and `bar_store` must not share a database connection with
`recover_orders`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from quantterminal.domain.configuration import TradingConfig
from quantterminal.ports.bar_store import BarStore
from quantterminal.ports.bus import Bus
from quantterminal.ports.clock import Clock
from quantterminal.ports.feed import BarHistory
from quantterminal.ports.streams import MarketDataSession, OrderStreamSession
from quantterminal.ports.telemetry import Telemetry
from quantterminal.ports.watermarks import QuoteBoard, StreamGate, Watermarks


@dataclass(frozen=True, slots=True)
class ContainerRuntime:
    """The container's surroundings.

    `feed_session` and `stream_session` are called once each: a session outlives its connections.
    `stream_keys` reads the broker's key id and secret anew; RetryableError when it cannot now.
    `recover_orders` imports the orders and fills that the stream may have missed; it raises
    RetryableError when the broker or the ledger cannot be read now. `draw` answers floats from
    [0, 1) for back-off. `bars_from_trades` is for feeds that have trades but no minute bars.
    """

    trading: TradingConfig
    clock: Clock
    bus: Bus
    bar_store: BarStore
    watermarks: Watermarks
    gate: StreamGate
    quotes: QuoteBoard
    history: BarHistory
    telemetry: Telemetry
    recover_orders: Callable[[], None]
    feed_url: str
    feed_session: Callable[[], MarketDataSession]
    stream_url: str
    stream_session: Callable[[], OrderStreamSession]
    stream_keys: Callable[[], tuple[str, str]]
    draw: Callable[[], float]
    bars_from_trades: bool = False
