"""Halts: forgotten, not asked for at the last hop, or in their own way."""

from tests.simulation.bugs.bug import bug
from tests.simulation.planting import Replacement

_SUBMIT = "quantterminal.services.submit_order"
_HALTING = "quantterminal.services.halting"
_ACCOUNTS = "quantterminal.adapters.memory.account_ledger"
_SWEEP = "quantterminal.services.sweep_orders"
_FLATTEN = "quantterminal.services.flatten"
_ORDERS = "quantterminal.domain.risk.orders"
_GATES = "quantterminal.domain.risk.gates"
_SERVICES = "tests/unit/quantterminal/services"

_LEVELS = "    levels = {halt.scope: HaltLevel(halt.level) for halt in halts}\n"
_CURRENT = "        levels=levels,\n"

BUGS = (
    bug(
        "halt-only-in-risk",
        "halts are looked at when a signal is assessed and not when its order leaves",
        Replacement(_SUBMIT, _LEVELS, "    levels: dict[str, HaltLevel] = {}\n"),
        killer=1,
    ),
    bug(
        "halt-from-the-cache",
        "the last hop believes the cache's halts",
        Replacement(_SUBMIT, _CURRENT, ""),
        directed=f"{_SERVICES}/test_submit_order.py"
        "::test_the_last_hop_obeys_a_halt_that_the_cache_does_not_show",
    ),
    bug(
        "halt-forgotten-on-restart",
        "halts live in the working state, and a rebuild forgets them",
        Replacement(_SUBMIT, _CURRENT, ""),
        Replacement(
            _ACCOUNTS,
            "            halts=[halt for (owner, _), halt in tables.halts.items() if owner =="
            " account],\n",
            "            halts=[],\n",
        ),
        killer=1,
        is_loud=True,
    ),
    bug(
        "halt-not-held",
        "a halt may come between the last look at the halts and the order's leaving",
        Replacement(
            "quantterminal.adapters.postgres.halt_ledger",
            "            took = [_take(connection, each, account, self._patience_s) for each in"
            " _LOCKS]\n",
            "            took = [True for _ in _LOCKS]\n",
        ),
        directed=f"{_SERVICES}/test_send_held.py"
        "::test_a_halt_is_not_durable_before_the_request_has_returned",
    ),
    bug(
        "hold-not-confirmed",
        "an order leaves though the hold on the halts has run out",
        Replacement(_SUBMIT, "        hold.confirm()\n", ""),
        directed=f"{_SERVICES}/test_send_held.py::test_a_sender_that_took_too_long_does_not_send",
    ),
    bug(
        "halt-of-the-account-only",
        "halts of one strategy or one symbol are not obeyed",
        Replacement(
            _ORDERS,
            '        scopes = ("account", f"strategy:{strategy}", f"symbol:{symbol}")\n',
            '        scopes = ("account",)\n',
        ),
        killer=1,
        is_loud=True,
    ),
    bug(
        "cancels-blocked-by-a-halt",
        "while the account is halted nothing is canceled",
        Replacement(
            _SWEEP,
            "    return sum(_cancel(order, reason, runtime) for order in chosen)\n",
            "    if any(halt.level for halt in runtime.halts.halts(runtime.trading.account)):\n"
            "        return 0\n"
            "    return sum(_cancel(order, reason, runtime) for order in chosen)\n",
        ),
        directed=f"{_SERVICES}/test_flatten.py"
        "::test_working_orders_are_canceled_and_not_priced_anew",
    ),
    bug(
        "halt-after-the-flatten",
        "a flatten cancels and closes first and halts last",
        Replacement(
            _FLATTEN,
            "    runtime.halts.raise_halt(\n"
            "        scope, HaltLevel.REDUCE_ONLY, code=HaltCode.OPERATOR, reason=reason,"
            " actor=actor\n    )\n    cause =",
            "    cause =",
        ),
        killer=16,
    ),
    bug(
        "everything-lifted-at-the-open",
        "a new session ends every halt, whoever raised it and when",
        Replacement(
            _HALTING,
            "            ends = is_lifted_by_new_session(halt) and new_york_date(halt.at) < day\n",
            "            ends = new_york_date(halt.at) <= day\n",
        ),
        directed=f"{_SERVICES}/test_halting.py::test_a_loss_of_this_day_survives_a_second_open",
    ),
    bug(
        "reducing-passes-halted",
        "while HALTED any order that reduces may leave, not only a person's",
        Replacement(
            _GATES,
            "    if level is HaltLevel.HALTED and not (reducing and proposal.origin is"
            " Origin.FLATTEN):\n",
            "    if level is HaltLevel.HALTED and not reducing:\n",
        ),
        directed="tests/unit/quantterminal/domain/risk/test_check.py"
        "::test_who_may_act_under_which_halt",
    ),
    bug(
        "dead-letter-silent",
        "a message about money is given up and nothing is halted",
        Replacement(
            "handlers.batch",
            "    if edge.halts is None or received < MAX_RECEIVES:\n",
            "    if edge.halts is None or received < 2 * MAX_RECEIVES:\n",
        ),
        directed="tests/unit/handlers/test_dead_letters.py",
    ),
    bug(
        "daily-loss-at-more-than-the-limit",
        "a loss of exactly the limit does not halt",
        Replacement(
            "quantterminal.domain.halts",
            "        if loss >= base * fraction:\n",
            "        if loss > base * fraction:\n",
        ),
        directed="tests/unit/quantterminal/domain/test_halts.py"
        "::test_losses_stop_trading_at_the_limit",
    ),
)
