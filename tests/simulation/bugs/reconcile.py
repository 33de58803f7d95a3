"""Recovery over REST: not done, not complete, or done by inventing what is missing."""

from tests.simulation.bugs.bug import bug
from tests.simulation.planting import Replacement

_CLIENT = "quantterminal.adapters.alpaca.client"
_RECONCILE = "quantterminal.services.reconcile"
_ORDERS = "quantterminal.domain.orders"
_UPDATES = "handlers.order_updates"

_FILLS = "    fills = list(runtime.books.fills_since(since))\n"
_IMPORTS = '    applied = apply_update(update, source="rest", runtime=runtime.updates)\n'

BUGS = (
    bug(
        "no-rest-recovery",
        "what the stream did not tell is never read over REST",
        Replacement(_RECONCILE, _FILLS, "    fills: list[BrokerFill] = []\n"),
        killer=4,
    ),
    bug(
        "fills-of-the-first-page",
        "of the broker's fills only the first page is read",
        Replacement(
            _CLIENT,
            "            yield from page\n            if len(page) < _MOST_FILLS:\n"
            "                return\n",
            "            yield from page\n            return\n",
        ),
        directed="tests/contract/test_alpaca_record.py::test_f23_all_pages_of_activities_are_read",
    ),
    bug(
        "orders-of-the-first-page",
        "of the broker's orders only the first fifty are read, its default",
        Replacement(
            _CLIENT,
            "            if len(page) < _MOST_ORDERS:\n                return\n"
            "            if not fresh:\n",
            "            return\n            if not fresh:\n",
        ),
        Replacement(
            _CLIENT,
            '"limit": str(_MOST_ORDERS)}\n',
            '"limit": "50"}\n',
        ),
        killer=7,
    ),
    bug(
        "synthetic-fill",
        "an order that REST tells as filled gets an invented execution at its average price",
        Replacement(
            _RECONCILE,
            _IMPORTS,
            "    if update.execution is None and update.filled_average_price is not None:\n"
            "        from quantterminal.domain.orders import Execution\n\n"
            "        invented = Execution(\n"
            '            f"{update.broker_order_id}-inferred",\n'
            "            update.filled_quantity,\n"
            "            update.filled_average_price,\n"
            "            update.filled_quantity,\n"
            "            update.at,\n"
            "        )\n"
            "        update = replace(update, execution=invented)\n" + _IMPORTS,
        ),
        Replacement(
            _RECONCILE,
            "    fills = list(runtime.books.fills_since(since))\n",
            "    fills: list[BrokerFill] = []\n",
        ),
        killer=4,
    ),
    bug(
        "watermark-too-late",
        "the next pass begins where this one ended, not where it began to read",
        Replacement(
            _RECONCILE,
            "    since = (now if last is None else last) - (_FIRST_LOOK_BACK if last is None else"
            " _OVERLAP)\n",
            "    since = (now - _FIRST_LOOK_BACK) if last is None else last\n",
        ),
        Replacement(
            _RECONCILE,
            'payload={"imported": str(len(imported))}, at=now\n',
            'payload={"imported": str(len(imported))}, at=runtime.updates.clock.now()\n',
        ),
        killer=6,
    ),
    bug(
        "canceled-drops-fills",
        "fills of an order that REST tells as canceled are not imported",
        Replacement(
            _RECONCILE,
            "        if order is not None and not booked:\n",
            "        if order is not None and not booked and order.status.value != 'canceled':\n",
        ),
        killer=41,
    ),
    bug(
        "external-order-ignored",
        "an order made by hand is nobody's and is left out of the books",
        Replacement(
            _RECONCILE,
            "    orders |= _missing(orders, runtime)\n",
            "    orders |= _missing(orders, runtime)\n"
            "    orders = {k: o for k, o in orders.items() if o.client_order_id[:4] == 'qt1-'}\n",
        ),
        Replacement(
            _UPDATES,
            "        case OrderUpdated() as fact:\n",
            "        case OrderUpdated() as fact if fact.update.client_order_id[:4] != 'qt1-':\n"
            "            return\n"
            "        case OrderUpdated() as fact:\n",
        ),
        killer=1,
    ),
    bug(
        "external-order-adopted",
        "an order made by hand is attributed to whatever its id begins with",
        Replacement(
            _ORDERS,
            "        strategy=EXTERNAL,\n",
            '        strategy=update.client_order_id.split("-")[0],\n',
        ),
        killer=1,
    ),
    bug(
        "ended-orders-not-read",
        "only open orders are compared, so that an end which the stream lost is never learnt",
        Replacement(
            _RECONCILE,
            "    orders = {each.broker_order_id: each for each in"
            " runtime.books.orders_since(since)}\n",
            "    orders: dict[str, OrderUpdate] = {}\n",
        ),
        Replacement(
            _RECONCILE,
            "    orders |= _missing(orders, runtime)\n",
            "",
        ),
        killer=4,
    ),
    bug(
        "snapshot-believed-at-once",
        "one look at the broker's snapshot counts as a fact, however implausible",
        Replacement(
            _RECONCILE,
            "    if seen + 1 >= SAMPLES:\n",
            "    if seen + 1 >= 1:\n",
        ),
        directed="tests/unit/quantterminal/services/test_reconcile_differences.py"
        "::test_f22_a_snapshot_that_cannot_be_true_is_not_believed",
    ),
    bug(
        "position-set-by-snapshot",
        "a position that differs from the broker's is put right by an invented order and its fill",
        Replacement(
            _RECONCILE,
            "    for _ in range(_PASSES):\n",
            "    for _ in range(1):\n",
        ),
        Replacement(
            _RECONCILE,
            "    for symbol, (ours, theirs) in result.positions.items():\n"
            "        _report(runtime, ",
            "    for symbol, (ours, theirs) in result.positions.items():\n"
            "        from quantterminal.domain.orders import Execution, OrderEvent, OrderStatus\n"
            "        from quantterminal.domain.signals import Side\n\n"
            "        off, at = theirs - ours, runtime.updates.clock.now()\n"
            "        price = runtime.accounts.books(\n"
            "            runtime.updates.trading.account\n"
            "        ).marks[symbol][0]\n"
            '        name = f"adjustment-{symbol}-{at.isoformat()}"\n'
            "        update = OrderUpdate(\n"
            "            name, name, OrderEvent.FILL, OrderStatus.FILLED, symbol,\n"
            "            Side.BUY if off > 0 else Side.SELL,\n"
            "            abs(off), price, abs(off), price, at,\n"
            "            Execution(name, abs(off), price, abs(off), at),\n"
            "        )\n"
            '        apply_update(update, source="adjustment", runtime=runtime.updates)\n'
            "        _report(runtime, ",
        ),
        killer=9,
        is_loud=True,
    ),
)
