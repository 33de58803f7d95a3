"""Assessed signals in memory, for tests."""

from dataclasses import fields

from quantterminal.adapters.memory.tables import Tables
from quantterminal.domain.errors import GenerationError
from quantterminal.domain.orders import Order, OrderStatus
from quantterminal.domain.replay import order_payload
from quantterminal.ports.ledger import IntentRecord


class MemoryIntentLedger:
    """Satisfies `ports.ledger.IntentLedger`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def intent(self, intent_id: str) -> IntentRecord | None:
        return self._tables.intents.get(intent_id)

    def record_intent(self, intent: IntentRecord, *, generation: int) -> IntentRecord:
        tables = self._tables
        account = tables.accounts.get(intent.account)
        found = None if account is None else account.generation
        if found != generation:
            raise GenerationError(
                f"Decided on generation {generation} of the working state, now it is {found}",
            )
        if intent.id in tables.intents:
            return tables.intents[intent.id]
        if intent.signal_id not in tables.signals:
            raise LookupError(f"Expected signal {intent.signal_id} in the ledger, was none")
        approved = intent.denial_code is None
        if approved and intent.client_order_id in tables.orders:
            raise LookupError(f"Expected no order {intent.client_order_id} yet, was one")
        tables.intents[intent.id] = intent
        if approved:
            tables.put_order(_order(intent))
            tables.created_at[intent.client_order_id] = intent.at
        tables.append(
            account=intent.account,
            at=intent.at,
            kind="intent.approved" if approved else "intent.denied",
            ref=intent.id,
            correlation_id=intent.correlation_id,
            payload=_told(intent),
        )
        return intent


def _told(intent: IntentRecord) -> dict[str, object]:
    """Every term of the decision and, where it was approved, of the order that it made."""
    terms = {each.name: getattr(intent, each.name) for each in fields(intent)}
    return terms if intent.denial_code is not None else terms | order_payload(_order(intent))


def _order(intent: IntentRecord) -> Order:
    return Order(
        client_order_id=intent.client_order_id,
        intent_id=intent.id,
        account=intent.account,
        strategy=intent.strategy,
        symbol=intent.symbol,
        side=intent.side,
        quantity=intent.quantity,
        limit_price=intent.limit_price,
        status=OrderStatus.PENDING_SUBMIT,
        status_at=intent.at,
    )
