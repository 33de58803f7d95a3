"""The risk rules on integers: each says what the live rule of the same name says.

A rule without a form here is asked itself, on a snapshot that is made for it; so a rule that is
added holds at once, only slower. A property test compares every form with its rule, and the
answers of all of them with `domain.risk.check`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

from quantterminal.domain import risk
from quantterminal.domain.risk import DenialCode, RiskLimits, Rule

_SETTLED_S = 2  # a minute's decisions are assessed this long after its end
_BASIS_POINTS = 10_000


class Order:
    """One order of one lane: shares and ticks; `side` is 1 or -1, `signal` the number of its own.

    `highest`, `lowest` and `reduces` are what `measure` last found.
    """

    __slots__ = (
        "highest",
        "lane",
        "limit",
        "lowest",
        "quantity",
        "reduces",
        "reference",
        "side",
        "signal",
        "symbol",
    )

    def __init__(  # noqa: PLR0913  all that an order is
        self,
        lane: int,
        symbol: int,
        *,
        side: int,
        quantity: int,
        limit: int,
        reference: int,
        signal: int,
    ) -> None:
        self.lane = lane
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.limit = limit
        self.reference = reference
        self.signal = signal
        self.highest = self.lowest = 0
        self.reduces = False


class Account(Protocol):
    """What the forms may look at: the account as it is at the end of the minute `row`.

    `net` are signed shares by symbol, `reserved` the orders that were approved in this minute,
    `level` the account's halt, `outside` whether the session is over by now.
    """

    net: list[int]
    reserved: list[Order]
    level: int
    outside: bool

    @property
    def equity(self) -> int: ...

    @property
    def gross(self) -> int: ...

    def mark(self, symbol: int) -> int: ...

    def slow(self, rule: Rule, order: Order) -> DenialCode | None:
        """The live rule's own answer."""
        ...


FastRule = Callable[[Order, Account], DenialCode | None]


@dataclass(frozen=True, slots=True)
class Part:
    """A fraction as a numerator over a denominator."""

    over: int
    under: int


def part(value: Decimal) -> Part:
    return Part(*value.as_integer_ratio())


def measure(order: Order, account: Account) -> None:
    """`risk.worst_case` and `risk.is_reducing`, once for all rules."""
    highest = lowest = account.net[order.symbol]
    for other in account.reserved:
        if other.symbol == order.symbol and other is not order:
            if other.side > 0:
                highest += other.quantity
            else:
                lowest -= other.quantity
    order.highest, order.lowest = highest, lowest
    if order.side > 0:
        order.reduces = highest < 0 and 0 < order.quantity <= -highest
    else:
        order.reduces = lowest > 0 and 0 < order.quantity <= lowest


def _halt(_limits: RiskLimits) -> FastRule:
    def check(order: Order, account: Account) -> DenialCode | None:
        if not account.level:
            return None
        if account.level >= risk.HaltLevel.HALTED:
            return DenialCode.HALTED
        return None if order.reduces else DenialCode.REDUCE_ONLY

    return check


def _in_session(_limits: RiskLimits) -> FastRule:
    return lambda _order, account: DenialCode.OUTSIDE_SESSION if account.outside else None


def _fresh_intent(limits: RiskLimits) -> FastRule | None:
    if limits.intent_life_s >= 0:
        return None
    return lambda _order, _account: DenialCode.INTENT_EXPIRED


def _fresh_data(limits: RiskLimits) -> FastRule | None:
    if limits.max_bar_age_s >= _SETTLED_S:
        return None
    return lambda _order, _account: DenialCode.STALE_DATA


def _valid_quantity(_limits: RiskLimits) -> FastRule:
    return lambda order, _account: None if order.quantity > 0 else DenialCode.INVALID_QUANTITY


def _valid_price(_limits: RiskLimits) -> FastRule:
    return lambda order, _account: None if order.limit > 0 else DenialCode.INVALID_PRICE


def _no_wash_trade(_limits: RiskLimits) -> FastRule:
    def check(order: Order, account: Account) -> DenialCode | None:
        for other in account.reserved:
            if other.symbol == order.symbol and other.side != order.side:
                return DenialCode.WASH_TRADE
        return None

    return check


def _price_collar(limits: RiskLimits) -> FastRule:
    bps = part(limits.price_collar_bps)
    scale = _BASIS_POINTS * bps.under

    def check(order: Order, account: Account) -> DenialCode | None:
        mark = account.mark(order.symbol)
        away = abs(order.limit - mark)
        return None if away * scale <= mark * bps.over else DenialCode.PRICE_COLLAR

    return check


def _position_limit(limits: RiskLimits) -> FastRule:
    share = part(limits.max_position_fraction)

    def check(order: Order, account: Account) -> DenialCode | None:
        if order.reduces:
            return None
        equity = account.equity
        if equity <= 0:
            return DenialCode.POSITION_LIMIT
        highest, lowest = order.highest, order.lowest
        if order.side > 0:
            highest += order.quantity
        else:
            lowest -= order.quantity
        price = max(order.limit, account.mark(order.symbol))
        exposure = max(abs(highest), abs(lowest)) * price
        return (
            None if exposure * share.under <= equity * share.over else DenialCode.POSITION_LIMIT
        )

    return check


def _buying_power(limits: RiskLimits) -> FastRule:
    share = part(limits.max_gross_fraction)

    def check(order: Order, account: Account) -> DenialCode | None:
        if order.reduces:
            return None
        used = account.gross + order.quantity * order.limit
        for other in account.reserved:
            if other is not order:
                used += other.quantity * other.limit
        fits = used * share.under <= account.equity * share.over
        return None if fits else DenialCode.BUYING_POWER

    return check


# None: it cannot deny here. Lanes trade only configured symbols and have one order a minute at most.
FORMS: Mapping[Rule, Callable[[RiskLimits], FastRule | None] | None] = MappingProxyType(
    {
        risk.halt: _halt,
        risk.symbol_allowed: None,
        risk.in_session: _in_session,
        risk.fresh_intent: _fresh_intent,
        risk.fresh_data: _fresh_data,
        risk.valid_quantity: _valid_quantity,
        risk.valid_price: _valid_price,
        risk.no_duplicate: None,
        risk.no_wash_trade: _no_wash_trade,
        risk.price_collar: _price_collar,
        risk.position_limit: _position_limit,
        risk.buying_power: _buying_power,
    }
)


def fast_rules(rules: Sequence[Rule], limits: RiskLimits) -> tuple[FastRule, ...]:
    """The rules in their order, without those that cannot deny."""
    found: list[FastRule] = []
    for rule in rules:
        if rule not in FORMS:
            found.append(_itself(rule))
            continue
        make = FORMS[rule]
        form = make(limits) if make is not None else None
        if form is not None:
            found.append(form)
    return tuple(found)


def _itself(rule: Rule) -> FastRule:
    return lambda order, account: account.slow(rule, order)
