"""Writes a bill of materials (CycloneDX, JSON) for each thing that is deployed.

`python -m tests.audit.sbom [FOLDER]` writes to build/sbom. The bills come from the locks, and hold
what the thing holds: pins whose marker the runtime does not meet are left out, and so is what the
functions' archive leaves to their runtime.
"""

import re
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.audit.npm import npm
from tests.locks import ROOT

FOLDER = ROOT / "build" / "sbom"
# Where functions and container run: the base image and the Lambda runtime have the same Python.
RUNTIME = {
    "implementation_name": "cpython",
    "implementation_version": "3.13.0",
    "os_name": "posix",
    "platform_machine": "aarch64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.13.0",
    "python_version": "3.13",
    "sys_platform": "linux",
}


class SbomError(Exception):
    """A bill that could not be written; the text holds what the tool said."""


@dataclass(frozen=True, slots=True)
class Bill:
    """The bill `name`.json of a hashed lock, without the packages that are left out."""

    name: str
    lock: str
    left_out: Collection[str] = ()


def python_bills() -> tuple[Bill, ...]:
    from infra_cdk.constructs.code_bundle import LEFT_TO_THE_RUNTIME

    return (
        Bill("functions", "functions/requirements.txt", LEFT_TO_THE_RUNTIME),
        Bill("ingest_container", "ingest_container/requirements.txt"),
    )


def shipped_lines(text: str, left_out: Collection[str] = ()) -> str:
    """The pins of a lock that the runtime gets, each with its hashes and without its marker."""
    kept = []
    for block in re.split(r"\n(?=\S)", text.strip()):
        head, _, hashes = block.partition("\n")
        requirement = Requirement(head.rstrip("\\ "))
        marker: Marker | None = requirement.marker
        is_met = marker is None or marker.evaluate(dict(RUNTIME))
        if is_met and canonicalize_name(requirement.name) not in left_out:
            kept.append(f"{requirement.name}{requirement.specifier} \\\n{hashes}")
    return "\n".join(kept) + "\n"


def write_python_bill(bill: Bill, folder: Path) -> Path:
    """One bill, checked against the format's schema by the tool that writes it."""
    path = folder / f"{bill.name}.cdx.json"
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "-"]
    command += ["--pyproject", "pyproject.toml", "--output-reproducible", "--of", "JSON"]
    command += ["--validate", "--output-file", str(path)]
    _run(command, given=shipped_lines((ROOT / bill.lock).read_text(), bill.left_out))
    return path


def write_page_bill(folder: Path) -> Path:
    """The libraries that the page's bundle is built from; npm reads its own lock."""
    path = folder / "web.cdx.json"
    options = ["--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only"]
    path.write_text(_run(npm("sbom", *options, "--sbom-type", "application")))
    return path


def write_bills(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    return [*(write_python_bill(bill, folder) for bill in python_bills()), write_page_bill(folder)]


def _run(command: list[str], given: str = "") -> str:
    done = subprocess.run(
        command, cwd=ROOT, input=given, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SbomError(f"{' '.join(command[1:4])}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    try:
        for path in write_bills(folder):
            sys.stdout.write(f"sbom: {path}\n")
    except (SbomError, OSError) as problem:
        sys.stderr.write(f"sbom: {problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
