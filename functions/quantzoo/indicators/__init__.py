"""Incremental indicators: O(1) a bar, None until warm, saved with the strategy that holds them.

Sums of prices are integers of 1/10000 dollar, so that their values do not depend on where the
stream began; the README of this package says where they differ from TA-Lib.
"""

from quantzoo.indicators.averages import Ema, Sma
from quantzoo.indicators.bands import Bollinger, RollingStd
from quantzoo.indicators.base import TICKS_PER_DOLLAR, Indicator, to_ticks
from quantzoo.indicators.extremes import RollingMax, RollingMin
from quantzoo.indicators.oscillators import Roc, Rsi
from quantzoo.indicators.ranges import Atr

__all__ = [
    "TICKS_PER_DOLLAR",
    "Atr",
    "Bollinger",
    "Ema",
    "Indicator",
    "Roc",
    "RollingMax",
    "RollingMin",
    "RollingStd",
    "Rsi",
    "Sma",
    "to_ticks",
]
