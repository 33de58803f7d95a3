from decimal import Decimal

import pytest

from quantterminal.domain.price_bands import PriceBand

BAND = PriceBand(Decimal("9.50"), Decimal("10.50"))


@pytest.mark.parametrize(
    ("bid", "ask", "is_reached"),
    [
        ("9.99", "10.01", False),
        ("9.49", "9.51", False),
        ("9.40", "9.50", True),
        ("9.30", "9.40", True),
        ("10.49", "10.51", False),
        ("10.50", "10.60", True),
        ("10.60", "10.70", True),
    ],
)
def test_a_band_is_reached_by_the_offer_from_above_and_the_bid_from_below(
    bid: str, ask: str, *, is_reached: bool
) -> None:
    assert BAND.is_reached(bid=Decimal(bid), ask=Decimal(ask)) is is_reached
