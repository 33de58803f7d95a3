"""Work A in vectorbt: whole columns; run once before, because it compiles at first use."""

import warnings

import numpy as np
import vectorbt as vbt
from peer import FAST, SHARES, SLOW, frame, orders_of_records, report

warnings.simplefilter("ignore")
BARS = frame()


def run():  # noqa: ANN201 - the peer's own names and untyped calls
    fast = vbt.MA.run(BARS.Close, FAST).ma.to_numpy()
    slow = vbt.MA.run(BARS.Close, SLOW).ma.to_numpy()
    above, below = fast > slow, fast < slow
    entries, exits = np.roll(above, 1), np.roll(below, 1)
    entries[0] = exits[0] = False
    return vbt.Portfolio.from_signals(
        BARS.Close,
        entries,
        exits,
        price=BARS.Open,
        size=SHARES,
        size_type="amount",
        init_cash=1e9,
        accumulate=False,
    )


run()
report("vectorbt", run, len(BARS), orders_of=orders_of_records)
