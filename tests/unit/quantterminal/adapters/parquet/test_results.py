from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from quantterminal.adapters.parquet.results import append_rows, read_rows
from quantterminal.domain.errors import InvalidValueError

AT = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
ROW: dict[str, Any] = {
    "at": AT,
    "kind": "sweep",
    "code": "abc",
    "data": "d" * 64,
    "setting": "0" * 12,
    "fills": "NextOpen()",
    "parameters": {"m": {"fast": 3, "allow_short": True, "name": "x"}},
    "first": AT,
    "last": AT,
    "trades": 4,
    "figures": {"sharpe": 1.0000000000000002, "win_rate": None},
    "days": [date(2024, 3, 4)],
    "daily_returns": [0.1 + 0.2],
}


def test_rows_come_back_exactly_and_in_the_order_in_which_they_were_kept(tmp_path: Path) -> None:
    append_rows(tmp_path / "runs", "1", [ROW, {**ROW, "kind": "backtest"}])
    append_rows(tmp_path / "runs", "2", [{**ROW, "kind": "walk-forward"}])

    found = list(read_rows(tmp_path / "runs"))

    assert found[0] == ROW
    assert [each["kind"] for each in found] == ["sweep", "backtest", "walk-forward"]


def test_no_folder_has_no_runs_and_another_file_is_named(tmp_path: Path) -> None:
    assert list(read_rows(tmp_path / "none")) == []
    (tmp_path / "x.parquet").write_text("no")

    with pytest.raises(InvalidValueError, match=r"x\.parquet: expected kept runs"):
        list(read_rows(tmp_path))
