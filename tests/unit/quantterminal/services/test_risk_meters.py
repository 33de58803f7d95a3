from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from quantterminal.domain.risk import Reservation, RiskLimits
from quantterminal.domain.signals import Side
from quantterminal.domain.view import OrderRow
from quantterminal.services.risk_meters import Usage, meters

NOW = datetime(2013, 10, 7, 14, 31, tzinfo=UTC)


def order(number: int, *, age_s: int, status: str = "filled") -> OrderRow:
    at = NOW - timedelta(seconds=age_s)
    return OrderRow(f"o{number}", at, "s", "SPY", "buy", "1", "0", "1.00", "", status, "")


USAGE = Usage(
    now=NOW,
    equity=Decimal(98_000),
    day_open=Decimal(100_000),
    high_water=Decimal(112_000),
    values={"SPY": Decimal(6_000), "IBM": Decimal(-8_000)},
    reservations=(
        Reservation("s", "SPY", Side.BUY, Decimal(10), Decimal(98)),
        Reservation("s", "IBM", Side.SELL, Decimal(10), Decimal(196)),
    ),
    by_strategy={"calm": Decimal(500), "wild": Decimal(-2_500)},
    orders=(order(1, age_s=5), order(2, age_s=59, status="RATE_LIMIT"), order(3, age_s=60)),
    bar_age_s=12.4,
)


@pytest.mark.parametrize(
    ("code", "used", "limit", "subject"),
    [
        ("DAILY_LOSS", "0.020000", "0.050000", ""),
        ("DRAWDOWN", "0.125000", "0.150000", ""),
        ("STRATEGY_LOSS", "0.025000", "0.030000", "wild"),
        ("POSITION_LIMIT", "0.081633", "0.100000", "IBM"),
        ("BUYING_POWER", "0.172857", "1.000000", ""),
        ("LEVERAGE_LIMIT", "0.172857", "1.000000", ""),
        ("NET_LIMIT", "0.040408", "1.000000", ""),
        ("OPEN_ORDERS", "2", "100", ""),
        ("RATE_LIMIT", "1", "60", ""),
        ("STALE_DATA", "12", "90", ""),
    ],
)
def test_what_is_used_of_each_limit(code: str, used: str, limit: str, subject: str) -> None:
    rows = {row.code: row for row in meters(USAGE, RiskLimits())}

    assert (rows[code].used, rows[code].limit, rows[code].subject) == (used, limit, subject)
    assert len(rows) == 10


def test_a_day_without_a_loss_uses_none_of_it() -> None:
    won = replace(USAGE, equity=Decimal(101_000), by_strategy={"calm": Decimal(1)})

    rows = {row.code: row for row in meters(won, RiskLimits())}

    assert rows["DAILY_LOSS"].used == rows["STRATEGY_LOSS"].used == "0.000000"


def test_what_nobody_knows_is_empty() -> None:
    unknown = replace(USAGE, equity=Decimal(0), bar_age_s=None, values={}, by_strategy={})

    rows = {row.code: row for row in meters(unknown, RiskLimits())}

    assert rows["STALE_DATA"].used == ""
    assert "POSITION_LIMIT" not in rows
