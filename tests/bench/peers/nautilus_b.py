"""Work B in nautilus_trader 2: one strategy object that holds the three of every symbol."""

from typing import Any

from nautilus import Fills, bar_type, bars, engine, instrument, quiet
from nautilus_trader import model, trading
from peer import columns, endings, report, symbols
from three import Three

SYMBOLS = symbols()
STARTS = columns(SYMBOLS[0])["starts"].tolist()
ENDING = endings(STARTS)
EQUITIES = {symbol: instrument(symbol) for symbol in SYMBOLS}
BARS = [bar for symbol in SYMBOLS for bar in bars(symbol)]
CASH = 1e6


class Minute:
    """What the three look at, as floats."""

    __slots__ = ("close", "high", "low")

    def __init__(self, bar: Any) -> None:
        self.high = bar.high.as_double()
        self.low = bar.low.as_double()
        self.close = bar.close.as_double()


class Strategies(trading.Strategy):
    def __init__(self) -> None:
        super().__init__(quiet())
        self.fills = Fills(STARTS)
        self.of = {bar_type(each): (EQUITIES[each].id, Three()) for each in SYMBOLS}
        self.ends = {
            start * 1_000_000 + 60_000_000_000: ending
            for start, ending in zip(STARTS, ENDING, strict=True)
        }
        self.cash = CASH
        self.marks: dict[Any, float] = {}
        self.shares: dict[Any, int] = {}

    def on_start(self) -> None:
        for each in self.of:
            self.subscribe_bars(each)

    def on_bar(self, bar) -> None:  # noqa: ANN001 - the peer's own names and untyped calls
        name, three = self.of[bar.bar_type]
        minute = Minute(bar)
        self.marks[name] = minute.close
        equity = self.cash + sum([held * self.marks[each] for each, held in self.shares.items()])
        for shares in three.on_bar(minute, ending=self.ends[bar.ts_event], equity=equity):
            side = model.OrderSide.BUY if shares > 0 else model.OrderSide.SELL
            lot = model.Quantity(abs(shares), 0)
            self.cash -= shares * minute.close
            self.shares[name] = self.shares.get(name, 0) + shares
            self.submit_order(self.order_factory.market(name, side, lot))

    def on_order_filled(self, event) -> None:  # noqa: ANN001 - as above
        self.fills.note(event)


def prepare() -> tuple[Any, Strategies]:
    strategy = Strategies()
    return engine(list(EQUITIES.values()), BARS, strategy, CASH), strategy


def run(made: Any, strategy: Strategies) -> list[tuple[int, str]]:
    made.run()
    return strategy.fills.orders


report("nautilus_trader", run, len(STARTS) * len(SYMBOLS), prepare=prepare)
