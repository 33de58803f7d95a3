"""What follows from a refusal of the broker beyond the order itself: how far trading stops.

An order that was refused is never sent again by us; a strategy may ask again on a later bar. Where
asking again cannot help, that is stopped here.
"""

from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.orders import Order
from quantterminal.domain.risk import HaltLevel
from quantterminal.domain.sessions import new_york_date
from quantterminal.ports.broker import Refusal
from quantterminal.ports.ledger import AccountLedger
from quantterminal.services.halting import HaltDesk

_MOST_WASH_TRADES = 3


def heed_refusal(order: Order, code: str, *, accounts: AccountLedger, halts: HaltDesk) -> None:
    """Stop what the refusal of `order` calls for. Repeating it changes nothing.

    Keys that are refused halt the account, a symbol that cannot be traded or that was refused as a
    wash trade for the third time today may only be reduced until the next session. A refusal that
    this code does not know is counted for its alarm.
    """
    scope = f"symbol:{order.symbol}"
    if code == Refusal.UNAUTHORIZED:
        _stop(halts, ACCOUNT, HaltLevel.HALTED, HaltCode.BROKER_REFUSED_US, code)
    elif code == Refusal.NOT_TRADABLE or (
        code == Refusal.WASH_TRADE and _is_one_too_many(order, accounts, halts)
    ):
        _stop(halts, scope, HaltLevel.REDUCE_ONLY, HaltCode.NOT_TRADABLE, code)
    elif code == Refusal.UNKNOWN:
        halts.announcer.telemetry.record("UnknownRejection", ref=order.client_order_id)


def _is_one_too_many(order: Order, accounts: AccountLedger, halts: HaltDesk) -> bool:
    """Whether this is the last of the day's tries; each is one durable mark."""
    now = halts.clock.now()
    name = f"wash-trade:{order.symbol}:{new_york_date(now).isoformat()}"
    for count in range(1, _MOST_WASH_TRADES):
        if accounts.once(halts.account, name=name, key=str(count), at=now):
            return False
    return True


def _stop(halts: HaltDesk, scope: str, level: HaltLevel, code: HaltCode, reason: str) -> None:
    halts.raise_halt(
        scope, level, code=code, reason=f"the broker refused an order: {reason}", actor="execution"
    )
