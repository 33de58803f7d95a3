"""An order that is allowed, the account it is allowed in, and what one case changes of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from quantterminal.domain.risk import (
    Approved,
    DenialCode,
    Proposal,
    Reservation,
    RiskLimits,
    RiskSnapshot,
    Rule,
)
from quantterminal.domain.signals import Side

Changes = Mapping[str, Any]

NOW = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)  # a Monday, 10:00 in New York
PROPOSAL = Proposal(
    intent_id="momentum@1:SPY:20240304T1459Z:0#0",
    strategy="momentum",
    symbol="SPY",
    side=Side.BUY,
    quantity=Decimal(50),
    limit_price=Decimal("100.00"),
    reference_price=Decimal("100.00"),
    bar_end=NOW,
    valid_until=NOW + timedelta(seconds=60),
)
SNAPSHOT = RiskSnapshot(
    now=NOW,
    equity=Decimal(100_000),
    positions={},
    marks={"SPY": Decimal(100), "IBM": Decimal(200)},
    allowed_symbols=frozenset({"SPY", "IBM"}),
)
NAN = Decimal("NaN")


@dataclass(frozen=True, slots=True)
class Case:
    """One row of a rule's table: the changes, and the code that the rule then answers."""

    rule: Rule
    code: DenialCode | None
    proposed: Changes = field(default_factory=dict)
    found: Changes = field(default_factory=dict)
    limits: Changes = field(default_factory=dict)

    def answer(self) -> DenialCode | None:
        denial = self.rule(
            replace(PROPOSAL, **self.proposed),
            replace(SNAPSHOT, **self.found),
            RiskLimits(**self.limits),
        )
        return None if denial is None else denial.code


def working(
    side: Side,
    quantity: object,
    *,
    price: object = 100,
    symbol: str = "SPY",
    strategy: str = "other",
) -> Reservation:
    return Reservation(strategy, symbol, side, Decimal(str(quantity)), Decimal(str(price)))


def approved(
    number: int = 0,
    *,
    strategy: str = "momentum",
    symbol: str = "SPY",
    side: Side = Side.BUY,
    quantity: int = 50,
    age: timedelta = timedelta(0),
) -> Approved:
    intent = f"{strategy}@1:{symbol}:20240304T1400Z:{number}#0"
    return Approved(intent, strategy, symbol, side, Decimal(quantity), NOW - age)
