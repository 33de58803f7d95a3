"""Minute bars from prints, for feeds that have trades and no minute bars.

The desk says what a batch adds to a minute under the rules of the trade conditions; here the parts
become minutes. A minute is handed out once the market's time is `grace_s` past its end, and again
when a later print changes it; the door makes a revision of that. A minute that no print may open
has no bar, and its volume goes with it: so the vendor does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from quantterminal.domain.bars import MINUTE
from quantterminal.ports.feed import RawBar
from quantterminal.ports.ticks import MinutePart
from quantterminal.services.bar_door import REVISION_WINDOW


@dataclass(slots=True)
class _Building:
    first: float | None = None
    high: float | None = None
    low: float | None = None
    last: float | None = None
    volume: float = 0.0
    turnover: float = 0.0
    trades: int = 0
    is_out: bool = False

    def add(self, part: MinutePart) -> None:
        if self.first is None:
            self.first = part.first
        if part.last is not None:
            self.last = part.last
        if part.high is not None:
            self.high = part.high if self.high is None else max(self.high, part.high)
        if part.low is not None:
            self.low = part.low if self.low is None else min(self.low, part.low)
        self.volume += part.volume
        self.turnover += part.turnover
        self.trades += part.trades


class BarsFromTrades:
    """Builds the bars of all symbols. Parts are taken in the order of their arrival."""

    def __init__(self, *, grace_s: float) -> None:
        self._grace = timedelta(seconds=grace_s)
        self._minutes: dict[tuple[datetime, str], _Building] = {}

    def add(self, part: MinutePart) -> Sequence[RawBar]:
        """Take a part; answers the minute again when it had been handed out already."""
        key = (part.start, part.symbol)
        building = self._minutes.get(key)
        if building is None:
            building = self._minutes[key] = _Building()
        building.add(part)
        return _raw(key, building) if building.is_out else ()

    def advance(self, now: datetime) -> Sequence[RawBar]:
        """The minutes that have ended at market time `now`, by minute and symbol."""
        closed: list[RawBar] = []
        for key in sorted(self._minutes):
            start, _ = key
            building = self._minutes[key]
            if not building.is_out and start + MINUTE + self._grace <= now:
                building.is_out = True
                closed += _raw(key, building)
            elif start + MINUTE + REVISION_WINDOW < now:
                del self._minutes[key]
        return closed

    def next_due(self) -> datetime | None:
        """The market time at which `advance` will have something to hand out."""
        waiting = [start for (start, _), each in self._minutes.items() if not each.is_out]
        return min(waiting) + MINUTE + self._grace if waiting else None


def _raw(key: tuple[datetime, str], building: _Building) -> Sequence[RawBar]:
    start, symbol = key
    if building.first is None or building.high is None:
        return ()
    has_volume = building.volume > 0
    return [
        {
            "symbol": symbol,
            "start": start,
            "open": building.first,
            "high": building.high,
            "low": building.low,
            "close": building.last,
            "volume": building.volume,
            "vwap": building.turnover / building.volume if has_volume else None,
            "trades": building.trades,
        }
    ]
