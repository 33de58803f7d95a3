"""What Alpaca was seen to answer when it refuses: status, code, words, and the fields beside them.

Codes are not unique, so the words are part of each row. `ORDER_REFUSALS` are those that an order
may get although nothing is wrong with the account's books; the rules of the model make the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Reply = tuple[int, dict[str, str], Any]

HTML_FORBIDDEN = b"<html><head><title>403 Forbidden</title></head><body>Forbidden</body></html>"
HTML_UNAUTHORIZED = b"<html><head><title>401 Authorization Required</title></head></html>"
HTML_UNAVAILABLE = b"<html>Service Unavailable</html>"
HTML_TIMEOUT = b"<html>504 Gateway Time-out</html>"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One body; `{}` in the words is filled by `reply`."""

    status: int
    code: int | None
    message: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def reply(self, *words: object, **more: Any) -> Reply:
        """The answer as the server gives it."""
        body: dict[str, Any] = {} if self.code is None else {"code": self.code}
        return (
            self.status,
            {},
            body | {"message": self.message.format(*words), **self.fields} | more,
        )


DUPLICATE = Refusal(422, 40010001, "client_order_id must be unique")
WASH_TRADE = Refusal(403, 40310000, "potential wash trade detected. use complex orders")
BUYING_POWER = Refusal(403, 40310000, "insufficient buying power")
QUANTITY = Refusal(
    403, 40310000, "insufficient qty available for order (requested: {}, available: {})"
)
OPENS_AGAINST = Refusal(403, 40310000, "cannot open a {} while a {} order is open")
SUB_PENNY = Refusal(
    422,
    42210000,
    "invalid limit_price {}. sub-penny increment does not fulfill minimum pricing criteria",
)
FRACTIONAL = Refusal(422, 42210000, "fractional orders must be DAY orders")
NOT_TRADABLE = Refusal(422, 42210000, 'asset "{}" is not tradable')
NOT_ACTIVE = Refusal(403, 40310000, 'asset "{}" is not active')
NO_SUCH_ASSET = Refusal(422, 42210000, 'asset "{}" not found')
NOT_CANCELABLE = Refusal(422, 42210000, "order is not cancelable")
NOT_FOUND = Refusal(404, 40410000, "order not found for {}")
NO_ENDPOINT = Refusal(404, 40410000, "endpoint not found.")
BAD_QUERY = Refusal(422, 40010001, "{}")
UNAUTHORIZED = Refusal(401, 40110000, "request is not authorized.")
RATE_LIMITED = Refusal(429, 42910000, "rate limit exceeded")

ORDER_REFUSALS = (
    Refusal(
        403,
        40310000,
        "insufficient buying power",
        {"buying_power": "176531.28", "cost_basis": "48640000"},
    ),
    Refusal(
        403,
        40310000,
        "insufficient qty available for order (requested: 70, available: 0)",
        {"available": "0", "existing_qty": "70", "held_for_orders": "70"},
    ),
    Refusal(
        403,
        40310000,
        "potential wash trade detected. use complex orders",
        {"reject_reason": "opposite side limit order exists"},
    ),
    Refusal(422, 42210000, "potential wash trade detected. use complex orders"),
    Refusal(403, 40310000, "cannot open a long buy while a short sell order is open"),
    Refusal(403, 40310000, 'asset "OCGN" is not fractionable'),
    Refusal(403, 40310000, "new orders are rejected by user request"),
    Refusal(403, 40310100, "trade denied due to pattern day trading protection"),
    Refusal(422, 40010001, "us_equity orders not allowed for account"),
    Refusal(422, 42210000, "fractional orders must be DAY orders"),
    Refusal(422, 42210000, "extended hours order must be DAY limit orders"),
    Refusal(400, 40010000, "request body format is invalid"),
    Refusal(422, 40010001, "words that nobody has seen before"),
    Refusal(403, 40310000, "words that nobody has seen before"),
)
