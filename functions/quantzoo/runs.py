"""Configured strategies as the kernel runs them: on each symbol alone, or over several together."""

from quantterminal.domain.barrier import shards
from quantterminal.domain.configuration import StrategyConfig, TradingConfig
from quantterminal.domain.errors import ConfigurationError
from quantterminal.domain.kernel import MinuteRun, StrategyRun
from quantzoo.catalog import make_strategy, strategy_class
from quantzoo.strategy import MinuteStrategy, Strategy

EVERY = "*"
"""In the place of the symbol: the one state that a strategy over several symbols has."""


def sees_minutes(config: StrategyConfig) -> bool:
    """Whether the strategy is shown the minutes of all its symbols, not each symbol's bars."""
    return issubclass(strategy_class(config.kind), MinuteStrategy)


def on_bars(trading: TradingConfig, symbol: str) -> tuple[StrategyConfig, ...]:
    """The strategies that are shown each bar of `symbol`, in the configured order."""
    return tuple(each for each in trading.strategies_for(symbol) if not sees_minutes(each))


def on_minutes(trading: TradingConfig) -> tuple[StrategyConfig, ...]:
    """The strategies that are shown closed minutes, in the configured order."""
    return tuple(each for each in trading.strategies if sees_minutes(each))


def bar_run(config: StrategyConfig, symbol: str) -> StrategyRun:
    """A new strategy on one symbol, under its configured name.

    Raises ConfigurationError for one that is shown minutes.
    """
    strategy = make_strategy(config.kind, config.parameters)
    if not isinstance(strategy, Strategy):
        raise ConfigurationError(f"Expected a strategy with on_bar, was {config.kind}")
    strategy.name = config.name
    return StrategyRun(strategy, symbol)


def minute_run(config: StrategyConfig, trading: TradingConfig) -> MinuteRun:
    """A new strategy over all its symbols of `trading`, under its configured name.

    Raises ConfigurationError for one that is shown bars, and where its symbols do not close their
    minutes together.
    """
    strategy = make_strategy(config.kind, config.parameters)
    if not isinstance(strategy, MinuteStrategy):
        raise ConfigurationError(f"Expected a strategy with on_minute, was {config.kind}")
    strategy.name = config.name
    symbols = trading.symbols_of(config)
    check_shards(config, trading)
    return MinuteRun(strategy, symbols)


def check_shards(config: StrategyConfig, trading: TradingConfig) -> None:
    """Raises ConfigurationError where a strategy would need minutes of more than one shard."""
    wanted = set(trading.symbols_of(config))
    parts = [part for part in shards(trading.symbols) if wanted & set(part)]
    if len(parts) > 1:
        raise ConfigurationError(
            f"strategies {config.name}: expected symbols of one shard, {parts[0][0]} to"
            f" {parts[0][-1]} say, was {len(wanted)} symbols of {len(parts)} shards"
        )
