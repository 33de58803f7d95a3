"""What each process is told is what its runtime asks for: the runtimes themselves are built."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from quantterminal import bootstrap, settings, topology
from quantterminal.bootstrap import functions as runtimes
from quantterminal.bootstrap import parts as parts_module
from tests.infra.synthesized import Assembly

VALUES = {
    "QT_REDIS_URL": "rediss://cache.example:6379/0",
    "QT_REDIS_SECRET_ID": "cache",
    "QT_DATABASE_SECRET_ID": "database",
    "QT_BROKER_SECRET_ID": "broker",
    "QT_FEED_SECRET_ID": "feed",
    "QT_CONTAINER_SERVICE": "cluster/service",
    "QT_SOCKET_URL": "https://socket.example/live",
}
SECRETS = {
    "cache": {"username": "u", "password": "p"},
    "database": {"host": "h", "port": 5432, "dbname": "d", "username": "u", "password": "p"},
    "broker": {"key_id": "PKTEST", "secret_key": "s"},
    "feed": {"api_key": "k"},
}
RUNTIMES: dict[str, Callable[[], Any]] = {
    "strategy": bootstrap.strategy_runtime,
    "risk": bootstrap.risk_runtime,
    "execution": bootstrap.execution_runtime,
    "order_updates": bootstrap.updates_runtime,
    "reconcile": bootstrap.reconcile_runtime,
    "session": bootstrap.session_runtime,
    "reports": bootstrap.reports_runtime,
    "trade_log": bootstrap.trade_log_runtime,
    "notify": bootstrap.notify_runtime,
    "api": bootstrap.api_runtime,
    "backfill": bootstrap.backfill_runtime,
    "maintenance": bootstrap.maintenance_runtime,
    "power": bootstrap.power_runtime,
    "live": bootstrap.connection_registry,
    "authorize": lambda: bootstrap.ticket_desk("authorize"),
    "migrate": lambda: parts_module.parts_of("migrate").settings.need("QT_STARTING_CASH"),
}


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    forget()
    with mock_aws():
        client = boto3.client("secretsmanager", region_name="us-east-1")
        for name, fields in SECRETS.items():
            client.create_secret(Name=name, SecretString=json.dumps(fields))
        yield
    forget()


def forget() -> None:
    """Runtimes are made once per process, and this one is many."""
    parts_module.parts_of.cache_clear()
    for name in vars(runtimes):
        getattr(getattr(runtimes, name), "cache_clear", lambda: None)()
    for runtime in RUNTIMES.values():
        getattr(runtime, "cache_clear", lambda: None)()


def told(variables: dict[str, Any]) -> dict[str, str]:
    """A synthesized environment with something usable in place of what only a deploy knows."""
    plain = {name: value for name, value in variables.items() if isinstance(value, str)}
    stands_in = {name: VALUES.get(name, "somewhere") for name in variables.keys() - plain.keys()}
    if "QT_QUEUE_URLS" in variables:
        urls = {each.name: f"https://sqs/{each.fifo_name}" for each in topology.QUEUES}
        stands_in["QT_QUEUE_URLS"] = json.dumps(urls)
    return {**plain, **stands_in}


def only(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name in (*settings.VARIABLES, *settings.CLOUD_VARIABLES, *settings.OPTIONAL_VARIABLES):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def environment_of(paper: Assembly, name: str) -> dict[str, Any]:
    built = paper["Compute"].named("AWS::Lambda::Function", f"{name}/Function/")
    variables: dict[str, Any] = built["Environment"]["Variables"]
    return variables


def container_environment(paper: Assembly) -> dict[str, Any]:
    [container] = paper["Ingest"].only("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    return {each["Name"]: each["Value"] for each in container["Environment"]}


def test_every_function_has_a_runtime_to_check() -> None:
    assert set(RUNTIMES) == {each.name for each in topology.FUNCTIONS}


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize("name", RUNTIMES)
def test_a_function_is_told_all_that_its_runtime_needs(
    monkeypatch: pytest.MonkeyPatch, paper: Assembly, name: str
) -> None:
    only(monkeypatch, told(environment_of(paper, name)))
    assert RUNTIMES[name]() is not None
    if topology.Need.DATABASE in topology.function(name).needs:
        assert "host=h" in parts_module.parts_of(name).conninfo()
    if name in {each.consumer for each in topology.QUEUES}:
        assert bootstrap.edge(name).decode is not None


@pytest.mark.usefixtures("secrets")
def test_the_container_is_told_all_that_its_runtime_needs(
    monkeypatch: pytest.MonkeyPatch, paper: Assembly
) -> None:
    environment = told(container_environment(paper))
    only(monkeypatch, environment)
    runtime = bootstrap.container_runtime(settings.read_settings())
    assert runtime.feed_url == environment["QT_FEED_URL"]
    assert environment["QT_HEALTH_PORT"] == str(topology.INGEST.health_port)


@pytest.mark.parametrize("spec", topology.FUNCTIONS, ids=lambda spec: spec.name)
def test_a_function_is_told_nothing_else(paper: Assembly, spec: topology.Function) -> None:
    ours = {name for name in environment_of(paper, spec.name) if name.startswith("QT_")}
    assert ours == {"QT_CONFIG", "QT_CODE_VERSION", *spec.variables}
    assert ours <= settings.VARIABLES.keys() | settings.CLOUD_VARIABLES.keys()


def test_every_variable_is_told_to_somebody(paper: Assembly) -> None:
    everywhere = set(container_environment(paper)).union(
        *(environment_of(paper, each.name) for each in topology.FUNCTIONS)
    )
    assert everywhere >= settings.VARIABLES.keys() | settings.CLOUD_VARIABLES.keys()


def test_no_secret_stands_in_an_environment(paper: Assembly) -> None:
    everything = [container_environment(paper)] + [
        environment_of(paper, each.name) for each in topology.FUNCTIONS
    ]
    assert "resolve:secretsmanager" not in json.dumps(everything)


def test_variables_fit_into_what_lambda_allows(paper: Assembly) -> None:
    sizes = {
        each.name: len(json.dumps(told(environment_of(paper, each.name))))
        for each in topology.FUNCTIONS
    }
    assert max(sizes.values()) < 3500
