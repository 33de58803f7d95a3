import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.errors import StartError
from local.processes.accounts import can_reach
from local.processes.child import Account, Child, Command, inherited_environment
from local.processes.ready import wait_until_ready
from tests.e2e.qt_process import ROOT, is_alive, poll

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]


def start(argv: list[str], folder: Path) -> Child:
    return Child.start(Command("it", argv, inherited_environment(), folder), logs=folder)


def test_output_goes_to_the_log_and_the_ending_has_a_name(tmp_path: Path) -> None:
    child = start([sys.executable, "-c", "import sys; print('last words'); sys.exit(3)"], tmp_path)

    child.process.wait(10)

    assert child.ending() == "exit status 3"
    assert child.last_words() == "last words"


def test_a_stubborn_child_is_killed(tmp_path: Path) -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        " print('up', flush=True); time.sleep(600)"
    )
    child = start([sys.executable, "-c", stubborn], tmp_path)
    poll(lambda: child.last_words() == "up", deadline_s=10)

    child.stop(patience_s=0.2)

    assert child.ending() == "signal 9"


def test_a_program_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    child = start([str(tmp_path / "missing")], tmp_path)

    with pytest.raises(StartError, match=r"Expected it to start, but it ended \(exit status 127\)"):
        wait_until_ready(child, lambda: False)


def test_what_never_gets_ready_ends_in_a_sentence(tmp_path: Path) -> None:
    child = start(SLEEPER, tmp_path)

    with pytest.raises(StartError, match="Expected it to be ready within 0 s"):
        wait_until_ready(child, lambda: False, deadline_s=0.1)
    child.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent's life")
def test_a_child_dies_with_the_one_who_started_it(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path;"
        "from tests.unit.local.processes.test_child import SLEEPER, start;"
        "child = start(SLEEPER, Path(sys.argv[1])); print(child.pid, flush=True); time.sleep(600)"
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"}
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, env=environment
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        poll(lambda: (tmp_path / "it.log").read_text() == "up\n", deadline_s=10)

        parent.send_signal(signal.SIGKILL)

    poll(lambda: not is_alive(pid), deadline_s=10)


def test_a_private_folder_cannot_be_reached_by_another_account(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "file").write_text("x")
    stranger = Account(os.getuid() + 12345, os.getgid() + 12345)

    assert not can_reach(stranger, private / "file")
    assert can_reach(None, private / "file")
    assert can_reach(stranger, Path("/usr/bin"))
