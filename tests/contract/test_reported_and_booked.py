"""A report of the broker that comes before its executions, on a real PostgreSQL."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from local.processes.postgres import Postgres
from quantterminal.adapters.postgres.migrate import migrate
from quantterminal.domain.orders import OrderEvent, OrderStatus
from tests.contract.ledger_rows import OPEN, fill, update
from tests.contract.test_ledger import CASH, DEMO, SPY, Ledger
from tests.ledger_database import empty


@pytest.fixture(scope="module")
def url(postgres: Postgres) -> str:
    made = postgres.create_database("reported").url
    migrate(made)
    return made


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    empty(url)
    made = Ledger(url)
    made.accounts.open_account(DEMO, cash=CASH, at=OPEN)
    yield made
    made.database.close()


def worst_case(ledger: Ledger) -> Decimal:
    books = ledger.accounts.books(DEMO)
    held = books.positions[SPY].quantity if SPY in books.positions else Decimal(0)
    return held + sum((each.quantity for each in books.reservations.values()), Decimal(0))


@pytest.mark.parametrize("status", [OrderStatus.PARTIALLY_FILLED, OrderStatus.CANCELED])
def test_a_snapshot_alone_frees_no_exposure(ledger: Ledger, status: OrderStatus) -> None:
    record = ledger.working()

    ledger.apply(update(record, OrderEvent.SNAPSHOT, 70, status=status, filled=4))

    assert worst_case(ledger) == (10 if status.is_working else 4)
    assert ledger.order(record).booked_quantity == 0


@pytest.mark.parametrize("backwards", [False, True])
def test_executions_turn_exposure_into_position(ledger: Ledger, *, backwards: bool) -> None:
    record = ledger.working()
    fills = [
        fill(record, 4, "100.00", cumulative=4, seconds=71),
        fill(record, 6, "100.00", cumulative=10, seconds=72),
    ]
    worst: list[Decimal] = []
    told: Callable[[int], None] = lambda n: ledger.apply(fills[n])  # noqa: E731  a word for the loop
    for number in (1, 0, 1) if backwards else (0, 1, 0):
        told(number)
        worst.append(worst_case(ledger))

    assert worst == [10, 10, 10]
    order = ledger.order(record)
    assert (order.booked_quantity, order.filled_quantity) == (10, 10)
    assert ledger.accounts.books(DEMO).reservations == {}
