"""What the ledger promises: once, under a lock, on what was read. Planted in its twin in memory."""

from tests.simulation.bugs.bug import bug
from tests.simulation.faults import Fault
from tests.simulation.planting import Replacement

_ASSESS = "quantterminal.services.assess_risk"
_EVALUATIONS = "quantterminal.adapters.memory.evaluation_ledger"
_INTENTS = "quantterminal.adapters.memory.intent_ledger"
_REPLAY = "quantterminal.domain.replay"
_LEDGER = "quantterminal.adapters.memory.order_ledger"
_STATE = "quantterminal.adapters.memory.state_store"
_ACCOUNTS = "quantterminal.adapters.memory.account_ledger"

_STANDS = "        if intent.id in tables.intents:\n            return tables.intents[intent.id]\n"
_LOOKS = "    intent = runtime.ledger.intent(intent_id(request.signal, request.attempt))\n"
_IS_ONE = "        if approved and intent.client_order_id in tables.orders:\n"

BUGS = (
    bug(
        "random-client-id",
        "each decision draws a new client order id, and the ledger is unique by that id alone",
        Replacement(_ASSESS, _LOOKS, "    intent = None\n"),
        Replacement(
            _ASSESS,
            "            account, proposal.intent_id, signal=signal, side=proposal.side\n",
            '            account, f"{proposal.intent_id}@{now.isoformat()}", signal=signal,'
            " side=proposal.side\n",
        ),
        Replacement(_INTENTS, _STANDS, ""),
        killer=4,
    ),
    bug(
        "idempotency-in-the-cache-only",
        "that a signal was assessed stands in the cache only; the ledger writes over what it has",
        Replacement(
            _ASSESS,
            _LOOKS,
            "    from quantterminal.ports.ledger import Snapshot\n\n"
            '    mark = ("assessed", intent_id(request.signal, request.attempt))\n'
            "    intent = None\n"
            "    if runtime.state.snapshots(runtime.trading.account, [mark]):\n"
            "        intent = runtime.ledger.intent(mark[1])\n",
        ),
        Replacement(
            _ASSESS,
            "        intent = _decide(message, request, runtime)\n",
            "        intent = _decide(message, request, runtime)\n"
            '        noted = {mark: Snapshot(intent.at, "")}\n'
            "        runtime.state.put_snapshots(runtime.trading.account, noted)\n",
        ),
        Replacement(_INTENTS, _STANDS, ""),
        Replacement(_INTENTS, _IS_ONE, "        if approved and not intent.client_order_id:\n"),
        killer=1,
        faults={Fault.DELIVERED_TWICE: 0.2, Fault.STATE_FLUSHED: 0.5},
    ),
    bug(
        "last-decision-wins",
        "a signal that is assessed again is decided again and its order made anew",
        Replacement(_ASSESS, _LOOKS, "    intent = None\n"),
        Replacement(_INTENTS, _STANDS, ""),
        Replacement(_INTENTS, _IS_ONE, "        if approved and not intent.client_order_id:\n"),
        killer=37,
    ),
    bug(
        "lost-update",
        "an order is written over whatever somebody else has written since it was read",
        Replacement(
            _LEDGER,
            "        self._check_version(order)\n        self._write(order, at=at, note=note)\n",
            "        self._write(order, at=at, note=note)\n",
        ),
        killer=1,
    ),
    bug(
        "old-snapshot-believed",
        "a strategy goes on from whatever snapshot the cache has",
        Replacement(
            _EVALUATIONS,
            "        if stored is not None and stored.last_bar != base:\n",
            "        if stored is not None and stored.last_bar is None:\n",
        ),
        killer=14,
    ),
    bug(
        "journal-of-the-order-not-the-fill",
        "the journal tells the order's filled quantity as the execution's",
        Replacement(
            _REPLAY,
            '        "quantity": execution.quantity,\n',
            '        "quantity": execution.cumulative,\n',
        ),
        killer=4,
    ),
    bug(
        "position-of-the-account-not-the-strategy",
        "positions are booked under the first strategy that traded the symbol",
        Replacement(
            _LEDGER,
            "        key = (order.account, order.strategy, order.symbol)\n"
            "        held = tables.positions.get(key, Position(order.symbol))\n",
            "        key = next(\n"
            "            (k for k in tables.positions if (k[0], k[2]) == ("
            "order.account, order.symbol)),\n"
            "            (order.account, order.strategy, order.symbol),\n"
            "        )\n"
            "        held = tables.positions.get(key, Position(order.symbol))\n",
        ),
        killer=1,
    ),
    bug(
        "filled-beyond-known",
        "a fill is only booked if the order's quantity says that it is new",
        Replacement(
            _LEDGER,
            "        is_new = self._is_new(update)\n",
            "        is_new = self._is_new(update) and (\n"
            "            known is None\n"
            "            or update.execution is None\n"
            "            or update.execution.cumulative > known.filled_quantity\n"
            "        )\n",
        ),
        killer=13,
        is_loud=True,
    ),
)
