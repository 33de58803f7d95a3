"""The journal: one chain per account, whole whoever writes, and enough to rebuild the books from.
On a real PostgreSQL.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

import psycopg
import pytest

from quantterminal.adapters.memory.archive import MemoryArchive
from quantterminal.adapters.postgres import journal
from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
from quantterminal.adapters.postgres.broker_record import PostgresBrokerRecord
from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.evaluation_ledger import PostgresEvaluationLedger
from quantterminal.adapters.postgres.halt_ledger import PostgresHaltLedger
from quantterminal.adapters.postgres.intent_ledger import PostgresIntentLedger
from quantterminal.adapters.postgres.journal_ledger import PostgresJournal
from quantterminal.adapters.postgres.migrate import migrate, migrations
from quantterminal.adapters.postgres.order_ledger import PostgresOrderLedger
from quantterminal.domain.activities import Activity, ActivityKind
from quantterminal.domain.configuration import Mode, TradingConfig
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.halts import ACCOUNT, Halt, HaltCode
from quantterminal.domain.journal import verify
from quantterminal.domain.orders import OrderEvent, OrderStatus, move
from quantterminal.domain.replay import compare, replay
from quantterminal.domain.risk import HaltLevel, Origin
from quantterminal.domain.signals import Side
from quantterminal.ports.ledger import Evaluation, IntentRecord
from quantterminal.services.audit import AuditRuntime, audit, keep_anchor
from tests.contract.ledger_rows import OPEN, at, denied, fill, intent, signal, update

DEMO = "demo"
DAY = date(2013, 10, 7)
CASH = Decimal("100000.00")
FLIP = (
    "update journal set payload = jsonb_set(payload, '{quantity}', '\"11\"')"
    " where kind = 'fill' and payload ->> 'quantity' = '10' and position = 13"
)
SWAP = (
    "update journal as here set kind = there.kind, ref = there.ref, at = there.at,"
    " payload = there.payload, correlation_id = there.correlation_id from journal as there"
    " where (here.position, there.position) in ((6, 9), (9, 6))"
)
DIVIDEND = Activity("d-1", ActivityKind.CASH, "DIV", "IBM", at(84), cash=Decimal("6.65"))
SPLIT = [
    Activity("s-1", ActivityKind.SPLIT, "SPLIT", "IBM", at(84), shares=Decimal(-7), group="s"),
    Activity("s-2", ActivityKind.SPLIT, "SPLIT", "IBM", at(84), shares=Decimal(21), group="s"),
]
TRADING = TradingConfig(account=DEMO, mode=Mode.SIMULATED, symbols=("SPY",), strategies=())


class Ledger:
    """One connection with every adapter that writes to the journal, and the auditor's."""

    def __init__(self, url: str) -> None:
        self.database = Database(lambda: url)
        self.accounts = PostgresAccountLedger(self.database)
        self.evaluations = PostgresEvaluationLedger(self.database)
        self.intents = PostgresIntentLedger(self.database)
        self.orders = PostgresOrderLedger(self.database)
        self.halts = PostgresHaltLedger(self.database)
        self.journal = PostgresJournal(self.database)
        self.record = PostgresBrokerRecord(self.database)

    def approve(self, record: IntentRecord) -> None:
        ordinal = int(record.signal_id.rsplit(":", 1)[1])
        self.evaluations.record_signal(
            DEMO,
            signal(record.symbol, ordinal=ordinal),
            origin=Origin.STRATEGY,
            correlation_id="bars:1",
            at=at(61),
        )
        generation = self.accounts.books(DEMO).account.generation
        self.intents.record_intent(record, generation=generation)

    def execute(self, statement: str) -> None:
        with self.database.transaction() as connection:
            connection.execute(statement.encode())


@pytest.fixture
def connect(database: str) -> Iterator[Callable[[], Ledger]]:
    migrate(database)
    opened: list[Ledger] = []

    def connect() -> Ledger:
        opened.append(Ledger(database))
        return opened[-1]

    yield connect
    for each in opened:
        each.database.close()


@pytest.fixture
def ledger(connect: Callable[[], Ledger]) -> Ledger:
    made = connect()
    made.accounts.open_account(DEMO, cash=CASH, at=OPEN)
    return made


def live(ledger: Ledger) -> None:
    """A day with everything in it that changes the books."""
    ledger.accounts.begin_session(DEMO, day=DAY, equity=Decimal("100000.50"), at=at(1))
    buy = intent(DEMO)
    sell = replace(intent(DEMO, side=Side.SELL, ordinal=1), quantity=Decimal(10))
    ledger.approve(buy)
    ledger.approve(sell)
    ledger.approve(denied(intent(DEMO, ordinal=2)))
    order = ledger.orders.order(buy.client_order_id)
    assert order is not None
    ledger.orders.save(move(order, OrderStatus.SUBMITTING, at=at(62)), at=at(62), note="submit")
    by_hand = replace(intent(DEMO, "IBM"), client_order_id="by-hand")
    for told in (
        update(buy, OrderEvent.NEW, 70),
        fill(buy, 3, "100.013", cumulative=3, seconds=71),
        fill(buy, 3, "100.013", cumulative=3, seconds=71),
        fill(by_hand, 7, "99.1", cumulative=7, seconds=72),
        fill(sell, 10, "101.07", cumulative=10, seconds=73),
        fill(buy, 4, "100.02", cumulative=7, seconds=74),
        update(buy, OrderEvent.CANCELED, 75, status=OrderStatus.CANCELED, filled=7),
        fill(buy, 10, "99.99", cumulative=10, seconds=76),
    ):
        ledger.orders.apply(DEMO, told, source="stream", at=told.at)
    ledger.evaluations.record_evaluation(
        DEMO,
        Evaluation(
            minute=OPEN,
            at=at(80),
            correlation_id="bars:1",
            signals=[],
            snapshots={("momentum", "SPY"): "{}"},
            equity=Decimal("100012.345"),
            cash=CASH,
        ),
    )
    ledger.halts.raise_halt(
        DEMO, Halt(ACCOUNT, HaltLevel.HALTED, HaltCode.DRAWDOWN, "15 % down", "breaker", at(81))
    )
    ledger.accounts.reset_high_water(DEMO, equity=Decimal("90000.1"), actor="ann", at=at(82))
    ledger.halts.lift(DEMO, scope=ACCOUNT, actor="ann", reason="understood", at=at(83))
    ledger.halts.raise_halt(
        DEMO, Halt("symbol:SPY", HaltLevel.REDUCE_ONLY, HaltCode.RECONCILE, "drift", "r", at(84))
    )
    ledger.record.book_activities(DEMO, [DIVIDEND], at=at(84))
    assert ledger.record.book_activities(DEMO, SPLIT, at=at(84))
    ledger.accounts.rebuild(DEMO)
    ledger.accounts.note(DEMO, kind="operator", ref="halt", payload={"reason": "é"}, at=at(85))


def findings(ledger: Ledger, archive: MemoryArchive | None = None) -> list[str]:
    runtime = AuditRuntime(TRADING, ledger.journal, archive or MemoryArchive())
    return [each.text for each in audit(runtime=runtime).findings]


def tamper(ledger: Ledger, *statements: str) -> None:
    ledger.execute("alter table journal disable trigger journal_append_only")
    for statement in statements:
        ledger.execute(statement)
    ledger.execute("alter table journal enable trigger journal_append_only")


def test_the_journal_alone_rebuilds_the_books_bit_for_bit(ledger: Ledger) -> None:
    live(ledger)

    material = ledger.journal.material(DEMO)
    replayed = replay(material.rows)

    assert verify(material.rows) == []
    assert replayed.problems == []
    assert replayed.books == material.books
    assert compare(replayed, material.books) == []
    assert len(material.books.orders) == 3
    assert len(material.books.fills) == 5
    assert set(material.books.positions) == {("momentum", "SPY"), ("external", "IBM")}


def test_every_row_has_a_cause(ledger: Ledger) -> None:
    live(ledger)

    told = [row.entry for row in ledger.journal.material(DEMO).rows]

    assert all(each.correlation_id or each.ref for each in told)
    ours = [
        e for e in told if e.kind in ("order", "fill") and "by-hand" not in f"{e.ref}{e.payload}"
    ]
    assert {each.correlation_id for each in ours} == {"bars:1"}


def test_many_writers_make_one_chain(connect: Callable[[], Ledger], ledger: Ledger) -> None:
    workers = [connect() for _ in range(6)]
    start = threading.Barrier(len(workers))

    def work(worker: Ledger, number: int) -> None:
        start.wait(timeout=20)
        for turn in range(10):
            ref = f"{number}.{turn}"
            worker.accounts.note(DEMO, kind="note", ref=ref, payload={}, at=at(turn))
            worker.accounts.rebuild(DEMO)

    threads = [threading.Thread(target=work, args=(e, n)) for n, e in enumerate(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    rows = ledger.journal.material(DEMO).rows
    assert [row.position for row in rows] == list(range(1, 1 + 1 + 6 * 10 * 2))
    assert verify(rows) == []
    assert findings(ledger) == []


def test_accounts_have_chains_of_their_own(ledger: Ledger) -> None:
    ledger.accounts.open_account("other", cash=CASH, at=OPEN)
    with ledger.database.transaction() as connection:
        for account in ("other", DEMO, "other"):
            journal.append(connection, account=account, at=OPEN, kind="note", ref="x", payload={})

    for account, length in ((DEMO, 2), ("other", 3)):
        rows = ledger.journal.material(account).rows
        assert [row.position for row in rows] == list(range(1, length + 1))
        assert verify(rows) == []


def test_what_was_rolled_back_is_not_told_later(ledger: Ledger) -> None:
    def fail() -> None:
        with ledger.database.transaction() as connection:
            journal.append(connection, account=DEMO, at=OPEN, kind="note", ref="x", payload={})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    ledger.accounts.note(DEMO, kind="note", ref="y", payload={}, at=OPEN)

    rows = ledger.journal.material(DEMO).rows
    assert [row.entry.ref for row in rows] == [DEMO, "y"]


def test_a_row_that_cannot_be_written_fails_its_transaction(ledger: Ledger) -> None:
    tamper(ledger, "alter table journal add check (ref <> 'refused')")

    def write() -> None:
        with ledger.database.transaction() as connection:
            connection.execute("update accounts set generation = 99")
            journal.append(
                connection, account=DEMO, at=OPEN, kind="note", ref="refused", payload={}
            )

    with pytest.raises(psycopg.errors.CheckViolation):
        write()

    assert ledger.accounts.books(DEMO).account.generation == 1
    assert findings(ledger) == []


def test_a_payload_that_reads_back_differently_is_refused(ledger: Ledger) -> None:
    with pytest.raises(InvalidValueError), ledger.database.transaction() as connection:
        journal.append(
            connection, account=DEMO, at=OPEN, kind="note", ref="x", payload={"price": 0.1}
        )


# tampering


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            FLIP,
            "position 13: digest: expected",
        ),
        (
            "update journal set at = at + interval '1 microsecond' where position = 5",
            "position 5: d",
        ),
        ("delete from journal where position = 4", "position 4: row: expected 4, found 5"),
        (
            SWAP,
            "position 6: digest: expected",
        ),
    ],
    ids=["flipped", "one microsecond", "removed", "swapped"],
)
def test_a_chain_that_was_touched_is_found(ledger: Ledger, statement: str, expected: str) -> None:
    live(ledger)
    assert findings(ledger) == []

    tamper(ledger, statement)

    assert findings(ledger)[0].startswith(expected)


def test_a_cut_tail_is_found_against_the_evening_s_anchor(ledger: Ledger) -> None:
    live(ledger)
    archive = MemoryArchive()
    key = keep_anchor(DAY, journal=ledger.journal, archive=archive, trading=TRADING)
    last = ledger.journal.head(DEMO)
    assert last is not None
    assert key == "trade-log/demo/2013-10-07.anchor.json"
    assert findings(ledger, archive) == []

    tamper(ledger, f"delete from journal where position >= {last.position - 1}")  # noqa: S608  a number

    (found,) = findings(ledger, archive)
    assert found.startswith(f"position {last.position}: anchored row: expected {last.digest}")
    assert found.endswith(f"found an end at position {last.position - 2}")


def test_anchors_of_one_day_stand_beside_each_other(ledger: Ledger) -> None:
    archive = MemoryArchive()
    kept = [keep_anchor(DAY, journal=ledger.journal, archive=archive, trading=TRADING)] * 2
    ledger.accounts.rebuild(DEMO)

    kept.append(keep_anchor(DAY, journal=ledger.journal, archive=archive, trading=TRADING))

    assert archive.list("") == [
        "trade-log/demo/2013-10-07.1.anchor.json",
        "trade-log/demo/2013-10-07.anchor.json",
    ]
    assert kept[2] == archive.list("")[0]
    assert findings(ledger, archive) == []


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("update accounts set cash = cash + 1", "account cash: expected "),
        ("update orders set filled_quantity = 9 where client_order_id = 'by-hand'", "filled_qu"),
        ("update fills set price = 1 where symbol = 'IBM'", "price: expected 99.1, found 1"),
        ("update positions set cost = 0 where symbol = 'IBM'", "external IBM cost: expected 693.7"),
        ("update halts set level = 0 where scope = 'symbol:SPY'", "symbol:SPY level: expected 1"),
        ("delete from positions where symbol = 'IBM'", "external IBM: expected a row, found noth"),
    ],
)
def test_a_table_that_was_touched_is_found(ledger: Ledger, statement: str, expected: str) -> None:
    live(ledger)

    ledger.execute(statement)

    assert expected in "\n".join(findings(ledger))


def test_rows_from_before_the_chain_are_chained_by_the_migration(database: str) -> None:
    first = migrations()[0]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(first[1].encode())
        connection.execute(
            "create table schema_migrations (name text primary key, at timestamptz default now())"
        )
        connection.execute("insert into schema_migrations values (%s)", (first[0],))
        for account, ref in ((DEMO, "a"), ("other", "b"), (DEMO, "c")):
            connection.execute(
                "insert into journal (account, at, kind, ref, correlation_id, payload)"
                " values (%s, %s, 'note', %s, '', '{\"b\": 1, \"a\": [\"x\"]}')",
                (account, OPEN, ref),
            )

    migrate(database)

    upgraded = Ledger(database)
    upgraded.accounts.note(DEMO, kind="note", ref="d", payload={}, at=OPEN)
    rows = upgraded.journal.material(DEMO).rows
    upgraded.database.close()
    assert [(row.position, row.entry.ref) for row in rows] == [(1, "a"), (2, "c"), (3, "d")]
    assert verify(rows) == []
    with psycopg.connect(database) as connection, pytest.raises(psycopg.errors.RaiseException):
        connection.execute("delete from journal")
