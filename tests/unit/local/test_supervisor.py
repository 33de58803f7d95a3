"""What the supervisor makes of children that die; whole runs are in `tests/e2e`."""

import io
import threading
from pathlib import Path
from typing import Any, cast

import pytest

from local.errors import StartError
from local.plan import RunPlan
from local.progress import Progress
from local.servers import Servers
from local.supervisor import Run


class FakeChild:
    log = Path("valkey.log")

    def __init__(self, *, is_running: bool) -> None:
        self.is_running = is_running

    def ending(self) -> str:
        return "signal 9"

    def last_words(self) -> str:
        return "killed"

    def stop(self) -> None:
        """It is gone already."""


class FakeServers:
    """One child that is dead, and comes up after `failures` starts that fail."""

    def __init__(self, failures: int, *, may_restart: bool = True) -> None:
        self.children: dict[str, Any] = {"valkey": FakeChild(is_running=False)}
        self.failures = failures
        self._may_restart = may_restart

    def may_restart(self, _name: str) -> bool:
        return self._may_restart

    def restart(self, name: str) -> None:
        if self.failures:
            self.failures -= 1
            raise StartError("Expected valkey to start, but it ended (signal 9)")
        self.children[name] = FakeChild(is_running=True)


def supervising(servers: FakeServers) -> tuple[Run, io.StringIO]:
    said = io.StringIO()
    run = Run(
        cast("RunPlan", None),
        cast("Servers", servers),
        progress=Progress(said),
        show=lambda _summary: None,
        stop=threading.Event(),
    )
    return run, said


def test_a_child_that_dies_while_it_starts_is_started_once_more() -> None:
    servers = FakeServers(failures=2)
    run, said = supervising(servers)

    for _ in range(4):
        run._look_after_children()

    assert servers.children["valkey"].is_running
    assert said.getvalue().count("valkey stopped (signal 9), starting it again\n") == 3


def test_a_child_that_never_comes_up_ends_the_run() -> None:
    run, _ = supervising(FakeServers(failures=100))
    for _ in range(5):
        run._look_after_children()

    with pytest.raises(StartError, match="for the sixth time within a minute"):
        run._look_after_children()


def test_the_end_of_what_cannot_be_started_again_is_the_end_of_the_run() -> None:
    run, _ = supervising(FakeServers(failures=0, may_restart=False))

    with pytest.raises(StartError, match=r"valkey stopped \(signal 9\), and the run with it"):
        run._look_after_children()
