from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.domain import risk
from quantterminal.domain.events import AssessSignal
from quantterminal.domain.proposals import nothing_to_close
from quantterminal.domain.risk import (
    RULES,
    DenialCode,
    HaltLevel,
    Origin,
    Proposal,
    Reservation,
    RiskLimits,
    RiskSnapshot,
    Rule,
    available_buying_power,
    check,
    is_reducing,
    worst_case,
)
from quantterminal.domain.signals import Action, Side, Signal
from tests.unit.quantterminal.domain.risk.given import NOW, PROPOSAL, SNAPSHOT, Changes, working
from tests.unit.quantterminal.domain.risk.test_tables import CASES

# what other tables are about is out of the way here
LIMITS = RiskLimits(
    max_order_fraction=Decimal(1),
    max_leverage=Decimal(4),
    max_net_fraction=Decimal(4),
    min_price=Decimal(0),
    allow_flip=True,
)
HALT = HaltLevel.HALTED
REDUCE = HaltLevel.REDUCE_ONLY


def _code(
    proposal: Proposal, snapshot: RiskSnapshot, *, limits: RiskLimits = LIMITS
) -> DenialCode | None:
    denial = check(proposal, snapshot, limits)
    return None if denial is None else denial.code


def _deniers(proposal: Proposal, snapshot: RiskSnapshot) -> dict[Rule, DenialCode]:
    found = {rule: rule(proposal, snapshot, LIMITS) for rule in RULES}
    return {rule: denial.code for rule, denial in found.items() if denial is not None}


def test_the_proposal_that_these_tests_change_is_allowed() -> None:
    assert check(PROPOSAL, SNAPSHOT, LIMITS) is None


# every code, and the one rule that it comes from

VIOLATIONS: dict[DenialCode, tuple[Rule, Changes, Changes]] = {
    DenialCode.HALTED: (risk.halt, {}, {"levels": {"account": HALT}}),
    DenialCode.REDUCE_ONLY: (risk.halt, {}, {"levels": {"account": REDUCE}}),
    DenialCode.SYMBOL_NOT_ALLOWED: (risk.symbol_allowed, {}, {"allowed_symbols": frozenset()}),
    DenialCode.OUTSIDE_SESSION: (
        risk.in_session,
        {"bar_end": NOW + timedelta(hours=6), "valid_until": NOW + timedelta(hours=7)},
        {"now": NOW + timedelta(hours=6)},
    ),
    DenialCode.INTENT_EXPIRED: (risk.fresh_intent, {"valid_until": NOW - timedelta(1)}, {}),
    DenialCode.STALE_DATA: (risk.fresh_data, {"bar_end": NOW - timedelta(seconds=91)}, {}),
    DenialCode.INVALID_QUANTITY: (risk.valid_quantity, {"quantity": Decimal("0.5")}, {}),
    DenialCode.INVALID_PRICE: (risk.valid_price, {"limit_price": Decimal("100.001")}, {}),
    DenialCode.DUPLICATE_INTENT: (
        risk.no_duplicate,
        {},
        {"reserved": {"earlier": working(Side.BUY, 1, strategy="momentum")}},
    ),
    DenialCode.WASH_TRADE: (
        risk.no_wash_trade,
        {},
        {"reserved": {"earlier": working(Side.SELL, 1)}},
    ),
    DenialCode.PRICE_COLLAR: (risk.price_collar, {"limit_price": Decimal("103.01")}, {}),
    DenialCode.POSITION_LIMIT: (risk.position_limit, {"quantity": Decimal(101)}, {}),
    DenialCode.BUYING_POWER: (
        risk.buying_power,
        {},
        {"positions": {"IBM": Decimal(-490)}},
    ),
}


def test_every_code_can_be_produced() -> None:
    # what a strategy cannot close never becomes a proposal: that code is given before the rules
    before = {DenialCode.NOTHING_TO_CLOSE, DenialCode.VERSION_MISMATCH}
    tables = {case.code for case in CASES if case.code is not None}
    assert set(DenialCode) == set(VIOLATIONS) | tables | before


def test_every_rule_is_violated_by_some_case() -> None:
    tables = {case.rule for case in CASES if case.code is not None}
    assert {rule for rule, _, _ in VIOLATIONS.values()} | tables == set(RULES)


@pytest.mark.parametrize("code", VIOLATIONS)
def test_a_code_comes_from_one_rule_only(code: DenialCode) -> None:
    rule, proposed, found = VIOLATIONS[code]
    proposal, snapshot = replace(PROPOSAL, **proposed), replace(SNAPSHOT, **found)

    assert _code(proposal, snapshot) is code
    assert _deniers(proposal, snapshot) == {rule: code}


def test_closing_nothing_is_denied_before_the_rules() -> None:
    signal = Signal("momentum", "1", "SPY", NOW, 0, Action.CLOSE, None, 100.0, "exit")
    request = AssessSignal("main", signal)

    denial = nothing_to_close(replace(PROPOSAL, quantity=Decimal(0)), request.signal)

    assert denial is not None
    assert denial.code is DenialCode.NOTHING_TO_CLOSE
    assert "momentum holds nothing in SPY" in denial.text
    assert nothing_to_close(PROPOSAL, request.signal) is None


def test_a_denial_says_what_was_expected_and_what_was_found() -> None:
    denial = check(replace(PROPOSAL, quantity=Decimal(101)), SNAPSHOT, LIMITS)
    assert denial is not None
    assert denial.text == "Expected at most 10000.00 in SPY, would be 10100.00 at worst"


# the order


def test_the_kill_switch_comes_first() -> None:
    assert RULES[0] is risk.halt


def test_the_first_violated_rule_answers_and_the_rest_are_still_waiting() -> None:
    """Everything is wrong at once; one repair after the other brings the next rule's answer."""
    proposal = replace(
        PROPOSAL,
        bar_end=NOW - timedelta(days=1),
        valid_until=NOW - timedelta(seconds=1),
        quantity=Decimal("1000000.5"),
        limit_price=Decimal("150.001"),
    )
    night = NOW + timedelta(hours=8)
    snapshot = replace(
        SNAPSHOT,
        now=night,
        equity=None,
        levels={"account": HALT},
        allowed_symbols=frozenset(),
        reserved={"a": working(Side.BUY, 1, strategy="momentum"), "b": working(Side.SELL, 1)},
    )
    repairs: list[tuple[DenialCode, Changes, Changes]] = [
        (DenialCode.HALTED, {}, {"levels": {"account": REDUCE}}),
        (DenialCode.REDUCE_ONLY, {}, {"levels": {}}),
        (DenialCode.SYMBOL_NOT_ALLOWED, {}, {"allowed_symbols": frozenset({"SPY"})}),
        (DenialCode.OUTSIDE_SESSION, {}, {"now": NOW}),
        (DenialCode.INTENT_EXPIRED, {"valid_until": NOW}, {}),
        (DenialCode.STALE_DATA, {"bar_end": NOW}, {}),
        (DenialCode.INVALID_QUANTITY, {"quantity": Decimal(1_000_000)}, {}),
        (DenialCode.INVALID_PRICE, {"limit_price": Decimal("150.00")}, {}),
        (DenialCode.DUPLICATE_INTENT, {}, {"reserved": {"b": working(Side.SELL, 1)}}),
        (DenialCode.WASH_TRADE, {}, {"reserved": {}}),
        (DenialCode.PRICE_COLLAR, {"limit_price": Decimal("100.00")}, {}),
        (DenialCode.POSITION_LIMIT, {}, {"equity": Decimal(10_000_000)}),
        (DenialCode.POSITION_LIMIT, {"quantity": Decimal(10_000)}, {"positions": {"IBM": HUGE}}),
        (DenialCode.BUYING_POWER, {}, {"positions": {}}),
    ]
    for code, proposed, found in repairs:
        assert _code(proposal, snapshot) is code
        proposal, snapshot = replace(proposal, **proposed), replace(snapshot, **found)
    assert _code(proposal, snapshot) is None


HUGE = Decimal(50_000)


# rule 0

HELD = {"SPY": Decimal(50)}
OPENING = replace(PROPOSAL, held=Decimal(50))
REDUCING = replace(OPENING, side=Side.SELL)


@pytest.mark.parametrize("scope", ["account", "strategy:momentum", "symbol:SPY"])
@pytest.mark.parametrize("origin", Origin)
@pytest.mark.parametrize("reducing", [True, False])
@pytest.mark.parametrize("level", HaltLevel)
def test_who_may_act_under_which_halt(
    level: HaltLevel, scope: str, origin: Origin, *, reducing: bool
) -> None:
    snapshot = replace(SNAPSHOT, positions=HELD, levels={scope: level})
    proposal = replace(REDUCING if reducing else OPENING, origin=origin)
    expected = {
        (HaltLevel.ACTIVE, True): None,
        (HaltLevel.ACTIVE, False): None,
        (REDUCE, True): None,
        (REDUCE, False): DenialCode.REDUCE_ONLY,
        (HALT, True): None if origin is Origin.FLATTEN else DenialCode.HALTED,
        (HALT, False): DenialCode.HALTED,
    }

    denial = check(proposal, snapshot, LIMITS)

    assert (denial and denial.code) == expected[level, reducing]
    assert denial is None or denial.text.startswith(scope)


@pytest.mark.parametrize(
    ("held", "denied"), [(50, False), (51, False), (49, True), (0, True), (-50, True)]
)
def test_what_reduces_the_account_must_close_its_own_strategys_shares(
    held: int, *, denied: bool
) -> None:
    snapshot = replace(SNAPSHOT, positions=HELD, levels={"account": REDUCE})

    denial = check(replace(REDUCING, held=Decimal(held)), snapshot, LIMITS)

    assert (denial is not None and denial.code is DenialCode.REDUCE_ONLY) == denied


@pytest.mark.parametrize("held", [None, Decimal("NaN")])
def test_nobody_reduces_who_does_not_know_what_it_holds(held: Decimal | None) -> None:
    snapshot = replace(SNAPSHOT, positions=HELD, levels={"account": REDUCE})

    denial = check(replace(REDUCING, held=held), snapshot, LIMITS)

    assert denial is not None
    assert denial.code is DenialCode.REDUCE_ONLY


@pytest.mark.parametrize("level", [REDUCE, HALT])
@pytest.mark.parametrize("scope", ["strategy:other", "symbol:IBM", "Account", "momentum", ""])
def test_a_halt_of_something_else_does_not_count(scope: str, level: HaltLevel) -> None:
    assert _code(PROPOSAL, replace(SNAPSHOT, levels={scope: level})) is None


def test_the_strictest_of_the_three_scopes_counts() -> None:
    levels = {"account": REDUCE, "strategy:momentum": HaltLevel.ACTIVE, "symbol:SPY": HALT}
    snapshot = replace(SNAPSHOT, levels=levels)

    assert snapshot.level_for("momentum", "SPY") == (HALT, "symbol:SPY")
    assert snapshot.level_for("momentum", "IBM") == (REDUCE, "account")


# boundaries: one below, at, and one above the limit

SECOND = timedelta(seconds=1)
CLOSE = datetime(2024, 3, 4, 21, 0, tzinfo=UTC)
OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
OTHER = {"other": working(Side.BUY, 40)}


@pytest.mark.parametrize(
    ("proposed", "found", "code"),
    [
        # 10 % of 100,000 at 100
        ({"quantity": Decimal(99)}, {}, None),
        ({"quantity": Decimal(100)}, {}, None),
        ({"quantity": Decimal(101)}, {}, "POSITION_LIMIT"),
        ({"quantity": Decimal(100)}, {"equity": Decimal("99999.99")}, "POSITION_LIMIT"),
        # ... with what is held
        ({"quantity": Decimal(50)}, {"positions": HELD}, None),
        ({"quantity": Decimal(51)}, {"positions": HELD}, "POSITION_LIMIT"),
        # ... with what works on the same side
        ({"quantity": Decimal(60)}, {"reserved": OTHER}, None),
        ({"quantity": Decimal(61)}, {"reserved": OTHER}, "POSITION_LIMIT"),
        # ... on the short side
        ({"side": Side.SELL, "quantity": Decimal(100)}, {}, None),
        ({"side": Side.SELL, "quantity": Decimal(101)}, {}, "POSITION_LIMIT"),
        # ... through zero: 50 held, 150 sold, 100 short at worst
        ({"side": Side.SELL, "quantity": Decimal(150)}, {"positions": HELD}, None),
        ({"side": Side.SELL, "quantity": Decimal(151)}, {"positions": HELD}, "POSITION_LIMIT"),
        # ... at the worse of limit and last price
        ({"limit_price": Decimal(101), "quantity": Decimal(99)}, {}, None),
        ({"limit_price": Decimal(101), "quantity": Decimal(100)}, {}, "POSITION_LIMIT"),
        ({"limit_price": Decimal(99), "quantity": Decimal(101)}, {}, "POSITION_LIMIT"),
        # the collar of 300 bps, on both sides
        ({"limit_price": Decimal("102.99")}, {}, None),
        ({"limit_price": Decimal("103.00")}, {}, None),
        ({"limit_price": Decimal("103.01")}, {}, "PRICE_COLLAR"),
        ({"limit_price": Decimal("97.01")}, {}, None),
        ({"limit_price": Decimal("97.00")}, {}, None),
        ({"limit_price": Decimal("96.99")}, {}, "PRICE_COLLAR"),
        # bars of at most 90 s
        ({"bar_end": NOW - 89 * SECOND}, {}, None),
        ({"bar_end": NOW - 90 * SECOND}, {}, None),
        ({"bar_end": NOW - 90 * SECOND - timedelta(microseconds=1)}, {}, "STALE_DATA"),
        # the last instant of an intent
        ({"valid_until": NOW + SECOND}, {}, None),
        ({"valid_until": NOW}, {}, None),
        ({"valid_until": NOW - timedelta(microseconds=1)}, {}, "INTENT_EXPIRED"),
        # the session: its open is inside, its close is not
        ({"bar_end": OPEN - SECOND}, {"now": OPEN - SECOND}, "OUTSIDE_SESSION"),
        ({"bar_end": OPEN}, {"now": OPEN}, None),
        ({"bar_end": CLOSE, "valid_until": CLOSE}, {"now": CLOSE - SECOND}, None),
        ({"bar_end": CLOSE, "valid_until": CLOSE}, {"now": CLOSE}, "OUTSIDE_SESSION"),
        # whole shares above 0
        ({"quantity": Decimal(0)}, {}, "INVALID_QUANTITY"),
        ({"quantity": Decimal(1)}, {}, None),
        ({"quantity": Decimal("1.0")}, {}, None),
        ({"quantity": Decimal("1.000000001")}, {}, "INVALID_QUANTITY"),
        ({"quantity": Decimal(-1)}, {}, "INVALID_QUANTITY"),
        # ticks
        ({"limit_price": Decimal("100.01")}, {}, None),
        ({"limit_price": Decimal("100.010")}, {}, None),
        ({"limit_price": Decimal("100.0001")}, {}, "INVALID_PRICE"),
        ({"limit_price": Decimal("0.9999")}, {"marks": {"SPY": Decimal(1)}}, None),
        ({"limit_price": Decimal("0.99999")}, {"marks": {"SPY": Decimal(1)}}, "INVALID_PRICE"),
        ({"limit_price": Decimal(0)}, {}, "INVALID_PRICE"),
        ({"limit_price": Decimal(-100)}, {}, "INVALID_PRICE"),
    ],
)
def test_each_limit_from_both_sides(proposed: Changes, found: Changes, code: str | None) -> None:
    assert _code(replace(PROPOSAL, **proposed), replace(SNAPSHOT, **found)) == code


def test_the_limits_are_those_that_were_configured() -> None:
    strict = replace(LIMITS, max_position_fraction=Decimal("0.04"))
    loose = replace(LIMITS, max_position_fraction=Decimal("0.05"))

    assert _code(PROPOSAL, SNAPSHOT, limits=strict) is DenialCode.POSITION_LIMIT
    assert _code(PROPOSAL, SNAPSHOT, limits=loose) is None


# worst case


def test_working_orders_may_fill_on_one_side_only() -> None:
    reserved = {
        "buy": working(Side.BUY, 30),
        "sell": working(Side.SELL, 20),
        "elsewhere": working(Side.BUY, 500, symbol="IBM"),
    }
    snapshot = replace(SNAPSHOT, positions={"SPY": Decimal(10)}, reserved=reserved)
    assert worst_case(PROPOSAL, snapshot) == (40, -10)


def test_an_order_is_not_counted_against_itself() -> None:
    reserved = {PROPOSAL.intent_id: working(Side.BUY, 100, strategy="momentum")}
    snapshot = replace(SNAPSHOT, reserved=reserved)

    assert worst_case(PROPOSAL, snapshot) == (0, 0)
    assert _code(replace(PROPOSAL, quantity=Decimal(100)), snapshot) is None


@pytest.mark.parametrize(
    ("held", "side", "quantity", "others", "reducing"),
    [
        (100, Side.SELL, 99, None, True),
        (100, Side.SELL, 100, None, True),
        (100, Side.SELL, 101, None, False),
        (-100, Side.BUY, 100, None, True),
        (-100, Side.BUY, 101, None, False),
        (100, Side.BUY, 1, None, False),
        (-100, Side.SELL, 1, None, False),
        (0, Side.SELL, 1, None, False),
        (0, Side.BUY, 1, None, False),
        # what others already sell is not there to be sold again
        (100, Side.SELL, 60, (Side.SELL, 40), True),
        (100, Side.SELL, 61, (Side.SELL, 40), False),
        (-100, Side.BUY, 61, (Side.BUY, 40), False),
        # what others buy may never come
        (100, Side.SELL, 101, (Side.BUY, 40), False),
        (100, Side.SELL, 0, None, False),
        (100, Side.SELL, -5, None, False),
    ],
)
def test_reducing_never_goes_beyond_zero(
    held: int, side: Side, quantity: int, others: tuple[Side, int] | None, *, reducing: bool
) -> None:
    proposal = replace(PROPOSAL, side=side, quantity=Decimal(quantity))
    reserved = {} if others is None else {"other": working(*others)}
    snapshot = replace(SNAPSHOT, positions={"SPY": Decimal(held)}, reserved=reserved)
    assert is_reducing(proposal, snapshot) is reducing


# buying power


def test_concurrent_reservations_never_commit_more_than_there_is() -> None:
    snapshot = replace(SNAPSHOT, equity=Decimal(35_000))
    limits = replace(LIMITS, max_position_fraction=Decimal("0.5"))
    allowed = 0
    for number in range(5):
        proposal = replace(
            PROPOSAL, intent_id=f"i{number}", strategy=f"s{number}", quantity=Decimal(100)
        )
        if check(proposal, snapshot, limits, rules=(risk.buying_power,)) is None:
            allowed += 1
            reservation = working(Side.BUY, 100, strategy=f"s{number}")
            snapshot = replace(
                snapshot, reserved={**snapshot.reserved, proposal.intent_id: reservation}
            )

    assert allowed == 3
    assert available_buying_power(snapshot, limits) == 5_000


@pytest.mark.parametrize(
    ("quantity", "code"), [(49, None), (50, None), (51, DenialCode.BUYING_POWER)]
)
def test_positions_and_orders_of_both_sides_use_buying_power(
    quantity: int, code: DenialCode | None
) -> None:
    """100,000 less 60,000 short, 20,000 that others buy and 15,000 that they sell."""
    snapshot = replace(
        SNAPSHOT,
        positions={"IBM": Decimal(-300)},
        reserved={
            "a": working(Side.BUY, 100, price=200, symbol="IBM"),
            "b": working(Side.SELL, 75, price=200, symbol="IBM", strategy="third"),
        },
    )

    assert available_buying_power(snapshot, LIMITS) == 5_000
    assert _code(replace(PROPOSAL, quantity=Decimal(quantity)), snapshot) == code


def test_a_flat_position_needs_no_price() -> None:
    snapshot = replace(SNAPSHOT, positions={"GONE": Decimal(0)})
    assert available_buying_power(snapshot, LIMITS) == 100_000


# missing and impossible values deny


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ({"equity": None}, DenialCode.POSITION_LIMIT),
        ({"equity": Decimal(0)}, DenialCode.POSITION_LIMIT),
        ({"equity": Decimal(-1)}, DenialCode.POSITION_LIMIT),
        ({"marks": {}}, DenialCode.PRICE_COLLAR),
        ({"marks": {"SPY": Decimal(0)}}, DenialCode.PRICE_COLLAR),
        ({"marks": {"SPY": Decimal(-1)}}, DenialCode.PRICE_COLLAR),
        ({"positions": {"GONE": Decimal(1)}}, DenialCode.BUYING_POWER),
    ],
)
def test_what_is_missing_denies(found: Changes, code: DenialCode) -> None:
    assert _code(PROPOSAL, replace(SNAPSHOT, **found)) is code


BAD = [Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity")]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("levels", [{}, {"account": REDUCE}, {"symbol:SPY": HALT}])
@pytest.mark.parametrize("origin", Origin)
@pytest.mark.parametrize("side", Side)
def test_a_number_that_is_none_always_denies_and_never_raises(
    bad: Decimal, levels: Mapping[str, HaltLevel], origin: Origin, side: Side
) -> None:
    proposal = replace(PROPOSAL, origin=origin, side=side)
    snapshot = replace(SNAPSHOT, levels=levels)
    same_side = replace(working(side, 1), quantity=bad)
    cases = [
        (replace(proposal, quantity=bad), snapshot),
        (replace(proposal, limit_price=bad), snapshot),
        (proposal, replace(snapshot, equity=bad)),
        (proposal, replace(snapshot, positions={"SPY": bad})),
        (proposal, replace(snapshot, positions={"IBM": bad})),
        (proposal, replace(snapshot, marks={"SPY": bad})),
        (
            proposal,
            replace(
                snapshot,
                marks={"SPY": Decimal(100), "IBM": bad},
                positions={"IBM": Decimal(1)},
            ),
        ),
        (proposal, replace(snapshot, reserved={"a": same_side})),
        (proposal, replace(snapshot, reserved={"a": replace(same_side, symbol="IBM")})),
        (proposal, replace(snapshot, reserved={"a": replace(working(side, 1), price=bad)})),
    ]
    for number, (proposed, found) in enumerate(cases):
        assert check(proposed, found, LIMITS) is not None, number


@pytest.mark.parametrize("bad", BAD)
def test_a_position_that_is_no_number_is_never_reduced(bad: Decimal) -> None:
    for side in Side:
        proposal = replace(PROPOSAL, side=side)
        assert not is_reducing(proposal, replace(SNAPSHOT, positions={"SPY": bad}))
        held = replace(SNAPSHOT, positions={"SPY": Decimal(-side.sign * 10)})
        assert not is_reducing(replace(proposal, quantity=bad), held)


@pytest.mark.parametrize("rule", [risk.position_limit, risk.buying_power])
@pytest.mark.parametrize("bad", [*BAD, None])
def test_without_equity_nothing_is_opened(rule: Rule, bad: Decimal | None) -> None:
    assert rule(PROPOSAL, replace(SNAPSHOT, equity=bad), LIMITS) is not None


# repeated and crossing orders


def test_a_like_order_counts_only_for_the_same_strategy_symbol_and_side() -> None:
    like = working(Side.BUY, 1, strategy="momentum")
    for harmless in (
        replace(like, strategy="other"),
        replace(like, symbol="IBM"),
        replace(like, symbol="IBM", side=Side.SELL),
    ):
        assert _code(PROPOSAL, replace(SNAPSHOT, reserved={"earlier": harmless})) is None


def test_an_order_is_neither_its_own_duplicate_nor_its_own_counterpart() -> None:
    for side in Side:
        own = {PROPOSAL.intent_id: working(side, 50, strategy="momentum")}
        assert _code(PROPOSAL, replace(SNAPSHOT, reserved=own)) is None


def test_a_wash_trade_is_against_any_strategys_order() -> None:
    for strategy in ("momentum", "other", "external"):
        against = {"x": working(Side.SELL, 1, strategy=strategy)}
        snapshot = replace(SNAPSHOT, reserved=against)
        assert _code(PROPOSAL, snapshot) is DenialCode.WASH_TRADE


def test_a_flatten_may_close_what_left_the_universe() -> None:
    snapshot = replace(SNAPSHOT, positions=HELD, allowed_symbols=frozenset({"IBM"}))

    assert _code(replace(REDUCING, origin=Origin.FLATTEN), snapshot) is None
    assert _code(REDUCING, snapshot) is DenialCode.SYMBOL_NOT_ALLOWED


# properties

amounts = st.integers(1, 60).map(Decimal)
cents = st.integers(9_800, 10_200).map(lambda n: Decimal(n) / 100)
reservations = st.dictionaries(
    st.sampled_from("abcd"),
    st.builds(
        Reservation,
        strategy=st.sampled_from(["momentum", "other"]),
        symbol=st.sampled_from(["SPY", "IBM"]),
        side=st.sampled_from(Side),
        quantity=amounts,
        price=cents,
    ),
    max_size=4,
)
proposals = st.builds(
    lambda side, quantity, price: replace(
        PROPOSAL, side=side, quantity=quantity, limit_price=price
    ),
    st.sampled_from(Side),
    amounts,
    cents,
)
snapshots = st.builds(
    lambda held, elsewhere, equity, reserved: replace(
        SNAPSHOT,
        positions={"SPY": Decimal(held), "IBM": Decimal(elsewhere)},
        equity=equity,
        reserved=reserved,
    ),
    st.integers(-100, 100),
    st.integers(-100, 100),
    st.integers(1_000, 100_000).map(Decimal),
    reservations,
)


def _end_positions(proposal: Proposal, snapshot: RiskSnapshot) -> list[Decimal]:
    """Every position that could result if any subset of the working orders were to fill."""
    ends = [snapshot.positions["SPY"]]
    orders = [o for o in snapshot.reserved.values() if o.symbol == "SPY"]
    steps = [o.side.sign * o.quantity for o in orders]
    for step in [*steps, proposal.side.sign * proposal.quantity]:
        ends += [end + step for end in ends]
    return ends


def _worst_exposure(proposal: Proposal, snapshot: RiskSnapshot) -> Decimal:
    worst = max(abs(end) for end in _end_positions(proposal, snapshot))
    return worst * max(proposal.limit_price, snapshot.marks["SPY"])


def _committed(proposal: Proposal, snapshot: RiskSnapshot) -> Decimal:
    held = sum(abs(n) * snapshot.marks[symbol] for symbol, n in snapshot.positions.items())
    return held + sum(o.notional for o in snapshot.reserved.values()) + proposal.notional


@given(proposal=proposals, snapshot=snapshots)
def test_an_opening_order_passes_if_and_only_if_its_worst_case_is_within_the_limit(
    proposal: Proposal, snapshot: RiskSnapshot
) -> None:
    assert snapshot.equity is not None
    within = _worst_exposure(proposal, snapshot) <= snapshot.equity / 10

    denial = risk.position_limit(proposal, snapshot, LIMITS)

    assert (denial is None) == (within or is_reducing(proposal, snapshot))


@given(proposal=proposals, snapshot=snapshots)
def test_an_opening_order_passes_if_and_only_if_it_is_paid_for(
    proposal: Proposal, snapshot: RiskSnapshot
) -> None:
    assert snapshot.equity is not None
    paid = _committed(proposal, snapshot) <= snapshot.equity

    denial = risk.buying_power(proposal, snapshot, LIMITS)

    assert (denial is None) == (paid or is_reducing(proposal, snapshot))


@given(proposal=proposals, snapshot=snapshots)
def test_what_passes_all_rules_breaks_no_limit(proposal: Proposal, snapshot: RiskSnapshot) -> None:
    denial = check(proposal, snapshot, LIMITS)

    assert snapshot.equity is not None
    assert (
        denial is not None
        or is_reducing(proposal, snapshot)
        or (
            _worst_exposure(proposal, snapshot) <= snapshot.equity / 10
            and _committed(proposal, snapshot) <= snapshot.equity
        )
    )


@given(proposal=proposals, snapshot=snapshots)
def test_reducing_means_that_no_possible_position_grows_or_changes_its_sign(
    proposal: Proposal, snapshot: RiskSnapshot
) -> None:
    possible = _end_positions(replace(proposal, quantity=Decimal(0)), snapshot)
    towards = -proposal.side.sign

    assert is_reducing(proposal, snapshot) == all(
        end * towards >= proposal.quantity for end in possible
    )


@given(
    held=st.integers(1, 100_000),
    share=st.fractions(0, 1),
    side=st.sampled_from(Side),
    equity=st.none() | st.sampled_from([Decimal(-1), Decimal(1), Decimal("NaN")]),
    elsewhere=st.sampled_from([Decimal(0), Decimal(1_000_000), Decimal("NaN")]),
)
def test_reducing_is_never_blocked_by_a_limit(
    held: int, share: Fraction, side: Side, equity: Decimal | None, elsewhere: Decimal
) -> None:
    own = Decimal(-side.sign * held)
    quantity = Decimal(max(1, int(held * share)))
    proposal = replace(PROPOSAL, side=side, quantity=quantity, held=own)
    snapshot = replace(
        SNAPSHOT,
        equity=equity,
        positions={"SPY": own, "IBM": elsewhere},
        levels={"account": REDUCE},
    )
    assert check(proposal, snapshot, LIMITS) is None
