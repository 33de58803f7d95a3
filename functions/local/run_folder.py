"""The folder of one run: logs, clock, configuration of its processes. Gone after a clean end."""

import os
import shutil
from datetime import datetime
from pathlib import Path

from local.errors import UsageError


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
        root = wanted or Path("build/runs") / f"{now:%Y%m%dT%H%M%SZ}-{os.getpid()}"
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
