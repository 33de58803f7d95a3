"""The process says in one sentence what it cannot start without."""

import os
import subprocess
import sys

from tests.project_files import ROOT


def test_missing_configuration_is_one_sentence_and_exit_code_2() -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QT_")}
    ended = subprocess.run(
        [sys.executable, "-m", "ingest_container"],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**kept, "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"},
        text=True,
        timeout=60,
    )

    assert ended.returncode == 2
    assert ended.stderr.startswith("ingest container: ")
    assert "QT_CONFIG" in ended.stderr
    assert ended.stderr.count("\n") == 1
