"""The trading configuration: what is traded, by which strategies, and within which limits.

Validated once, in the command line or at deploy, and equal for every process of one run.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from quantterminal.domain.risk import RiskLimits


class Mode(StrEnum):
    """Whose money it is. The dashboard and the reports show it everywhere."""

    SIMULATED = "SIMULATED"
    PAPER = "PAPER"
    LIVE = "LIVE"


class OnTimeout(StrEnum):
    """What happens to a limit order that did not fill in time."""

    REPRICE = "reprice"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class StrategyConfig:
    """One strategy: `kind` is a name of the catalog or `package.module:Class`.

    `symbols` empty means the whole universe.
    """

    name: str
    kind: str
    symbols: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExecutionConfig:
    """How orders are priced and how long they may rest.

    `limit_offset_bps` is added against us (buys above, sells below the reference price);
    `order_fraction` of the day's opening equity is the size of an order without a quantity.
    """

    limit_offset_bps: Decimal = Decimal(5)
    order_timeout_s: int = 30
    on_timeout: OnTimeout = OnTimeout.REPRICE
    max_reprices: int = 2
    order_fraction: Decimal = Decimal("0.04")
    unknown_resend_after_s: int = 30
    unknown_give_up_after_s: int = 120


@dataclass(frozen=True, slots=True)
class BrokerPin:
    """C26: which account of which broker this configuration is for; empty is not pinned.

    `base_url` comes without /v2, `key_prefix` is how the key's id begins, `account_number` is the
    broker's own.
    """

    base_url: str = ""
    key_prefix: str = ""
    account_number: str = ""


@dataclass(frozen=True, slots=True)
class TradingConfig:
    """Everything that decides what is traded and how; equal for every process of one run."""

    account: str
    mode: Mode
    symbols: tuple[str, ...]
    strategies: tuple[StrategyConfig, ...]
    limits: RiskLimits = field(default_factory=RiskLimits)
    execution: ExecutionConfig = field(default_factory=ExecutionConfig)
    broker: BrokerPin = field(default_factory=BrokerPin)
    barrier_timeout_s: float = 2.0
    sweep_every_s: int = 10

    def strategies_for(self, symbol: str) -> tuple[StrategyConfig, ...]:
        """The strategies that trade `symbol`, in the configured order."""
        return tuple(s for s in self.strategies if not s.symbols or symbol in s.symbols)

    def symbols_of(self, strategy: StrategyConfig) -> tuple[str, ...]:
        """What `strategy` trades, in alphabetical order."""
        return tuple(sorted(strategy.symbols or self.symbols))
