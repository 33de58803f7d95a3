"""Minute bars from prints, for feeds that have trades and no minute bars.

A minute is handed out once the market's time is `grace_s` past its end, and again when a later
print changes it; the door makes a revision of that. A print of no size moves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from quantterminal.domain.bars import MINUTE, minute_of
from quantterminal.ports.feed import RawBar
from quantterminal.ports.streams import TradeSeen
from quantterminal.services.bar_door import REVISION_WINDOW


@dataclass(slots=True)
class _Building:
    open: float
    high: float
    low: float
    close: float
    volume: float = 0.0
    turnover: float = 0.0
    trades: int = 0
    is_out: bool = False

    def add(self, trade: TradeSeen) -> None:
        self.high = max(self.high, trade.price)
        self.low = min(self.low, trade.price)
        self.close = trade.price
        self.volume += trade.size
        self.turnover += trade.price * trade.size
        self.trades += 1


class BarsFromTrades:
    """Builds the bars of all symbols. Prints are taken in the order of their arrival."""

    def __init__(self, *, grace_s: float) -> None:
        self._grace = timedelta(seconds=grace_s)
        self._minutes: dict[tuple[datetime, str], _Building] = {}

    def add(self, trade: TradeSeen) -> Sequence[RawBar]:
        """Take a print; answers the minute again when it had been handed out already."""
        if trade.size <= 0:
            return ()
        key = (minute_of(trade.at), trade.symbol)
        building = self._minutes.get(key)
        if building is None:
            price = trade.price
            building = self._minutes[key] = _Building(price, price, price, price)
        building.add(trade)
        return [_raw(key, building)] if building.is_out else ()

    def advance(self, now: datetime) -> Sequence[RawBar]:
        """The minutes that have ended at market time `now`, by minute and symbol."""
        closed: list[RawBar] = []
        for key in sorted(self._minutes):
            start, _ = key
            building = self._minutes[key]
            if not building.is_out and start + MINUTE + self._grace <= now:
                building.is_out = True
                closed.append(_raw(key, building))
            elif start + MINUTE + REVISION_WINDOW < now:
                del self._minutes[key]
        return closed

    def next_due(self) -> datetime | None:
        """The market time at which `advance` will have something to hand out."""
        waiting = [start for (start, _), each in self._minutes.items() if not each.is_out]
        return min(waiting) + MINUTE + self._grace if waiting else None


def _raw(key: tuple[datetime, str], building: _Building) -> RawBar:
    start, symbol = key
    return {
        "symbol": symbol,
        "start": start,
        "open": building.open,
        "high": building.high,
        "low": building.low,
        "close": building.close,
        "volume": building.volume,
        "vwap": building.turnover / building.volume,
        "trades": building.trades,
    }
