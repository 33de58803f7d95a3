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


def report(
    package: str, run: Callable[[], list[tuple[int, str]]], bars: int, **more: list[float]
) -> None:
    began = time.process_time()
    orders = run()
    seconds = time.process_time() - began
    found = {
        "version": version(package),
        "bars": bars,
        "seconds": seconds,
        "orders": [[int(row), side] for row, side in orders],
        **more,
    }
    sys.stdout.write(json.dumps(found) + "\n")
