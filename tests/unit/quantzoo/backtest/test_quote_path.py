"""The model of the local broker, held against the local broker's own price points."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from local.market.bars import RawBar, epoch_ms
from local.market.price_path import POINT_OFFSETS_MS, price_points
from quantterminal.domain.bars import Bar
from quantterminal.domain.risk import Proposal
from quantterminal.domain.signals import Side
from quantzoo.backtest.quote_path import QuotePath

OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)


@given(
    cents=st.lists(st.integers(1, 5_000_000), min_size=4, max_size=4),
    scale=st.sampled_from([100, 10_000]),
    volume=st.integers(0, 10**7),
)
def test_prices_and_quotes_are_the_brokers(cents: list[int], scale: int, volume: int) -> None:
    opened, closed = cents[0] / scale, cents[3] / scale
    low, high = min(cents) / scale, max(cents) / scale
    bar = Bar("ALDR", OPEN, opened, high, low, closed, float(volume))
    raw = RawBar("ALDR", epoch_ms(OPEN), opened, high, low, closed, float(volume))
    model = QuotePath()

    for index, point in enumerate(price_points(raw)):
        assert model.price(order(Side.BUY, "1e9"), bar, at=index) == point.ask
        assert model.price(order(Side.SELL, "0.0001"), bar, at=index) == point.bid
        assert (
            model.price(order(Side.BUY, str(point.ask - Decimal("0.0001"))), bar, at=index) is None
        )
    assert model.offsets_ms == POINT_OFFSETS_MS


def order(side: Side, limit: str) -> Proposal:
    price = Decimal(limit)
    return Proposal("i", "s", "ALDR", side, Decimal(1), price, price, OPEN, OPEN)
