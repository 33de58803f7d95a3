from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.errors import UsageError
from local.run_folder import RunFolder

NOW = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)


def test_a_failed_run_keeps_its_logs_and_nothing_else(tmp_path: Path) -> None:
    folder = RunFolder.make(tmp_path / "run", now=NOW)
    (folder.logs / "pump.log").write_text("why")
    (folder.root / "market.json").write_text("{}")
    (folder.root / "postgres").mkdir()

    folder.keep_logs()

    assert [path.name for path in folder.root.iterdir()] == ["logs"]
    assert (folder.logs / "pump.log").read_text() == "why"


def test_a_clean_run_leaves_nothing(tmp_path: Path) -> None:
    folder = RunFolder.make(tmp_path / "run", now=NOW)

    folder.remove()

    assert not folder.root.exists()


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")

    with pytest.raises(UsageError, match="Expected an empty folder"):
        RunFolder.make(tmp_path, now=NOW)


def test_the_default_is_below_the_present_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    folder = RunFolder.make(None, now=NOW)

    assert folder.root.parent == tmp_path / "build" / "runs"
    assert folder.root.name.startswith("20240304T150000Z-")
