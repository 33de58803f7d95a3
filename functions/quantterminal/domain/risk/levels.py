"""How far trading is stopped, and the stable names of why one order is not sent."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class HaltLevel(IntEnum):
    """How far trading is stopped; the highest level of account, strategy and symbol counts."""

    ACTIVE = 0
    REDUCE_ONLY = 1
    HALTED = 2


class DenialCode(StrEnum):
    """Stable names of why an order was not sent; the dashboard and the reports show them."""

    HALTED = "HALTED"
    REDUCE_ONLY = "REDUCE_ONLY"
    OUTSIDE_SESSION = "OUTSIDE_SESSION"
    SESSION_EDGE = "SESSION_EDGE"
    STALE_DATA = "STALE_DATA"
    INTENT_EXPIRED = "INTENT_EXPIRED"
    SYMBOL_NOT_ALLOWED = "SYMBOL_NOT_ALLOWED"
    SYMBOL_RESTRICTED = "SYMBOL_RESTRICTED"
    SYMBOL_FLAGGED = "SYMBOL_FLAGGED"
    DUPLICATE_INTENT = "DUPLICATE_INTENT"
    SIMILAR_ORDER = "SIMILAR_ORDER"
    WASH_TRADE = "WASH_TRADE"
    OPEN_ORDERS = "OPEN_ORDERS"
    RATE_LIMIT = "RATE_LIMIT"
    NOTHING_TO_CLOSE = "NOTHING_TO_CLOSE"
    INVALID_QUANTITY = "INVALID_QUANTITY"
    INVALID_PRICE = "INVALID_PRICE"
    MIN_PRICE = "MIN_PRICE"
    PRICE_COLLAR = "PRICE_COLLAR"
    POSITION_FLIP = "POSITION_FLIP"
    SHORT_NOT_ALLOWED = "SHORT_NOT_ALLOWED"
    ORDER_SIZE = "ORDER_SIZE"
    PARTICIPATION = "PARTICIPATION"
    POSITION_LIMIT = "POSITION_LIMIT"
    NET_LIMIT = "NET_LIMIT"
    LEVERAGE_LIMIT = "LEVERAGE_LIMIT"
    BUYING_POWER = "BUYING_POWER"
    VERSION_MISMATCH = "VERSION_MISMATCH"


class SymbolFlag(StrEnum):
    """Why a symbol is not to be traded as usual; `SSR` forbids only new short sales, `UNCONFIRMED`
    is a price that there was nothing to compare with.
    """

    HALTED = "HALTED"
    LULD = "LULD"
    SSR = "SSR"
    CORPORATE_ACTION = "CORPORATE_ACTION"
    UNCONFIRMED = "UNCONFIRMED"


@dataclass(frozen=True, slots=True)
class Denial:
    """Why an order is not sent: a stable code and a sentence with what was expected and found."""

    code: DenialCode
    text: str
