from decimal import Decimal

import pytest

from quantterminal.domain.plausibility import contradiction

HELD = {"SPY": Decimal(10)}


def judged(**more: object) -> str:
    fields: dict[str, object] = {
        "equity": Decimal(100_000),
        "cash": Decimal(99_000),
        "positions": HELD,
        "our_equity": Decimal(100_000),
        "our_cash": Decimal(99_000),
        "our_positions": HELD,
    }
    return contradiction(**(fields | more))  # type: ignore[arg-type]  # a test's own words


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"cash": Decimal(104_000)},
        {"cash": Decimal(94_000)},
        {"positions": {"SPY": Decimal(11)}},
        {"positions": {}, "our_positions": {}},
        {"positions": {}, "our_positions": {"SPY": Decimal(0)}},
        {"our_equity": None},
        {"equity": Decimal(-1), "our_equity": Decimal(-5)},
    ],
)
def test_what_may_be_true_is_not_doubted(more: dict[str, object]) -> None:
    assert judged(**more) == ""


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"equity": Decimal(0)}, "an equity of 0"),
        ({"equity": Decimal(0), "our_equity": None}, "an equity of 0"),
        ({"positions": {}}, "no positions, we hold 1"),
        ({"positions": {"SPY": Decimal(0)}}, "no positions"),
        ({"cash": Decimal("104000.01")}, "cash of 104000.01"),
        ({"cash": Decimal("93999.99")}, "cash of 93999.99"),
    ],
)
def test_what_contradicts_our_books_is_named(more: dict[str, object], text: str) -> None:
    assert text in judged(**more)
