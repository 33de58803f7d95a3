"""`--bars http://...` against the local feed: a whole half day, asked for once."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from cli.bars import BarsWanted, read_market
from local.errors import UsageError
from quantterminal.domain.sessions import session_on
from tests.contract.market_process import market

DAY, NEXT = date(2024, 7, 3), date(2024, 7, 5)
SYNTHETIC = {"seed": 3, "symbols": ["AAA", "BBB"], "start": DAY.isoformat(), "sessions": 1}


def test_a_day_of_the_vendor_is_asked_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYGON_API_KEY", "feed-key")
    session = session_on(DAY)
    assert session is not None
    with market(tmp_path, synthetic=SYNTHETIC) as running:
        while running.step()["kind"] != "end":
            pass
        wanted = BarsWanted(
            [f"http://{running.feed}"],
            symbols=("AAA", "BBB"),
            first=DAY,
            last=DAY,
            cache=tmp_path / "bars",
        )
        found = read_market(wanted)

    assert found.history.symbols == ("AAA", "BBB")
    assert found.history.bar_count == 2 * 210
    assert found.history.first == session.open
    assert found.actions == ()
    assert read_market(wanted).history.data_hash == found.history.data_hash
    with pytest.raises(UsageError, match="AAA: 2024-07-05"):  # the vendor has gone
        read_market(replace(wanted, last=NEXT))
