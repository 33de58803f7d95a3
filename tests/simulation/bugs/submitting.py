"""Sending an order: twice, under another name, or with an outcome that nobody proved."""

from tests.simulation.bugs.bug import bug
from tests.simulation.planting import Replacement

_CLIENT = "quantterminal.adapters.alpaca.client"
_REFUSALS = "quantterminal.adapters.alpaca.refusals"
_SUBMIT = "quantterminal.services.submit_order"
_SWEEP = "quantterminal.services.sweep_orders"
_ORDERS = "quantterminal.domain.orders"
_SERVICES = "tests/unit/quantterminal/services"

_ADOPTS = Replacement(
    _CLIENT,
    "if not isinstance(refusal, OrderRejectedError) or refusal.code != Refusal.DUPLICATE:\n",
    "if True:\n",
)
_MAY_BE_DENIED = Replacement(
    _ORDERS,
    "if not order.status.is_ours or status not in TRANSITIONS[order.status]:\n",
    "if not order.status.is_ours:\n",
)
_POST = "    request = NewOrder(\n        order.client_order_id, order.symbol,"

BUGS = (
    bug(
        "post-again-after-504",
        "a POST that is answered 504 is sent again, and the duplicate counts as a rejection",
        Replacement(
            _CLIENT,
            '            answer = self._send("POST", "/v2/orders", body=body)\n',
            '            answer = self._send("POST", "/v2/orders", body=body)\n'
            "            if answer.status == 504:\n"
            "                self._sleep(3.0)\n"
            '                answer = self._send("POST", "/v2/orders", body=body)\n',
        ),
        _ADOPTS,
        killer=4,
    ),
    bug(
        "duplicate-is-a-rejection",
        "422 for an id that the broker has already counts as a rejection",
        _ADOPTS,
        directed="tests/contract/test_alpaca_client.py"
        "::test_a_submit_again_adopts_the_order_that_is_there",
    ),
    bug(
        "new-id-on-retry",
        "an order that is sent again gets a new client order id",
        Replacement(
            _SUBMIT,
            _POST,
            "    name = order.client_order_id\n"
            "    if order.attempts > 1:\n"
            '        name = f"{name}-{order.attempts}"\n'
            "    request = NewOrder(\n        name, order.symbol,",
        ),
        killer=1,
    ),
    bug(
        "time-out-is-a-rejection",
        "a submit that timed out counts as rejected",
        Replacement(
            _CLIENT,
            '            raise AmbiguousError(f"Submit of {order.client_order_id}: {problem}")'
            " from problem\n        if not 200",
            '            raise OrderRejectedError(f"Submit: {problem}", code="TIMEOUT")'
            " from problem\n        if not 200",
        ),
        killer=12,
    ),
    bug(
        "server-error-is-a-rejection",
        "an answer of 504 to a submit counts as rejected",
        Replacement(
            _REFUSALS,
            "    if not 400 <= answer.status < 500 or answer.status in (408, 499):\n",
            "    if answer.status < 400 or answer.status in (408, 499):\n",
        ),
        killer=4,
    ),
    bug(
        "rate-limit-is-a-rejection",
        "429 to a submit counts as rejected",
        Replacement(
            _REFUSALS,
            "    if answer.status == 429:\n        return rate_limited(answer, unix_now=unix_now)\n"
            "    if not 400",
            "    if not 400",
        ),
        killer=1,
    ),
    bug(
        "time-out-is-never-sent",
        "a read time-out is taken for a request that never left, so the order may be denied later",
        Replacement(
            _CLIENT,
            "        except _NEVER_SENT as problem:\n",
            "        except urllib3.exceptions.HTTPError as problem:\n",
        ),
        directed="tests/contract/test_alpaca_client.py"
        "::test_f01_a_timeout_after_the_send_is_ambiguous",
    ),
    bug(
        "absent-is-a-rejection",
        "an order that the broker does not know yet is taken for rejected at the first look",
        Replacement(
            _SUBMIT,
            "    if found is not None:\n        return apply_update(found",
            "    if found is None:\n"
            '        return _save(order, OrderStatus.REJECTED, "not there", runtime)\n'
            "    if found is not None:\n        return apply_update(found",
        ),
        killer=4,
    ),
    bug(
        "unknown-is-denied",
        "an order that may have arrived is denied when the last hop says no to its resending",
        Replacement(
            _SUBMIT,
            "        unknown = order.status is OrderStatus.UNKNOWN\n",
            "        unknown = False\n",
        ),
        _MAY_BE_DENIED,
        directed=f"{_SERVICES}/test_sweep_orders.py"
        "::test_an_unknown_order_is_not_sent_again_once_it_has_expired",
    ),
    bug(
        "refused-resend-is-a-rejection",
        "the refusal of a second request counts for the first one too",
        Replacement(
            _SUBMIT,
            "        case OrderRejectedError() if before is not OrderStatus.UNKNOWN:\n",
            "        case OrderRejectedError():\n",
        ),
        directed=f"{_SERVICES}/test_submit_order.py"
        "::test_a_second_try_proves_nothing_about_the_first",
    ),
    bug(
        "sent-before-written",
        "the ledger learns that an order is being sent after it has left",
        Replacement(
            _SUBMIT,
            '            runtime.orders.save(sending, at=runtime.clock.now(), note="submit")\n'
            "            answer = _post(sending, hold, runtime)\n",
            "            answer = _post(sending, hold, runtime)\n"
            '            runtime.orders.save(sending, at=runtime.clock.now(), note="submit")\n',
        ),
        killer=1,
        is_loud=True,
    ),
    bug(
        "stream-not-asked",
        "orders leave while the broker's order stream is away",
        Replacement(
            _SUBMIT,
            "    if state is not StreamState.LIVE:\n",
            "    if state is None:\n",
        ),
        killer=7,
    ),
    bug(
        "canceled-when-asked",
        "a cancel that the broker accepted counts as done",
        Replacement(
            _SWEEP,
            "        runtime.broker.cancel(order.broker_order_id)\n",
            "        runtime.broker.cancel(order.broker_order_id)\n"
            "        end = replace(asked, status=OrderStatus.CANCELED, version=order.version + 2)\n"
            '        runtime.orders.save(end, at=now, note="canceled")\n',
        ),
        killer=1,
    ),
    bug(
        "stuck-is-a-rejection",
        "an order that stays in pending_new for long is taken for rejected",
        Replacement(
            _SWEEP,
            "    if order.cancel_requested_at is not None:\n",
            "    if order.status is OrderStatus.PENDING_NEW and age > _SETTLED_AFTER:\n"
            "        end = replace(order, status=OrderStatus.REJECTED, version=order.version + 1)\n"
            '        runtime.orders.save(end, at=now, note="stuck")\n'
            "        return True\n"
            "    if order.cancel_requested_at is not None:\n",
        ),
        killer=13,
    ),
    bug(
        "other-people-s-orders-canceled",
        "orders made by hand are canceled for their age",
        Replacement(
            _SWEEP,
            "            acted += bool(order.intent_id) and _look_after(order, runtime)\n",
            "            acted += _look_after(order, runtime)\n",
        ),
        killer=1,
    ),
)
