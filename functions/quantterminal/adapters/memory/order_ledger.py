"""Orders, fills, positions and cash in memory, for tests."""

from dataclasses import replace
from datetime import datetime

from quantterminal.adapters.memory.tables import FillRow, Tables
from quantterminal.domain.errors import ConflictError, MessageError
from quantterminal.domain.orders import Execution, Order, OrderUpdate, absorb, book, external_order
from quantterminal.domain.positions import Position, apply_fill, cash_change
from quantterminal.domain.replay import fill_payload, order_payload
from quantterminal.domain.signals import Signal
from quantterminal.ports.ledger import Applied, IntentRecord, Known


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
        after, problem = absorb(before, update)
        is_new = self._is_new(update)
        if is_new and update.execution is not None:
            self._book(after, update, update.execution, source=source, at=at)
            after = book(after, update.execution, version=before.version + 1)
        if after != before:
            self._write(after, at=at, note=f"{source}:{update.event}")
        if problem:
            tables.append(
                account=before.account,
                at=at,
                kind="order.problem",
                ref=before.client_order_id,
                correlation_id=tables.cause(before),
                payload={"problem": problem},
            )
        return Applied(
            order=after,
            changed=after != before or is_new or external,
            fill=update.execution if is_new else None,
            position=self._position(after, update.execution),
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
        imported = external_order(account, update)
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
            correlation_id=self._tables.cause(order),
            payload=order_payload(order) | {"note": note},
        )

    def _is_new(self, update: OrderUpdate) -> bool:
        execution, tables = update.execution, self._tables
        if execution is None:
            return False
        key = (update.broker_order_id, execution.cumulative)
        return execution.execution_id not in tables.fills and key not in tables.fill_keys

    def _book(
        self, order: Order, update: OrderUpdate, execution: Execution, *, source: str, at: datetime
    ) -> None:
        """Book a new execution with its cash and its position."""
        tables = self._tables
        terms = {"quantity": execution.quantity, "price": execution.price}
        key = (order.account, order.strategy, order.symbol)
        held = tables.positions.get(key, Position(order.symbol))
        moved = tables.positions[key] = apply_fill(held, order.side, **terms)
        tables.fill_keys.add((update.broker_order_id, execution.cumulative))
        tables.fills[execution.execution_id] = FillRow(
            execution=execution,
            client_order_id=order.client_order_id,
            broker_order_id=update.broker_order_id,
            account=order.account,
            strategy=order.strategy,
            symbol=order.symbol,
            side=order.side,
            source=source,
            realized=moved.realized_pnl - held.realized_pnl,
        )
        row = tables.account(order.account)
        tables.accounts[order.account] = replace(
            row, cash=row.cash + cash_change(order.side, **terms), version=row.version + 1
        )
        tables.append(
            account=order.account,
            at=at,
            kind="fill",
            ref=execution.execution_id,
            correlation_id=tables.cause(order),
            payload=fill_payload(
                order, execution, broker_order_id=update.broker_order_id, source=source
            ),
        )

    def _position(self, order: Order, execution: Execution | None) -> Position | None:
        """The position that the execution moved, now or earlier, as it stands."""
        if execution is None:
            return None
        key = (order.account, order.strategy, order.symbol)
        return self._tables.positions.setdefault(key, Position(order.symbol))
