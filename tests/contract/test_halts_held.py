"""No request starts after a halt is durable (I5): what holds the halts, on a real PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal

import psycopg
import pytest

from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.halt_ledger import PostgresHaltLedger
from quantterminal.adapters.postgres.migrate import migrate
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.halts import ACCOUNT, Halt, HaltCode
from quantterminal.domain.risk import HaltLevel
from tests.contract.ledger_rows import OPEN, at

DEMO = "demo"
LONG_S, SHORT_S = 30.0, 0.3


class Worker:
    """A process of its own as far as the ledger can tell; `clock` counts its real seconds."""

    def __init__(self, url: str, patience_s: float = LONG_S) -> None:
        self.url = url
        self.clock = 0.0
        self.database = Database(lambda: url)
        self.halts = PostgresHaltLedger(
            self.database, patience_s=patience_s, monotonic=lambda: self.clock
        )

    def stop(self, scope: str = ACCOUNT) -> Halt | None:
        return self.halts.raise_halt(
            DEMO, Halt(scope, HaltLevel.HALTED, HaltCode.OPERATOR, "stop", "ann", at(1))
        )

    def levels(self) -> dict[str, HaltLevel]:
        return {each.scope: each.level for each in self.halts.halts(DEMO)}


class InBackground:
    """Something that waits, in a thread of its own; `result` is what it came back with."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.result: object = None
        self._act = act
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.result = self._act()
        except RetryableError as problem:
            self.result = problem

    def finish(self) -> object:
        self._thread.join(timeout=20)
        assert not self._thread.is_alive()
        return self.result


@pytest.fixture
def watch(database: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """Looks at PostgreSQL's own view of who waits."""
    migrate(database)
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def worker(
    watch: "psycopg.Connection[tuple[object, ...]]",  # noqa: ARG001  migrates the database
    database: str,
) -> Iterator[Callable[..., Worker]]:
    made: list[Worker] = []

    def worker(patience_s: float = LONG_S) -> Worker:
        made.append(Worker(database, patience_s))
        return made[-1]

    opening = worker().database
    PostgresAccountLedger(opening).open_account(DEMO, cash=Decimal(1000), at=OPEN)
    yield worker
    for each in made:
        each.database.close()


def wait_for_waiters(watch: "psycopg.Connection[tuple[object, ...]]", count: int) -> None:
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    timed_out = threading.Event()
    timer = threading.Timer(20, timed_out.set)
    timer.start()
    while watch.execute(waiting).fetchone() != (count,):
        assert not timed_out.is_set()
    timer.cancel()


def kill(watch: "psycopg.Connection[tuple[object, ...]]") -> None:
    """End the connection that holds the halts."""
    ended = watch.execute(
        "select pg_terminate_backend(pid, 10000) from pg_locks"
        " where locktype = 'advisory' and mode = 'ShareLock' and granted"
    ).fetchall()
    assert ended == [(True,)]


def test_a_halt_waits_for_who_is_sending(
    worker: Callable[..., Worker], watch: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    sender, halter = worker(), worker()
    with sender.halts.held(DEMO) as hold:
        halting = InBackground(halter.stop)
        wait_for_waiters(watch, 1)
        assert sender.levels() == {}  # not durable yet
        hold.confirm()

    assert isinstance(halting.finish(), Halt)
    assert sender.levels() == {ACCOUNT: HaltLevel.HALTED}


def test_who_comes_after_a_halt_waits_for_it_and_sees_it(
    worker: Callable[..., Worker], watch: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    first, second, halter = worker(), worker(), worker()

    def look() -> list[HaltLevel]:
        with second.halts.held(DEMO) as hold:
            hold.confirm()
            return [each.level for each in hold.halts]

    with first.halts.held(DEMO):
        halting = InBackground(halter.stop)
        wait_for_waiters(watch, 1)
        looking = InBackground(look)
        wait_for_waiters(watch, 2)

    assert isinstance(halting.finish(), Halt)
    assert looking.finish() == [HaltLevel.HALTED]


def test_any_number_may_send_at_once(worker: Callable[..., Worker]) -> None:
    with ExitStack() as holds:
        for _ in range(4):
            holds.enter_context(worker().halts.held(DEMO)).confirm()


def test_a_stuck_sender_does_not_prevent_a_halt(
    worker: Callable[..., Worker], watch: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    stuck, halter = worker(), worker(SHORT_S)
    with stuck.halts.held(DEMO) as hold:
        assert halter.stop() is not None

        assert halter.levels() == {ACCOUNT: HaltLevel.HALTED}
        with pytest.raises(RetryableError, match="have changed"):
            hold.confirm()
    told = watch.execute("select payload -> 'waited_out' from journal where kind = 'halt'")
    assert told.fetchall() == [(True,)]


def test_a_hold_is_over_before_anyone_gives_up_on_it(worker: Callable[..., Worker]) -> None:
    sender = worker(SHORT_S)
    with sender.halts.held(DEMO) as hold:
        sender.clock += SHORT_S / 2
        hold.confirm()
        sender.clock += SHORT_S / 2

        with pytest.raises(RetryableError, match="was longer"):
            hold.confirm()


def test_nobody_new_comes_in_while_a_halt_gives_up_on_a_stuck_sender(
    worker: Callable[..., Worker], watch: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    """The halt is not durable yet, and does not have the senders' lock: the door is shut all the
    same until it is.
    """
    stuck, late, halter, row = worker(), worker(), worker(SHORT_S), worker()

    def look() -> list[HaltLevel]:
        with late.halts.held(DEMO) as hold:
            hold.confirm()
            return [each.level for each in hold.halts]

    with stuck.halts.held(DEMO):
        with row.database.transaction() as connection:
            connection.execute("select 1 from accounts for update")
            halting = InBackground(halter.stop)
            wait_for_waiters(watch, 1)
            wait_for_waiters(watch, 0)  # given up; now it waits for the account's row
            looking = InBackground(look)
            wait_for_waiters(watch, 1)
        assert isinstance(halting.finish(), Halt)
        assert looking.finish() == [HaltLevel.HALTED]


def test_a_killed_connection_confirms_nothing(
    worker: Callable[..., Worker], watch: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    sender, halter = worker(), worker()
    with sender.halts.held(DEMO) as hold:
        kill(watch)
        assert halter.stop() is not None  # it does not wait for the dead

        with pytest.raises(RetryableError, match="is gone"):
            hold.confirm()
    with sender.halts.held(DEMO) as again:
        again.confirm()
        assert [each.level for each in again.halts] == [HaltLevel.HALTED]


def test_who_crashes_in_the_block_lets_go(worker: Callable[..., Worker]) -> None:
    sender = worker()

    def crash() -> None:
        with sender.halts.held(DEMO):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crash()

    assert worker().stop() is not None


def test_lifting_waits_as_well(
    worker: Callable[..., Worker], watch: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    sender, lifter = worker(), worker()
    lifter.stop("symbol:SPY")

    with sender.halts.held(DEMO):
        lifting = InBackground(
            lambda: lifter.halts.lift(
                DEMO, scope="symbol:SPY", actor="ann", reason="good", at=at(2)
            )
        )
        wait_for_waiters(watch, 1)

    assert lifting.finish() is True
    assert sender.levels() == {"symbol:SPY": HaltLevel.ACTIVE}


def test_a_halt_that_stands_already_waits_for_nobody(worker: Callable[..., Worker]) -> None:
    sender, halter = worker(), worker()
    halter.stop()

    with sender.halts.held(DEMO):
        assert halter.stop() is None


def test_another_account_waits_for_nobody(worker: Callable[..., Worker]) -> None:
    with worker().halts.held("another"):
        assert worker().stop() is not None


def test_halts_that_cannot_be_read_hold_nothing() -> None:
    halts = PostgresHaltLedger(Database(lambda: "host=127.0.0.1 port=1 dbname=x user=x"))

    with pytest.raises(RetryableError, match="not reachable"), halts.held(DEMO):
        pytest.fail("nothing may be sent now")


def test_halts_survive_whoever_raised_them(worker: Callable[..., Worker], database: str) -> None:
    raised = worker()
    raised.stop()
    raised.database.close()

    migrate(database)  # as every deploy does
    restarted = worker()
    PostgresAccountLedger(restarted.database).open_account(DEMO, cash=Decimal(1), at=at(9))

    assert restarted.levels() == {ACCOUNT: HaltLevel.HALTED}
