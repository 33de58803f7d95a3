"""The files that belong to the project: committed ones, and new ones that git does not ignore."""

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {
    "quantterminal": ROOT / "functions" / "quantterminal",
    "quantzoo": ROOT / "functions" / "quantzoo",
    "handlers": ROOT / "functions" / "handlers",
    "local": ROOT / "functions" / "local",
    "cli": ROOT / "functions" / "cli",
    "ingest_container": ROOT / "ingest_container",
    "infra_cdk": ROOT / "infra_cdk",
}


@cache
def project_files() -> tuple[str, ...]:
    """Paths relative to the root. Skips the test where there is no git checkout to ask."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing says which files belong to the project")
    listed = subprocess.run(
        # A checkout of another user's is git's concern when it writes; this only lists.
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


def texts(*suffixes: str) -> Iterator[tuple[str, str]]:
    """Path and text of every project file, or of those with one of the suffixes."""
    for name in project_files():
        if suffixes and not name.endswith(suffixes):
            continue
        content = (ROOT / name).read_bytes()
        if b"\0" not in content:
            yield name, content.decode()
