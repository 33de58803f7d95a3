"""Which code made a number."""

import subprocess
from functools import cache
from pathlib import Path


@cache
def code_version() -> str:
    """The commit of the working tree, marked when it has changes; `unknown` outside of git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(  # noqa: S603 - a command of our own
            command,
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()
