"""Work A in vectorbt: whole columns; run once before, because it compiles at first use."""

import warnings

import numpy as np
import vectorbt as vbt
from peer import FAST, SHARES, SLOW, frame, report

warnings.simplefilter("ignore")
BARS = frame()


def run() -> list[tuple[int, str]]:
    fast = vbt.MA.run(BARS.Close, FAST).ma.to_numpy()
    slow = vbt.MA.run(BARS.Close, SLOW).ma.to_numpy()
    above, below = fast > slow, fast < slow
    entries, exits = np.roll(above, 1), np.roll(below, 1)
    entries[0] = exits[0] = False
    found = vbt.Portfolio.from_signals(
        BARS.Close,
        entries,
        exits,
        price=BARS.Open,
        size=SHARES,
        size_type="amount",
        init_cash=1e9,
        accumulate=False,
    )
    records = found.orders.records
    return [
        (row, "sell" if side else "buy")
        for row, side in zip(records.idx, records.side, strict=True)
    ]


run()
report("vectorbt", run, len(BARS))
