"""Prices, and the feed that tells them: bars late, twice, corrected, corrupt or not at all."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from quantterminal.ports.feed import RawBar
from tests.simulation.chaos import Chaos
from tests.simulation.faults import Fault
from tests.simulation.loop import Loop
from tests.simulation.swarm import Swarm
from tests.simulation.tape import Kind

_MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Market:
    """`bars` are what really happened, by symbol, oldest first; `_told` the symbols that the feed
    has spoken of.
    """

    loop: Loop
    chaos: Chaos
    swarm: Swarm
    bars: dict[str, list[RawBar]] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for symbol in self.swarm.symbols:
            cents = round(self.loop.tape.number(f"first price of {symbol}", 2_000, 40_000))
            self.bars[symbol] = [
                self._bar(symbol, number, cents := self._next(symbol, cents))
                for number in range(self.swarm.bars)
            ]

    def price(self, symbol: str) -> Decimal:
        """The close of the last minute that has ended."""
        now = self.loop.now
        ended = [raw for raw in self.bars[symbol] if raw["start"] + _MINUTE <= now]
        return Decimal(repr((ended or self.bars[symbol][:1])[-1]["close"]))

    def told(self, raw: RawBar) -> list[tuple[float, RawBar]]:
        """What the feed says of one bar, and how many seconds after its end."""
        symbol, happens, tape = raw["symbol"], self.chaos.happens, self.loop.tape
        wait = tape.seconds(f"bar of {symbol}", 0.05, 1.5)
        if happens(Fault.BAR_MISSING, symbol):
            return []
        if happens(Fault.BAR_GARBAGE, symbol):
            return [(wait, self._garbage(raw)), (wait + 0.01, raw)]
        # a first price has nothing to be compared with
        if symbol in self._told and happens(Fault.BAR_JUMPED, symbol):
            return [(wait, _times_ten(raw)), (wait + 0.01, raw)]
        if happens(Fault.BAR_LATE, symbol):
            return [(tape.seconds(f"late bar of {symbol}", 2.0, 90.0), raw)]
        said = [(wait, raw)]
        self._told.add(symbol)
        if happens(Fault.BAR_REPEATED, symbol):
            said.append((wait + 1.0, raw))
        if happens(Fault.BAR_REVISED, symbol):
            revised = raw | {"high": raw["high"] + 0.01, "volume": raw["volume"] + 7.0}
            said.append((wait + tape.seconds(f"revision of {symbol}", 1.0, 300.0), revised))
        return said

    def _next(self, symbol: str, cents: int) -> int:
        move = self.loop.tape.number(f"{symbol} moves", -0.003, 0.003) * self.swarm.swing
        return max(100, round(cents * (1 + move)))

    def _bar(self, symbol: str, number: int, cents: int) -> RawBar:
        price = cents / 100
        return {
            "symbol": symbol,
            "start": self.swarm.starts + number * _MINUTE,
            "open": price,
            "high": (cents + 2) / 100,
            "low": (cents - 2) / 100,
            "close": price,
            "volume": 1000.0,
            "vwap": price,
            "trades": 10,
        }

    def _garbage(self, raw: RawBar) -> RawBar:
        kinds = (
            {"close": float("nan")},
            {"low": -1.0},
            {"high": 0.0},
            {"symbol": "NOBODY"},
            {"start": None},
            {"volume": "many"},
        )
        chosen = self.loop.tape.pick("kind of garbage", len(kinds), kind=Kind.FAULT)
        return raw | kinds[chosen]


def _times_ten(raw: RawBar) -> RawBar:
    return raw | {name: raw[name] * 10 for name in ("open", "high", "low", "close", "vwap")}
