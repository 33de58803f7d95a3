"""The broker behind its servers: every request passes here, gets the market's time, and tells the
stream what it caused.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from local.market import refusals
from local.market.faults import Faults
from local.market.matching import Answer, Broker
from local.market.orders import Ticket
from local.market.price_path import PricePoint
from local.market.tickets import read_replacement, read_ticket
from local.market.update_stream import UpdateStream


class Desk:
    """`now` gives the market's time; updates are queued for the stream before a call returns."""

    def __init__(
        self, broker: Broker, stream: UpdateStream, *, now: Callable[[], datetime], faults: Faults
    ) -> None:
        self.broker = broker
        self.stream = stream
        self.now = now
        self._faults = faults

    def on_prices(self, points: Sequence[PricePoint], at: datetime) -> int:
        """Matches at `points`; returns how many updates that caused."""
        updates = self.broker.on_prices(points, at)
        self.stream.publish(updates)
        return len(updates)

    def pass_time(self) -> datetime:
        """The market's time, after everything that fell due before it."""
        now = self.now()
        self.stream.publish(self.broker.advance(now))
        return now

    def submit(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The accepted order as JSON; raises Refusal."""
        return self._submit(read_ticket(body, generated_id=self.broker.next_id("client")))

    def cancel(self, order_id: str) -> None:
        now = self.pass_time()
        self.stream.publish(self.broker.cancel(order_id, now))

    def replace(self, order_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        now = self.pass_time()
        old = self.broker.find(order_id)
        ticket = read_replacement(
            body,
            old.ticket,
            remaining=old.remaining,
            generated_id=self.broker.next_id("client"),
        )
        return self._tell(self.broker.replace(order_id, ticket, now))

    def close_position(self, symbol: str, qty: Decimal | None) -> dict[str, Any]:
        """A market order against `qty` shares of the position, or all of it."""
        held = self.broker.account.qty(symbol)
        if not held:
            raise refusals.position_not_found()
        ticket = Ticket(
            symbol=symbol,
            side="sell" if held > 0 else "buy",
            qty=abs(held) if qty is None else qty,
            type="market",
            limit_price=None,
            time_in_force="day",
            client_order_id=self.broker.next_id("client"),
        )
        return self._submit(ticket)

    def _submit(self, ticket: Ticket) -> dict[str, Any]:
        now = self.pass_time()
        reject = self._faults.is_armed("reject_next")
        answer = self.broker.submit(ticket, now, reject=reject)
        if reject:
            self._faults.take("reject_next")
        return self._tell(answer)

    def _tell(self, answer: Answer) -> dict[str, Any]:
        self.stream.publish(answer.updates)
        return answer.order
