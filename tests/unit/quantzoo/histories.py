"""Synthetic histories for the tests of the engine and of the research tools."""

from collections.abc import Sequence
from datetime import date
from functools import cache

from local.market.synthetic import SyntheticMarket
from quantterminal.domain.bars import Bar
from quantterminal.domain.configuration import Mode, StrategyConfig, TradingConfig
from quantzoo.backtest.history import History, history_of, instant


@cache
def synthetic(symbols: tuple[str, ...] = ("ALDR",), *, sessions: int = 4, seed: int = 3) -> History:
    market = SyntheticMarket(
        seed=seed, symbols=symbols, start=date(2024, 3, 4), sessions=sessions, warmup_minutes=0
    )
    return history_of(
        Bar(r.symbol, instant(r.start_ms), r.open, r.high, r.low, r.close, r.volume)
        for _, rows in market.minutes()
        for r in rows
    )


def trading(
    *strategies: StrategyConfig, symbols: Sequence[str] = ("ALDR",), **changes: object
) -> TradingConfig:
    return TradingConfig("main", Mode.SIMULATED, tuple(symbols), strategies, **changes)  # type: ignore[arg-type]  # by the caller's names
