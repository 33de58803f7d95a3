"""Work A in ssbt, the fastest event-driven peer found."""

from collections import deque

import ssbt
from peer import FAST, SHARES, SLOW, columns, report

DATA = columns()
ROWS = {int(start): row for row, start in enumerate(DATA["starts"])}


class Crossing(ssbt.Strategy):
    def __init__(self) -> None:
        self.fast_window: deque = deque(maxlen=FAST)
        self.slow_window: deque = deque(maxlen=SLOW)
        self.fast = self.slow = 0

    def on_bar(self, bar, engine) -> None:  # noqa: ANN001 - the peer's own names and untyped calls
        ticks = round(bar.close * 10_000)
        if len(self.fast_window) == FAST:
            self.fast -= self.fast_window[0]
        if len(self.slow_window) == SLOW:
            self.slow -= self.slow_window[0]
        self.fast_window.append(ticks)
        self.slow_window.append(ticks)
        self.fast += ticks
        self.slow += ticks
        if len(self.slow_window) < SLOW:
            return
        fast, slow = 5 * self.fast, 2 * self.slow  # of 20 and 50 closes, shortened by 10
        flat = self.is_flat(engine, bar.symbol)
        if fast > slow and flat:
            engine.submit_order(self.market_order(bar.symbol, ssbt.Side.BUY, float(SHARES)))
        elif fast < slow and not flat:
            engine.submit_order(self.market_order(bar.symbol, ssbt.Side.SELL, float(SHARES)))


def run() -> list:
    data = {("timestamp" if name == "starts" else name): each for name, each in DATA.items()}
    return ssbt.quick_backtest(Crossing(), data, symbol="S00", initial_cash=1e9).fills


def orders_of(fills: list) -> list[tuple[int, str]]:
    return [
        (ROWS[fill.timestamp], "buy" if fill.side == ssbt.Side.BUY else "sell") for fill in fills
    ]


report("ssbt", run, len(DATA["starts"]), orders_of=orders_of)
