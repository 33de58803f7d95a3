"""What the rules that look back read from the ledger, on a real PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from local.processes.postgres import Postgres
from quantterminal.adapters.postgres.activity_ledger import PostgresActivityLedger
from quantterminal.adapters.postgres.migrate import migrate
from quantterminal.domain.bars import MINUTE, Bar
from quantterminal.domain.orders import OrderEvent, OrderStatus, move
from quantterminal.domain.risk import Approved
from quantterminal.domain.signals import Side
from quantterminal.domain.strategy_breaker import Outcome
from quantterminal.ports.activity import Flow
from quantterminal.ports.ledger import IntentRecord
from tests.contract.ledger_rows import OPEN, at, denied, fill, intent, update
from tests.contract.test_ledger import CASH, DEMO, Ledger
from tests.ledger_database import empty


@pytest.fixture(scope="module")
def ledger_url(postgres: Postgres) -> str:
    url = postgres.create_database("activity_contract").url
    migrate(url)
    return url


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    empty(ledger_url)
    made = Ledger(ledger_url)
    made.accounts.open_account(DEMO, cash=CASH, at=OPEN)
    yield made
    made.database.close()


@pytest.fixture
def activity(ledger: Ledger) -> PostgresActivityLedger:
    return PostgresActivityLedger(ledger.database)


def sent(ledger: Ledger, record: IntentRecord, seconds: float) -> None:
    order = ledger.order(record)
    sending = replace(move(order, OrderStatus.SUBMITTING, at=at(seconds)), submitted_at=at(seconds))
    ledger.orders.save(sending, at=at(seconds), note="submit")


def approved_of(record: IntentRecord) -> Approved:
    return Approved(
        record.id, "momentum", record.symbol, record.side, record.quantity, record.bar_end
    )


# what was approved


def test_approved_intents_are_those_after_the_instant_and_those_that_work(
    ledger: Ledger, activity: PostgresActivityLedger
) -> None:
    early, late = ledger.working("SPY"), ledger.approve(replace(intent(DEMO, "IBM"), at=at(70)))
    ledger.approve(denied(replace(intent(DEMO, "BAC"), at=at(70))))

    assert activity.approved(DEMO, since=at(60), working=()) == [
        approved_of(early),
        approved_of(late),
    ]
    assert activity.approved(DEMO, since=at(61), working=()) == [approved_of(late)]
    assert activity.approved(DEMO, since=at(70), working=[early.id]) == [approved_of(early)]
    assert activity.approved("other", since=at(0), working=()) == []


# what came of it


def test_outcomes_have_what_each_order_earned_in_the_order_of_the_fills(
    ledger: Ledger, activity: PostgresActivityLedger
) -> None:
    bought, rejected, sold = (
        ledger.approve(intent(DEMO, "SPY")),
        ledger.approve(intent(DEMO, "IBM")),
        ledger.approve(intent(DEMO, "SPY", side=Side.SELL, ordinal=1)),
    )
    ledger.approve(intent(DEMO, "BAC"))
    ledger.apply(
        fill(bought, 10, "100", cumulative=10, seconds=62),
        update(rejected, OrderEvent.REJECTED, 63, status=OrderStatus.REJECTED),
        fill(sold, 4, "99", cumulative=4, seconds=64),
        fill(sold, 6, "98", cumulative=10, seconds=65),
    )

    found = activity.outcomes(DEMO, "momentum", since=at(61))

    assert found == [
        Outcome(bought.id, "SPY", Side.BUY, at(60), Decimal(0)),
        Outcome(rejected.id, "IBM", Side.BUY, at(60), is_rejected=True),
        Outcome(sold.id, "SPY", Side.SELL, at(60), Decimal(-16)),
    ]
    assert activity.outcomes(DEMO, "momentum", since=at(61.001)) == []
    assert activity.outcomes(DEMO, "other", since=at(0)) == []


def test_a_fill_that_is_told_twice_earns_once(
    ledger: Ledger, activity: PostgresActivityLedger
) -> None:
    bought, sold = ledger.working(), ledger.approve(intent(DEMO, side=Side.SELL, ordinal=1))
    ledger.apply(fill(bought, 10, "100", cumulative=10, seconds=62))
    for _ in range(2):
        ledger.apply(fill(sold, 10, "99", cumulative=10, seconds=63))

    assert activity.outcomes(DEMO, "momentum", since=OPEN)[-1].realized == -10


# what left


def test_the_flow_counts_orders_that_left_and_approvals_still_valid_then(
    ledger: Ledger, activity: PostgresActivityLedger
) -> None:
    first, second = ledger.working("SPY"), ledger.working("IBM")
    ledger.approve(denied(intent(DEMO, "BAC")))
    sent(ledger, first, 62)

    assert activity.flow(DEMO, since=OPEN, but="") == Flow(sent=1, approved=2)
    assert activity.flow(DEMO, since=OPEN, but=first.client_order_id) == Flow(sent=0, approved=1)
    sent(ledger, second, 63)
    assert activity.flow(DEMO, since=at(61.5), but="") == Flow(sent=2, approved=2)
    assert activity.flow(DEMO, since=at(62), but="") == Flow(sent=1, approved=2)
    assert activity.flow(DEMO, since=at(120.9), but="") == Flow(sent=0, approved=2)
    assert activity.flow(DEMO, since=at(121), but="") == Flow(sent=0, approved=0)


def test_an_order_in_our_name_that_nobody_approved_counts_and_a_persons_own_does_not(
    ledger: Ledger, activity: PostgresActivityLedger
) -> None:
    orphan = intent(DEMO, "SPY", ordinal=7)
    manual = replace(intent(DEMO, "IBM"), client_order_id="by hand")
    ledger.apply(update(orphan, OrderEvent.NEW, 62), update(manual, OrderEvent.NEW, 63))

    assert activity.flow(DEMO, since=OPEN, but="") == Flow(sent=1, approved=0)
    assert activity.flow(DEMO, since=at(62), but="").sent == 0


def test_what_ended_before_the_account_was_opened_is_of_an_earlier_ledger(
    ledger: Ledger, activity: PostgresActivityLedger
) -> None:
    early, late = intent(DEMO, "SPY", ordinal=7), intent(DEMO, "SPY", ordinal=8)
    ledger.apply(update(early, OrderEvent.CANCELED, -5, status=OrderStatus.CANCELED))
    ledger.apply(update(late, OrderEvent.CANCELED, 5, status=OrderStatus.CANCELED))

    assert activity.flow(DEMO, since=at(-60), but="").sent == 1


# volume


def test_the_average_volume_is_of_whole_earlier_days_in_their_last_revision(
    ledger: Ledger, activity: PostgresActivityLedger
) -> None:
    day = timedelta(days=1)
    for number, volumes in enumerate([(9000.0,), (100.0, 200.0), (500.0,), (7000.0,)]):
        ledger.bars.store(
            [
                Bar("SPY", OPEN + number * day + n * MINUTE, 1.0, 1.0, 1.0, 1.0, volume)
                for n, volume in enumerate(volumes)
            ],
            source="test",
        )
    today = OPEN + 3 * day

    assert activity.average_volume("SPY", before=today, sessions=2) == 400
    assert activity.average_volume("SPY", before=today, sessions=4) is None
    assert activity.average_volume("IBM", before=today, sessions=2) is None
