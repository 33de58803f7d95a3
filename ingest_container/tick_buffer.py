"""Ticks between the socket and the desk: bounded, in order, and quotes give way to trades."""

from dataclasses import dataclass, field

from ingest_container.sockets import BufferFullError
from quantterminal.ports.ticks import QuoteTick, TicksSeen, TradeTick

MOST_QUOTES = 20_000  # then the newest of each symbol stays
MOST_TRADES = 100_000  # then the connection is dropped and the rest is fetched over REST
MOST_AT_ONCE = 20_000  # of each kind: what one transaction stores


@dataclass(slots=True)
class _Waiting:
    trades: list[TradeTick] = field(default_factory=list)
    quotes: list[QuoteTick] = field(default_factory=list)


class TickBuffer:
    """What came before a mark is taken before what came after it. `thinned` counts quotes."""

    def __init__(self, *, most_quotes: int = MOST_QUOTES, most_trades: int = MOST_TRADES) -> None:
        self._most_quotes = most_quotes
        self._most_trades = most_trades
        self._waiting = [_Waiting()]
        self._quotes_allowed = most_quotes
        self.thinned = 0

    def __len__(self) -> int:
        return sum(len(each.trades) + len(each.quotes) for each in self._waiting)

    def add(self, seen: TicksSeen) -> None:
        """Raises BufferFullError when there are too many trades."""
        last = self._waiting[-1]
        last.trades += seen.trades
        last.quotes += seen.quotes
        if len(last.quotes) > self._quotes_allowed:
            newest = {each.symbol: each for each in last.quotes}
            self.thinned += len(last.quotes) - len(newest)
            last.quotes = list(newest.values())
            # where one a symbol is nearly too much already, looking again at once is no use
            self._quotes_allowed = max(self._most_quotes, 2 * len(newest))
        if sum(len(each.trades) for each in self._waiting) > self._most_trades:
            raise BufferFullError

    def mark(self) -> None:
        """A connection was lost before what comes next."""
        self._waiting.append(_Waiting())

    def take(self) -> tuple[TicksSeen, bool]:
        """What has waited longest, at most up to the next mark, and whether that stands behind."""
        first = self._waiting[0]
        trades, quotes = first.trades, first.quotes
        if len(trades) > MOST_AT_ONCE or len(quotes) > MOST_AT_ONCE:
            first.trades, trades = trades[MOST_AT_ONCE:], trades[:MOST_AT_ONCE]
            first.quotes, quotes = quotes[MOST_AT_ONCE:], quotes[:MOST_AT_ONCE]
            return TicksSeen(trades, quotes), False
        is_marked = len(self._waiting) > 1
        if is_marked:
            self._waiting.pop(0)
        else:
            self._waiting = [_Waiting()]
        self._quotes_allowed = self._most_quotes
        return TicksSeen(trades, quotes), is_marked
