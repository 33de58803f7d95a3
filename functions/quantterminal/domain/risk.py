"""Risk rules: an ordered list of small checks, each with one stable code. Rule 0 is the halt.

`check` answers the first denial or None. Rules have no side effects and see only the proposal, the
snapshot and the limits; a value that is missing denies (fail closed).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum

from quantterminal.domain.money import is_on_tick
from quantterminal.domain.sessions import session_at
from quantterminal.domain.signals import Side

_ZERO = Decimal(0)
_BASIS_POINT = Decimal("0.0001")


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
    STALE_DATA = "STALE_DATA"
    INTENT_EXPIRED = "INTENT_EXPIRED"
    SYMBOL_NOT_ALLOWED = "SYMBOL_NOT_ALLOWED"
    DUPLICATE_INTENT = "DUPLICATE_INTENT"
    WASH_TRADE = "WASH_TRADE"
    NOTHING_TO_CLOSE = "NOTHING_TO_CLOSE"
    INVALID_QUANTITY = "INVALID_QUANTITY"
    INVALID_PRICE = "INVALID_PRICE"
    PRICE_COLLAR = "PRICE_COLLAR"
    POSITION_LIMIT = "POSITION_LIMIT"
    BUYING_POWER = "BUYING_POWER"


@dataclass(frozen=True, slots=True)
class Denial:
    """Why an order is not sent: a stable code and a sentence with what was expected and found."""

    code: DenialCode
    text: str


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """Limits of one account. Fractions are of equity, bps of the reference price, ages seconds.

    The first three are the mission's; see RELIABILITY.md C2, C3, C11, C19 for the others.
    """

    max_position_fraction: Decimal = Decimal("0.10")
    daily_loss_fraction: Decimal = Decimal("0.05")
    drawdown_fraction: Decimal = Decimal("0.15")
    max_gross_fraction: Decimal = Decimal("1.0")
    price_collar_bps: Decimal = Decimal(300)
    max_bar_age_s: int = 90
    intent_life_s: int = 60


class Origin(StrEnum):
    """Who asked for an order. Only a person's flatten may act while everything is halted."""

    STRATEGY = "strategy"
    FLATTEN = "flatten"


@dataclass(frozen=True, slots=True)
class Proposal:
    """An order as it would be sent, before it is allowed. Shares, dollars, aware UTC."""

    intent_id: str
    strategy: str
    symbol: str
    side: Side
    quantity: Decimal
    limit_price: Decimal
    reference_price: Decimal
    bar_end: datetime
    valid_until: datetime
    origin: Origin = Origin.STRATEGY

    @property
    def notional(self) -> Decimal:
        return self.quantity * self.limit_price


@dataclass(frozen=True, slots=True)
class Reservation:
    """What one working order may still do: signed by its side, at its limit price."""

    strategy: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal

    @property
    def notional(self) -> Decimal:
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class RiskSnapshot:
    """The account as one consistent read: all that the rules may look at.

    `positions` are signed net shares by symbol, `marks` last prices in dollars, `reserved` the
    working orders by intent, `levels` the halt level by scope (`account`, `strategy:X`,
    `symbol:Y`). `equity` is cash plus all positions at their marks.
    """

    now: datetime
    equity: Decimal | None
    positions: Mapping[str, Decimal]
    marks: Mapping[str, Decimal]
    reserved: Mapping[str, Reservation] = field(default_factory=dict)
    levels: Mapping[str, HaltLevel] = field(default_factory=dict)
    allowed_symbols: frozenset[str] = frozenset()

    def level_for(self, strategy: str, symbol: str) -> tuple[HaltLevel, str]:
        """The strictest level that applies, and the scope it comes from."""
        scopes = ("account", f"strategy:{strategy}", f"symbol:{symbol}")
        return max(
            ((self.levels.get(scope, HaltLevel.ACTIVE), scope) for scope in scopes),
            key=lambda pair: pair[0],
        )


Rule = Callable[[Proposal, RiskSnapshot, RiskLimits], Denial | None]


def worst_case(proposal: Proposal, snapshot: RiskSnapshot) -> tuple[Decimal, Decimal]:
    """The largest and smallest signed position that could result: position + all working orders.

    Working buys may all fill while no sell does, and the other way round.
    """
    held = snapshot.positions.get(proposal.symbol, _ZERO)
    highest = lowest = held
    for intent, order in snapshot.reserved.items():
        if order.symbol != proposal.symbol or intent == proposal.intent_id:
            continue
        if order.side is Side.BUY:
            highest += order.quantity
        else:
            lowest -= order.quantity
    return highest, lowest


def is_reducing(proposal: Proposal, snapshot: RiskSnapshot) -> bool:
    """Whether the order can only bring the account's position closer to zero, never beyond.

    An order or a position whose number is none is never called reducing.
    """
    highest, lowest = worst_case(proposal, snapshot)
    if not _are_finite(highest, lowest, proposal.quantity) or proposal.quantity <= 0:
        return False
    if proposal.side is Side.BUY:
        return highest < 0 and proposal.quantity <= -highest
    return lowest > 0 and proposal.quantity <= lowest


def halt(proposal: Proposal, snapshot: RiskSnapshot, _limits: RiskLimits) -> Denial | None:
    """Rule 0. HALTED lets only a person's reducing order pass, REDUCE_ONLY any reducing order."""
    level, scope = snapshot.level_for(proposal.strategy, proposal.symbol)
    if level is HaltLevel.ACTIVE:
        return None
    reducing = is_reducing(proposal, snapshot)
    if level is HaltLevel.HALTED and not (reducing and proposal.origin is Origin.FLATTEN):
        return Denial(DenialCode.HALTED, f"{scope} is HALTED")
    if not reducing:
        return Denial(
            DenialCode.REDUCE_ONLY, f"{scope} is REDUCE_ONLY and the order opens exposure"
        )
    return None


def symbol_allowed(
    proposal: Proposal, snapshot: RiskSnapshot, _limits: RiskLimits
) -> Denial | None:
    if proposal.symbol in snapshot.allowed_symbols or proposal.origin is Origin.FLATTEN:
        return None
    return Denial(
        DenialCode.SYMBOL_NOT_ALLOWED, f"{proposal.symbol} is not in the configured universe"
    )


def in_session(proposal: Proposal, snapshot: RiskSnapshot, _limits: RiskLimits) -> Denial | None:
    if session_at(snapshot.now) is not None:
        return None
    return Denial(
        DenialCode.OUTSIDE_SESSION,
        f"Expected a regular session for {proposal.symbol}, was {snapshot.now.isoformat()}",
    )


def fresh_intent(proposal: Proposal, snapshot: RiskSnapshot, _limits: RiskLimits) -> Denial | None:
    if snapshot.now <= proposal.valid_until:
        return None
    return Denial(
        DenialCode.INTENT_EXPIRED,
        f"Valid until {proposal.valid_until.isoformat()}, now {snapshot.now.isoformat()}",
    )


def fresh_data(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C11: a decision on an old bar is a decision on a market that is gone."""
    age = snapshot.now - proposal.bar_end
    if age <= timedelta(seconds=limits.max_bar_age_s):
        return None
    return Denial(
        DenialCode.STALE_DATA,
        f"Expected a bar of at most {limits.max_bar_age_s} s, was {age.total_seconds():.0f} s old",
    )


def no_duplicate(proposal: Proposal, snapshot: RiskSnapshot, _limits: RiskLimits) -> Denial | None:
    """C8: while a like order of the same strategy works, another one is a mistake."""
    for intent, order in snapshot.reserved.items():
        same = (order.strategy, order.symbol, order.side) == (
            proposal.strategy,
            proposal.symbol,
            proposal.side,
        )
        if same and intent != proposal.intent_id:
            return Denial(
                DenialCode.DUPLICATE_INTENT,
                f"A {order.side} order of {order.strategy} for {order.symbol} is working already",
            )
    return None


def no_wash_trade(proposal: Proposal, snapshot: RiskSnapshot, _limits: RiskLimits) -> Denial | None:
    """C9: the broker refuses an order against one's own working order (Alpaca 403, FINRA 5210)."""
    for intent, order in snapshot.reserved.items():
        against = order.symbol == proposal.symbol and order.side is proposal.side.opposite
        if against and intent != proposal.intent_id:
            return Denial(
                DenialCode.WASH_TRADE,
                f"A {order.side} order of {order.strategy} for {order.symbol} is working",
            )
    return None


def valid_quantity(
    proposal: Proposal, _snapshot: RiskSnapshot, _limits: RiskLimits
) -> Denial | None:
    quantity = proposal.quantity
    if quantity.is_finite() and quantity > 0 and quantity == quantity.to_integral_value():
        return None
    return Denial(DenialCode.INVALID_QUANTITY, f"Expected whole shares above 0, was {quantity}")


def valid_price(proposal: Proposal, _snapshot: RiskSnapshot, _limits: RiskLimits) -> Denial | None:
    """C22: a limit off the tick would be refused by the exchange."""
    price = proposal.limit_price
    if price.is_finite() and price > 0 and is_on_tick(price):
        return None
    return Denial(DenialCode.INVALID_PRICE, f"Expected a limit price on the tick, was {price}")


def price_collar(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C2: both sides of the last known price; without a price nothing is sent."""
    mark = snapshot.marks.get(proposal.symbol)
    if mark is None or not mark.is_finite() or mark <= 0:
        return Denial(DenialCode.PRICE_COLLAR, f"No last price for {proposal.symbol}")
    away = abs(proposal.limit_price - mark)
    if away <= mark * limits.price_collar_bps * _BASIS_POINT:
        return None
    return Denial(
        DenialCode.PRICE_COLLAR,
        f"Expected a limit within {limits.price_collar_bps} bps of {mark},"
        f" was {proposal.limit_price}",
    )


def position_limit(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C3: |position + working orders + this order| at the worst, against a share of equity."""
    if is_reducing(proposal, snapshot):
        return None
    equity = snapshot.equity
    if equity is None or not equity.is_finite() or equity <= 0:
        return Denial(DenialCode.POSITION_LIMIT, f"Expected equity above 0, was {equity}")
    highest, lowest = worst_case(proposal, snapshot)
    if proposal.side is Side.BUY:
        highest += proposal.quantity
    else:
        lowest -= proposal.quantity
    mark = snapshot.marks.get(proposal.symbol, proposal.limit_price)
    if not _are_finite(highest, lowest, mark):
        return Denial(
            DenialCode.POSITION_LIMIT,
            f"Expected numbers for {proposal.symbol}, was {highest}, {lowest} at {mark}",
        )
    price = max(proposal.limit_price, mark)
    exposure = max(abs(highest), abs(lowest)) * price
    allowed = equity * limits.max_position_fraction
    if exposure <= allowed:
        return None
    return Denial(
        DenialCode.POSITION_LIMIT,
        f"Expected at most {allowed:.2f} in {proposal.symbol}, would be {exposure:.2f} at worst",
    )


def buying_power(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C5: opening orders reserve their notional; sells free nothing until they are filled."""
    if is_reducing(proposal, snapshot):
        return None
    available = available_buying_power(snapshot, limits, without=proposal.intent_id)
    if available is not None and proposal.notional <= available:
        return None
    found = "unknown" if available is None else f"{available:.2f}"
    return Denial(
        DenialCode.BUYING_POWER, f"Expected {proposal.notional:.2f} to be free, was {found}"
    )


def available_buying_power(
    snapshot: RiskSnapshot, limits: RiskLimits, *, without: str = ""
) -> Decimal | None:
    """Dollars that may still be committed: equity x gross limit - positions - working orders.

    None when a price or another number that it needs is missing.
    """
    if snapshot.equity is None:
        return None
    used = _ZERO
    for symbol, quantity in snapshot.positions.items():
        if not quantity:
            continue
        mark = snapshot.marks.get(symbol)
        if mark is None:
            return None
        used += abs(quantity) * mark
    used += sum(
        (order.notional for intent, order in snapshot.reserved.items() if intent != without), _ZERO
    )
    available = snapshot.equity * limits.max_gross_fraction - used
    return available if available.is_finite() else None


def _are_finite(*numbers: Decimal) -> bool:
    return all(number.is_finite() for number in numbers)


RULES: tuple[Rule, ...] = (
    halt,
    symbol_allowed,
    in_session,
    fresh_intent,
    fresh_data,
    valid_quantity,
    valid_price,
    no_duplicate,
    no_wash_trade,
    price_collar,
    position_limit,
    buying_power,
)


def check(
    proposal: Proposal,
    snapshot: RiskSnapshot,
    limits: RiskLimits,
    *,
    rules: tuple[Rule, ...] = RULES,
) -> Denial | None:
    """The first denial in the order of the rules, None when the order may be sent."""
    for rule in rules:
        denial = rule(proposal, snapshot, limits)
        if denial is not None:
            return denial
    return None
