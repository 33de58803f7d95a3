"""What the scripts of the peers share: each is called with the data file and the bars to use, and
prints one JSON object: version, bars, processor seconds of the run alone, orders as [row, side].
"""

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

FAST, SLOW, SHARES = 20, 50, 100


def frame(symbol: str = "S00") -> Any:
    """The bars as a pandas frame with Capitalised columns and naive UTC times."""
    import pandas as pd

    data = columns(symbol)
    index = pd.to_datetime(data.pop("starts"), unit="ms")
    return pd.DataFrame({name.capitalize(): each for name, each in data.items()}, index=index)


def columns(symbol: str = "S00") -> dict[str, Any]:
    found = np.load(sys.argv[1])
    names = ("starts", "open", "high", "low", "close", "volume")
    return {name: found[f"{symbol}_{name}"][: int(sys.argv[2])] for name in names}


def symbols() -> list[str]:
    """All that the data holds."""
    return sorted(
        name.removesuffix("_starts") for name in np.load(sys.argv[1]) if "_starts" in name
    )


def endings(starts: list[int]) -> list[bool]:
    """Whether a session closes five minutes or less after each bar's end; sessions are whole."""
    found = [False] * len(starts)
    for row, start in enumerate(starts):
        last = row + 1 == len(starts) or starts[row + 1] != start + 60_000
        if last:
            found[max(row - 5, 0) : row + 1] = [True] * (row + 1 - max(row - 5, 0))
    return found


def orders_of_records(portfolio: Any) -> list[tuple[int, str]]:
    """vectorbt's own records."""
    records = portfolio.orders.records
    sides = zip(records.idx, records.side, strict=True)
    return [(row, "sell" if side else "buy") for row, side in sides]


def report(
    package: str,
    run: Callable[..., Any],
    bars: int,
    *,
    prepare: Callable[[], tuple[Any, ...]] = tuple,
    orders_of: Callable[[Any], list[tuple[int, str]]] = list,
    **more: list[float],
) -> None:
    """Time `run` alone, the best of some times; neither what it is handed, made by `prepare`, nor
    `orders_of` what it returned is timed.
    """
    times = []
    for _ in range(int(sys.argv[3]) if len(sys.argv) > 3 else 1):
        prepared = prepare()
        began = time.process_time()
        result = run(*prepared)
        times.append(time.process_time() - began)
    found = {
        "version": version(package),
        "bars": bars,
        "seconds": min(times),
        "orders": [[int(row), side] for row, side in orders_of(result)],
        **more,
    }
    sys.stdout.write(json.dumps(found) + "\n")
