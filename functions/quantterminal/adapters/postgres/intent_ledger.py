"""Assessed signals: a durable intent, and its order, before anything leaves."""

from quantterminal.adapters.postgres import journal, rows
from quantterminal.adapters.postgres.database import Connection, Database
from quantterminal.domain.errors import GenerationError
from quantterminal.domain.orders import Order, OrderStatus
from quantterminal.domain.replay import order_payload
from quantterminal.ports.ledger import IntentRecord

_INSERT_INTENT = (
    f"insert into intents ({rows.columns(rows.INTENT_COLUMNS)}, status)"  # noqa: S608  constants
    f" values ({rows.placeholders(rows.INTENT_COLUMNS)}, %(status)s)"
    " on conflict (id) do nothing"
)
_INSERT_ORDER = (
    "insert into orders (client_order_id, intent_id, account, strategy, symbol, side, quantity,"
    " limit_price, status, status_at, created_at, version)"
    " values (%(client_order_id)s, %(id)s, %(account)s, %(strategy)s, %(symbol)s, %(side)s,"
    " %(quantity)s, %(limit_price)s, %(status)s, %(at)s, %(at)s, 1)"
)


class PostgresIntentLedger:
    """Implements `ports.ledger.IntentLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def intent(self, intent_id: str) -> IntentRecord | None:
        with self._database.transaction() as connection:
            return _find(connection, intent_id)

    def record_intent(self, intent: IntentRecord, *, generation: int) -> IntentRecord:
        approved = intent.denial_code is None
        with self._database.transaction() as connection:
            _check_generation(connection, intent.account, generation)
            values = rows.intent_row(intent)
            status = "approved" if approved else "denied"
            if connection.execute(_INSERT_INTENT, values | {"status": status}).rowcount == 0:
                return _find(connection, intent.id) or intent
            if approved:
                connection.execute(_INSERT_ORDER, values | {"status": OrderStatus.PENDING_SUBMIT})
            journal.append(
                connection,
                account=intent.account,
                at=intent.at,
                kind=f"intent.{status}",
                ref=intent.id,
                correlation_id=intent.correlation_id,
                payload=_told(intent),
            )
        return intent


def _told(intent: IntentRecord) -> dict[str, object]:
    """Every term of the decision and, where it was approved, of the order that it made."""
    terms: dict[str, object] = {name: getattr(intent, name) for name in rows.INTENT_COLUMNS}
    if intent.denial_code is not None:
        return terms
    order = Order(
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
    return terms | order_payload(order)


def _find(connection: Connection, intent_id: str) -> IntentRecord | None:
    row = connection.execute(
        f"select {rows.columns(rows.INTENT_COLUMNS)} from intents where id = %s",  # noqa: S608  constants
        (intent_id,),
    ).fetchone()
    return None if row is None else rows.intent(row)


def _check_generation(connection: Connection, account: str, generation: int) -> None:
    row = connection.execute(
        "select generation from accounts where account = %s for share", (account,)
    ).fetchone()
    found = None if row is None else row["generation"]
    if found != generation:
        raise GenerationError(
            f"Decided on generation {generation} of the working state, now it is {found}",
        )
