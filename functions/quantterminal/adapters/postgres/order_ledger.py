"""Orders, fills, positions and cash: every fact of the broker is applied in one transaction."""

from datetime import datetime

from quantterminal.adapters.postgres import journal, rows
from quantterminal.adapters.postgres.database import Connection, Database
from quantterminal.domain.errors import ConflictError, MessageError
from quantterminal.domain.orders import (
    Execution,
    Order,
    OrderStatus,
    OrderUpdate,
    absorb,
    book,
    external_order,
)
from quantterminal.domain.positions import Position, apply_fill, cash_change
from quantterminal.domain.replay import fill_payload, order_payload
from quantterminal.domain.signals import Signal
from quantterminal.ports.ledger import Applied, IntentRecord, Known

_SELECT_ORDER = f"select {rows.columns(rows.ORDER_COLUMNS)} from orders"  # noqa: S608  constants
_UPDATE_ORDER = (
    "update orders set status = %(status)s, status_at = %(status_at)s,"
    " filled_quantity = %(filled_quantity)s, broker_order_id = %(broker_order_id)s,"
    " submitted_at = %(submitted_at)s, cancel_requested_at = %(cancel_requested_at)s,"
    " cancel_reason = %(cancel_reason)s, reason = %(reason)s, attempts = %(attempts)s,"
    " latency_us = %(latency_us)s, version = %(version)s,"
    " booked_quantity = %(booked_quantity)s, replaces = %(replaces)s, replaced_by = %(replaced_by)s"
    " where client_order_id = %(client_order_id)s and version = %(version)s - 1"
)
_INSERT_ORDER = (
    f"insert into orders ({rows.columns(rows.ORDER_COLUMNS)}, created_at)"  # noqa: S608  constants
    f" values ({rows.placeholders(rows.ORDER_COLUMNS)}, %(created_at)s)"
    " on conflict (client_order_id) do nothing"
)
_INSERT_FILL = (
    "insert into fills (execution_id, client_order_id, broker_order_id, account, strategy, symbol,"
    " side, quantity, price, cumulative, at, source)"
    " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing"
)
_NOT_WORKING = [s.value for s in OrderStatus if not s.is_working]


class PostgresOrderLedger:
    """Implements `ports.ledger.OrderLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def order(self, client_order_id: str) -> Order | None:
        with self._database.transaction() as connection:
            return _find(connection, client_order_id)

    def intent_of(self, order: Order) -> tuple[IntentRecord, Signal] | None:
        with self._database.transaction() as connection:
            intent = connection.execute(
                f"select {rows.columns(rows.INTENT_COLUMNS)} from intents where id = %s",  # noqa: S608  constants
                (order.intent_id,),
            ).fetchone()
            if intent is None:
                return None
            signal = connection.execute(
                f"select {rows.columns(rows.SIGNAL_COLUMNS)} from signals where id = %s",  # noqa: S608  constants
                (intent["signal_id"],),
            ).fetchone()
        if signal is None:
            raise MessageError(f"Expected the signal of {order.intent_id} in the ledger, was none")
        return rows.intent(intent), rows.signal(signal)

    def working_orders(self, account: str) -> list[Order]:
        with self._database.transaction() as connection:
            found = connection.execute(
                _SELECT_ORDER + " where account = %s and not status = any(%s)"
                " order by created_at, client_order_id",
                (account, _NOT_WORKING),
            ).fetchall()
        return [rows.order(row) for row in found]

    def known(self, account: str, since: datetime) -> Known:
        with self._database.transaction() as connection:
            orders = connection.execute(
                "select client_order_id, status, filled_quantity from orders"
                " where account = %s and (created_at > %s or not status = any(%s))",
                (account, since, _NOT_WORKING),
            ).fetchall()
            fills = connection.execute(
                "select broker_order_id, cumulative from fills where account = %s and at > %s",
                (account, since),
            ).fetchall()
        return Known(
            orders={
                row["client_order_id"]: (OrderStatus(row["status"]), row["filled_quantity"])
                for row in orders
            },
            fills=frozenset((row["broker_order_id"], row["cumulative"]) for row in fills),
        )

    def save(self, order: Order, *, at: datetime, note: str) -> None:
        with self._database.transaction() as connection:
            _write(connection, order, at=at, note=note)

    def apply(self, account: str, update: OrderUpdate, *, source: str, at: datetime) -> Applied:
        with self._database.transaction() as connection:
            before, external = _lock_or_import(connection, account, update, at)
            after, problem = absorb(before, update)
            is_new = _insert_fill(connection, after, update, source, at)
            if is_new and update.execution is not None:
                after = book(after, update.execution, version=before.version + 1)
            if after != before:
                _write(connection, after, at=at, note=f"{source}:{update.event}")
            if problem:
                _journal_problem(connection, before, problem, at)
            position = _position(connection, after, update.execution, is_new=is_new)
            books = connection.execute(
                "select * from accounts where account = %s", (account,)
            ).fetchone()
        if books is None:
            raise MessageError(f"Expected an account {account!r} in the ledger, was none")
        return Applied(
            order=after,
            changed=after != before or is_new or external,
            fill=update.execution if is_new else None,
            position=position,
            account=rows.account(books),
            external=external,
            problem=problem,
        )


def _find(connection: Connection, client_order_id: str, *, lock: bool = False) -> Order | None:
    row = connection.execute(
        _SELECT_ORDER + " where client_order_id = %s" + (" for update" if lock else ""),
        (client_order_id,),
    ).fetchone()
    return None if row is None else rows.order(row)


def _lock_or_import(
    connection: Connection, account: str, update: OrderUpdate, at: datetime
) -> tuple[Order, bool]:
    known = _find(connection, update.client_order_id, lock=True)
    if known is not None:
        return known, False
    imported = external_order(account, update)
    inserted = connection.execute(_INSERT_ORDER, rows.order_row(imported) | {"created_at": at})
    if inserted.rowcount == 0:  # another connection imported it while we looked
        return _lock_or_import(connection, account, update, at)
    _journal_order(connection, imported, at=at, note="imported")
    return imported, True


def _write(connection: Connection, order: Order, *, at: datetime, note: str) -> None:
    if connection.execute(_UPDATE_ORDER, rows.order_row(order)).rowcount != 1:
        raise ConflictError(
            f"{order.client_order_id} is not at version {order.version - 1} any more"
        )
    _journal_order(connection, order, at=at, note=note)


def _journal_order(connection: Connection, order: Order, *, at: datetime, note: str) -> None:
    journal.append(
        connection,
        account=order.account,
        at=at,
        kind="order",
        ref=order.client_order_id,
        correlation_id=_cause(connection, order),
        payload=order_payload(order) | {"note": note},
    )


def _journal_problem(connection: Connection, order: Order, problem: str, at: datetime) -> None:
    journal.append(
        connection,
        account=order.account,
        at=at,
        kind="order.problem",
        ref=order.client_order_id,
        correlation_id=_cause(connection, order),
        payload={"problem": problem},
    )


def _cause(connection: Connection, order: Order) -> str:
    """The chain that the order belongs to; one that nobody here asked for has none."""
    row = connection.execute(
        "select correlation_id from intents where id = %s", (order.intent_id,)
    ).fetchone()
    return "" if row is None else str(row["correlation_id"])


def _insert_fill(
    connection: Connection, order: Order, update: OrderUpdate, source: str, at: datetime
) -> bool:
    """Book the update's execution and its cash, once; whether it was new."""
    execution = update.execution
    if execution is None:
        return False
    inserted = connection.execute(
        _INSERT_FILL,
        (
            execution.execution_id,
            order.client_order_id,
            update.broker_order_id,
            order.account,
            order.strategy,
            order.symbol,
            order.side,
            execution.quantity,
            execution.price,
            execution.cumulative,
            execution.at,
            source,
        ),
    )
    if inserted.rowcount == 0:
        return False
    connection.execute(
        "update accounts set cash = cash + %s, version = version + 1 where account = %s",
        (
            cash_change(order.side, quantity=execution.quantity, price=execution.price),
            order.account,
        ),
    )
    journal.append(
        connection,
        account=order.account,
        at=at,
        kind="fill",
        ref=execution.execution_id,
        correlation_id=_cause(connection, order),
        payload=fill_payload(
            order, execution, broker_order_id=update.broker_order_id, source=source
        ),
    )
    return True


def _position(
    connection: Connection, order: Order, execution: Execution | None, *, is_new: bool
) -> Position | None:
    """The position of the execution: moved by it when it is new, else as it stands."""
    if execution is None:
        return None
    key = (order.account, order.strategy, order.symbol)
    connection.execute(
        "insert into positions values (%s, %s, %s, 0, 0, 0, 0, %s) on conflict do nothing",
        (*key, execution.at),
    )
    row = connection.execute(
        "select * from positions where account = %s and strategy = %s and symbol = %s for update",
        key,
    ).fetchone()
    if row is None:
        raise ConflictError(f"The position {key} went away")
    if not is_new:
        return rows.position(row)
    moved = apply_fill(
        rows.position(row), order.side, quantity=execution.quantity, price=execution.price
    )
    connection.execute(
        "update positions set quantity = %s, cost = %s, realized_pnl = %s, version = %s,"
        " updated_at = greatest(updated_at, %s)"
        " where account = %s and strategy = %s and symbol = %s",
        (moved.quantity, moved.cost, moved.realized_pnl, moved.version, execution.at, *key),
    )
    connection.execute(
        "update fills set realized = %s where execution_id = %s",
        (moved.realized_pnl - row["realized_pnl"], execution.execution_id),
    )
    return moved
