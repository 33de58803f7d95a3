"""Which symbols are not to be traded as usual, by what the stream says.

A halt is over when a bar comes whose minute began after it: the vendor tells the end of some halts
only, and a message may be missed. A price band is left when a quote stands inside it. A price that
there was nothing to compare with is held until a second minute agrees with it.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from quantterminal.domain.bars import Bar
from quantterminal.domain.price_bands import PriceBand
from quantterminal.domain.risk import SymbolFlag
from quantterminal.ports.watermarks import Quote

OURS = frozenset({SymbolFlag.HALTED, SymbolFlag.LULD, SymbolFlag.UNCONFIRMED})
"""The flags that the stream puts up and takes away."""


class SymbolWatch:
    """Flags of the universe's symbols, of which the first in this order counts: halted, at a band,
    unconfirmed.
    """

    def __init__(self) -> None:
        self._halted: dict[str, datetime] = {}
        self._bands: dict[str, PriceBand] = {}
        self._at_band: set[str] = set()
        self._adopted: dict[str, tuple[SymbolFlag, datetime]] = {}
        self.unconfirmed: Collection[str] = frozenset()

    def adopt(self, flags: Mapping[str, SymbolFlag], *, now: datetime) -> None:
        """What an earlier life put up: it stays until a bar of a minute after `now`."""
        self._adopted = {symbol: (flag, now) for symbol, flag in flags.items() if flag in OURS}

    def halted(self, symbol: str, *, at: datetime) -> None:
        self._halted[symbol] = at

    def banded(self, symbol: str, band: PriceBand) -> None:
        self._bands[symbol] = band

    def quoted(self, quotes: Mapping[str, Quote]) -> None:
        for symbol, quote in quotes.items():
            band = self._bands.get(symbol)
            if band is not None and band.is_reached(bid=quote.bid, ask=quote.ask):
                self._at_band.add(symbol)
            else:
                self._at_band.discard(symbol)

    def traded(self, bar: Bar) -> None:
        """The first bar of its minute."""
        halted_at = self._halted.get(bar.symbol)
        if halted_at is not None and bar.start >= halted_at:
            del self._halted[bar.symbol]
        adopted = self._adopted.get(bar.symbol)
        if adopted is not None and bar.start >= adopted[1]:
            del self._adopted[bar.symbol]

    def flags(self) -> dict[str, SymbolFlag]:
        """Every symbol that has one now."""
        return (
            dict.fromkeys(self.unconfirmed, SymbolFlag.UNCONFIRMED)
            | {symbol: flag for symbol, (flag, _) in self._adopted.items()}
            | dict.fromkeys(self._at_band, SymbolFlag.LULD)
            | dict.fromkeys(self._halted, SymbolFlag.HALTED)
        )
