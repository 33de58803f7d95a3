from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from quantterminal.domain.view import (
    KEYS,
    AlertRow,
    Changes,
    Dashboard,
    Gone,
    Health,
    OrderRow,
    QuoteRow,
)
from quantterminal.domain.view_changes import changes

AT = datetime(2013, 10, 7, 14, 31, tzinfo=UTC)
HEALTH = Health("live", "live", 1.0, 2.0, 3, 0, None, None)
EMPTY = Dashboard(
    at=AT,
    mode="SIMULATED",
    account="sim-1",
    source="test",
    speed="1x",
    session_open=True,
    equity="100.00",
    cash="100.00",
    day_open_equity="100.00",
    day_pnl="0.00",
    day_pnl_fraction="0",
    realized_pnl="0.00",
    unrealized_pnl="0.00",
    buying_power="100.00",
    reserved="0.00",
    high_water_mark="100.00",
    drawdown_fraction="0",
    halt_level="ACTIVE",
    halts=(),
    positions=(),
    orders=(),
    strategies=(),
    limits=(),
    quotes=(),
    health=HEALTH,
)


def order(number: int, status: str = "new") -> OrderRow:
    return OrderRow(f"o{number}", AT, "s", "SPY", "buy", "1", "0", "1.00", "", status, "")


def merged(before: Dashboard, told: Changes) -> Dashboard:
    """What a page shows after it was told; the order of rows is its own business."""
    gone = {each.rows: set(each.keys) for each in told.gone or ()}
    values: dict[str, Any] = {}
    for name in (each.name for each in fields(Changes) if each.name != "gone"):
        said = getattr(told, name)
        if name in KEYS:
            rows = {str(getattr(row, KEYS[name])): row for row in getattr(before, name)}
            rows |= {str(getattr(row, KEYS[name])): row for row in said or ()}
            left = [row for key, row in rows.items() if key not in gone.get(name, set())]
            values[name] = tuple(sorted(left, key=lambda row: str(getattr(row, KEYS[name]))))
        elif said is not None:
            values[name] = said
    return replace(before, **values)


def test_nothing_changed_is_nothing_to_tell() -> None:
    assert changes(EMPTY, EMPTY) == Changes()


def test_only_rows_that_are_new_or_different_are_told() -> None:
    before = replace(EMPTY, orders=(order(2), order(1)))
    after = replace(EMPTY, orders=(order(3), order(2, "filled"), order(1)), equity="101.00")

    told = changes(before, after)

    assert told == Changes(equity="101.00", orders=(order(3), order(2, "filled")))


def test_rows_that_are_gone_are_named() -> None:
    before = replace(EMPTY, alerts=(AlertRow(AT, "halt", "x", 7),), orders=(order(1),))

    told = changes(before, EMPTY)

    assert told == Changes(gone=(Gone("orders", ("o1",)), Gone("alerts", ("7",))))


ROWS = some.dictionaries(some.integers(1, 8), some.sampled_from(["new", "filled"])).map(
    lambda found: tuple(order(number, status) for number, status in sorted(found.items()))
)
QUOTES = some.dictionaries(some.sampled_from("ABC"), some.sampled_from("12")).map(
    lambda found: tuple(QuoteRow(name, bid, "3", AT) for name, bid in sorted(found.items()))
)
PICTURES = some.builds(
    lambda orders, quotes, equity, is_open: replace(
        EMPTY, orders=orders, quotes=quotes, equity=equity, session_open=is_open
    ),
    ROWS,
    QUOTES,
    some.sampled_from(["1.00", "2.00"]),
    some.booleans(),
)


@given(PICTURES, PICTURES)
def test_a_page_that_is_told_shows_what_is(before: Dashboard, after: Dashboard) -> None:
    assert merged(before, changes(before, after)) == after
