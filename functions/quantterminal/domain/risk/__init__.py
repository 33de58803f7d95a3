"""Risk rules: an ordered list of small checks, each with one stable code. Rule 0 is the halt.

`check` answers the first denial or None. Rules have no side effects and see only the proposal, the
snapshot and the limits; a value that is missing denies (fail closed). An order that can only bring
a position closer to zero is never denied by a limit.
"""

from quantterminal.domain.risk.conflicts import (
    no_duplicate,
    no_similar,
    no_wash_trade,
    open_orders,
    order_rate,
)
from quantterminal.domain.risk.exposure import (
    account_exposure,
    available_buying_power,
    buying_power,
    position_limit,
)
from quantterminal.domain.risk.gates import (
    fresh_data,
    fresh_intent,
    halt,
    in_session,
    session_edges,
    symbol_allowed,
    symbol_flagged,
    symbol_restricted,
)
from quantterminal.domain.risk.levels import Denial, DenialCode, HaltLevel, SymbolFlag
from quantterminal.domain.risk.limits import (
    RiskLimits,
    effective_limits,
    limits_as_text,
    limits_from_text,
    recent_window,
)
from quantterminal.domain.risk.orders import (
    Approved,
    Origin,
    Proposal,
    Reservation,
    RiskSnapshot,
    Rule,
)
from quantterminal.domain.risk.terms import (
    min_price,
    no_flip,
    no_short,
    order_size,
    participation,
    price_collar,
    valid_price,
    valid_quantity,
)
from quantterminal.domain.risk.worst_case import is_reducing, worst_case

__all__ = [
    "RULES",
    "Approved",
    "Denial",
    "DenialCode",
    "HaltLevel",
    "Origin",
    "Proposal",
    "Reservation",
    "RiskLimits",
    "RiskSnapshot",
    "Rule",
    "SymbolFlag",
    "account_exposure",
    "available_buying_power",
    "buying_power",
    "check",
    "effective_limits",
    "fresh_data",
    "fresh_intent",
    "halt",
    "in_session",
    "is_reducing",
    "limits_as_text",
    "limits_from_text",
    "min_price",
    "no_duplicate",
    "no_flip",
    "no_short",
    "no_similar",
    "no_wash_trade",
    "open_orders",
    "order_rate",
    "order_size",
    "participation",
    "position_limit",
    "price_collar",
    "recent_window",
    "session_edges",
    "symbol_allowed",
    "symbol_flagged",
    "symbol_restricted",
    "valid_price",
    "valid_quantity",
    "worst_case",
]

RULES: tuple[Rule, ...] = (
    halt,
    symbol_allowed,
    symbol_restricted,
    symbol_flagged,
    in_session,
    session_edges,
    fresh_intent,
    fresh_data,
    valid_quantity,
    valid_price,
    no_duplicate,
    no_wash_trade,
    no_similar,
    open_orders,
    order_rate,
    price_collar,
    min_price,
    no_flip,
    no_short,
    position_limit,
    buying_power,
    account_exposure,
    order_size,
    participation,
)


def check(
    proposal: Proposal,
    snapshot: RiskSnapshot,
    limits: RiskLimits,
    *,
    rules: tuple[Rule, ...] = RULES,
) -> Denial | None:
    """The first denial in the order of the rules, None when the order may be sent."""
    for rule in rules:
        denial = rule(proposal, snapshot, limits)
        if denial is not None:
            return denial
    return None
