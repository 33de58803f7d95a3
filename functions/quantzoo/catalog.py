"""Strategies by name: those that come with QuantZoo, and a user's own by `package.module:Class`."""

import importlib
import inspect
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from quantterminal.domain.errors import ConfigurationError
from quantzoo.strategies.mean_reversion import MeanReversion
from quantzoo.strategies.momentum import Momentum
from quantzoo.strategies.volatility_breakout import VolatilityBreakout
from quantzoo.strategy import MinuteStrategy, Strategy

STRATEGIES: Mapping[str, type[Strategy]] = MappingProxyType(
    {cls.name: cls for cls in (Momentum, MeanReversion, VolatilityBreakout)}
)


def make_strategy(name: str, parameters: Mapping[str, Any]) -> Strategy | MinuteStrategy:
    """A new strategy with `parameters`; `name` is one of STRATEGIES or `package.module:Class`.

    Raises ConfigurationError for a class that cannot be had and for every wrong parameter.
    """
    return strategy_class(name)(**parameters)


def strategy_class(name: str) -> type[Strategy] | type[MinuteStrategy]:
    """The class behind `name`; raises ConfigurationError when there is none."""
    if name in STRATEGIES:
        return STRATEGIES[name]
    module_name, colon, class_name = name.partition(":")
    if not (colon and all(part.isidentifier() for part in [*module_name.split("."), class_name])):
        raise ConfigurationError(
            f"Expected a strategy of {sorted(STRATEGIES)} or 'package.module:Class', was {name!r}"
        )
    return _own_class(name, module_name, class_name)


def _own_class(
    name: str, module_name: str, class_name: str
) -> type[Strategy] | type[MinuteStrategy]:
    try:
        module = importlib.import_module(module_name)
    except (ImportError, SyntaxError) as exc:
        raise ConfigurationError(
            f"Strategy {name!r}: expected module {module_name!r} to import, was: {exc}"
        ) from exc
    found = getattr(module, class_name, None)
    if found is None:
        raise ConfigurationError(
            f"Strategy {name!r}: expected class {class_name!r} in {module_name}, was not there"
        )
    if not (inspect.isclass(found) and issubclass(found, Strategy | MinuteStrategy)):
        raise ConfigurationError(
            f"Strategy {name!r}: expected a subclass of quantzoo.strategy.Strategy or"
            f" MinuteStrategy, was {found!r}"
        )
    if inspect.isabstract(found):
        missing = sorted(found.__abstractmethods__)
        raise ConfigurationError(f"Strategy {name!r}: expected methods {missing}, were missing")
    return found
