"""Work B in vectorbt: whole columns, one cash for all, no account rules; run once before, because
it compiles at first use. Reversion and breakout stop at fractions of their entry price.
"""

import warnings

import numpy as np
import pandas as pd
import vectorbt as vbt
from peer import columns, endings, orders_of_records, report, symbols
from three import (
    BACK,
    BAND,
    CHANNEL,
    ENTRY,
    FAST,
    MARGIN,
    RANGE,
    SLOW,
    STOP,
    TRAIL,
    WIDTH,
)

warnings.simplefilter("ignore")
SYMBOLS = symbols()
DATA = {symbol: columns(symbol) for symbol in SYMBOLS}
STARTS = DATA[SYMBOLS[0]]["starts"]
FRAMES = {
    name: pd.DataFrame({symbol: DATA[symbol][name] for symbol in SYMBOLS})
    for name in ("open", "high", "low", "close")
}
ENDING = np.array(endings(STARTS.tolist()))[:, None]
CASH = 1e6


def run():  # noqa: ANN201 - the peer's own names and untyped calls
    opens, high, low, close = (FRAMES[name] for name in ("open", "high", "low", "close"))
    fast = vbt.MA.run(close, FAST).ma.to_numpy()
    slow = vbt.MA.run(close, SLOW).ma.to_numpy()
    change = close.to_numpy() - close.shift(BACK).to_numpy()
    band = vbt.BBANDS.run(close, window=BAND, alpha=WIDTH)
    middle, lower = band.middle.to_numpy(), band.lower.to_numpy()
    deviation = (middle - lower) / WIDTH
    ranges = vbt.ATR.run(high, low, close, window=RANGE, ewm=True).atr.to_numpy()
    top = high.rolling(CHANNEL).max().shift(1).to_numpy()
    at, calm = close.to_numpy(), ~ENDING
    broke = at > top + MARGIN * np.vstack([ranges[:1], ranges[:-1]])
    entries = np.hstack([(fast > slow) & (change > 0) & calm, (at < lower) & calm, broke & calm])
    leaves = np.hstack(
        [((fast < slow) & (change < 0)) | ENDING, (at >= middle) | ENDING, broke & False | ENDING]
    )
    entries, leaves = np.roll(entries, 1, axis=0), np.roll(leaves, 1, axis=0)
    entries[0] = leaves[0] = False
    none = np.full_like(at, np.nan)
    stops = np.hstack([none, STOP * deviation / at, TRAIL * ranges / at])
    trails = np.zeros_like(stops, dtype=bool)
    trails[:, 2 * len(SYMBOLS) :] = True
    three = [np.tile(each.to_numpy(), (1, 3)) for each in (close, opens, high, low)]
    return vbt.Portfolio.from_signals(
        three[0],
        entries,
        leaves,
        price=three[1],
        open=three[1],
        high=three[2],
        low=three[3],
        sl_stop=stops,
        sl_trail=trails,
        size=CASH * ENTRY / three[0],
        size_type="amount",
        init_cash=CASH,
        cash_sharing=True,
        group_by=True,
        accumulate=False,
    )


run()
report("vectorbt", run, len(STARTS) * len(SYMBOLS), orders_of=orders_of_records)
