"""Work A in backtesting.py: averages as whole columns, decisions bar by bar."""

import warnings

from backtesting import Backtest, Strategy
from peer import FAST, SHARES, SLOW, frame, report

warnings.simplefilter("ignore")
BARS = frame()
DAILY: list[float] = []


def mean(values, period):  # noqa: ANN001, ANN201
    import pandas as pd

    return pd.Series(values).rolling(period).mean()


class Crossing(Strategy):
    def init(self) -> None:
        self.fast = self.I(mean, self.data.Close, FAST)
        self.slow = self.I(mean, self.data.Close, SLOW)

    def next(self) -> None:
        if self.fast[-1] > self.slow[-1] and not self.position:
            self.buy(size=SHARES)
        elif self.fast[-1] < self.slow[-1] and self.position:
            self.position.close()


def run() -> list[tuple[int, str]]:
    test = Backtest(BARS, Crossing, cash=1e9, trade_on_close=False, finalize_trades=False)
    found = test.run()
    DAILY.extend(found["_equity_curve"].Equity.groupby(BARS.index.date).last().tolist())
    trades = found["_trades"]
    orders = [(row, "buy") for row in trades.EntryBar] + [(row, "sell") for row in trades.ExitBar]
    return sorted(orders)


report("backtesting", run, len(BARS), daily=DAILY)
