"""What both pieces of work need of nautilus_trader 2: bars, an engine, and the orders of its fills.

It fills a market order at the close of the bar that caused it, so an order counts as one of the
next bar. It needs Python 3.12.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from nautilus_trader import backtest, common, execution, model, trading
from peer import columns

_MINUTE_NS = 60_000_000_000
_NS = 1_000_000  # a millisecond
_VENUE = model.Venue("SIM")
_DOLLARS = model.Currency.from_str("USD")


class Fills:
    """(row of the next bar, side) of every fill, in order."""

    def __init__(self, starts: Sequence[int]) -> None:
        self.orders: list[tuple[int, str]] = []
        self._rows = {start * _NS + _MINUTE_NS: row for row, start in enumerate(starts)}

    def note(self, event: Any) -> None:
        side = "buy" if event.order_side == model.OrderSide.BUY else "sell"
        self.orders.append((self._rows[event.ts_event] + 1, side))


def instrument(symbol: str) -> Any:
    name = model.InstrumentId.from_str(f"{symbol}.SIM")
    cent = model.Price.from_str("0.01")
    return model.Equity(name, model.Symbol(symbol), _DOLLARS, 2, cent, 0, 0)


def bar_type(symbol: str) -> Any:
    return model.BarType.from_str(f"{symbol}.SIM-1-MINUTE-LAST-EXTERNAL")


def bars(symbol: str) -> list[Any]:
    """Each is known at its end."""
    data, kind = columns(symbol), bar_type(symbol)
    lists = [data[name].tolist() for name in ("starts", "open", "high", "low", "close", "volume")]
    found = []
    for start, *prices, volume in zip(*lists, strict=True):
        at = start * _NS + _MINUTE_NS
        dollars = [model.Price(each, 2) for each in prices]
        found.append(model.Bar(kind, *dollars, model.Quantity(volume, 0), at, at))
    return found


def engine(instruments: Sequence[Any], data: Sequence[Any], strategy: Any, cash: float) -> Any:
    """With no fees and no slippage, and nothing written to a log."""
    config = backtest.BacktestEngineConfig(
        logging=common.LoggerConfig(bypass_logging=True), run_analysis=False
    )
    made = backtest.BacktestEngine(config)
    made.add_venue(
        _VENUE,
        model.OmsType.NETTING,
        model.AccountType.MARGIN,
        [model.Money(cash, _DOLLARS)],
        base_currency=_DOLLARS,
        fee_model=execution.MakerTakerFeeModel(Decimal(0), Decimal(0)),
    )
    for each in instruments:
        made.add_instrument(each)
    made.add_strategy(strategy)
    made.add_data(data)
    return made


def quiet() -> Any:
    """Of a strategy: no lines for events and commands."""
    return trading.StrategyConfig(log_events=False, log_commands=False)
