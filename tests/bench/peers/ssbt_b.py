"""Work B in ssbt: one strategy object that holds the three of every symbol.

Its engine for many symbols fills an order in the very bar that submits it, so what is decided on a
bar is submitted with the symbol's next one, and fills at that one's open.
"""

from collections.abc import Iterator

import ssbt
from peer import columns, endings, report, symbols
from ssbt.core.engine import Engine
from ssbt.core.events import Bar
from three import Three

SYMBOLS = symbols()
DATA = {symbol: columns(symbol) for symbol in SYMBOLS}
STARTS = DATA[SYMBOLS[0]]["starts"].tolist()
ENDING = endings(STARTS)
CASH = 1e6


class Feed:
    symbols = SYMBOLS

    def __iter__(self) -> Iterator[Bar]:
        names = ("open", "high", "low", "close", "volume")
        lists = [[DATA[each][name].tolist() for name in names] for each in SYMBOLS]
        for row, start in enumerate(STARTS):
            for symbol, (opens, highs, lows, closes, volumes) in zip(SYMBOLS, lists, strict=True):
                yield Bar(
                    start, symbol, opens[row], highs[row], lows[row], closes[row], volumes[row]
                )


class Strategies(ssbt.Strategy):
    def __init__(self) -> None:
        self.three = {symbol: Three() for symbol in SYMBOLS}
        self.wanted: dict[str, list[int]] = {symbol: [] for symbol in SYMBOLS}
        self.ending = dict(zip(STARTS, ENDING, strict=True))

    def on_bar(self, bar, engine) -> None:  # noqa: ANN001 - the peer's own names and untyped calls
        symbol = bar.symbol
        for shares in self.wanted[symbol]:
            side = ssbt.Side.BUY if shares > 0 else ssbt.Side.SELL
            engine.submit_order(self.market_order(symbol, side, float(abs(shares))))
        curve = engine.portfolio._equity_list
        equity = curve[-1][1] if curve else CASH
        self.wanted[symbol] = self.three[symbol].on_bar(
            bar, ending=self.ending[bar.timestamp], equity=equity
        )


def run() -> list:
    return Engine(feed=Feed(), strategy=Strategies(), initial_cash=CASH).run().fills


def orders_of(fills: list) -> list[tuple[int, str]]:
    rows = {start: row for row, start in enumerate(STARTS)}
    return [
        (rows[fill.timestamp], "buy" if fill.side == ssbt.Side.BUY else "sell") for fill in fills
    ]


report("ssbt", run, len(STARTS) * len(SYMBOLS), orders_of=orders_of)
