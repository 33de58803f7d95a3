"""Work A in backtesting.py: averages as whole columns, decisions bar by bar.

The averages are compared as sums of ticks: a tie is a tie, and fills can be held to the cent.
"""

import warnings

from backtesting import Backtest, Strategy
from peer import FAST, SHARES, SLOW, frame, report

warnings.simplefilter("ignore")
BARS = frame()
DAILY: list[float] = []


def scaled_sum(values, period, scale):  # noqa: ANN001, ANN201 - the peer's own names and untyped calls
    import pandas as pd

    return (pd.Series(values) * 10_000).round().rolling(period).sum() * scale


class Crossing(Strategy):
    def init(self) -> None:
        self.fast = self.I(scaled_sum, self.data.Close, FAST, SLOW)
        self.slow = self.I(scaled_sum, self.data.Close, SLOW, FAST)

    def next(self) -> None:
        if self.fast[-1] > self.slow[-1] and not self.position:
            self.buy(size=SHARES)
        elif self.fast[-1] < self.slow[-1] and self.position:
            self.position.close()


def run() -> list[tuple[int, str]]:
    test = Backtest(BARS, Crossing, cash=1e9, trade_on_close=False, finalize_trades=False)
    found = test.run()
    DAILY[:] = found["_equity_curve"].Equity.groupby(BARS.index.date).last().tolist()
    trades = found["_trades"]
    orders = [(row, "buy") for row in trades.EntryBar] + [(row, "sell") for row in trades.ExitBar]
    return sorted(orders)


report("backtesting", run, len(BARS), daily=DAILY)
