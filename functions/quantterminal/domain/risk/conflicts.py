"""Does the order get in the way of others of this account: the same again, against, too many?"""

from datetime import timedelta

from quantterminal.domain.risk.levels import Denial, DenialCode
from quantterminal.domain.risk.limits import RiskLimits
from quantterminal.domain.risk.orders import Proposal, RiskSnapshot
from quantterminal.domain.risk.worst_case import is_reducing
from quantterminal.domain.signals import signal_of

_MINUTE = timedelta(minutes=1)


def no_duplicate(proposal: Proposal, snapshot: RiskSnapshot, _limits: RiskLimits) -> Denial | None:
    """C8: while a like order of the same strategy works, another one is a mistake."""
    for intent, order in snapshot.reserved.items():
        same = (order.strategy, order.symbol, order.side) == (
            proposal.strategy,
            proposal.symbol,
            proposal.side,
        )
        if same and intent != proposal.intent_id:
            return Denial(
                DenialCode.DUPLICATE_INTENT,
                f"A {order.side} order of {order.strategy} for {order.symbol} is working already",
            )
    return None


def no_similar(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C8: the very same order again, though the first one ended. A new price for what the same
    signal asked for is no new order.
    """
    if not limits.similar_order_s or not snapshot.recent:
        return None
    window = timedelta(seconds=limits.similar_order_s)
    for each in snapshot.recent:
        same = (
            each.symbol == proposal.symbol
            and each.strategy == proposal.strategy
            and each.side is proposal.side
            and each.quantity == proposal.quantity
            and abs(proposal.bar_end - each.decided_at) < window
        )
        if not same or signal_of(each.intent_id) == signal_of(proposal.intent_id):
            continue
        if is_reducing(proposal, snapshot):
            return None
        return Denial(
            DenialCode.SIMILAR_ORDER,
            f"{each.intent_id} has asked for {proposal.side} {proposal.quantity}"
            f" {proposal.symbol} already",
        )
    return None


def no_wash_trade(proposal: Proposal, snapshot: RiskSnapshot, _limits: RiskLimits) -> Denial | None:
    """C9: the broker refuses an order against one's own working order (Alpaca 403, FINRA 5210)."""
    for intent, order in snapshot.reserved.items():
        against = order.symbol == proposal.symbol and order.side is proposal.side.opposite
        if against and intent != proposal.intent_id:
            return Denial(
                DenialCode.WASH_TRADE,
                f"A {order.side} order of {order.strategy} for {order.symbol} is working",
            )
    return None


def open_orders(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C10: how many orders may work at once, this one with them."""
    total = len(snapshot.reserved) + (proposal.intent_id not in snapshot.reserved)
    if total > limits.max_open_orders:
        scope, found, most = "the account", total, limits.max_open_orders
    else:
        found = 1
        for intent, order in snapshot.reserved.items():
            found += order.symbol == proposal.symbol and intent != proposal.intent_id
        scope, most = proposal.symbol, limits.max_open_orders_per_symbol
    if found <= most or is_reducing(proposal, snapshot):
        return None
    return Denial(
        DenialCode.OPEN_ORDERS, f"Expected at most {most} open orders of {scope}, would be {found}"
    )


def order_rate(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C6: orders that were allowed in one minute of the market, this one with them.

    Exits are not throttled: each is bounded by what is held. Cancels are no orders.
    """
    account = strategy = symbol = 1
    for each in snapshot.recent:
        if each.intent_id == proposal.intent_id:
            continue
        if abs(proposal.bar_end - each.decided_at) < _MINUTE:
            account += 1
            strategy += each.strategy == proposal.strategy
            symbol += each.symbol == proposal.symbol
    if account > limits.max_orders_per_minute:
        scope, found, most = "the account", account, limits.max_orders_per_minute
    elif strategy > limits.max_strategy_orders_per_minute:
        scope, found, most = proposal.strategy, strategy, limits.max_strategy_orders_per_minute
    else:
        scope, found, most = proposal.symbol, symbol, limits.max_symbol_orders_per_minute
    if found <= most or is_reducing(proposal, snapshot):
        return None
    return Denial(
        DenialCode.RATE_LIMIT,
        f"Expected at most {most} orders a minute of {scope}, would be {found}",
    )
