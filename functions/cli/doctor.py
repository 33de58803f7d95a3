"""What a run needs, and whether it is here."""

import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from os import environ
from pathlib import Path

from local.errors import LocalRunError
from local.processes import local_aws, postgres, valkey
from local.processes.ready import accepts_connections

_DIST = Path(__file__).resolve().parents[2] / "web" / "dist" / "index.html"


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    is_good: bool
    detail: str


def examine(port: int) -> Iterator[Finding]:
    """One finding for each thing that `qt run` needs."""
    yield Finding("python", sys.version_info >= (3, 11), platform.python_version())
    yield _found("postgres", lambda: postgres.find_binaries(environ))
    yield _found("valkey", valkey.find_binary)
    yield _found("local AWS", local_aws.find_binary)
    yield Finding("page", _DIST.is_file(), str(_DIST) if _DIST.is_file() else "run `make run` once")
    busy = accepts_connections(port)
    yield Finding(f"port {port}", not busy, "somebody listens on it" if busy else "free")
    for package in ("boto3", "psycopg", "redis", "aiohttp", "websockets"):
        yield _package(package)


def _found(name: str, find: Callable[[], Path]) -> Finding:
    try:
        return Finding(name, is_good=True, detail=str(find()))
    except LocalRunError as problem:
        return Finding(name, is_good=False, detail=str(problem))


def _package(name: str) -> Finding:
    try:
        return Finding(name, is_good=True, detail=version(name))
    except PackageNotFoundError:
        return Finding(name, is_good=False, detail="is not installed")
