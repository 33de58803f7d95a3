"""Servers that several suites share: each is started once per test session, on loopback."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.processes.local_aws import LocalAwsAddress, start_local_aws
from local.processes.postgres import Postgres, start_postgres
from local.processes.valkey import new_address, start_valkey

_databases = itertools.count(1)


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("servers")
    (folder / "logs").mkdir()
    return folder


@pytest.fixture(scope="session")
def postgres(server_folder: Path) -> Iterator[Postgres]:
    server = start_postgres(server_folder, logs=server_folder / "logs")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """The maintenance database; tests that write want `database` instead."""
    return postgres.address.url


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """The URL of a database of this test's own, new and empty."""
    name = f"test_{next(_databases)}"
    yield postgres.create_database(name).url
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def valkey_url(server_folder: Path) -> Iterator[str]:
    address = new_address()
    child = start_valkey(address, server_folder, logs=server_folder / "logs")
    yield address.url
    child.stop()


@pytest.fixture(scope="session")
def local_aws(server_folder: Path) -> Iterator[LocalAwsAddress]:
    """An empty local AWS; `.client("sqs")` and the like speak to it, `.environment` names it."""
    child, address = start_local_aws(server_folder, logs=server_folder / "logs")
    yield address
    child.stop()
