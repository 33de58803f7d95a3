"""What a strategy decided on a bar, and the ids that follow from a decision.

An id is a function of the decision alone, so that a redelivered message makes the same order.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

OUR_PREFIX = "qt1-"
"""What every client order id of this system begins with."""


class Action(StrEnum):
    """What the strategy asks for; `CLOSE` means whatever brings its own position to zero, or a part
    of that when it comes with a quantity.
    """

    BUY = "buy"
    SELL = "sell"
    CLOSE = "close"


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY


@dataclass(frozen=True, slots=True)
class Signal:
    """One decision of one strategy on one closed bar.

    `quantity` is whole shares, None leaves the size to the sizing rule; `reference_price` is the
    bar's close in dollars; `ordinal` counts the decisions of the same strategy on the same bar.
    """

    strategy: str
    version: str
    symbol: str
    bar_start: datetime
    ordinal: int
    action: Action
    quantity: int | None
    reference_price: float
    reason: str

    @property
    def id(self) -> str:
        when = f"{self.bar_start:%Y%m%dT%H%MZ}"
        return f"{self.strategy}@{self.version}:{self.symbol}:{when}:{self.ordinal}"


def intent_id(signal: Signal, attempt: int) -> str:
    """The id of the `attempt`-th order (from 0) for one signal; re-pricing is a new attempt."""
    return f"{signal.id}#{attempt}"


def signal_of(intent: str) -> str:
    """The signal's id in an intent's id."""
    return intent.rpartition("#")[0]


def client_order_id(account: str, intent: str, *, signal: Signal, side: Side) -> str:
    """At most 48 characters (Alpaca's old limit), readable, and unique by the hash of the intent.

    `qt1-<strategy>-<minute>-<symbol>-<B|S>-<hash>`.
    """
    digest = hashlib.sha256(f"{account}|{intent}".encode()).hexdigest()[:10]
    minute = f"{signal.bar_start:%Y%m%d%H%M}"
    side_mark = "B" if side is Side.BUY else "S"
    return f"{OUR_PREFIX}{signal.strategy[:8]}-{minute}-{signal.symbol[:7]}-{side_mark}-{digest}"


def is_ours(order_id: str) -> bool:
    """Whether a broker order carries an id of this system; all others are external."""
    return order_id.startswith(OUR_PREFIX)
