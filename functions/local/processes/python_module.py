"""Processes of the run that are Python modules of this project: pump, container and web host."""

import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.processes.child import Child, Command


def start_module(
    name: str,
    module: str,
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    logs: Path,
    keeps_stdout: bool = False,
) -> Child:
    """Run `python -m module` with this interpreter; the present folder stays off its path."""
    argv = [sys.executable, "-P", "-m", module, *arguments]
    command = Command(name, argv, environment, folder, keeps_stdout=keeps_stdout)
    return Child.start(command, logs=logs)


def log_to_stderr() -> None:
    """What such a process says beside its events; the SDK's remarks on each new client are not."""
    form = "%(asctime)s %(levelname)s %(name)s %(message)s"
    logging.basicConfig(level=logging.INFO, format=form)
    logging.getLogger("botocore").setLevel(logging.WARNING)
