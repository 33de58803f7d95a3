"""The ledger: once, in one transaction, and the same whoever comes first, real or in memory."""

import inspect
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest

from local.processes.postgres import Postgres
from quantterminal.adapters.memory.account_ledger import MemoryAccountLedger
from quantterminal.adapters.memory.evaluation_ledger import MemoryEvaluationLedger
from quantterminal.adapters.memory.halt_ledger import MemoryHaltLedger
from quantterminal.adapters.memory.intent_ledger import MemoryIntentLedger
from quantterminal.adapters.memory.order_ledger import MemoryOrderLedger
from quantterminal.adapters.memory.tables import Tables
from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
from quantterminal.adapters.postgres.bar_store import PostgresBarStore
from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.evaluation_ledger import PostgresEvaluationLedger
from quantterminal.adapters.postgres.halt_ledger import PostgresHaltLedger
from quantterminal.adapters.postgres.intent_ledger import PostgresIntentLedger
from quantterminal.adapters.postgres.migrate import migrate, migrations
from quantterminal.adapters.postgres.order_ledger import PostgresOrderLedger
from quantterminal.domain.bars import MINUTE, Bar
from quantterminal.domain.errors import ConflictError, MessageError, RetryableError
from quantterminal.domain.halts import ACCOUNT, Halt, HaltCode
from quantterminal.domain.orders import EXTERNAL, Order, OrderEvent, OrderStatus, OrderUpdate, move
from quantterminal.domain.risk import HaltLevel, Origin, Reservation
from quantterminal.domain.signals import Side
from quantterminal.ports.bar_store import Quarantined
from quantterminal.ports.ledger import Books, Evaluation, IntentRecord, Snapshot
from tests.contract.ledger_rows import OPEN, at, denied, fill, intent, signal, update
from tests.ledger_database import empty

DEMO = "demo"
CASH = Decimal(100_000)
SPY = ("momentum", "SPY")


class Ledger:
    """One connection with every adapter on it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database = Database(lambda: url)
        self.accounts = PostgresAccountLedger(self.database)
        self.evaluations = PostgresEvaluationLedger(self.database)
        self.intents = PostgresIntentLedger(self.database)
        self.orders = PostgresOrderLedger(self.database)
        self.halts = PostgresHaltLedger(self.database)
        self.bars = PostgresBarStore(self.database)

    def rows(self, query: str, *values: object) -> list[dict[str, object]]:
        with self.database.transaction() as connection:
            return connection.execute(query.encode(), values).fetchall()

    def journal(self, kind: str) -> int:
        return len(self.rows("select 1 from journal where kind = %s", kind))

    def approve(self, record: IntentRecord) -> IntentRecord:
        """A signal with its approved intent and its order, in the first generation."""
        self.evaluations.record_signal(
            DEMO,
            signal(record.symbol, ordinal=int(record.signal_id.rsplit(":", 1)[1])),
            origin=Origin.STRATEGY,
            correlation_id="bars:1",
            at=at(61),
        )
        generation = self.accounts.books(DEMO).account.generation
        return self.intents.record_intent(record, generation=generation)

    def working(self, symbol: str = "SPY", *, side: Side = Side.BUY) -> IntentRecord:
        return self.approve(intent(DEMO, symbol, side=side))

    def apply(self, *updates: OrderUpdate) -> None:
        for each in updates:
            self.orders.apply(DEMO, each, source="stream", at=each.at)

    def order(self, record: IntentRecord) -> Order:
        found = self.orders.order(record.client_order_id)
        assert found is not None
        return found


class MemoryLedger(Ledger):
    """The same adapters in memory."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.accounts = MemoryAccountLedger(self.tables)
        self.evaluations = MemoryEvaluationLedger(self.tables)
        self.intents = MemoryIntentLedger(self.tables)
        self.orders = MemoryOrderLedger(self.tables)
        self.halts = MemoryHaltLedger(self.tables)
        self.bars = self.tables.bars

    def journal(self, kind: str) -> int:
        return len(self.tables.noted.get((DEMO, kind), ()))


@pytest.fixture(scope="module")
def ledger_url(postgres: Postgres) -> str:
    url = postgres.create_database("ledger_contract").url
    migrate(url)
    return url


@pytest.fixture
def connect(ledger_url: str) -> Iterator[Callable[[], Ledger]]:
    empty(ledger_url)
    opened: list[Ledger] = []

    def connect() -> Ledger:
        opened.append(Ledger(ledger_url))
        return opened[-1]

    yield connect
    for each in opened:
        each.database.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is about one connection and asks for no row by SQL is held for the fake as well."""
    if "ledger" in metafunc.fixturenames:
        asked = set(inspect.signature(metafunc.function).parameters)
        used = set(metafunc.function.__code__.co_names)
        is_real_only = asked & {"connect", "ledger_url"} or used & {"rows", "state_of"}
        kinds = ["postgres"] if is_real_only else ["memory", "postgres"]
        metafunc.parametrize("ledger", kinds, indirect=True)


@pytest.fixture
def ledger(request: pytest.FixtureRequest) -> Ledger:
    made: Ledger = (
        MemoryLedger() if request.param == "memory" else request.getfixturevalue("connect")()
    )
    made.accounts.open_account(DEMO, cash=CASH, at=OPEN)
    return made


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline


def race(ledgers: Sequence[Ledger], act: Callable[[Ledger, int], object]) -> list[object]:
    """Every ledger acts at the same instant; results in no order, retryable errors as results."""
    start = threading.Barrier(len(ledgers))
    results: list[object] = []

    def work(ledger: Ledger, number: int) -> None:
        start.wait(timeout=20)
        try:
            results.append(act(ledger, number))
        except RetryableError as problem:
            results.append(problem)

    threads = [threading.Thread(target=work, args=(e, n)) for n, e in enumerate(ledgers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(results) == len(ledgers)
    return results


# the schema


def test_migrations_are_applied_once(database: str) -> None:
    assert migrate(database) == [name for name, _ in migrations()]
    assert migrate(database) == []


@pytest.mark.parametrize("statement", ["update journal set ref = 'x'", "delete from journal"])
def test_the_journal_is_append_only(ledger: Ledger, statement: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        ledger.rows(statement)
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        ledger.rows("truncate journal")
    assert ledger.journal("account") == 1


def test_a_server_that_is_not_there_is_retryable() -> None:
    database = Database(lambda: "postgresql://nobody@127.0.0.1:1/none")

    with pytest.raises(RetryableError, match="not reachable") as raised:
        PostgresAccountLedger(database).books(DEMO)
    assert raised.value.retry_after_s == 1.0


def test_a_broken_connection_is_opened_again(ledger: Ledger) -> None:
    with pytest.raises(RetryableError):
        ledger.rows("select pg_terminate_backend(pg_backend_pid())")

    assert ledger.accounts.books(DEMO).account.cash == CASH


# the account


def test_an_account_is_opened_once(ledger: Ledger) -> None:
    ledger.accounts.open_account(DEMO, cash=Decimal(1), at=OPEN)

    account = ledger.accounts.books(DEMO).account
    assert (account.cash, account.day_open_equity, account.high_water_mark) == (CASH, CASH, CASH)
    assert (account.generation, account.halt_epoch, account.session_day) == (1, 0, None)


def test_an_unknown_account_has_no_books(ledger: Ledger) -> None:
    with pytest.raises(LookupError, match="nobody"):
        ledger.accounts.books("nobody")


def test_a_session_begins_once_and_never_goes_back(ledger: Ledger) -> None:
    day = OPEN.date()
    begun = [
        ledger.accounts.begin_session(DEMO, day=each, equity=Decimal(equity), at=OPEN)
        for each, equity in ((day, 90_000), (day, 80_000), (day - timedelta(days=3), 70_000))
    ]

    account = ledger.accounts.books(DEMO).account
    assert begun == [True, False, False]
    assert (account.session_day, account.day_open_equity) == (day, 90_000)
    assert account.high_water_mark == CASH
    assert ledger.journal("session") == 1


def test_a_session_that_opens_higher_raises_the_high_water_mark(ledger: Ledger) -> None:
    ledger.accounts.begin_session(DEMO, day=OPEN.date(), equity=Decimal(120_000), at=OPEN)

    assert ledger.accounts.books(DEMO).account.high_water_mark == 120_000


def test_the_high_water_mark_can_be_reset(ledger: Ledger) -> None:
    ledger.accounts.reset_high_water(DEMO, equity=Decimal(80_000), actor="ann", at=OPEN)

    assert ledger.accounts.books(DEMO).account.high_water_mark == 80_000
    assert ledger.journal("rearmed") == 1


def test_once_is_once(ledger: Ledger, connect: Callable[[], Ledger]) -> None:
    def act(each: Ledger, _number: int) -> bool:
        return each.accounts.once(DEMO, name="close", key="2013-10-07", at=OPEN)

    assert not ledger.accounts.is_done(DEMO, name="close", key="2013-10-07")
    assert sorted(map(str, race([connect() for _ in range(4)], act))) == ["False"] * 3 + ["True"]
    assert ledger.accounts.is_done(DEMO, name="close", key="2013-10-07")
    assert ledger.accounts.once(DEMO, name="close", key="2013-10-08", at=OPEN)
    assert ledger.accounts.once(DEMO, name="api", key="2013-10-07", at=OPEN)


def test_the_last_note_of_a_kind(ledger: Ledger) -> None:
    assert ledger.accounts.last_noted(DEMO, "reconcile") is None
    for seconds in (5, 9, 7):
        ledger.accounts.note(DEMO, kind="reconcile", ref="x", payload={"n": "1"}, at=at(seconds))
    ledger.accounts.note(DEMO, kind="other", ref="x", payload={}, at=at(60))

    assert ledger.accounts.last_noted(DEMO, "reconcile") == at(9)


def test_what_the_last_note_about_something_says(ledger: Ledger) -> None:
    def found() -> object:
        return ledger.accounts.noted(DEMO, kind="limits", ref="x", since=at(0))

    ledger.accounts.note(DEMO, kind="limits", ref="x", payload={"n": "0"}, at=at(-1))
    assert found() is None
    for number in ("1", "2"):
        ledger.accounts.note(DEMO, kind="limits", ref="x", payload={"n": number}, at=at(5))
    ledger.accounts.note(DEMO, kind="limits", ref="y", payload={"n": "3"}, at=at(6))
    ledger.accounts.note(DEMO, kind="other", ref="x", payload={"n": "4"}, at=at(7))
    assert found() == {"n": "2"}


def test_books_hold_everything_that_the_working_state_is_made_of(ledger: Ledger) -> None:
    bought, resting = ledger.working("SPY"), ledger.working("IBM")
    ledger.apply(fill(bought, 4, "100.00", cumulative=4, seconds=70))
    ledger.bars.store([Bar("SPY", OPEN, 99.0, 99.5, 98.0, 99.1, 100.0)], source="test")
    ledger.halts.raise_halt(DEMO, halt(HaltLevel.REDUCE_ONLY))

    books = ledger.accounts.books(DEMO)

    assert books.account.cash == CASH - 400
    assert books.positions[SPY].quantity == 4
    assert books.reservations == {
        bought.id: Reservation("momentum", "SPY", Side.BUY, Decimal(6), Decimal("100.05")),
        resting.id: Reservation("momentum", "IBM", Side.BUY, Decimal(10), Decimal("100.05")),
    }
    assert books.marks == {"SPY": (Decimal("99.1"), OPEN + MINUTE)}
    assert [each.scope for each in books.halts] == [ACCOUNT]


def test_a_rebuild_raises_the_generation_and_reads_the_same(ledger: Ledger) -> None:
    ledger.working("SPY")
    before = ledger.accounts.books(DEMO)

    rebuilt = ledger.accounts.rebuild(DEMO)

    assert rebuilt == replace(before, account=replace(before.account, generation=2))


def test_a_rebuild_sees_the_order_that_it_had_to_wait_for(
    connect: Callable[[], Ledger], ledger: Ledger
) -> None:
    """An intent of the old generation is being recorded while the rebuild begins."""
    ledger.working("SPY")
    rebuilder = connect()
    books: list[Books] = []
    with psycopg.connect(ledger.url) as recorder:
        recorder.execute("select generation from accounts for share")
        recorder.execute("update orders set quantity = 3")  # as an insert would, in that snapshot
        thread = threading.Thread(target=lambda: books.append(rebuilder.accounts.rebuild(DEMO)))
        thread.start()
        wait_until(lambda: bool(ledger.rows("select 1 from pg_locks where not granted")))
    thread.join(timeout=20)

    assert [each.quantity for each in books[0].reservations.values()] == [3]
    assert books[0].account.generation == 2


# signals and snapshots


def evaluation(
    number: int = 0, *, base: int | None = None, equity: int | None = 100_000, symbol: str = "SPY"
) -> Evaluation:
    minute = OPEN + number * MINUTE
    holding = ("momentum", symbol)
    return Evaluation(
        minute=minute,
        at=minute + MINUTE,
        correlation_id="bars:1",
        signals=[replace(signal(symbol), bar_start=minute)],
        snapshots={holding: f'{{"bar": {number}}}'},
        equity=None if equity is None else Decimal(equity),
        cash=CASH,
        based_on={} if base is None else {holding: OPEN + base * MINUTE},
    )


def test_an_evaluation_keeps_signals_snapshots_and_equity(ledger: Ledger) -> None:
    ledger.evaluations.record_evaluation(DEMO, evaluation(0, equity=110_000))

    found = ledger.evaluations.snapshots(DEMO, [SPY, ("momentum", "IBM")])
    assert found == {SPY: Snapshot(OPEN, '{"bar": 0}')}
    assert ledger.evaluations.signals_of(DEMO, OPEN, ["SPY"]) == [signal()]
    assert ledger.evaluations.signals_of(DEMO, OPEN, ["IBM"]) == []
    assert ledger.evaluations.signals_of(DEMO, OPEN + MINUTE, ["SPY"]) == []
    assert ledger.rows("select equity, at from equity") == [
        {"equity": Decimal(110_000), "at": OPEN + MINUTE}
    ]
    assert ledger.accounts.books(DEMO).account.high_water_mark == 110_000


@pytest.mark.parametrize(
    ("second", "wins"),
    [
        (evaluation(0), False),  # the same minute again
        (evaluation(1), False),  # taken for the first one
        (evaluation(2, base=1), False),  # on a copy that was never stored
        (evaluation(1, base=0), True),
    ],
    ids=["again", "afresh", "on another", "on the last"],
)
def test_a_snapshot_follows_the_one_it_is_based_on(
    ledger: Ledger, second: Evaluation, *, wins: bool
) -> None:
    ledger.evaluations.record_evaluation(DEMO, evaluation(0))

    try:
        ledger.evaluations.record_evaluation(DEMO, second)
        won = True
    except ConflictError:
        won = False

    assert won is wins
    expected = second.snapshots[SPY] if wins else '{"bar": 0}'
    assert ledger.evaluations.snapshots(DEMO, [SPY])[SPY].state == expected
    assert ledger.journal("minute") == 1 + wins


def test_an_evaluation_that_lost_leaves_nothing(ledger: Ledger) -> None:
    ledger.evaluations.record_evaluation(DEMO, evaluation(0))
    both = replace(
        evaluation(0, equity=999_999, symbol="ABC"),
        snapshots={("momentum", "ABC"): "{}", SPY: "{}"},
    )

    with pytest.raises(ConflictError):
        ledger.evaluations.record_evaluation(DEMO, both)

    assert set(ledger.evaluations.snapshots(DEMO, [SPY, ("momentum", "ABC")])) == {SPY}
    assert ledger.accounts.books(DEMO).account.high_water_mark == CASH


def test_one_of_two_evaluations_wins(connect: Callable[[], Ledger], ledger: Ledger) -> None:
    results = race(
        [connect() for _ in range(4)],
        lambda each, _n: each.evaluations.record_evaluation(DEMO, evaluation(0)),
    )

    assert [each for each in results if each is None] == [None]
    assert sum(isinstance(each, ConflictError) for each in results) == 3
    assert len(ledger.evaluations.signals_of(DEMO, OPEN, ["SPY"])) == 1


def test_a_single_signal_is_kept_once_and_is_no_strategy_s(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.evaluations.record_signal(
            DEMO, signal(), origin=Origin.FLATTEN, correlation_id="x", at=OPEN
        )

    assert ledger.evaluations.signals_of(DEMO, OPEN, ["SPY"]) == []
    assert len(ledger.rows("select 1 from signals")) == 1


# intents


def test_an_approved_intent_comes_with_its_order(ledger: Ledger) -> None:
    record = ledger.working()

    order = ledger.order(record)
    assert ledger.intents.intent(record.id) == record
    assert (order.status, order.quantity, order.version) == (OrderStatus.PENDING_SUBMIT, 10, 1)
    assert ledger.orders.intent_of(order) == (record, signal())
    assert ledger.journal("intent.approved") == 1


def test_a_denied_intent_has_no_order(ledger: Ledger) -> None:
    record = ledger.approve(denied(intent(DEMO)))

    assert ledger.intents.intent(record.id) == record
    assert ledger.orders.order(record.client_order_id) is None
    assert ledger.journal("intent.denied") == 1


@pytest.mark.parametrize("first_is_denied", [True, False])
def test_the_first_decision_stands(ledger: Ledger, *, first_is_denied: bool) -> None:
    approved = intent(DEMO)
    first, second = denied(approved), approved
    if not first_is_denied:
        first, second = second, first
    ledger.approve(first)

    assert ledger.approve(second) == first
    assert ledger.intents.intent(first.id) == first
    assert (ledger.orders.order(first.client_order_id) is None) is first_is_denied
    assert ledger.journal("intent.approved") + ledger.journal("intent.denied") == 1


def test_an_intent_of_an_older_generation_is_refused(ledger: Ledger) -> None:
    ledger.accounts.rebuild(DEMO)

    with pytest.raises(ConflictError, match="generation 1") as raised:
        ledger.intents.record_intent(intent(DEMO), generation=1)

    assert raised.value.retry_after_s == 0.5
    assert ledger.intents.intent(intent(DEMO).id) is None


def test_two_workers_record_one_intent(connect: Callable[[], Ledger], ledger: Ledger) -> None:
    ledger.evaluations.record_signal(
        DEMO, signal(), origin=Origin.STRATEGY, correlation_id="x", at=OPEN
    )
    prices = [Decimal(100 + n) for n in range(4)]

    results = race(
        [connect() for _ in prices],
        lambda each, n: each.intents.record_intent(
            replace(intent(DEMO), limit_price=prices[n]), generation=1
        ),
    )

    assert len({str(each) for each in results}) == 1
    assert len(ledger.orders.working_orders(DEMO)) == 1
    assert ledger.order(intent(DEMO)).limit_price == results[0].limit_price  # type: ignore[attr-defined]  # a record


# orders


def test_a_stale_version_is_refused(connect: Callable[[], Ledger], ledger: Ledger) -> None:
    order = ledger.order(ledger.working())
    sending = move(order, OrderStatus.SUBMITTING, at=at(62))

    results = race(
        [connect() for _ in range(4)],
        lambda each, _n: each.orders.save(sending, at=at(62), note="submit"),
    )

    assert sum(each is None for each in results) == 1
    assert sum(isinstance(each, ConflictError) for each in results) == 3
    assert ledger.orders.order(order.client_order_id) == sending
    assert ledger.journal("order") == 1


def test_working_orders_are_those_that_may_still_trade(ledger: Ledger) -> None:
    spy, ibm = ledger.working("SPY"), ledger.working("IBM")
    ledger.apply(update(spy, OrderEvent.CANCELED, 70))

    assert [each.client_order_id for each in ledger.orders.working_orders(DEMO)] == [
        ibm.client_order_id
    ]
    assert ledger.orders.working_orders("nobody") == []


def state_of(ledger: Ledger) -> tuple[object, ...]:
    """Orders, fills, positions and cash, without what only counts the steps that led there."""
    return (
        ledger.rows(
            "select client_order_id, status, status_at, filled_quantity, broker_order_id"
            " from orders"
        ),
        ledger.rows("select * from fills order by execution_id"),
        ledger.rows("select * from positions order by strategy, symbol"),
        ledger.accounts.books(DEMO).account.cash,
    )


def life(record: IntentRecord) -> list[OrderUpdate]:
    return [
        update(record, OrderEvent.NEW, 70),
        fill(record, 4, "100.01", cumulative=4, seconds=71),
        fill(record, 3, "100.02", cumulative=7, seconds=72),
        update(record, OrderEvent.PENDING_CANCEL, 73, status=OrderStatus.PENDING_CANCEL, filled=7),
        update(record, OrderEvent.CANCELED, 74, status=OrderStatus.CANCELED, filled=7),
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::7])
def test_updates_in_any_order_and_number_leave_equal_rows(
    ledger: Ledger, ledger_url: str, order: tuple[int, ...]
) -> None:
    record = ledger.working()
    ledger.apply(*life(record))
    expected = state_of(ledger)
    empty(ledger_url)
    ledger.accounts.open_account(DEMO, cash=CASH, at=OPEN)
    ledger.working()

    ledger.apply(*(life(record)[n] for n in order), *(life(record)[n] for n in order[::-1]))

    assert state_of(ledger) == expected
    assert ledger.accounts.books(DEMO).account.cash == CASH - Decimal("700.10")
    assert ledger.accounts.books(DEMO).positions[SPY].quantity == 7


def test_a_repeated_fill_is_known_by_its_execution(ledger: Ledger) -> None:
    record = ledger.working()
    told = fill(record, 4, "100.00", cumulative=4, seconds=70)
    first = ledger.orders.apply(DEMO, told, source="stream", at=at(70))

    again = ledger.orders.apply(DEMO, told, source="stream", at=at(90))

    assert (first.changed, first.fill) == (True, told.execution)
    assert (again.changed, again.fill) == (False, None)
    assert again.position == first.position
    assert again.account == first.account
    assert len(ledger.rows("select 1 from fills")) == 1


def test_a_repeated_fill_is_known_by_its_place_in_the_order(ledger: Ledger) -> None:
    """The stream and the activities may name one execution differently."""
    record = ledger.working()
    told = fill(record, 4, "100.00", cumulative=4, seconds=70)
    ledger.apply(told)
    assert told.execution is not None
    renamed = replace(told, execution=replace(told.execution, execution_id="activity::1"))

    again = ledger.orders.apply(DEMO, renamed, source="rest", at=at(90))

    assert (again.changed, again.fill) == (False, None)
    assert ledger.accounts.books(DEMO).account.cash == CASH - 400


def test_a_late_fill_after_the_cancel_counts(ledger: Ledger) -> None:
    record = ledger.working()
    ledger.apply(update(record, OrderEvent.CANCELED, 70, status=OrderStatus.CANCELED))

    late = fill(record, 4, "100.00", cumulative=4, seconds=69)
    applied = ledger.orders.apply(
        DEMO, replace(late, status=OrderStatus.CANCELED), source="rest", at=at(90)
    )

    assert (applied.order.status, applied.order.filled_quantity) == (OrderStatus.CANCELED, 4)
    assert applied.problem == ""
    books = ledger.accounts.books(DEMO)
    assert (books.positions[SPY].quantity, books.account.cash) == (4, CASH - 400)
    assert books.reservations == {}


def test_what_the_table_forbids_is_recorded_and_the_fill_is_booked(ledger: Ledger) -> None:
    record = ledger.working()
    ledger.apply(update(record, OrderEvent.CANCELED, 70, status=OrderStatus.CANCELED))

    applied = ledger.orders.apply(
        DEMO, fill(record, 10, "100.00", cumulative=10, seconds=71), source="stream", at=at(71)
    )

    assert "canceled to be final, the broker says filled" in applied.problem
    assert (applied.order.status, applied.order.filled_quantity) == (OrderStatus.CANCELED, 10)
    assert ledger.accounts.books(DEMO).positions[SPY].quantity == 10
    assert ledger.journal("order.problem") == 1


def test_a_denied_order_that_trades_all_the_same_is_booked(ledger: Ledger) -> None:
    record = ledger.working()
    refused = move(ledger.order(record), OrderStatus.DENIED, at=at(62))
    ledger.orders.save(refused, at=at(62), note="denied")

    applied = ledger.orders.apply(
        DEMO, fill(record, 10, "100.00", cumulative=10, seconds=71), source="stream", at=at(71)
    )

    assert applied.problem
    assert applied.order.status is OrderStatus.DENIED
    assert ledger.accounts.books(DEMO).positions[SPY].quantity == 10


def test_an_order_of_somebody_else_is_imported(ledger: Ledger) -> None:
    by_hand = replace(intent(DEMO), client_order_id="by-hand")
    told = fill(by_hand, 4, "100.00", cumulative=4, seconds=70)

    first = ledger.orders.apply(DEMO, told, source="stream", at=at(70))
    again = ledger.orders.apply(DEMO, told, source="stream", at=at(71))

    assert (first.external, first.changed, again.external, again.changed) == (
        True, True, False, False,
    )  # fmt: skip
    assert (first.order.strategy, first.order.intent_id) == (EXTERNAL, "")
    assert ledger.orders.intent_of(first.order) is None
    books = ledger.accounts.books(DEMO)
    assert books.positions[EXTERNAL, "SPY"].quantity == 4
    assert books.reservations["by-hand"].quantity == 6
    assert ledger.journal("order") == 2


def test_an_external_order_met_by_two_connections_loses_nothing(
    connect: Callable[[], Ledger], ledger: Ledger
) -> None:
    by_hand = replace(intent(DEMO), client_order_id="by-hand")
    facts = life(by_hand)

    race(
        [connect() for _ in facts],
        lambda each, n: each.orders.apply(DEMO, facts[n], source="stream", at=at(80)),
    )

    order = ledger.order(by_hand)
    assert (order.status, order.filled_quantity) == (OrderStatus.CANCELED, 7)
    assert ledger.accounts.books(DEMO).positions[EXTERNAL, "SPY"].quantity == 7


def test_fills_of_many_connections_add_up(connect: Callable[[], Ledger], ledger: Ledger) -> None:
    """Two orders of one position, each fill told twice, all at the same instant."""
    buy, more = ledger.working("SPY"), ledger.approve(intent(DEMO, "SPY", ordinal=1))
    facts = [
        fill(record, 2, "100.00", cumulative=2 * n, seconds=70 + n)
        for record in (buy, more)
        for n in range(1, 6)
    ] * 2

    results = race(
        [connect() for _ in facts],
        lambda each, n: each.orders.apply(DEMO, facts[n], source="stream", at=at(90)),
    )

    assert not [each for each in results if isinstance(each, Exception)]
    books = ledger.accounts.books(DEMO)
    assert (books.positions[SPY].quantity, books.positions[SPY].version) == (20, 10)
    assert books.account.cash == CASH - 2000
    assert books.account.version == 11
    assert ledger.order(buy).status is ledger.order(more).status is OrderStatus.FILLED


def test_a_position_flips_through_zero(ledger: Ledger) -> None:
    buy = ledger.working("SPY")
    sell = ledger.approve(intent(DEMO, "SPY", side=Side.SELL, ordinal=1))
    ledger.apply(fill(buy, 4, "100.00", cumulative=4, seconds=70))

    ledger.apply(fill(sell, 10, "101.00", cumulative=10, seconds=71))

    position = ledger.accounts.books(DEMO).positions[SPY]
    assert (position.quantity, position.cost, position.realized_pnl) == (-6, -606, 4)


def test_an_update_for_an_account_that_is_not_there_changes_nothing(ledger: Ledger) -> None:
    told = update(intent("nobody"), OrderEvent.NEW, 70)

    with pytest.raises((MessageError, psycopg.errors.ForeignKeyViolation)):
        ledger.orders.apply("nobody", told, source="stream", at=at(70))

    assert ledger.rows("select 1 from orders") == []


def test_known_facts(ledger: Ledger) -> None:
    record = ledger.working()
    ledger.apply(fill(record, 4, "100.00", cumulative=4, seconds=70))
    broker_id = f"broker:{record.client_order_id}"

    known, later = ledger.orders.known(DEMO, OPEN), ledger.orders.known(DEMO, at(3600))

    assert known.orders == {record.client_order_id: (OrderStatus.PARTIALLY_FILLED, Decimal(4))}
    assert known.fills == {(broker_id, Decimal(4))}
    assert later.orders == known.orders  # it works still
    assert later.fills == frozenset()


def test_every_field_of_an_order_survives(ledger: Ledger) -> None:
    order = ledger.order(ledger.working())
    full = replace(
        order,
        status=OrderStatus.CANCELED,
        status_at=at(80),
        filled_quantity=Decimal("4.5"),
        broker_order_id="b",
        submitted_at=at(62),
        cancel_requested_at=at(75),
        cancel_reason="timeout",
        reason="why",
        attempts=2,
        latency_us=1234,
        version=2,
    )
    changed = {f.name for f in fields(Order) if getattr(full, f.name) != getattr(order, f.name)}
    assert len(changed) == 11

    ledger.orders.save(full, at=at(80), note="test")

    assert ledger.orders.order(order.client_order_id) == full


# halts


def halt(
    level: HaltLevel,
    *,
    code: HaltCode = HaltCode.OPERATOR,
    scope: str = ACCOUNT,
    seconds: float = 0,
) -> Halt:
    return Halt(scope, level, code, "because", "ann", at(seconds))


def test_levels_rise_by_anyone_s_call_and_fall_only_by_lifting(ledger: Ledger) -> None:
    levels = (HaltLevel.REDUCE_ONLY, HaltLevel.REDUCE_ONLY, HaltLevel.HALTED, HaltLevel.REDUCE_ONLY)
    raised = [ledger.halts.raise_halt(DEMO, halt(level)) for level in levels]

    assert [None if each is None else each.epoch for each in raised] == [1, None, 2, None]
    assert ledger.halts.halts(DEMO) == [replace(halt(HaltLevel.HALTED), epoch=2)]
    assert ledger.journal("halt") == 2

    assert ledger.halts.lift(DEMO, scope=ACCOUNT, actor="bob", reason="fine", at=at(9))
    assert not ledger.halts.lift(DEMO, scope=ACCOUNT, actor="bob", reason="fine", at=at(9))
    assert not ledger.halts.lift(DEMO, scope="symbol:SPY", actor="bob", reason="fine", at=at(9))
    lifted = ledger.halts.halts(DEMO)[0]
    assert (lifted.level, lifted.reason, lifted.epoch) == (HaltLevel.ACTIVE, "fine", 3)


@pytest.mark.parametrize(
    ("first", "second", "standing"),
    [
        (HaltCode.DAILY_LOSS, HaltCode.OPERATOR, HaltCode.OPERATOR),
        (HaltCode.OPERATOR, HaltCode.DAILY_LOSS, HaltCode.OPERATOR),
        (HaltCode.DAILY_LOSS, HaltCode.DAILY_LOSS, HaltCode.DAILY_LOSS),
    ],
)
def test_a_halt_that_waits_for_a_person_takes_the_place_of_one_that_does_not(
    ledger: Ledger, first: HaltCode, second: HaltCode, standing: HaltCode
) -> None:
    for code in (first, second):
        ledger.halts.raise_halt(DEMO, halt(HaltLevel.REDUCE_ONLY, code=code))

    assert [each.code for each in ledger.halts.halts(DEMO)] == [standing]


def test_epochs_never_repeat_under_contention(
    connect: Callable[[], Ledger], ledger: Ledger
) -> None:
    results = race(
        [connect() for _ in range(6)],
        lambda each, n: each.halts.raise_halt(DEMO, halt(HaltLevel.HALTED, scope=f"symbol:S{n}")),
    )

    assert sorted(each.epoch for each in results if isinstance(each, Halt)) == [1, 2, 3, 4, 5, 6]
    assert ledger.accounts.books(DEMO).account.halt_epoch == 6


def test_one_of_many_raises_the_same_halt(connect: Callable[[], Ledger], ledger: Ledger) -> None:
    results = race(
        [connect() for _ in range(4)],
        lambda each, _n: each.halts.raise_halt(DEMO, halt(HaltLevel.HALTED)),
    )

    assert sum(each is not None for each in results) == 1
    assert ledger.accounts.books(DEMO).account.halt_epoch == 1


# bars


def test_bars_are_kept_once_and_revisions_beside_them(ledger: Ledger) -> None:
    bar = Bar("SPY", OPEN, 99.0, 99.5, 98.0, 99.1, 100.0, vwap=99.2, trades=7)
    ledger.bars.store([bar, replace(bar, start=OPEN + MINUTE)], source="feed")
    ledger.bars.store([replace(bar, close=98.5), replace(bar, revision=1, close=98.6)], source="x")

    found = ledger.rows("select start, revision, close, source from bars order by start, revision")
    assert [(row["revision"], row["close"], row["source"]) for row in found] == [
        (0, 99.1, "feed"),
        (1, 98.6, "x"),
        (0, 99.1, "feed"),
    ]
    assert ledger.bars.last_minute() == OPEN + MINUTE


def test_research_reads_the_bars_that_the_strategies_saw(ledger: Ledger) -> None:
    bar = Bar("SPY", OPEN, 99.0, 99.5, 98.0, 99.1, 100.0, vwap=99.2, trades=7)
    later = replace(bar, start=OPEN + timedelta(days=40))
    ledger.bars.store([later, bar, replace(bar, revision=1, close=98.6)], source="feed")
    ledger.bars.store([replace(bar, symbol="IBM")], source="feed")

    store = ledger.bars
    found = store.first_bars("SPY", start=OPEN, end=OPEN + timedelta(days=60))
    assert list(found) == [bar, later]
    assert list(store.first_bars("SPY", start=OPEN + MINUTE, end=later.start)) == []
    assert store.symbols(start=OPEN, end=OPEN + MINUTE) == ["IBM", "SPY"]
    assert store.symbols(start=OPEN + MINUTE, end=OPEN + timedelta(days=60)) == ["SPY"]


def test_the_books_are_marked_with_what_the_strategies_saw(ledger: Ledger) -> None:
    """A revision of the last minute is stored, and changes no decision."""
    bar = Bar("SPY", OPEN, 99.0, 99.5, 98.0, 99.1, 100.0)
    ledger.bars.store([bar, replace(bar, revision=1, close=98.6)], source="feed")

    assert ledger.accounts.books(DEMO).marks["SPY"] == (Decimal("99.1"), OPEN + MINUTE)


def test_no_bars_have_no_last_minute(ledger: Ledger) -> None:
    ledger.bars.store([], source="feed")
    ledger.bars.quarantine([])

    assert ledger.bars.last_minute() is None


def test_a_refused_bar_is_recorded_once(ledger: Ledger) -> None:
    refused = Quarantined("SPY@1", "SPY", "NOT_FINITE", "close was nan", "{}", OPEN)
    for _ in range(2):
        ledger.bars.quarantine([refused])

    assert [row["code"] for row in ledger.rows("select code from quarantine")] == ["NOT_FINITE"]
