"""What only the cloud has: the retention, the tickets and the two switches."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import psycopg
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from moto import mock_aws

from local.processes.ready import free_port
from quantterminal import bootstrap
from quantterminal.adapters.apigateway.push import ApiGatewayPush
from quantterminal.adapters.ecs.container_service import ContainerService
from quantterminal.adapters.memory.bar_store import MemoryBarStore
from quantterminal.adapters.memory.live import MemoryConnections
from quantterminal.adapters.memory.tickets import MemoryTicketDesk
from quantterminal.adapters.postgres.bar_store import PostgresBarStore
from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.migrate import migrate
from quantterminal.adapters.postgres.retention import PostgresRetention
from quantterminal.adapters.rds.instance import DatabaseInstance
from quantterminal.adapters.redis.connection import connect
from quantterminal.adapters.redis.connections import RedisConnections
from quantterminal.adapters.redis.tickets import RedisTicketDesk
from quantterminal.bootstrap import parts as parts_module
from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import PermanentError, RetryableError
from quantterminal.ports.bar_store import Quarantined
from quantterminal.ports.live import ConnectionRegistry
from quantterminal.ports.tickets import Ticket, TicketDesk

NOW = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TICKET = Ticket("me", "https://page.example", until=NOW)


@pytest.fixture
def ledger(database: str) -> Iterator[Database]:
    migrate(database)
    made = Database(lambda: database)
    yield made
    made.close()


def bar(symbol: str, start: datetime) -> Bar:
    return Bar(symbol, start, 10.0, 11.0, 9.0, 10.5, 100.0)


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> MemoryBarStore | PostgresBarStore:
    if request.param == "memory":
        return MemoryBarStore()
    return PostgresBarStore(request.getfixturevalue("ledger"))


def test_stored_minutes_are_those_of_the_symbol_and_the_span(
    store: MemoryBarStore | PostgresBarStore,
) -> None:
    starts = [NOW + n * MINUTE for n in range(4)]
    store.store([bar("SPY", at) for at in starts] + [bar("QQQ", NOW)], source="stream")
    assert store.minutes("SPY", start=NOW + MINUTE, end=NOW + 3 * MINUTE) == set(starts[1:3])
    assert store.minutes("IBM", start=NOW, end=NOW + MINUTE) == frozenset()


def test_the_last_closes_are_those_of_the_newest_minute_as_it_was_corrected(
    store: MemoryBarStore | PostgresBarStore,
) -> None:
    first, second = bar("SPY", NOW), bar("SPY", NOW + MINUTE)
    corrected = replace(second, revision=1, close=10.7)
    old = bar("QQQ", NOW - timedelta(days=3))
    store.store([corrected, second, first, old], source="stream")

    assert store.last_closes(["SPY", "QQQ", "IBM"], since=NOW) == {"SPY": 10.7}
    assert store.last_closes([], since=NOW) == {}


def test_old_market_data_goes_in_slices_and_young_stays(ledger: Database) -> None:
    store = PostgresBarStore(ledger)
    store.store([bar("SPY", NOW + n * MINUTE) for n in range(10)], source="stream")
    store.quarantine([Quarantined(f"k{n}", "SPY", "BAD", "", "", NOW + n * MINUTE) for n in (0, 9)])
    retention = PostgresRetention(ledger, slice_rows=3)
    assert retention.forget(NOW + 7 * MINUTE) == {"bars": 7, "quarantine": 1, "tick_days": 0}
    assert retention.forget(NOW + 7 * MINUTE) == {"bars": 0, "quarantine": 0, "tick_days": 0}
    assert len(store.minutes("SPY", start=NOW, end=NOW + timedelta(days=1))) == 3


def test_the_days_to_come_are_made_once(ledger: Database) -> None:
    retention = PostgresRetention(ledger)
    assert [retention.prepare(NOW.date()) for _ in range(2)] == [10, 0]


@pytest.fixture(params=["memory", "redis"])
def desk(request: pytest.FixtureRequest) -> TicketDesk:
    if request.param == "memory":
        return MemoryTicketDesk()
    codes = iter(f"code-{n}-{id(request)}" for n in range(100))
    client = connect(request.getfixturevalue("valkey_url"))
    return RedisTicketDesk(client, "acct", draw=lambda: next(codes))


def test_a_ticket_is_redeemed_once(desk: TicketDesk) -> None:
    code = desk.issue(TICKET, life_s=30)
    assert desk.redeem(code) == TICKET
    assert desk.redeem(code) is None
    assert desk.redeem("nobody's") is None


def test_a_ticket_expires_in_the_store_itself(valkey_url: str) -> None:
    client = connect(valkey_url)
    RedisTicketDesk(client, "acct", draw=lambda: "expiring").issue(TICKET, life_s=30)
    assert 0 < client.ttl("{acct}:ticket:expiring") <= 30


@pytest.fixture
def aws() -> Iterator[Callable[[str], Any]]:
    with mock_aws():
        yield lambda service: boto3.client(
            service,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


@pytest.fixture(params=["memory", "redis"])
def registry(request: pytest.FixtureRequest) -> ConnectionRegistry:
    if request.param == "memory":
        return MemoryConnections()
    return RedisConnections(connect(request.getfixturevalue("valkey_url")), f"acct-{id(request)}")


def test_who_listens_is_known_until_it_leaves(registry: ConnectionRegistry) -> None:
    assert registry.connections() == {}
    for each in ("a", "b", "b"):
        registry.add(each)
    registry.add("c", until=NOW)
    registry.remove("a")
    registry.remove("never-seen")
    assert registry.connections() == {"b": None, "c": NOW}


def test_a_push_goes_to_a_socket_that_is_there(aws: Callable[[str], Any]) -> None:
    client = aws("apigatewaymanagementapi")
    assert ApiGatewayPush(client).send("socket", "hello") is True
    assert client.get_connection(ConnectionId="socket")["ConnectedAt"] is not None


def test_a_socket_that_is_closed_or_gone_is_not_there(aws: Callable[[str], Any]) -> None:
    client = aws("apigatewaymanagementapi")
    stubber = Stubber(client)
    wanted = {"ConnectionId": "socket"}
    stubber.add_response("delete_connection", {}, wanted)
    stubber.add_client_error("delete_connection", "GoneException", http_status_code=410)
    stubber.add_client_error("delete_connection", "LimitExceededException", http_status_code=429)
    push = ApiGatewayPush(client)
    with stubber:
        push.close("socket")
        push.close("socket")
        with pytest.raises(RetryableError):
            push.close("socket")
    stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "status", "outcome"),
    [
        ("LimitExceededException", 429, RetryableError),
        ("ForbiddenException", 403, RetryableError),
        ("PayloadTooLargeException", 413, PermanentError),
    ],
)
def test_what_api_gateway_refuses_is_told_apart(
    code: str, status: int, outcome: type[Exception]
) -> None:
    push, stub = refusing(code, status)
    with stub, pytest.raises(outcome):
        push.send("socket", "hello")


def test_a_socket_that_has_gone_is_no_error() -> None:
    push, stub = refusing("GoneException", 410)
    with stub:
        assert push.send("socket", "hello") is False


def refusing(code: str, status: int) -> tuple[ApiGatewayPush, Stubber]:
    client = boto3.client(
        "apigatewaymanagementapi",
        region_name="us-east-1",
        endpoint_url="https://socket.example/live",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    stub = Stubber(client)
    stub.add_client_error("post_to_connection", code, http_status_code=status)
    return ApiGatewayPush(client), stub


def test_a_socket_that_cannot_be_reached_is_tried_again() -> None:
    client = boto3.client(
        "apigatewaymanagementapi",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{free_port()}/live",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(RetryableError, match="not reachable"):
        ApiGatewayPush(client).send("socket", "hello")


def test_the_service_runs_as_many_tasks_as_asked(aws: Callable[[str], Any]) -> None:
    ecs = aws("ecs")
    ecs.create_cluster(clusterName="cluster")
    ecs.register_task_definition(
        family="t", containerDefinitions=[{"name": "c", "image": "i", "memory": 64}]
    )
    ecs.create_service(cluster="cluster", serviceName="service", taskDefinition="t", desiredCount=0)
    ContainerService(ecs, "cluster/service").run(1)
    [found] = ecs.describe_services(cluster="cluster", services=["service"])["services"]
    assert found["desiredCount"] == 1


def test_a_service_that_is_not_there_is_asked_for_again(aws: Callable[[str], Any]) -> None:
    with pytest.raises(RetryableError, match="ECS"):
        ContainerService(aws("ecs"), "cluster/service").run(1)


def test_the_database_is_stopped_and_started_and_asking_twice_is_the_same(
    aws: Callable[[str], Any],
) -> None:
    rds = aws("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="ledger", DBInstanceClass="db.t4g.micro", Engine="postgres"
    )
    instance = DatabaseInstance(rds, "ledger")
    for verb, status in ((instance.stop, "stopped"), (instance.start, "available")):
        verb()
        verb()
        [found] = rds.describe_db_instances(DBInstanceIdentifier="ledger")["DBInstances"]
        assert found["DBInstanceStatus"] == status


def test_a_database_that_is_not_there_is_asked_for_again(aws: Callable[[str], Any]) -> None:
    with pytest.raises(RetryableError, match="RDS"):
        DatabaseInstance(aws("rds"), "ledger").stop()


def test_the_deploy_step_makes_schema_and_account_once(
    monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    trading = {"account": "main", "mode": "PAPER", "symbols": ["SPY"], "strategies": []}
    monkeypatch.setenv("QT_CONFIG", json.dumps(trading))
    monkeypatch.setenv("QT_STARTING_CASH", "5000.50")
    monkeypatch.setattr(parts_module.Parts, "conninfo", lambda _self: database)
    parts_module.parts_of.cache_clear()
    first, second = bootstrap.prepare_ledger(), bootstrap.prepare_ledger()
    parts_module.parts_of("migrate").database.close()
    parts_module.parts_of.cache_clear()
    assert first[0] == "0001_ledger.sql"
    assert second == []
    with psycopg.connect(database) as connection:
        rows = connection.execute("select account, cash::text from accounts").fetchall()
    assert rows == [("main", "5000.50")]
