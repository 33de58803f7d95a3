"""A broker in a session of its own, and the prices that a test lets pass."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from local.market.bars import epoch_ms
from local.market.matching import Answer, Broker
from local.market.orders import Side, Ticket, TimeInForce
from local.market.price_path import PricePoint

OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
CLOSE = datetime(2024, 3, 4, 21, 0, tzinfo=UTC)
NEXT_OPEN = datetime(2024, 3, 5, 14, 30, tzinfo=UTC)


class Exchange:
    """Moves a second on with every call, so that a test reads as a list of what happens."""

    def __init__(self, cash: str = "100000", at: datetime = OPEN) -> None:
        self.broker = Broker(cash=Decimal(cash), symbols=("IBM", "SPY"), seed=1)
        self.now = at
        self.updates: list[dict[str, Any]] = []
        self._count = 0
        if at >= OPEN:
            self.price(100.0)
            self.price(100.0, symbol="SPY")

    def price(self, price: float, *, volume: float = 40_000.0, symbol: str = "IBM") -> None:
        """A price point with a cent of spread on each side; 1,000 shares to have at 40,000."""
        self.now += timedelta(seconds=1)
        mid = Decimal(str(price))
        cent = Decimal("0.01")
        at_ms = epoch_ms(self.now)
        point = PricePoint(symbol, at_ms, price, volume / 4, mid - cent, mid + cent, 100, volume)
        self.updates += self.broker.on_prices([point], self.now)

    def pass_to(self, at: datetime) -> None:
        self.now = at
        self.updates += self.broker.advance(at)

    def submit(
        self,
        side: Side,
        qty: int,
        limit: str | None = None,
        *,
        tif: TimeInForce = "gtc",
        symbol: str = "IBM",
        client_order_id: str | None = None,
    ) -> Answer:
        self.now += timedelta(seconds=1)
        self.updates += self.broker.advance(self.now)
        self._count += 1
        ticket = Ticket(
            symbol=symbol,
            side=side,
            qty=Decimal(qty),
            type="market" if limit is None else "limit",
            limit_price=None if limit is None else Decimal(limit),
            time_in_force=tif,
            client_order_id=client_order_id or f"order-{self._count}",
        )
        answer = self.broker.submit(ticket, self.now)
        self.updates += answer.updates
        return answer

    def cancel(self, answer: Answer) -> None:
        self.now += timedelta(seconds=1)
        self.updates += self.broker.cancel(answer.order["id"], self.now)

    def events(self) -> list[str]:
        return [update["event"] for update in self.updates]

    def status(self, answer: Answer) -> str:
        return self.broker.find(answer.order["id"]).status
