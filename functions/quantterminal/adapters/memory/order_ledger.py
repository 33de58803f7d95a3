"""Orders, fills, positions and cash in memory, for tests."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from quantterminal.adapters.memory.tables import FillRow, Tables
from quantterminal.domain.errors import ConflictError, IllegalTransitionError, MessageError
from quantterminal.domain.orders import Execution, Order, OrderUpdate, merge
from quantterminal.domain.positions import Position, apply_fill, cash_change
from quantterminal.domain.signals import Signal
from quantterminal.ports.ledger import EXTERNAL, Applied, IntentRecord, Known


class MemoryOrderLedger:
    """Satisfies `ports.ledger.OrderLedger`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def order(self, client_order_id: str) -> Order | None:
        return self._tables.orders.get(client_order_id)

    def intent_of(self, order: Order) -> tuple[IntentRecord, Signal] | None:
        intent = self._tables.intents.get(order.intent_id)
        if intent is None:
            return None
        signal = self._tables.signals.get(intent.signal_id)
        if signal is None:
            raise MessageError(f"Expected the signal of {order.intent_id} in the ledger, was none")
        return intent, signal.signal

    def working_orders(self, account: str) -> list[Order]:
        found = [order for order in self._tables.working.values() if order.account == account]
        created = self._tables.created_at
        return sorted(found, key=lambda o: (created[o.client_order_id], o.client_order_id))

    def known(self, account: str, since: datetime) -> Known:
        tables = self._tables
        return Known(
            orders={
                name: (order.status, order.filled_quantity)
                for name, order in tables.orders.items()
                if order.account == account
                and (tables.created_at[name] > since or order.status.is_working)
            },
            fills=frozenset(
                (row.broker_order_id, row.execution.cumulative)
                for row in tables.fills.values()
                if row.account == account and row.execution.at > since
            ),
        )

    def save(self, order: Order, *, at: datetime, note: str) -> None:
        self._check_version(order)
        self._write(order, at=at, note=note)

    def apply(self, account: str, update: OrderUpdate, *, source: str, at: datetime) -> Applied:
        tables = self._tables
        books = tables.accounts.get(account)
        if books is None:
            raise MessageError(f"Expected an account {account!r} in the ledger, was none")
        known = tables.orders.get(update.client_order_id)
        external = known is None
        before = self._import(account, update, at) if known is None else known
        after, problem = _merged(before, update)
        if after != before:
            self._write(after, at=at, note=f"{source}:{update.event}")
        if problem:
            tables.append(
                account=before.account,
                at=at,
                kind="order.problem",
                ref=before.client_order_id,
                payload={"problem": problem},
            )
        is_new = self._insert_fill(after, update, source, at)
        position = self._position(after, update.execution, is_new=is_new)
        return Applied(
            order=after,
            changed=after != before or is_new or external,
            fill=update.execution if is_new else None,
            position=position,
            account=tables.accounts[account],
            external=external,
            problem=problem,
        )

    def _check_version(self, order: Order) -> None:
        stored = self._tables.orders.get(order.client_order_id)
        if stored is None or stored.version != order.version - 1:
            raise ConflictError(
                f"{order.client_order_id} is not at version {order.version - 1} any more"
            )

    def _import(self, account: str, update: OrderUpdate, at: datetime) -> Order:
        imported = Order(
            client_order_id=update.client_order_id,
            intent_id="",
            account=account,
            strategy=EXTERNAL,
            symbol=update.symbol,
            side=update.side,
            quantity=update.quantity,
            limit_price=update.limit_price or Decimal(0),
            status=update.proves,
            status_at=update.at,
            filled_quantity=update.filled_quantity,
            broker_order_id=update.broker_order_id,
        )
        self._tables.created_at[imported.client_order_id] = at
        self._write(imported, at=at, note="imported")
        return imported

    def _write(self, order: Order, *, at: datetime, note: str) -> None:
        self._tables.put_order(order)
        self._tables.append(
            account=order.account,
            at=at,
            kind="order",
            ref=order.client_order_id,
            payload={
                "status": order.status,
                "filled_quantity": str(order.filled_quantity),
                "version": order.version,
                "note": note,
                "reason": order.reason,
            },
        )

    def _insert_fill(self, order: Order, update: OrderUpdate, source: str, at: datetime) -> bool:
        """Book the update's execution and its cash, once; whether it was new."""
        execution, tables = update.execution, self._tables
        if execution is None:
            return False
        key = (update.broker_order_id, execution.cumulative)
        if execution.execution_id in tables.fills or key in tables.fill_keys:
            return False
        tables.fill_keys.add(key)
        tables.fills[execution.execution_id] = FillRow(
            execution=execution,
            client_order_id=order.client_order_id,
            broker_order_id=update.broker_order_id,
            account=order.account,
            strategy=order.strategy,
            symbol=order.symbol,
            side=order.side,
            source=source,
        )
        row = tables.account(order.account)
        change = cash_change(order.side, quantity=execution.quantity, price=execution.price)
        tables.accounts[order.account] = replace(
            row, cash=row.cash + change, version=row.version + 1
        )
        tables.append(
            account=order.account,
            at=at,
            kind="fill",
            ref=execution.execution_id,
            payload={
                "client_order_id": order.client_order_id,
                "strategy": order.strategy,
                "symbol": order.symbol,
                "side": order.side,
                "quantity": str(execution.quantity),
                "price": str(execution.price),
                "source": source,
            },
        )
        return True

    def _position(
        self, order: Order, execution: Execution | None, *, is_new: bool
    ) -> Position | None:
        """The position of the execution: moved by it when it is new, else as it stands."""
        if execution is None:
            return None
        key = (order.account, order.strategy, order.symbol)
        position = self._tables.positions.get(key, Position(order.symbol))
        if is_new:
            position = apply_fill(
                position, order.side, quantity=execution.quantity, price=execution.price
            )
        self._tables.positions[key] = position
        return position


def _merged(before: Order, update: OrderUpdate) -> tuple[Order, str]:
    try:
        return merge(before, update), ""
    except IllegalTransitionError as problem:
        # the books still need what was filled, whatever the status claims
        filled = max(before.filled_quantity, update.filled_quantity)
        if filled == before.filled_quantity:
            return before, str(problem)
        corrected = replace(before, filled_quantity=filled, version=before.version + 1)
        return corrected, str(problem)
