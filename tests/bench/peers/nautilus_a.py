"""Work A in nautilus_trader 2."""

from collections import deque
from typing import Any

from nautilus import Fills, bar_type, bars, engine, instrument, quiet
from nautilus_trader import model, trading
from peer import FAST, SHARES, SLOW, columns, report

STARTS = columns()["starts"].tolist()
EQUITY = instrument("S00")
BARS = bars("S00")
LOT = model.Quantity(SHARES, 0)


class Crossing(trading.Strategy):
    def __init__(self) -> None:
        super().__init__(quiet())
        self.fills = Fills(STARTS)
        self.fast_window: deque = deque(maxlen=FAST)
        self.slow_window: deque = deque(maxlen=SLOW)
        self.fast = self.slow = 0
        self.held = False

    def on_start(self) -> None:
        self.subscribe_bars(bar_type("S00"))

    def on_bar(self, bar) -> None:  # noqa: ANN001 - the peer's own names and untyped calls
        ticks = round(bar.close.as_double() * 10_000)
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
        if fast > slow and not self.held:
            self.trade(model.OrderSide.BUY)
        elif fast < slow and self.held:
            self.trade(model.OrderSide.SELL)

    def trade(self, side: Any) -> None:
        self.held = not self.held
        self.submit_order(self.order_factory.market(EQUITY.id, side, LOT))

    def on_order_filled(self, event) -> None:  # noqa: ANN001 - as above
        self.fills.note(event)


def prepare() -> tuple[Any, Crossing]:
    strategy = Crossing()
    return engine([EQUITY], BARS, strategy, 1e9), strategy


def run(made: Any, strategy: Crossing) -> list[tuple[int, str]]:
    made.run()
    return strategy.fills.orders


report("nautilus_trader", run, len(STARTS), prepare=prepare)
