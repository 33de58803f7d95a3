"""What must hold between the broker's rows and ours at any instant, as pure comparisons.

The numbers are those of the reliability catalogue. Nothing here repairs anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from quantterminal.domain.halts import ACCOUNT, Halt
from quantterminal.domain.orders import OrderStatus, OrderUpdate
from quantterminal.domain.risk import HaltLevel, Origin
from quantterminal.domain.signals import Side, is_ours

_HALT_GRACE = timedelta(seconds=5)  # a halt is stamped just before it is durable


class Invariant(StrEnum):
    """The alarm's metric of each invariant that is watched while trading."""

    ONE_ORDER = "DuplicateOrder"  # I1
    HAS_INTENT = "OrphanOrder"  # I2
    BOOKS_ADD_UP = "BooksDoNotAddUp"  # I3
    OBEYS_HALT = "SubmitAfterHalt"  # I5
    SAME_TERMS = "OrderTermsDiffer"  # I6


@dataclass(frozen=True, slots=True)
class Violation:
    """`ref` is the order or the symbol that breaks the invariant."""

    invariant: Invariant
    ref: str
    text: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What the ledger says of one client order id: the intent's terms, and when it was sent."""

    client_order_id: str
    broker_order_id: str | None
    strategy: str
    symbol: str
    side: Side
    quantity: Decimal
    limit_price: Decimal
    status: OrderStatus
    is_approved: bool
    valid_until: datetime
    submitted_at: datetime | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Sums:
    """Shares of one symbol by three ways of counting: executions and corporate actions, positions,
    and the broker's list.
    """

    symbol: str
    facts: Decimal
    positions: Decimal


def order_violations(seen: Iterable[OrderUpdate], claims: Mapping[str, Claim]) -> list[Violation]:
    """I1, I2 and I6 for the broker's orders `seen`; those of other people break nothing."""
    found: list[Violation] = []
    broker_ids: dict[str, set[str]] = {}
    first: dict[str, OrderUpdate] = {}
    for each in seen:
        broker_ids.setdefault(each.client_order_id, set()).add(each.broker_order_id)
        first.setdefault(each.client_order_id, each)
    for name, order in first.items():
        claim = claims.get(name)
        ids = broker_ids[name]
        if claim is not None and claim.broker_order_id is not None:
            ids = ids | {claim.broker_order_id}
        if len(ids) > 1:
            found.append(
                Violation(Invariant.ONE_ORDER, name, f"{name} is {len(ids)} orders at the broker")
            )
        if is_ours(name):
            found += _intent_violations(order, claim)
    return found


def _intent_violations(order: OrderUpdate, claim: Claim | None) -> list[Violation]:
    name = order.client_order_id
    if claim is None or not claim.is_approved or claim.status is OrderStatus.DENIED:
        return [Violation(Invariant.HAS_INTENT, name, f"{name} has no approved intent")]
    found = []
    sent_at = claim.submitted_at
    if sent_at is not None and sent_at > claim.valid_until:
        late = f"{name} was sent at {sent_at.isoformat()}, after its end"
        found.append(Violation(Invariant.HAS_INTENT, name, late))
    theirs = (order.symbol, order.side, order.quantity, order.limit_price)
    ours = (claim.symbol, claim.side, claim.quantity, claim.limit_price)
    if theirs != ours:
        text = f"{name} is {_terms(*theirs)} at the broker, its intent {_terms(*ours)}"
        found.append(Violation(Invariant.SAME_TERMS, name, text))
    return found


def _terms(symbol: str, side: Side, quantity: Decimal, price: Decimal | None) -> str:
    return f"{side} {quantity} {symbol} at {price}"


def halt_violations(claims: Iterable[Claim], halts: Iterable[Halt]) -> list[Violation]:
    """I5: sent although its scope had been HALTED before; a person's flatten may be.

    Only HALTED is judged: whether an order was reducing cannot be told from rows afterwards.
    """
    stopped = {each.scope: each for each in halts if each.level is HaltLevel.HALTED}
    found = []
    for claim in claims:
        for scope in (ACCOUNT, f"strategy:{claim.strategy}", f"symbol:{claim.symbol}"):
            halt, sent_at = stopped.get(scope), claim.submitted_at
            if halt is None or sent_at is None or claim.origin is Origin.FLATTEN:
                continue
            if sent_at > halt.at + _HALT_GRACE:
                text = f"{claim.client_order_id} left after {scope} was HALTED"
                found.append(Violation(Invariant.OBEYS_HALT, claim.client_order_id, text))
    return found


def sum_violations(sums: Iterable[Sums]) -> list[Violation]:
    """I3 within our books; the broker's side of it is what reconcile compares."""
    return [
        Violation(
            Invariant.BOOKS_ADD_UP,
            each.symbol,
            f"{each.symbol}: executions add up to {each.facts}, positions to {each.positions}",
        )
        for each in sums
        if each.facts != each.positions
    ]
