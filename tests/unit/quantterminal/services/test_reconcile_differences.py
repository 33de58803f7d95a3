"""Every difference has a name; what is understood is booked once, the rest stops what it must."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from quantterminal.adapters.memory.broker import Fault
from quantterminal.domain.activities import Activity, ActivityKind
from quantterminal.domain.errors import CredentialsError
from quantterminal.domain.events import EventName, UnreadableFrame
from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.orders import EXTERNAL, OrderStatus
from quantterminal.domain.risk import DenialCode, HaltLevel
from quantterminal.domain.signals import Side
from quantterminal.ports.broker import BrokerAccount
from quantterminal.services.apply_update import apply_update, keep_unreadable
from quantterminal.services.reconcile import COMPLETE_KIND, Found, Reconciliation, reconcile
from quantterminal.topology import BUS_RULES
from tests.unit.quantterminal.services.pipeline import CASH, Pipeline

ZERO = Decimal(0)


def reconciled(pipeline: Pipeline) -> Reconciliation:
    pipeline.clock.forward(timedelta(seconds=1))
    return reconcile(runtime=pipeline.reconciling)


def names(result: Reconciliation) -> list[Found]:
    return [each.found for each in result.differences]


def halts(pipeline: Pipeline) -> dict[str, tuple[HaltLevel, HaltCode]]:
    found = pipeline.halt_ledger.halts(pipeline.account)
    return {each.scope: (each.level, each.code) for each in found if each.level}


def acted(
    pipeline: Pipeline,
    name: str,
    *,
    kind: ActivityKind = ActivityKind.CASH,
    shares: int = 0,
    cash: str = "0",
    symbol: str = "",
    group: str = "",
) -> Activity:
    pipeline.clock.forward(timedelta(seconds=1))
    activity = Activity(
        f"activity-{len(pipeline.broker.activities)}", kind, name, symbol, pipeline.clock.now(),
        shares=Decimal(shares), cash=Decimal(cash), group=group,
    )  # fmt: skip
    pipeline.broker.act(activity)
    return activity


def quantities(pipeline: Pipeline) -> dict[tuple[str, str], Decimal]:
    books = pipeline.accounts.books(pipeline.account)
    return {key: position.quantity for key, position in books.positions.items()}


@pytest.mark.parametrize(
    ("name", "cash"), [("DIV", "12.34"), ("FEE", "-0.07"), ("INT", "1.50"), ("CSD", "2000")]
)
def test_cash_that_an_activity_explains_is_booked_once(
    pipeline: Pipeline, name: str, cash: str
) -> None:
    acted(pipeline, name, cash=cash)

    first, second = reconciled(pipeline), reconciled(pipeline)

    assert names(first) == [Found.ACTIVITY]
    assert (first.agrees, first.changed_nothing) == (True, False)
    assert second == Reconciliation(0)
    assert second.changed_nothing
    assert pipeline.loaded().cash == CASH + Decimal(cash) == pipeline.broker.account().cash
    assert halts(pipeline) == {}


def test_f19_a_split_changes_each_strategy_s_shares_and_no_cost(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 10, "100.00")
    by_hand = pipeline.broker.order_by_hand("SPY", Side.BUY, 20, "100.00")
    pipeline.broker.fill(by_hand.client_order_id, 20, "100.00")
    reconciled(pipeline)
    acted(pipeline, "SPLIT", kind=ActivityKind.SPLIT, symbol="SPY", shares=-30, group="split")
    acted(pipeline, "SPLIT", kind=ActivityKind.SPLIT, symbol="SPY", shares=120, group="split")

    first, second = reconciled(pipeline), reconciled(pipeline)

    assert names(first) == [Found.ACTIVITY]
    assert second == Reconciliation(0)
    assert quantities(pipeline) == {("eager", "SPY"): 40, (EXTERNAL, "SPY"): 80}
    books = pipeline.accounts.books(pipeline.account)
    assert books.positions["eager", "SPY"].cost == 1000
    assert pipeline.loaded().net_positions() == {"SPY": 120}
    assert pipeline.record.sums(pipeline.account)[0].facts == 120
    assert halts(pipeline) == {}


def test_f19_half_of_a_split_is_not_booked(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 10, "100.00")
    pipeline.bought("IBM", 1, "100.00")
    acted(pipeline, "SPLIT", kind=ActivityKind.SPLIT, symbol="SPY", shares=-10, group="split")

    result = reconciled(pipeline)

    assert names(result) == [Found.UNKNOWN_ACTIVITY, Found.UNKNOWN_POSITION]
    assert quantities(pipeline)["eager", "SPY"] == 10
    assert halts(pipeline) == {"symbol:SPY": (HaltLevel.REDUCE_ONLY, HaltCode.RECONCILE)}


def test_a_price_from_before_a_split_is_none(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 10, "100.00")
    acted(pipeline, "SPLIT", kind=ActivityKind.SPLIT, symbol="SPY", shares=30)

    reconciled(pipeline)

    assert pipeline.loaded().equity() is None
    pipeline.mark(1, SPY=25.0, IBM=100.0)
    assert pipeline.loaded().equity() == CASH


def test_an_activity_that_nobody_can_book_stops_its_symbol(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 10, "100.00")
    acted(pipeline, "MA", kind=ActivityKind.OTHER, symbol="SPY", shares=-5)

    first, second = reconciled(pipeline), reconciled(pipeline)

    assert names(first) == names(second) == [Found.UNKNOWN_ACTIVITY, Found.UNKNOWN_POSITION]
    assert second.changed_nothing
    assert halts(pipeline) == {"symbol:SPY": (HaltLevel.REDUCE_ONLY, HaltCode.RECONCILE)}


def test_what_was_before_the_account_is_in_its_starting_cash(pipeline: Pipeline) -> None:
    opened = pipeline.accounts.last_noted(pipeline.account, "account")
    assert opened is not None
    pipeline.broker.activities.append(
        Activity("deposit", ActivityKind.CASH, "CSD", "", opened, cash=CASH)
    )

    assert reconciled(pipeline) == Reconciliation(0)


def test_each_import_has_its_name(pipeline: Pipeline) -> None:
    missed = pipeline.working("SPY", quantity=10)
    pipeline.broker.fill(missed.client_order_id, 10, "100.00")
    canceled = pipeline.working("IBM", quantity=5)
    pipeline.broker.finish_cancel(canceled.client_order_id)
    pipeline.broker.order_by_hand("IBM", Side.BUY, 1, "90.00")
    pipeline.clock.forward(timedelta(seconds=6))

    result = reconciled(pipeline)

    assert sorted(names(result)) == sorted(
        [Found.MISSED_FILL, Found.MISSED_UPDATE, Found.EXTERNAL_ORDER]
    )
    assert len(pipeline.telemetry.named("MissedFillFoundByRest")) == 1
    assert reconciled(pipeline) == Reconciliation(0)


def test_a_fill_that_is_just_being_delivered_was_not_missed(pipeline: Pipeline) -> None:
    order = pipeline.working("SPY", quantity=10)
    pipeline.broker.fill(order.client_order_id, 10, "100.00")

    assert names(reconciled(pipeline)) == [Found.MISSED_FILL]
    assert pipeline.telemetry.named("MissedFillFoundByRest") == []


@pytest.mark.parametrize(("drift", "stops"), [("49.99", False), ("50.00", False), ("50.01", True)])
def test_a05_cash_that_nothing_explains_stops_the_account_above_fifty_dollars(
    pipeline: Pipeline, drift: str, *, stops: bool
) -> None:
    pipeline.broker._cash -= Decimal(drift)

    reconciled(pipeline), reconciled(pipeline)

    expected = {ACCOUNT: (HaltLevel.REDUCE_ONLY, HaltCode.RECONCILE)} if stops else {}
    assert halts(pipeline) == expected
    assert len(pipeline.events(EventName.RECONCILE_FAILED)) == 1
    assert ("CashDrift", float(drift) * 100, "Count") in pipeline.telemetry.measures


IMPLAUSIBLE = [
    (BrokerAccount(ZERO, ZERO, ZERO), {}),
    (BrokerAccount(CASH, ZERO, ZERO), {"SPY": Decimal(10)}),
    (BrokerAccount(CASH - 1000, CASH, CASH), {}),
    (BrokerAccount(CASH * 2, CASH, CASH), {"SPY": Decimal(10)}),
]


@pytest.mark.parametrize("shown", IMPLAUSIBLE)
def test_f22_a_snapshot_that_cannot_be_true_is_not_believed(
    pipeline: Pipeline, shown: tuple[BrokerAccount, dict[str, Decimal]]
) -> None:
    pipeline.bought("SPY", 10, "100.00")
    pipeline.broker.shown = shown

    first = reconciled(pipeline)

    assert names(first) == [Found.IMPLAUSIBLE_SNAPSHOT]
    assert (first.positions, first.cash, first.agrees) == ({}, None, False)
    assert halts(pipeline) == {ACCOUNT: (HaltLevel.REDUCE_ONLY, HaltCode.SNAPSHOT_IMPLAUSIBLE)}
    assert quantities(pipeline) == {("eager", "SPY"): 10}
    assert pipeline.loaded().cash == CASH - 1000
    denied = pipeline.assess(pipeline.ask("IBM", quantity=1, ordinal=5))
    assert denied.denial_code is DenialCode.REDUCE_ONLY


def test_f22_three_samples_in_a_row_are_a_fact_that_nobody_explains(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 10, "100.00")
    pipeline.broker.shown = BrokerAccount(CASH - 1000, CASH, CASH), {}

    results = [reconciled(pipeline) for _ in range(3)]

    assert [bool(each.positions) for each in results] == [False, False, True]
    assert set(halts(pipeline)) == {ACCOUNT, "symbol:SPY"}
    assert quantities(pipeline) == {("eager", "SPY"): 10}


def test_f22_samples_begin_anew_after_a_snapshot_that_agrees(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 10, "100.00")
    wrong = BrokerAccount(CASH - 1000, CASH, CASH), {}
    for shown in (wrong, wrong, None, wrong, wrong):
        pipeline.broker.shown = shown
        result = reconciled(pipeline)

    assert result.positions == {}
    assert set(halts(pipeline)) == {ACCOUNT}


def test_f22_a_person_lifts_the_halt_not_the_next_snapshot(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 10, "100.00")
    pipeline.broker.shown = BrokerAccount(ZERO, ZERO, ZERO), {}
    reconciled(pipeline)
    pipeline.broker.shown = None

    assert reconciled(pipeline).agrees
    assert set(halts(pipeline)) == {ACCOUNT}
    assert pipeline.halts.lift(ACCOUNT, actor="ann", reason="looked at the broker")
    reconciled(pipeline)
    assert halts(pipeline) == {}


def test_a01_two_orders_of_one_intent_stop_the_account(pipeline: Pipeline) -> None:
    order = pipeline.working("SPY")
    twin = replace(pipeline.broker._orders[order.client_order_id], broker_order_id="twin")
    pipeline.broker._orders["twin"] = twin
    pipeline.broker._submitted["twin"] = pipeline.clock.now()

    reconciled(pipeline), reconciled(pipeline)

    assert halts(pipeline)[ACCOUNT] == (HaltLevel.REDUCE_ONLY, HaltCode.INVARIANT)
    assert len(pipeline.telemetry.named("DuplicateOrder")) >= 2
    assert len(pipeline.events(EventName.INVARIANT_BROKEN)) == 1


def test_a02_an_order_with_our_id_and_no_intent_stops_the_account(pipeline: Pipeline) -> None:
    by_hand = pipeline.broker.order_by_hand("SPY", Side.BUY, 1, "90.00")
    stray = replace(by_hand, client_order_id="qt1-stray")
    pipeline.broker._orders = {"qt1-stray": stray}
    pipeline.broker._submitted["qt1-stray"] = pipeline.clock.now()

    result = reconciled(pipeline)

    assert names(result) == [Found.EXTERNAL_ORDER]
    assert halts(pipeline) == {ACCOUNT: (HaltLevel.REDUCE_ONLY, HaltCode.INVARIANT)}
    assert pipeline.telemetry.named("OrphanOrder")


def test_i3_a_position_without_its_execution_stops_its_symbol(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 10, "100.00")
    with pipeline.database.transaction() as connection:
        connection.execute("update positions set quantity = 11 where symbol = 'SPY'")

    reconciled(pipeline)

    assert halts(pipeline)["symbol:SPY"] == (HaltLevel.REDUCE_ONLY, HaltCode.INVARIANT)
    assert pipeline.telemetry.named("BooksDoNotAddUp")


def test_a06_an_unknown_order_stops_its_symbol_after_a_minute(pipeline: Pipeline) -> None:
    pipeline.broker.faults.append(Fault.TIMEOUT_BEFORE)
    assert pipeline.working("SPY").status is OrderStatus.UNKNOWN
    pipeline.clock.forward(timedelta(seconds=50))
    reconciled(pipeline)
    assert halts(pipeline) == {}
    pipeline.clock.forward(timedelta(seconds=11))

    reconciled(pipeline)

    assert halts(pipeline) == {"symbol:SPY": (HaltLevel.REDUCE_ONLY, HaltCode.UNKNOWN_SUBMIT)}
    ages = [value for name, value, _ in pipeline.telemetry.measures if name == "UnknownSubmitAge"]
    assert ages == [51.0, 63.0]


@pytest.mark.parametrize("status", [OrderStatus.ACCEPTED, OrderStatus.PENDING_CANCEL])
def test_f13_f14_a_stuck_order_keeps_its_exposure_and_is_told(
    pipeline: Pipeline, status: OrderStatus
) -> None:
    order = pipeline.working("SPY", quantity=10)
    pipeline.clock.forward(timedelta(seconds=1))
    told = replace(pipeline.broker._orders[order.client_order_id], status=status)
    told = pipeline.broker._tell(told)
    apply_update(told, source="stream", runtime=pipeline.updates)
    signals = len(pipeline.signals())
    pipeline.clock.forward(timedelta(minutes=6))

    reconciled(pipeline)

    assert pipeline.loaded().reserved[order.intent_id].quantity == 10
    assert len(pipeline.signals()) == signals
    assert ("OrderStuckAge", 361.0, "Seconds") in pipeline.telemetry.measures


@pytest.mark.parametrize(("seconds", "stops"), [(9, False), (-9, False), (11, True), (-11, True)])
def test_f41_clocks_far_apart_stop_the_account(
    pipeline: Pipeline, seconds: int, *, stops: bool
) -> None:
    pipeline.broker.ahead = timedelta(seconds=seconds)

    reconciled(pipeline)

    expected = {ACCOUNT: (HaltLevel.REDUCE_ONLY, HaltCode.CLOCK_SKEW)} if stops else {}
    assert halts(pipeline) == expected
    assert ("ClockSkew", float(abs(seconds)), "Seconds") in pipeline.telemetry.measures


class RefusedBooks:
    """A broker that does not take our keys any more."""

    def __getattr__(self, name: str) -> object:
        raise CredentialsError(f"{name}: the broker does not take our keys")


def test_f24_keys_that_are_refused_halt_the_account_and_the_pass_is_not_complete(
    pipeline: Pipeline,
) -> None:
    refused = replace(pipeline.reconciling, books=RefusedBooks())  # type: ignore[arg-type]  # it has nothing

    for _ in range(2):
        result = reconcile(runtime=refused)

    assert (result.agrees, result.is_complete) == (False, False)
    assert halts(pipeline) == {ACCOUNT: (HaltLevel.HALTED, HaltCode.BROKER_REFUSED_US)}
    assert pipeline.accounts.last_noted(pipeline.account, COMPLETE_KIND) is None
    assert len(pipeline.events(EventName.HALT_RAISED)) == 1


def test_f10_an_unreadable_frame_is_kept_told_and_read_again(pipeline: Pipeline) -> None:
    frame = UnreadableFrame(pipeline.account, '{"stream":"new words"}', "Expected a stream")

    keep_unreadable(frame, runtime=pipeline.updates)

    assert pipeline.accounts.last_noted(pipeline.account, "unreadable") == pipeline.clock.now()
    [event] = pipeline.events(EventName.MESSAGE_QUARANTINED)
    rules = {rule.function for rule in BUS_RULES if event.name in rule.events}
    assert "reconcile" in rules
