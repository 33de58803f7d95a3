"""Decoded events as numpy record arrays: one list a column, no Python object a row."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from quantterminal.domain.trade_conditions import mask_of
from quantterminal.ports.ticks import QUOTE_FIELDS, TRADE_FIELDS, QuoteTick, TradeTick

TRADE = np.dtype(list(TRADE_FIELDS))
QUOTE = np.dtype(list(QUOTE_FIELDS))
Table = npt.NDArray[np.void]

_MOST_MASKS = 10_000


class Symbols(dict[str, int]):
    """Symbol -> its place in `names`; a new one gets the next place when it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __missing__(self, symbol: str) -> int:
        place = self[symbol] = len(self.names)
        self.names.append(symbol)
        return place


class _Masks(dict[tuple[float, ...], int]):
    """Conditions -> mask, remembered: there are a few hundred combinations."""

    def __missing__(self, conditions: tuple[float, ...]) -> int:
        if len(self) >= _MOST_MASKS:
            self.clear()
        mask = self[conditions] = mask_of(conditions)
        return mask


_masks = _Masks()


def trade_table(trades: Sequence[TradeTick], symbols: Symbols) -> Table:
    """One row a print. Values that fit no column become the largest or smallest that do."""
    rows = np.zeros(len(trades), TRADE)
    if not trades:
        return rows
    masks = _masks
    rows["symbol"] = [symbols[each.symbol] for each in trades]
    rows["price"] = [each.price for each in trades]
    rows["size"] = _floats([each.size for each in trades])
    rows["conditions"] = [masks[each.conditions] if each.conditions else 0 for each in trades]
    _fill(rows, "at_ms", [each.at_ms for each in trades])
    _fill(rows, "sequence", [each.sequence for each in trades])
    _fill(rows, "exchange", [each.exchange for each in trades])
    _fill(rows, "tape", [each.tape for each in trades])
    _fill(rows, "trf", [each.trf for each in trades])
    _fill(rows, "correction", [each.correction for each in trades])
    return rows


def quote_table(quotes: Sequence[QuoteTick], symbols: Symbols) -> Table:
    """One row a quote, as `trade_table`."""
    rows = np.zeros(len(quotes), QUOTE)
    if not quotes:
        return rows
    rows["symbol"] = [symbols[each.symbol] for each in quotes]
    rows["bid"] = [each.bid for each in quotes]
    rows["ask"] = [each.ask for each in quotes]
    _fill(rows, "at_ms", [each.at_ms for each in quotes])
    _fill(rows, "sequence", [each.sequence for each in quotes])
    _fill(rows, "bid_size", [each.bid_size for each in quotes])
    _fill(rows, "ask_size", [each.ask_size for each in quotes])
    _fill(rows, "bid_exchange", [each.bid_exchange for each in quotes])
    _fill(rows, "ask_exchange", [each.ask_exchange for each in quotes])
    _fill(rows, "tape", [each.tape for each in quotes])
    return rows


def _fill(rows: Table, name: str, values: list[float]) -> None:
    column = rows[name]
    limits = np.iinfo(column.dtype)
    try:
        numbers = np.array(values, np.int64)
    except (OverflowError, ValueError):  # not finite, or nowhere near
        floats = np.nan_to_num(_floats(values), nan=-np.inf)
        numbers = np.clip(floats, -(2.0**53), 2.0**53).astype(np.int64)
    column[:] = numbers if column.dtype == np.int64 else np.clip(numbers, limits.min, limits.max)


def _floats(values: list[float]) -> npt.NDArray[np.float64]:
    """As floats; a whole number that is too large for one is infinite."""
    try:
        return np.array(values, np.float64)
    except OverflowError:
        return np.array([_float(each) for each in values])


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
