"""Waiting until a process does what it is there for: a condition is polled, never a time waited."""

import socket
import time
from collections.abc import Callable

from local.errors import StartError
from local.processes.child import Child

_POLL_S = 0.02


def wait_until_ready(
    child: Child, is_ready: Callable[[], bool], *, deadline_s: float = 30.0
) -> None:
    """Return once `is_ready()` holds.

    Raises StartError when the child ends first or the deadline passes; the text names its log.
    """
    end = time.monotonic() + deadline_s
    while not is_ready():
        if not child.is_running:
            raise StartError(
                f"Expected {child.name} to start, but it ended ({child.ending()}):"
                f" {child.last_words()} (log: {child.log})"
            )
        if time.monotonic() > end:
            raise StartError(
                f"Expected {child.name} to be ready within {deadline_s:.0f} s, was not"
                f" (log: {child.log})"
            )
        time.sleep(_POLL_S)


def accepts_connections(port: int) -> bool:
    """Whether somebody listens on that loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
