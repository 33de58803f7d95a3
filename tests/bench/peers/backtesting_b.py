"""Work B in backtesting.py, which has one symbol an account: each symbol's three strategies run on
an account of its own, one after the other, and size their entries by its equity.
"""

import warnings

from backtesting import Backtest, Strategy
from peer import columns, endings, frame, report, symbols
from three import Three

warnings.simplefilter("ignore")
FRAMES = {symbol: frame(symbol) for symbol in symbols()}
STARTS = columns(symbols()[0])["starts"].tolist()
ENDING = endings(STARTS)
CASH = 1e6


class Minute:
    """The bar that was just closed."""

    __slots__ = ("close", "high", "low")

    def __init__(self, high: float, low: float, close: float) -> None:
        self.high = high
        self.low = low
        self.close = close


class Strategies(Strategy):
    def init(self) -> None:
        self.three = Three()

    def next(self) -> None:
        data = self.data
        minute = Minute(data.High[-1], data.Low[-1], data.Close[-1])
        ending = ENDING[len(data) - 1]
        for shares in self.three.on_bar(minute, ending=ending, equity=self.equity):
            if shares > 0:
                self.buy(size=shares)
            else:
                self.sell(size=-shares)


def run() -> list[tuple[int, str]]:
    orders = []
    for bars in FRAMES.values():
        test = Backtest(bars, Strategies, cash=CASH, trade_on_close=False, finalize_trades=False)
        trades = test.run()["_trades"]
        orders += [(row, "buy") for row in trades.EntryBar]
        orders += [(row, "sell") for row in trades.ExitBar]
    return sorted(orders)


report("backtesting", run, len(STARTS) * len(FRAMES))
