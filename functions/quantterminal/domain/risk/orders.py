"""The values that the rules look at: an order before it is allowed, and the account around it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from quantterminal.domain.risk.levels import Denial, HaltLevel, SymbolFlag
from quantterminal.domain.risk.limits import RiskLimits
from quantterminal.domain.signals import Side


class Origin(StrEnum):
    """Who asked for an order. Only a person's flatten may act while everything is halted."""

    STRATEGY = "strategy"
    FLATTEN = "flatten"


@dataclass(frozen=True, slots=True)
class Proposal:
    """An order as it would be sent, before it is allowed. Shares, dollars, aware UTC.

    `held` are the signed shares that its own strategy holds, None when nobody knows.
    """

    intent_id: str
    strategy: str
    symbol: str
    side: Side
    quantity: Decimal
    limit_price: Decimal
    reference_price: Decimal
    bar_end: datetime
    valid_until: datetime
    origin: Origin = Origin.STRATEGY
    held: Decimal | None = None

    @property
    def notional(self) -> Decimal:
        return self.quantity * self.limit_price


@dataclass(frozen=True, slots=True)
class Reservation:
    """What one working order may still do: signed by its side, at its limit price."""

    strategy: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal

    @property
    def notional(self) -> Decimal:
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class Approved:
    """One order that was allowed lately. `decided_at` is the end of the bar it was priced from:
    market time, which a live run and a replay of it share, however fast either is.
    """

    intent_id: str
    strategy: str
    symbol: str
    side: Side
    quantity: Decimal
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class RiskSnapshot:
    """The account as one consistent read: all that the rules may look at.

    `positions` are signed net shares by symbol, `marks` last prices in dollars, `reserved` the
    working orders by intent, `levels` the halt level by scope (`account`, `strategy:X`,
    `symbol:Y`). `equity` is cash plus all positions at their marks. `recent` has the orders that
    were allowed within the longest window of any rule, and maybe older ones; `flags` the symbols
    that are not to be traded as usual; `volumes` average shares a day.
    """

    now: datetime
    equity: Decimal | None
    positions: Mapping[str, Decimal]
    marks: Mapping[str, Decimal]
    reserved: Mapping[str, Reservation] = field(default_factory=dict)
    levels: Mapping[str, HaltLevel] = field(default_factory=dict)
    allowed_symbols: frozenset[str] = frozenset()
    recent: Sequence[Approved] = ()
    flags: Mapping[str, SymbolFlag] = field(default_factory=dict)
    volumes: Mapping[str, Decimal] = field(default_factory=dict)

    def level_for(self, strategy: str, symbol: str) -> tuple[HaltLevel, str]:
        """The strictest level that applies, and the scope it comes from."""
        scopes = ("account", f"strategy:{strategy}", f"symbol:{symbol}")
        return max(
            ((self.levels.get(scope, HaltLevel.ACTIVE), scope) for scope in scopes),
            key=lambda pair: pair[0],
        )


Rule = Callable[[Proposal, RiskSnapshot, RiskLimits], Denial | None]
