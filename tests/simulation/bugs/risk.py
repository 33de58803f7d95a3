"""Limits: on less than the worst case, on what is missing, or only once."""

from tests.simulation.bugs.bug import bug
from tests.simulation.planting import Replacement

_ASSESS = "quantterminal.services.assess_risk"
_EXPOSURE = "quantterminal.domain.risk.exposure"
_GATES = "quantterminal.domain.risk.gates"
_ORDERS = "quantterminal.domain.orders"
_SUBMIT = "quantterminal.services.submit_order"
_WORST = "quantterminal.domain.risk.worst_case"

_CHECKS = "tests/unit/quantterminal/domain/risk/test_check.py"
_OTHER = "        if order.symbol != proposal.symbol or intent == proposal.intent_id:\n"

BUGS = (
    bug(
        "working-orders-not-counted",
        "the position limit is compared with what is held, not with what works besides",
        Replacement(_WORST, _OTHER, "        if order.symbol or intent:\n"),
        killer=13,
    ),
    bug(
        "only-own-orders-counted",
        "of the working orders only those of the same strategy count",
        Replacement(
            _WORST,
            _OTHER,
            "        if order.strategy != proposal.strategy:\n            continue\n" + _OTHER,
        ),
        killer=13,
    ),
    bug(
        "released-on-unknown",
        "an order whose fate is not known reserves nothing",
        Replacement(
            _ORDERS,
            "        if not self.status.is_working:\n            return _ZERO\n",
            "        if not self.status.is_working or self.status is OrderStatus.UNKNOWN:\n"
            "            return _ZERO\n",
        ),
        killer=12,
    ),
    bug(
        "position-limit-off",
        "the limit on one symbol compares the order alone",
        Replacement(
            _EXPOSURE,
            "    exposure = max(abs(highest), abs(lowest)) * price\n",
            "    exposure = proposal.quantity * price\n",
        ),
        killer=1,
    ),
    bug(
        "last-hop-left-out",
        "an order that was approved once leaves whenever it comes to it",
        Replacement(
            _SUBMIT,
            "    unwatched = _unwatched(intent, runtime)\n",
            "    if intent.release == runtime.release:\n"
            "        return None\n"
            "    unwatched = _unwatched(intent, runtime)\n",
        ),
        killer=1,
    ),
    bug(
        "old-intents-leave",
        "an intent never ends",
        Replacement(
            _GATES,
            "    if snapshot.now <= proposal.valid_until:\n",
            "    if snapshot.now:\n",
        ),
        Replacement(
            _GATES,
            "    if age <= timedelta(seconds=limits.max_bar_age_s):\n",
            "    if age <= timedelta(days=1):\n",
        ),
        killer=1,
    ),
    bug(
        "session-not-asked",
        "orders leave after the close",
        Replacement(
            _GATES,
            "    if session_at(snapshot.now) is not None:\n        return None\n",
            "    if snapshot.now:\n        return None\n",
        ),
        killer=11,
    ),
    bug(
        "sells-free-buying-power",
        "working sells give back buying power before they are filled",
        Replacement(
            _EXPOSURE,
            "        (order.notional for intent, order in snapshot.reserved.items() if intent !="
            " without), _ZERO\n",
            "        (\n"
            "            order.notional * order.side.sign\n"
            "            for intent, order in snapshot.reserved.items()\n"
            "            if intent != without\n"
            "        ),\n"
            "        _ZERO,\n",
        ),
        directed=f"{_CHECKS}::test_positions_and_orders_of_both_sides_use_buying_power",
    ),
    bug(
        "missing-passes",
        "an equity that is missing or no number passes the position limit",
        Replacement(
            _EXPOSURE,
            "        return Denial(DenialCode.POSITION_LIMIT,"
            ' f"Expected equity above 0, was {equity}")\n',
            "        return None\n",
        ),
        directed=f"{_CHECKS}::test_without_equity_nothing_is_opened",
    ),
    bug(
        "nan-passes",
        "a quantity that is no number counts as reducing, and no limit stops what reduces",
        Replacement(
            _WORST,
            "    if not are_finite(highest, lowest, proposal.quantity) or proposal.quantity <= 0:\n"
            "        return False\n",
            "    if not are_finite(highest, lowest, proposal.quantity) or proposal.quantity <= 0:\n"
            "        return True\n",
        ),
        directed=f"{_CHECKS}::test_a_number_that_is_none_always_denies_and_never_raises",
    ),
    bug(
        "collar-of-one-side",
        "only a limit above the last price is too far away",
        Replacement(
            "quantterminal.domain.risk.terms",
            "    away = abs(proposal.limit_price - mark)\n",
            "    away = proposal.limit_price - mark\n",
        ),
        directed=f"{_CHECKS}::test_each_limit_from_both_sides",
    ),
    bug(
        "wash-trade-of-one-strategy",
        "an order against another strategy's is sent",
        Replacement(
            "quantterminal.domain.risk.conflicts",
            "        against = order.symbol == proposal.symbol and",
            "        against = order.strategy == proposal.strategy and"
            " order.symbol == proposal.symbol and",
        ),
        directed=f"{_CHECKS}::test_a_wash_trade_is_against_any_strategys_order",
    ),
)
