import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from local.books import Books
from local.preparation import prepare_ledger
from local.summary import read_summary

NAMES = {
    "bars_in",
    "bars_quarantined",
    "signals",
    "intents",
    "denials",
    "orders",
    "rejections",
    "fills",
    "cancels",
    "positions",
    "equity",
    "latency_ms",
    "agreement",
    "duration_s",
}
AT = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)


@pytest.fixture
def ledger(database: str) -> str:
    prepare_ledger(database, account="main", cash=Decimal(1000), at=AT)
    return database


def state(**broker: Any) -> dict[str, Any]:
    return {"broker": {"cash": "1000", "positions": {}, "orders": [], **broker}}


def test_an_empty_run_has_an_empty_summary(ledger: str) -> None:
    with psycopg.connect(ledger) as connection:
        summary = read_summary(
            connection, "main", state=state(), cache=Books(Decimal(1000), {}), duration_s=1.23456
        )

    found = json.loads(summary.as_json())
    assert set(found) == NAMES
    assert found["equity"] == "1000.00"
    assert found["latency_ms"] == {"p50": None, "p99": None}
    assert found["agreement"]["agree"] is True
    assert found["duration_s"] == 1.235


def test_positions_are_netted_and_valued_at_the_last_close(ledger: str) -> None:
    bar = "insert into bars values (%s, %s, 0, 1, 1, 1, %s, 5, null, null, 'stream')"
    held = "insert into positions values ('main', %s, 'IBM', %s, 0, 0, 1, %s)"
    with psycopg.connect(ledger) as connection:
        connection.execute(bar, ("IBM", AT, 10.0))
        connection.execute(bar, ("IBM", AT.replace(minute=1), 12.5))
        connection.execute(held, ("one", 5, AT))
        connection.execute(held, ("two", -1, AT))

        summary = read_summary(
            connection,
            "main",
            state=state(positions={"IBM": "4"}),
            cache=Books(Decimal(1000), {"IBM": Decimal(4)}),
            duration_s=1.0,
        )

    assert summary.bars_in == 2
    assert summary.positions == {"IBM": 4}
    assert summary.equity == "1050.00"
    assert summary.agreement.agree
