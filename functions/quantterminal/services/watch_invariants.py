"""What must hold between broker and ledger, looked at in every reconcile pass.

A violation is a bug or somebody else's key: it is counted as the metric of its alarm, stops new
orders and is told once. Nothing is repaired here.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from quantterminal.domain.events import EventName
from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.invariants import (
    Invariant,
    Violation,
    halt_violations,
    order_violations,
    sum_violations,
)
from quantterminal.domain.orders import Order, OrderStatus, OrderUpdate
from quantterminal.domain.risk import HaltLevel
from quantterminal.domain.sessions import session_at
from quantterminal.ports.broker_record import BrokerRecord
from quantterminal.ports.ledger import AccountLedger
from quantterminal.ports.telemetry import Telemetry
from quantterminal.services.halting import HaltDesk

_UNKNOWN_HALTS_AFTER = timedelta(seconds=60)
_UNKNOWN = (OrderStatus.SUBMITTING, OrderStatus.UNKNOWN)
_WAITING = frozenset(
    {
        OrderStatus.ACCEPTED,
        OrderStatus.PENDING_NEW,
        OrderStatus.PENDING_CANCEL,
        OrderStatus.PENDING_REPLACE,
        OrderStatus.PENDING_REVIEW,
    }
)


def watch_invariants(
    seen: Iterable[OrderUpdate],
    *,
    since: datetime,
    record: BrokerRecord,
    accounts: AccountLedger,
    halts: HaltDesk,
) -> list[Violation]:
    """What is broken among the broker's orders `seen`, our orders since then and the sums."""
    claims = record.claims(halts.account, since)
    found = [
        *order_violations(seen, claims),
        *halt_violations(claims.values(), halts.ledger.halts(halts.account)),
        *sum_violations(record.sums(halts.account)),
    ]
    for each in found:
        _stop(each, accounts, halts)
    return found


def watch_ages(
    working: Iterable[Order], *, now: datetime, telemetry: Telemetry, halts: HaltDesk
) -> None:
    """Measure the oldest order whose fate is not known and the oldest that the broker only holds.

    An unknown one stops its symbol after a minute; a waiting one is never taken for rejected.
    """
    oldest = {"UnknownSubmitAge": timedelta(0), "OrderStuckAge": timedelta(0)}
    for order in working:
        age = now - (order.submitted_at or order.status_at)
        if order.status in _UNKNOWN:
            oldest["UnknownSubmitAge"] = max(oldest["UnknownSubmitAge"], age)
            if age > _UNKNOWN_HALTS_AFTER:
                halts.raise_halt(
                    f"symbol:{order.symbol}",
                    HaltLevel.REDUCE_ONLY,
                    code=HaltCode.UNKNOWN_SUBMIT,
                    reason=f"{order.client_order_id} is {order.status} for {age.total_seconds()} s",
                    actor="reconcile",
                )
        elif order.status in _WAITING and session_at(now) is not None:
            oldest["OrderStuckAge"] = max(oldest["OrderStuckAge"], now - order.status_at)
    for name, age in oldest.items():
        if age:
            telemetry.measure(name, age.total_seconds(), "Seconds")


def _stop(violation: Violation, accounts: AccountLedger, halts: HaltDesk) -> None:
    per_symbol = violation.invariant is Invariant.BOOKS_ADD_UP
    scope = f"symbol:{violation.ref}" if per_symbol else ACCOUNT
    halts.announcer.telemetry.record(violation.invariant, ref=violation.ref, problem=violation.text)
    halts.raise_halt(
        scope,
        HaltLevel.REDUCE_ONLY,
        code=HaltCode.INVARIANT,
        reason=violation.text,
        actor="reconcile",
    )
    key = f"{violation.invariant}:{violation.ref}"
    if accounts.once(halts.account, name="violation", key=key, at=halts.clock.now()):
        halts.announcer.announce(EventName.INVARIANT_BROKEN, violation.text, ref=key)
