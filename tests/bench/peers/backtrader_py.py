"""Work A in backtrader."""

import backtrader as bt
from peer import FAST, SHARES, SLOW, frame, report

BARS = frame()


class Crossing(bt.Strategy):
    def __init__(self) -> None:
        self.fast = bt.indicators.SMA(period=FAST)
        self.slow = bt.indicators.SMA(period=SLOW)
        self.orders: list[tuple[int, str]] = []

    def next(self) -> None:
        if self.fast[0] > self.slow[0] and not self.position:
            self.buy(size=SHARES)
        elif self.fast[0] < self.slow[0] and self.position:
            self.close()

    def notify_order(self, order) -> None:  # noqa: ANN001 - the peer's own names and untyped calls
        if order.status == order.Completed:
            self.orders.append((len(self) - 1, "buy" if order.isbuy() else "sell"))


def run() -> list[tuple[int, str]]:
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(bt.feeds.PandasData(dataname=BARS))
    cerebro.addstrategy(Crossing)
    cerebro.broker.setcash(1e9)
    return list(cerebro.run()[0].orders)


report("backtrader", run, len(BARS))
