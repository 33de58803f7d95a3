"""The working state on a real Valkey, alone and in cluster mode, and in memory: disposable."""

import contextlib
import inspect
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import redis
from redis.crc import key_slot

from local.processes.child import Child, Command, inherited_environment
from local.processes.ready import free_port, wait_until_ready
from local.processes.valkey import find_binary
from quantterminal.adapters.memory.state_store import MemoryStateStore
from quantterminal.adapters.redis.connection import Client, connect
from quantterminal.adapters.redis.snapshot_store import RedisSnapshotStore
from quantterminal.adapters.redis.state_store import RedisStateStore
from quantterminal.adapters.redis.watermarks import (
    RedisQuoteBoard,
    RedisStreamGate,
    RedisWatermarks,
)
from quantterminal.domain.bars import MINUTE
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.halts import ACCOUNT, Halt, HaltCode
from quantterminal.domain.orders import Execution, Order, OrderStatus
from quantterminal.domain.positions import Position
from quantterminal.domain.risk import HaltLevel, Reservation
from quantterminal.domain.signals import Side
from quantterminal.ports.ledger import AccountRecord, Applied, Books, Snapshot
from quantterminal.ports.state import Mark
from quantterminal.ports.watermarks import Quote, StreamState
from tests.contract.ledger_rows import OPEN, at

SPY = ("momentum", "SPY")
IBM = ("opening:range", "IBM")  # a name may hold a colon
RESERVATION = Reservation("momentum", "SPY", Side.BUY, Decimal(10), Decimal("100.05"))
POSITION = Position("SPY", Decimal(5), Decimal("500.50"), Decimal("1.25"), 3)
MARKS = {"SPY": (Decimal("100.1"), OPEN + MINUTE)}


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One node that owns every slot: a script may only touch keys of a single slot there."""
    folder = tmp_path_factory.mktemp("cluster")
    port = free_port()
    arguments = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    arguments += ["--cluster-enabled", "yes", "--cluster-port", str(free_port())]
    command = [str(find_binary()), *arguments]
    child = Child.start(
        Command("valkey-cluster", command, inherited_environment(), folder), logs=folder
    )
    url = f"redis://127.0.0.1:{port}/0"
    wait_until_ready(child, lambda: answers(url))
    client = connect(url)
    client.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16383)
    wait_until_ready(child, lambda: client.cluster("info")["cluster_state"] == "ok")
    client.close()
    yield url
    child.stop()


def answers(url: str) -> bool:
    with contextlib.closing(redis.Redis.from_url(url)) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What does not look at the server itself is held for the fake as well."""
    if "server" in metafunc.fixturenames:
        is_real_only = "client" in inspect.signature(metafunc.function).parameters
        kinds = ["alone", "cluster"] if is_real_only else ["memory", "alone", "cluster"]
        metafunc.parametrize("server", kinds)


@pytest.fixture
def client(request: pytest.FixtureRequest, server: str) -> Iterator[Client]:
    name = "valkey_url" if server == "alone" else "cluster_url"
    made = connect(request.getfixturevalue(name))
    yield made
    made.close()


@pytest.fixture
def account(request: pytest.FixtureRequest) -> str:
    return request.node.name.replace("[", "-").replace("]", "")


@pytest.fixture
def store(request: pytest.FixtureRequest, server: str) -> RedisStateStore | MemoryStateStore:
    if server == "memory":
        return MemoryStateStore()
    return RedisStateStore(request.getfixturevalue("client"))


def record(account: str, **more: Any) -> AccountRecord:
    values = {
        "account": account,
        "cash": Decimal("99499.50"),
        "day_open_equity": Decimal(100_000),
        "high_water_mark": Decimal("100000.25"),
        "session_day": date(2013, 10, 7),
        "generation": 1,
        "halt_epoch": 0,
        "version": 4,
    }
    return AccountRecord(**(values | more))


def books(account: str, **more: Any) -> Books:
    """One position, one reservation, one mark; `more` is about the account's record."""
    return Books(
        account=record(account, **more),
        halts=[],
        positions={SPY: POSITION, IBM: Position("IBM")},
        reservations={"held#0": RESERVATION},
        marks=MARKS,
    )


def order(account: str, **more: Any) -> Order:
    values = {
        "client_order_id": "qt1-new",
        "intent_id": "new#0",
        "account": account,
        "strategy": "momentum",
        "symbol": "SPY",
        "side": Side.BUY,
        "quantity": Decimal(10),
        "limit_price": Decimal("100.05"),
        "status": OrderStatus.NEW,
        "status_at": OPEN,
        "version": 3,
    }
    return Order(**(values | more))


def filled(account: str, *, version: int, quantity: int = 4, is_new: bool = True) -> Applied:
    """A fill as the ledger answers it, being the account's change number `version`."""
    execution = Execution("e1", Decimal(4), Decimal(100), Decimal(quantity), OPEN)
    return Applied(
        order=order(account, filled_quantity=Decimal(quantity), booked_quantity=Decimal(quantity)),
        changed=is_new,
        fill=execution if is_new else None,
        position=replace(POSITION, quantity=Decimal(9), version=4),
        account=record(account, cash=Decimal("99099.50"), version=version),
    )


def halt(level: HaltLevel, *, epoch: int, scope: str = ACCOUNT) -> Halt:
    return Halt(scope, level, HaltCode.OPERATOR, "because", "ann", OPEN, epoch)


# reading and rebuilding


def test_an_account_that_nobody_has_built_is_absent(store: RedisStateStore, account: str) -> None:
    assert store.read(account) is None


def test_what_was_built_is_read(store: RedisStateStore, account: str) -> None:
    store.rebuild(account, books(account))

    state = store.read(account)

    assert state is not None
    assert (state.cash, state.day_open_equity) == (Decimal("99499.50"), Decimal(100_000))
    assert (state.high_water_mark, state.session_day) == (
        Decimal("100000.25"),
        date(2013, 10, 7),
    )
    assert state.generation == 1
    assert state.positions == {SPY: POSITION, IBM: Position("IBM")}
    assert state.reserved == {"held#0": RESERVATION}
    assert state.marks == {"SPY": Mark(Decimal("100.1"), OPEN + MINUTE)}
    assert state.levels == {}
    assert state.equity() == Decimal("99499.50") + 5 * Decimal("100.1")


def test_before_the_first_session_there_is_no_day(store: RedisStateStore, account: str) -> None:
    store.rebuild(account, books(account, session_day=None))

    state = store.read(account)
    assert state is not None
    assert state.session_day is None


def test_an_older_generation_never_replaces_a_newer_one(
    store: RedisStateStore, account: str
) -> None:
    store.rebuild(account, books(account, generation=3, cash=Decimal(3)))
    for generation in (2, 3):
        store.rebuild(account, books(account, generation=generation, cash=Decimal(2)))

    state = store.read(account)
    assert state is not None
    assert (state.generation, state.cash) == (3, 3)


def test_a_rebuild_leaves_nothing_of_the_old_state(store: RedisStateStore, account: str) -> None:
    store.rebuild(account, books(account))
    before = store.read(account)
    assert before is not None
    nothing = replace(books(account, generation=2), positions={}, reservations={})
    store.rebuild(account, nothing)

    state = store.read(account)
    assert state is not None
    assert (state.positions, state.reserved) == ({}, {})
    assert state.version > before.version


@pytest.mark.parametrize("key", ["risk", "position:momentum:SPY"])
def test_a_state_that_lost_a_key_is_absent(
    store: RedisStateStore, client: Client, account: str, key: str
) -> None:
    """Positions expire, and a server may evict: what is incomplete is not a state."""
    store.rebuild(account, books(account))

    assert client.delete(f"{{{account}}}:{key}") == 1

    assert store.read(account) is None
    store.rebuild(account, books(account, generation=2))
    assert store.read(account) is not None


def test_positions_expire_a_week_after_their_last_activity(
    store: RedisStateStore, client: Client, account: str
) -> None:
    store.rebuild(account, books(account))

    left = client.ttl(f"{{{account}}}:position:momentum:SPY")
    assert 7 * 24 * 3600 - 60 < left <= 7 * 24 * 3600


def test_a_cleared_state_is_absent_until_it_is_rebuilt(
    store: RedisStateStore, account: str
) -> None:
    store.rebuild(account, books(account))
    before = store.read(account)
    assert before is not None

    store.clear(account)

    assert store.read(account) is None
    assert not store.project(account, filled(account, version=5))
    assert not store.project_order(account, order(account))
    assert not store.reserve(account, "a#0", reservation=RESERVATION, version=before.version)
    store.rebuild(account, books(account, generation=1))  # a slow one, read before
    assert store.read(account) is None
    store.rebuild(account, books(account, generation=2))
    assert store.read(account) is not None


def test_clearing_what_is_absent_leaves_it_absent(store: RedisStateStore, account: str) -> None:
    store.clear(account)

    assert store.read(account) is None


# reservations


def test_a_reservation_needs_the_version_that_it_is_based_on(
    store: RedisStateStore, account: str
) -> None:
    store.rebuild(account, books(account))
    state = store.read(account)
    assert state is not None

    first = store.reserve(account, "a#0", reservation=RESERVATION, version=state.version)
    second = store.reserve(account, "b#0", reservation=RESERVATION, version=state.version)

    assert (first, second) == (True, False)
    after = store.read(account)
    assert after is not None
    assert set(after.reserved) == {"held#0", "a#0"}
    assert after.version > state.version


def test_nothing_is_reserved_in_an_absent_state(store: RedisStateStore, account: str) -> None:
    assert not store.reserve(account, "a#0", reservation=RESERVATION, version=0)
    assert store.read(account) is None


def test_releasing_frees_and_changes_the_version_once(store: RedisStateStore, account: str) -> None:
    store.rebuild(account, books(account))
    before = store.read(account)
    store.release(account, "held#0")
    after = store.read(account)
    store.release(account, "held#0")

    assert before is not None
    assert after is not None
    assert after.reserved == {}
    assert after.version == before.version + 1
    assert store.read(account) == after


def test_many_threads_never_overspend(client: Client, account: str) -> None:
    """Each takes one of seven places, having counted them; twelve try at the same instant."""
    places, threads = 7, 12
    url_client = RedisStateStore(client)
    url_client.rebuild(account, replace(books(account), reservations={}))
    start = threading.Barrier(threads)
    won: list[bool] = []

    def work(number: int) -> None:
        store = RedisStateStore(client)
        start.wait(timeout=20)
        while True:
            state = store.read(account)
            assert state is not None
            if len(state.reserved) >= places:
                won.append(False)
                return
            if store.reserve(
                account, f"i{number}#0", reservation=RESERVATION, version=state.version
            ):
                won.append(True)
                return

    workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)

    assert sorted(won) == [False] * (threads - places) + [True] * places
    state = url_client.read(account)
    assert state is not None
    assert len(state.reserved) == places


# projections


def test_a_fill_moves_order_position_cash_and_reservation(
    store: RedisStateStore, account: str
) -> None:
    store.rebuild(account, books(account))

    assert store.project(account, filled(account, version=5))

    state = store.read(account)
    assert state is not None
    assert (state.cash, state.positions[SPY].quantity) == (Decimal("99099.50"), 9)
    assert state.reserved["new#0"] == replace(RESERVATION, quantity=Decimal(6))


def test_the_first_position_in_a_symbol_appears(store: RedisStateStore, account: str) -> None:
    store.rebuild(account, replace(books(account), positions={}))

    store.project(account, filled(account, version=5))

    state = store.read(account)
    assert state is not None
    assert set(state.positions) == {SPY}


def test_the_same_projection_again_changes_nothing(store: RedisStateStore, account: str) -> None:
    store.rebuild(account, books(account))
    store.project(account, filled(account, version=5))
    before = store.read(account)

    assert store.project(account, filled(account, version=5))
    assert store.project(account, filled(account, version=5, is_new=False))

    assert store.read(account) == before


def test_an_older_projection_changes_nothing(store: RedisStateStore, account: str) -> None:
    store.rebuild(account, books(account, version=9))
    store.project_order(account, order(account, version=7, status=OrderStatus.CANCELED))
    before = store.read(account)
    old = filled(account, version=5)
    position = replace(POSITION, quantity=Decimal(1), version=2)

    assert store.project(account, replace(old, position=position))

    assert store.read(account) == before


@pytest.mark.parametrize(("version", "is_new"), [(6, True), (5, False)])
def test_a_projection_with_a_fill_left_out_wants_a_rebuild(
    store: RedisStateStore, account: str, version: int, *, is_new: bool
) -> None:
    """Cash of two fills with the position of one would be a loss that nobody made."""
    store.rebuild(account, books(account, version=4))
    before = store.read(account)

    assert not store.project(account, filled(account, version=version, is_new=is_new))

    assert store.read(account) == before


def test_an_update_without_a_fill_brings_no_cash(store: RedisStateStore, account: str) -> None:
    store.rebuild(account, books(account, version=4))
    applied = replace(filled(account, version=9, is_new=False), position=None)

    assert store.project(account, applied)

    state = store.read(account)
    assert state is not None
    assert state.cash == Decimal("99499.50")
    assert state.reserved["new#0"].quantity == 6


@pytest.mark.parametrize(
    "status", [OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED, OrderStatus.DENIED]
)
def test_an_order_that_ended_reserves_nothing(
    store: RedisStateStore, account: str, status: OrderStatus
) -> None:
    store.rebuild(account, books(account))
    store.project_order(account, order(account))
    store.project_order(account, order(account, status=status, version=4))

    state = store.read(account)
    assert state is not None
    assert set(state.reserved) == {"held#0"}


def test_an_external_order_reserves_under_its_own_id(store: RedisStateStore, account: str) -> None:
    store.rebuild(account, books(account))

    store.project_order(account, order(account, client_order_id="by-hand", intent_id=""))

    state = store.read(account)
    assert state is not None
    assert set(state.reserved) == {"held#0", "by-hand"}


def test_nothing_is_projected_into_an_absent_state(store: RedisStateStore, account: str) -> None:
    assert not store.project_order(account, order(account))
    assert not store.project(account, filled(account, version=5))
    assert store.read(account) is None


# halts, marks, high-water mark


def test_newer_halts_replace_older_ones(store: RedisStateStore, account: str) -> None:
    store.rebuild(account, books(account))
    store.put_halts(account, [halt(HaltLevel.HALTED, epoch=2)])
    state = store.read(account)
    assert state is not None
    assert state.levels == {ACCOUNT: HaltLevel.HALTED}
    assert not store.reserve(account, "a#0", reservation=RESERVATION, version=state.version - 1)

    store.put_halts(account, [halt(HaltLevel.ACTIVE, epoch=1)])

    assert store.read(account) == state


def test_a_rebuild_from_an_older_read_cannot_hide_a_halt(
    store: RedisStateStore, account: str
) -> None:
    store.put_halts(account, [halt(HaltLevel.HALTED, epoch=5)])
    assert store.read(account) is None

    store.rebuild(account, books(account, halt_epoch=4))

    state = store.read(account)
    assert state is not None
    assert state.levels == {ACCOUNT: HaltLevel.HALTED}


def test_a_rebuild_brings_the_ledger_s_halts(store: RedisStateStore, account: str) -> None:
    scope = "strategy:momentum"
    found = replace(
        books(account, halt_epoch=3),
        halts=[halt(HaltLevel.REDUCE_ONLY, epoch=3, scope=scope)],
    )
    store.rebuild(account, found)

    state = store.read(account)
    assert state is not None
    assert state.levels == {scope: HaltLevel.REDUCE_ONLY}


def test_later_marks_stay(store: RedisStateStore, account: str) -> None:
    later = Mark(Decimal("101.5"), OPEN + 2 * MINUTE)
    store.rebuild(account, books(account))
    store.put_marks(account, {"SPY": later, "IBM": later})
    store.put_marks(account, {"SPY": Mark(Decimal(1), OPEN + MINUTE)})
    store.put_marks(account, {})
    store.rebuild(account, books(account, generation=2))

    state = store.read(account)
    assert state is not None
    assert state.marks == {"SPY": later, "IBM": later}


def test_the_high_water_mark_only_rises(store: RedisStateStore, account: str) -> None:
    store.rebuild(account, books(account))
    for equity in ("100000.24", "100000.30", "100000.26"):
        store.raise_high_water(account, Decimal(equity))

    state = store.read(account)
    assert state is not None
    assert state.high_water_mark == Decimal("100000.30")


def test_a_high_water_mark_makes_no_state(store: RedisStateStore, account: str) -> None:
    store.raise_high_water(account, Decimal(5))

    assert store.read(account) is None


# snapshots, watermark, gate, quotes


def test_the_later_snapshot_stays(client: Client, account: str) -> None:
    snapshots = RedisSnapshotStore(client)
    for number in (1, 3, 2, 3):
        snapshots.put_snapshots(account, {SPY: Snapshot(OPEN + number * MINUTE, f'"{number}"')})
    snapshots.put_snapshots(account, {})

    found = snapshots.snapshots(account, [SPY, IBM])

    assert found == {SPY: Snapshot(OPEN + 3 * MINUTE, '"3"')}
    assert snapshots.snapshots(account, []) == {}


def test_the_watermark_never_goes_back(client: Client, account: str) -> None:
    watermarks = RedisWatermarks(client, account)
    assert watermarks.published_minute() is None

    for number in (1, 3, 2):
        watermarks.set_published_minute(OPEN + number * MINUTE)

    assert watermarks.published_minute() == OPEN + 3 * MINUTE


def test_the_gate_is_a_lease(client: Client, account: str) -> None:
    gate = RedisStreamGate(client, account)
    assert gate.state() is StreamState.DOWN

    for state in (StreamState.RECONCILING, StreamState.LIVE):
        gate.keep(state)
        assert gate.state() is state

    key = f"{{{account}}}:stream"
    assert 0 < client.pttl(key) <= 5000
    client.pexpire(key, 0)
    assert gate.state() is StreamState.DOWN


def test_the_last_quotes_of_each_symbol(client: Client, account: str) -> None:
    board = RedisQuoteBoard(client, account)
    assert board.quotes() == {}
    first, last = (Quote(Decimal("1.01"), Decimal(str(2 + n)), at(n)) for n in range(2))

    board.put({"SPY": first, "IBM": first})
    board.put({"SPY": last})
    board.put({})

    assert board.quotes() == {"SPY": last, "IBM": first}


# a store that cannot be reached, and the keys

CALLS: list[Callable[[RedisStateStore], object]] = [
    lambda store: store.read("a"),
    lambda store: store.clear("a"),
    lambda store: store.rebuild("a", books("a")),
    lambda store: store.reserve("a", "i", reservation=RESERVATION, version=1),
    lambda store: store.release("a", "i"),
    lambda store: store.project("a", filled("a", version=5)),
    lambda store: store.project_order("a", order("a")),
    lambda store: store.put_marks("a", {"SPY": Mark(Decimal(1), OPEN)}),
    lambda store: store.raise_high_water("a", Decimal(1)),
    lambda store: store.put_halts("a", []),
]


@pytest.fixture
def nobody() -> Iterator[Client]:
    made = connect(f"redis://127.0.0.1:{free_port()}/0")
    yield made
    made.close()


@pytest.mark.parametrize("call", CALLS, ids=lambda call: inspect.getsource(call).split(".")[1][:12])
def test_a_store_that_cannot_be_reached_is_not_taken_for_empty(
    nobody: Client, call: Callable[[RedisStateStore], object]
) -> None:
    with pytest.raises(RetryableError, match="not reachable") as raised:
        call(RedisStateStore(nobody))
    assert raised.value.retry_after_s == 1.0


def test_the_others_cannot_be_reached_either(nobody: Client) -> None:
    gate = RedisStreamGate(nobody, "a")
    assert gate.state() is StreamState.DOWN
    for call in (
        lambda: gate.keep(StreamState.LIVE),
        RedisWatermarks(nobody, "a").published_minute,
        RedisQuoteBoard(nobody, "a").quotes,
        lambda: RedisSnapshotStore(nobody).snapshots("a", [SPY]),
    ):
        with pytest.raises(RetryableError):
            call()


def test_every_key_of_an_account_lies_in_one_slot(client: Client, account: str) -> None:
    store = RedisStateStore(client)
    store.rebuild(account, books(account))
    store.project(account, filled(account, version=5))
    RedisSnapshotStore(client).put_snapshots(account, {SPY: Snapshot(OPEN, "{}")})
    RedisWatermarks(client, account).set_published_minute(OPEN)
    RedisStreamGate(client, account).keep(StreamState.LIVE)
    RedisQuoteBoard(client, account).put({"SPY": Quote(Decimal(1), Decimal(2), OPEN)})

    keys = [key for key in client.scan_iter(count=1000) if account in key]

    assert len(keys) >= 10
    assert {key_slot(key.encode()) for key in keys} == {key_slot(account.encode())}
