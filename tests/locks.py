"""Writes the locks of the Python environments, and says when one no longer fits pyproject.toml.

`python -m tests.locks write` resolves, keeping every version that is locked and still allowed;
`write --upgrade` takes the newest; `check` resolves beside the locks and compares. A lock is a
list of names, versions and hashes: it names no index, so each machine asks its own.
"""

import argparse
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = "3.11"
NO_NETWORK = ("error sending request", "failed to fetch", "dns error", "network was disabled")


class LockError(Exception):
    """A lock that cannot be made, or does not fit; the message names the lock."""


class NoNetworkError(LockError):
    """The package index did not answer: nothing is known about the lock."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The requirement file `path`: dependency groups, with or without the run-time dependencies.

    A lock with `within` takes the versions of that other lock, so that what is tested is what
    is deployed.
    """

    path: str
    groups: tuple[str, ...] = ()
    runtime: bool = True
    within: str | None = "tests/requirements.txt"
    python: str = OLDEST_PYTHON


# The first one comes first: the others take their versions from it.
LOCKS = (
    Lock("tests/requirements.txt", groups=("dev",), within=None),
    Lock("functions/requirements.txt"),
    Lock("functions/local/requirements.txt", groups=("local",)),
    Lock("ingest_container/requirements.txt", groups=("container",)),
    Lock("infra_cdk/requirements.txt", groups=("infra",), runtime=False),
    Lock(
        "functions/local/aws/requirements.txt",
        groups=("local-aws",),
        runtime=False,
        within=None,
    ),
    Lock(
        "tests/deploy_local/requirements.txt",
        groups=("lambda-runtime",),
        runtime=False,
        within=None,
    ),
    Lock("tests/bench/requirements.txt", groups=("bench",), runtime=False, within=None),
    Lock(
        "tests/bench/nautilus/requirements.txt",
        groups=("bench-nautilus",),
        runtime=False,
        within=None,
        python="3.12",
    ),
)


def compile_lock(lock: Lock, output: Path, *, upgrade: bool = False) -> None:
    """Resolves `lock` into `output`; versions that `output` already holds are kept."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"]
    command += ["--python-version", lock.python, "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "--output-file", str(output)]
    command += ["pyproject.toml"] if lock.runtime else []
    command += [option for group in lock.groups for option in ("--group", group)]
    command += ["--constraints", lock.within] if lock.within else []
    command += ["--upgrade"] if upgrade else []
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    if any(phrase in done.stderr.lower() for phrase in NO_NETWORK):
        raise NoNetworkError(f"{lock.path}: the package index did not answer")
    raise LockError(f"{lock.path}: {done.stderr.strip()}")


def read_pins(text: str) -> Iterator[tuple[str, str, str]]:
    """Name, version and environment marker (or "") of every pin in a requirement file."""
    for line in text.splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            requirement = Requirement(line.rstrip("\\ "))
            version = str(requirement.specifier).removeprefix("==")
            yield canonicalize_name(requirement.name), version, str(requirement.marker or "")


def requirements_of(lock: Lock) -> Iterator[Requirement]:
    """What pyproject.toml asks for in this lock, groups included by groups unfolded."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    if lock.runtime:
        yield from map(Requirement, project["project"]["dependencies"])
    open_groups = list(lock.groups)
    while open_groups:
        for entry in project["dependency-groups"][open_groups.pop()]:
            if isinstance(entry, dict):
                open_groups.append(entry["include-group"])
            else:
                yield Requirement(entry)


def locked_versions(lock: Lock) -> dict[str, str]:
    """Canonical name -> version of everything in the lock as it stands."""
    return {name: version for name, version, _ in read_pins((ROOT / lock.path).read_text())}


def unmet(wanted: Iterable[Requirement], versions: dict[str, str]) -> list[str]:
    """What of `wanted` the locked versions do not satisfy, as text; needs no network."""
    found = ((each, versions.get(canonicalize_name(each.name))) for each in wanted)
    return [
        f"{each} (locked: {version or 'nothing'})"
        for each, version in found
        if version is None or not each.specifier.contains(version)
    ]


def is_current(lock: Lock, folder: Path) -> bool:
    """Whether resolving again gives the committed lock, pins and markers alike.

    Hashes are left out: an index may gain a file for a version that is years old.
    """
    fresh = folder / lock.path.replace("/", "-")
    copyfile(ROOT / lock.path, fresh)
    compile_lock(lock, fresh)
    return list(read_pins(fresh.read_text())) == list(read_pins((ROOT / lock.path).read_text()))


def check() -> None:
    """Raises LockError when a lock is missing or stale; says so when it could only half look."""
    for lock in LOCKS:
        if not (ROOT / lock.path).is_file():
            raise LockError(f"{lock.path} is missing: run `make lock`")
        if wrong := unmet(requirements_of(lock), locked_versions(lock)):
            raise LockError(f"{lock.path} does not hold {', '.join(wrong)}: run `make lock`")
    with tempfile.TemporaryDirectory() as folder:
        for lock in LOCKS:
            try:
                if not is_current(lock, Path(folder)):
                    raise LockError(f"{lock.path} is stale: run `make lock`")
            except NoNetworkError as problem:
                _say(f"{problem}: only compared what pyproject.toml asks for")
                return


def write(*, upgrade: bool) -> None:
    """Writes every lock, the one that the others take their versions from first."""
    for lock in LOCKS:
        (ROOT / lock.path).parent.mkdir(parents=True, exist_ok=True)
        compile_lock(lock, ROOT / lock.path, upgrade=upgrade and lock.within is None)


def _say(line: str) -> None:
    sys.stderr.write(f"locks: {line}\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.locks", description=__doc__)
    parser.add_argument("action", choices=("write", "check"))
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    options = parser.parse_args()
    try:
        write(upgrade=options.upgrade) if options.action == "write" else check()
    except LockError as problem:
        _say(str(problem))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
