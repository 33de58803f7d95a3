"""The folder of one run: logs, clock, configuration of its processes. Gone after a clean end."""

import json
import os
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from local.errors import UsageError

_RUNS = Path("build/runs")
_ENVIRONMENT = "environment.json"


def newest_run() -> Path | None:
    """The run below the current folder that began last and still has its stores."""
    return max((each.parent for each in _RUNS.glob(f"*/{_ENVIRONMENT}")), default=None)


def read_environment(folder: Path) -> dict[str, str]:
    """What `keep_environment` kept there. Raises UsageError when there is nothing to read."""
    try:
        found: dict[str, str] = json.loads((folder / _ENVIRONMENT).read_text())
    except (OSError, ValueError) as problem:
        raise UsageError(f"Expected a run with its stores in {folder}, but: {problem}") from problem
    return found


class RunFolder:
    """`root` holds everything; `logs` is kept after a failure."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.logs = root / "logs"

    @classmethod
    def make(cls, wanted: Path | None, *, now: datetime) -> "RunFolder":
        """`wanted`, or build/runs/<time>-<pid> below the current folder.

        Raises UsageError when it exists with something in it, or cannot be made.
        """
        root = wanted or _RUNS / f"{now:%Y%m%dT%H%M%SZ}-{os.getpid()}"
        root = root.absolute()
        try:
            root.mkdir(parents=True, exist_ok=True)
            if any(root.iterdir()):
                raise UsageError(f"Expected an empty folder for the run, was {root}")
            folder = cls(root)
            folder.logs.mkdir()
        except OSError as problem:
            raise UsageError(
                f"Expected to make the run's folder {root}, but: {problem.strerror}"
            ) from problem
        return folder

    def keep_environment(self, environment: Mapping[str, str]) -> None:
        """What another program needs to reach the stores of this run; for its owner's eyes."""
        path = self.root / _ENVIRONMENT
        path.touch(mode=0o600)
        path.write_text(json.dumps(dict(environment)))

    @property
    def clock_file(self) -> Path:
        return self.root / "clock"

    def remove(self) -> None:
        """Everything, and the folders above it that this leaves empty."""
        shutil.rmtree(self.root, ignore_errors=True)

    def keep_logs(self) -> None:
        """What explains a failure stays, the rest goes."""
        for entry in self.root.iterdir():
            if entry == self.logs:
                continue
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
