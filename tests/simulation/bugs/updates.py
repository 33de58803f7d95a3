"""The broker's updates: late, twice, in parts, out of order."""

from tests.simulation.bugs.bug import bug
from tests.simulation.planting import Replacement

_APPLY = "quantterminal.services.apply_update"
_CODEC = "quantterminal.adapters.alpaca.codec"
_LEDGER = "quantterminal.adapters.memory.order_ledger"
_ORDERS = "quantterminal.domain.orders"

_APPLIES = (
    "    applied = runtime.orders.apply(account, update, source=source, at=runtime.clock.now())\n"
)

BUGS = (
    bug(
        "cumulative-booked",
        "the order's filled quantity is booked as the execution's",
        Replacement(
            _CODEC,
            '        quantity=_number(fields, "qty"),\n'
            '        price=_number(fields, "price"),\n'
            "        cumulative=cumulative,\n",
            "        quantity=cumulative,\n"
            '        price=_number(fields, "price"),\n'
            "        cumulative=cumulative,\n",
        ),
        killer=4,
    ),
    bug(
        "average-booked",
        "the order's average price is booked as the execution's",
        Replacement(
            _CODEC,
            '        price=_number(fields, "price"),\n        cumulative=cumulative,\n',
            '        price=_number(order, "filled_avg_price"),\n        cumulative=cumulative,\n',
        ),
        killer=4,
    ),
    bug(
        "fill-marked-then-applied",
        "a fill is marked as seen, then applied in a second transaction",
        Replacement(
            _APPLY,
            _APPLIES,
            "    fill = update.execution\n"
            "    if fill is not None:\n"
            '        key = f"{update.broker_order_id}:{fill.cumulative}"\n'
            "        if not runtime.accounts.once(\n"
            '            account, name="fill", key=key, at=runtime.clock.now()\n'
            "        ):\n"
            "            update = replace(update, execution=None)\n" + _APPLIES,
        ),
        killer=32,
    ),
    bug(
        "fills-keyed-by-time",
        "two executions of one order in the same second are taken for one",
        Replacement(
            _LEDGER,
            "        key = (update.broker_order_id, execution.cumulative)\n"
            "        return execution.execution_id not in tables.fills and key not in"
            " tables.fill_keys\n",
            "        second = execution.at.replace(microsecond=0)\n"
            "        return not any(\n"
            "            row.broker_order_id == update.broker_order_id\n"
            "            and row.execution.at.replace(microsecond=0) == second\n"
            "            for row in tables.fills.values()\n"
            "        )\n",
        ),
        killer=13,
    ),
    bug(
        "fills-keyed-by-one-name",
        "stream and REST name an execution differently, and it is booked under both names",
        Replacement(
            _LEDGER,
            "        return execution.execution_id not in tables.fills and key not in"
            " tables.fill_keys\n",
            "        return execution.execution_id not in tables.fills\n",
        ),
        killer=1,
        is_loud=True,
    ),
    bug(
        "fill-without-key",
        "a fill is booked each time that it is told",
        Replacement(
            _LEDGER,
            "        return execution.execution_id not in tables.fills and key not in"
            " tables.fill_keys\n",
            "        return True\n",
        ),
        killer=1,
        is_loud=True,
    ),
    bug(
        "last-message-wins",
        "the status of the message that came last counts, whenever it was true",
        Replacement(
            _ORDERS,
            "    current = (_class(order.status), order.status_at, _RANK[order.status])\n",
            "    if not order.status.is_ours:\n"
            "        return proved, at\n"
            "    current = (_class(order.status), order.status_at, _RANK[order.status])\n",
        ),
        killer=2,
        is_loud=True,
    ),
    bug(
        "fill-after-the-end-ignored",
        "what is filled before a cancel and told after it is dropped",
        Replacement(
            _LEDGER,
            "        if is_new and update.execution is not None:\n",
            "        if before.status.is_final:\n"
            "            is_new = False\n"
            "        if is_new and update.execution is not None:\n",
        ),
        killer=13,
        is_loud=True,
    ),
    bug(
        "fills-of-a-canceled-order-forgotten",
        "a canceled order is asked for again in full, whatever of it was filled",
        Replacement(
            _APPLY,
            "    left = order.quantity - order.filled_quantity\n",
            "    left = order.quantity\n",
        ),
        killer=4,
    ),
    bug(
        "pending-cancel-freed-early",
        "an order whose cancel is pending counts as gone: no exposure, and its successor is sent",
        Replacement(
            _APPLY,
            "    timed_out = order.status is OrderStatus.CANCELED and",
            "    ends = (OrderStatus.CANCELED, OrderStatus.PENDING_CANCEL)\n"
            "    timed_out = order.status in ends and",
        ),
        Replacement(
            _ORDERS,
            "        if not self.status.is_working:\n            return _ZERO\n",
            "        if not self.status.is_working or self.status is OrderStatus.PENDING_CANCEL:\n"
            "            return _ZERO\n",
        ),
        killer=4,
    ),
    bug(
        "filled-first-lost",
        "fills of an order whose submit has not been answered yet are not ours to book",
        Replacement(
            _APPLY,
            _APPLIES,
            "    known = runtime.orders.order(update.client_order_id)\n"
            "    if known is not None and known.broker_order_id is None:\n"
            "        update = replace(update, execution=None)\n" + _APPLIES,
        ),
        Replacement(
            "quantterminal.services.reconcile",
            "        if order is not None and not booked:\n",
            "        if order is not None and not booked and order.filled_quantity != ("
            "fill.execution.cumulative):\n",
        ),
        killer=6,
        is_loud=True,
    ),
    bug(
        "end-told-for-nothing-left",
        "the last part of a fill is dropped once REST has said that the order is filled",
        Replacement(
            _LEDGER,
            "        is_new = self._is_new(update)\n",
            "        is_new = self._is_new(update) and before.status.value != 'filled'\n",
        ),
        killer=13,
        is_loud=True,
    ),
)
