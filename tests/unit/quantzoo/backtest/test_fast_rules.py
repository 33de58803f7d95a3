"""Every rule on integers says what the live rule of that name says, on any account."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantterminal.domain.risk import (
    RULES,
    Approved,
    DenialCode,
    HaltLevel,
    Proposal,
    Reservation,
    RiskLimits,
    RiskSnapshot,
    check,
)
from quantterminal.domain.signals import Side
from quantzoo.backtest.compiled_rules import CODES, denial, rules_of
from quantzoo.backtest.compiled_state import ACCOUNT, APPROVED, RESERVED, Books, new_books
from quantzoo.backtest.fast_rules import FORMS, Order, fast_rules, measure
from quantzoo.backtest.tape import dollars

END = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)
SYMBOLS = ("ALDR", "BRKT")
STRATEGIES = ("a", "b")
PRICES = st.integers(100, 2_000_000)
SHARES = st.integers(-300, 300)

orders = st.builds(
    lambda lane, side, quantity, limit, signal: Order(
        lane,
        lane % 2,
        STRATEGIES[lane // 2],
        side=side,
        quantity=quantity,
        limit=limit // 100 * 100 if limit >= 10_000 else limit,
        reference=limit,
        signal=signal,
    ),
    st.integers(0, 3),
    st.sampled_from([1, -1]),
    st.integers(0, 300),
    PRICES,
    st.integers(0, 10**6),
)
limits = st.builds(
    lambda position, gross, net, lever, order, shares, notional, cheap, counts, short, flip: (
        RiskLimits(
            max_position_fraction=position,
            max_gross_fraction=gross,
            max_net_fraction=net,
            max_leverage=lever,
            max_order_fraction=order,
            max_order_shares=shares,
            max_order_notional=notional,
            min_price=cheap,
            max_open_orders=counts[0],
            max_open_orders_per_symbol=counts[1],
            max_orders_per_minute=counts[2],
            max_strategy_orders_per_minute=counts[3],
            max_symbol_orders_per_minute=counts[4],
            allow_short=short,
            allow_flip=flip,
            price_collar_bps=Decimal(10_000),
        )
    ),
    *[st.decimals("0.01", "3", places=2)] * 5,
    st.integers(1, 300),
    st.none() | st.decimals("1", "40000", places=3),
    st.decimals("0", "100", places=3),
    st.tuples(*[st.integers(1, 4)] * 5),
    st.booleans(),
    st.booleans(),
)

an_order_and_its_account = given(
    order=orders,
    others=st.lists(orders, max_size=3),
    ended=st.lists(orders, max_size=2),
    net=st.tuples(SHARES, SHARES),
    held=st.tuples(*[SHARES] * 4),
    marks=st.tuples(PRICES, PRICES),
    cash=st.integers(-(10**9), 10**9),
    levels=st.tuples(*[st.sampled_from(list(HaltLevel))] * 3),
    limits=limits,
)


@settings(max_examples=400, deadline=None)
@an_order_and_its_account
def test_the_answers_are_those_of_the_live_rules(**drawn: Any) -> None:
    order, account, limits_ = drawn["order"], account_of(drawn), drawn["limits"]
    others = [each for each in account.approved if each is not order]
    if any(each.lane == order.lane for each in others):
        return  # a lane has one order a minute
    proposal, snapshot = live(order, account, drawn)
    measure(order, account)

    for rule in RULES:
        form = FORMS[rule](limits_)
        found = None if form is None else form(order, account)
        denial = rule(proposal, snapshot, limits_)
        assert found == (None if denial is None else denial.code), rule.__name__
    denial = check(proposal, snapshot, limits_)
    answers = (form(order, account) for form in fast_rules(RULES, limits_))
    first = next((code for code in answers if code is not None), None)
    assert first == (None if denial is None else denial.code)


@settings(max_examples=400, deadline=None)
@an_order_and_its_account
def test_the_compiled_answer_is_that_of_the_live_rules(**drawn: Any) -> None:
    order, account, limits_ = drawn["order"], account_of(drawn), drawn["limits"]
    if any(each.lane == order.lane for each in account.approved):
        return  # a lane has one order a minute
    rules = rules_of(RULES, limits_)

    code = denial(0, (account.equity, *account.sides), *compiled_state(order, account), rules)

    expected = check(*live(order, account, drawn), limits_)
    assert (CODES[code - 1] if code else None) == (None if expected is None else expected.code)


def compiled_state(order: Order, account: Any) -> tuple[Any, Books, tuple[Any, Any]]:
    """The account, the books and the market of one minute, with the order as their first one."""
    books = new_books(4, 2, 2, 1)._replace(lists=np.zeros((6, 8), dtype=np.int64))
    for number in range(4):
        lane = books.lanes[number]
        lane["number"], lane["symbol"], lane["strategy"] = number, number % 2, number // 2
        lane["held"], lane["halted"] = account.held[number], account.levels[number]
    books.net[:] = account.net
    for number, each in enumerate([order, *account.approved]):
        record = books.orders[number]
        record["lane"], record["side"] = each.lane, each.side
        record["quantity"], record["limit"] = each.quantity, each.limit
    state = np.zeros(1, dtype=ACCOUNT)
    state["reserved"], state["approved"] = len(account.reserved), len(account.approved)
    books.lists[RESERVED, : len(account.reserved)] = range(1, len(account.reserved) + 1)
    books.lists[APPROVED, : len(account.approved)] = range(1, len(account.approved) + 1)
    marks = [account.mark(0)], [account.mark(1)]
    prices = np.array([marks, marks], dtype=np.int64)
    return state[0], books, (prices, np.zeros(1, dtype=np.bool_))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"max_volume_fraction": Decimal("0.01")}, "participation"),
        ({"similar_order_s": 61}, "no_similar"),
        ({"max_position_fraction": Decimal("0.12345")}, "position_limit"),
        ({"max_leverage": Decimal("4.0001")}, "account_exposure"),
    ],
)
def test_what_the_compiled_rules_cannot_do_they_say(change: dict[str, Any], reason: str) -> None:
    assert reason in rules_of(RULES, replace(RiskLimits(), **change))


def account_of(drawn: dict[str, Any]) -> Any:
    """The account as the forms see it."""
    account, strategies = drawn["levels"][0], drawn["levels"][1:]
    values = [shares * mark for shares, mark in zip(drawn["net"], drawn["marks"], strict=True)]
    return SimpleNamespace(
        net=list(drawn["net"]),
        held=list(drawn["held"]),
        reserved=drawn["others"],
        approved=[*drawn["others"], *drawn["ended"]],
        levels=[max(account, strategies[lane // 2]) for lane in range(4)],
        outside=False,
        equity=drawn["cash"] + sum(values),
        sides=(sum(v for v in values if v > 0), -sum(v for v in values if v < 0)),
        mark=lambda symbol: drawn["marks"][symbol],
        slow=lambda _rule, _order: DenialCode.HALTED,
    )


def live(order: Order, account: Any, drawn: dict[str, Any]) -> tuple[Proposal, RiskSnapshot]:
    """The same order and account as the live rules see them."""
    now = END + timedelta(seconds=2)
    proposal = Proposal(
        f"this{order.signal}#0",
        order.strategy,
        SYMBOLS[order.symbol],
        Side.BUY if order.side > 0 else Side.SELL,
        Decimal(order.quantity),
        dollars(order.limit),
        dollars(order.reference),
        END,
        now + timedelta(seconds=60),
        held=Decimal(drawn["held"][order.lane]),
    )
    numbered = list(enumerate(drawn["others"]))
    account_level, *strategy_levels = drawn["levels"]
    scopes = {"account": account_level}
    scopes |= {
        f"strategy:{name}": level for name, level in zip(STRATEGIES, strategy_levels, strict=True)
    }
    return proposal, RiskSnapshot(
        now=now,
        equity=dollars(account.equity),
        positions={SYMBOLS[n]: Decimal(shares) for n, shares in enumerate(account.net)},
        marks={SYMBOLS[n]: dollars(mark) for n, mark in enumerate(drawn["marks"])},
        reserved={f"other{n}#0": reservation(each) for n, each in numbered},
        levels=scopes,
        allowed_symbols=frozenset(SYMBOLS),
        recent=[approved(f"other{n}#0", each) for n, each in enumerate(account.approved)],
    )


def reservation(order: Order) -> Reservation:
    side = Side.BUY if order.side > 0 else Side.SELL
    quantity, price = Decimal(order.quantity), dollars(order.limit)
    return Reservation(order.strategy, SYMBOLS[order.symbol], side, quantity, price)


def approved(intent: str, order: Order) -> Approved:
    held = reservation(order)
    return Approved(intent, held.strategy, held.symbol, held.side, held.quantity, END)


def test_every_live_rule_has_a_form() -> None:
    assert set(RULES) == set(FORMS)


def test_a_rule_that_limits_switch_on_is_asked_itself() -> None:
    account: Any = SimpleNamespace(slow=lambda rule, _order: rule.__name__)
    order = Order(0, 0, "a", side=1, quantity=1, limit=1, reference=1, signal=0)
    strict = replace(RiskLimits(), no_entry_first_minutes=5)
    (rule,) = (each for each in RULES if each.__name__ == "session_edges")

    form = FORMS[rule](strict)

    assert form is not None
    assert form(order, account) == "session_edges"
    assert FORMS[rule](RiskLimits()) is None
