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
from quantzoo.indicators import TICKS_PER_DOLLAR

_SETTLED_S = 2  # a minute's decisions are assessed this long after its end
_MINUTE_S = 60
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
        "strategy",
        "symbol",
    )

    def __init__(  # noqa: PLR0913  all that an order is
        self,
        lane: int,
        symbol: int,
        strategy: str,
        *,
        side: int,
        quantity: int,
        limit: int,
        reference: int,
        signal: int,
    ) -> None:
        self.lane = lane
        self.symbol = symbol
        self.strategy = strategy
        self.side = side
        self.quantity = quantity
        self.limit = limit
        self.reference = reference
        self.signal = signal
        self.highest = self.lowest = 0
        self.reduces = False


class Account(Protocol):
    """What the forms may look at: the account as it is at the end of the minute `row`.

    `net` are signed shares by symbol, `held` by lane, `reserved` the orders that may still trade,
    `approved` all that were allowed in this minute, `levels` how far each lane is halted, `outside`
    whether the session is over by now.
    """

    net: list[int]
    held: list[int]
    reserved: list[Order]
    approved: list[Order]
    levels: list[int]
    outside: bool

    @property
    def equity(self) -> int: ...

    @property
    def sides(self) -> tuple[int, int]:
        """What is held long and what is held short, both as numbers above 0."""
        ...

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
        level = account.levels[order.lane]
        if not level:
            return None
        if level >= risk.HaltLevel.HALTED:
            return DenialCode.HALTED
        closes = order.quantity <= -order.side * account.held[order.lane]
        return None if order.reduces and closes else DenialCode.REDUCE_ONLY

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
        return None if exposure * share.under <= equity * share.over else DenialCode.POSITION_LIMIT

    return check


def _buying_power(limits: RiskLimits) -> FastRule:
    share = part(limits.max_gross_fraction)

    def check(order: Order, account: Account) -> DenialCode | None:
        if order.reduces:
            return None
        used = sum(account.sides) + order.quantity * order.limit
        for other in account.reserved:
            if other is not order:
                used += other.quantity * other.limit
        fits = used * share.under <= account.equity * share.over
        return None if fits else DenialCode.BUYING_POWER

    return check


def _account_exposure(limits: RiskLimits) -> FastRule:
    leverage, most = part(limits.max_leverage), part(limits.max_net_fraction)

    def check(order: Order, account: Account) -> DenialCode | None:
        if order.reduces:
            return None
        long, short = account.sides
        buys = order.quantity * order.limit if order.side > 0 else 0
        sells = order.quantity * order.limit if order.side < 0 else 0
        for other in account.reserved:
            if other is not order:
                if other.side > 0:
                    buys += other.quantity * other.limit
                else:
                    sells += other.quantity * other.limit
        equity = account.equity
        if (long + short + buys + sells) * leverage.under > equity * leverage.over:
            return DenialCode.LEVERAGE_LIMIT
        net = long - short + buys if order.side > 0 else short - long + sells
        return None if net * most.under <= equity * most.over else DenialCode.NET_LIMIT

    return check


def _open_orders(limits: RiskLimits) -> FastRule:
    total_limit, symbol_limit = limits.max_open_orders, limits.max_open_orders_per_symbol
    least = min(total_limit, symbol_limit)

    def check(order: Order, account: Account) -> DenialCode | None:
        reserved = account.reserved
        total = len(reserved) + (order not in reserved)
        if total <= least or order.reduces:
            return None
        if total > total_limit:
            return DenialCode.OPEN_ORDERS
        found = 1 + sum(
            1 for other in reserved if other.symbol == order.symbol and other is not order
        )
        return None if found <= symbol_limit else DenialCode.OPEN_ORDERS

    return check


def _order_rate(limits: RiskLimits) -> FastRule:
    """Orders of the same minute only: those of the one before are a whole minute away."""
    account_limit = limits.max_orders_per_minute
    strategy_limit = limits.max_strategy_orders_per_minute
    symbol_limit = limits.max_symbol_orders_per_minute
    least = min(account_limit, strategy_limit, symbol_limit)

    def check(order: Order, account: Account) -> DenialCode | None:
        if len(account.approved) < least or order.reduces:
            return None
        others = [other for other in account.approved if other is not order]
        of_strategy = 1 + sum(1 for other in others if other.strategy == order.strategy)
        of_symbol = 1 + sum(1 for other in others if other.symbol == order.symbol)
        is_within = (
            len(others) < account_limit
            and of_strategy <= strategy_limit
            and of_symbol <= symbol_limit
        )
        return None if is_within else DenialCode.RATE_LIMIT

    return check


def _min_price(limits: RiskLimits) -> FastRule:
    least = part(limits.min_price * TICKS_PER_DOLLAR)

    def check(order: Order, _account: Account) -> DenialCode | None:
        enough = order.limit * least.under >= least.over
        return None if enough or order.reduces else DenialCode.MIN_PRICE

    return check


def _no_flip(limits: RiskLimits) -> FastRule | None:
    if limits.allow_flip:
        return None

    def check(order: Order, account: Account) -> DenialCode | None:
        held = account.net[order.symbol]
        if order.side > 0:
            flips = held < 0 and order.quantity > -order.highest
        else:
            flips = held > 0 and order.quantity > order.lowest
        return DenialCode.POSITION_FLIP if flips else None

    return check


def _no_short(limits: RiskLimits) -> FastRule | None:
    if limits.allow_short:
        return None

    def check(order: Order, _account: Account) -> DenialCode | None:
        is_covered = order.side > 0 or order.quantity <= order.lowest
        return None if is_covered else DenialCode.SHORT_NOT_ALLOWED

    return check


def _order_size(limits: RiskLimits) -> FastRule:
    share, shares = part(limits.max_order_fraction), limits.max_order_shares
    most = None
    if limits.max_order_notional is not None:
        most = part(limits.max_order_notional * TICKS_PER_DOLLAR)

    def check(order: Order, account: Account) -> DenialCode | None:
        notional = order.quantity * order.limit
        fits = (
            order.quantity <= shares
            and notional * share.under <= account.equity * share.over
            and (most is None or notional * most.under <= most.over)
        )
        return None if fits or order.reduces else DenialCode.ORDER_SIZE

    return check


Form = Callable[[RiskLimits], FastRule | None]


def _unless(is_off: Callable[[RiskLimits], bool], rule: Rule) -> Form:
    """The rule itself, but nothing where the limits switch it off."""
    return lambda limits: None if is_off(limits) else _itself(rule)


def _never(_limits: RiskLimits) -> None:
    return None


def _itself(rule: Rule) -> FastRule:
    return lambda order, account: account.slow(rule, order)


# `_never` cannot deny here: lanes trade configured symbols, no symbol is flagged, and a lane has
# one order a minute, which is gone by the next one.
FORMS: Mapping[Rule, Form] = MappingProxyType(
    {
        risk.halt: _halt,
        risk.symbol_allowed: _never,
        risk.symbol_restricted: _unless(
            lambda limits: not limits.restricted_symbols, risk.symbol_restricted
        ),
        risk.symbol_flagged: _never,
        risk.in_session: _in_session,
        risk.session_edges: _unless(
            lambda limits: not (limits.no_entry_first_minutes or limits.no_entry_last_minutes),
            risk.session_edges,
        ),
        risk.fresh_intent: _fresh_intent,
        risk.fresh_data: _fresh_data,
        risk.valid_quantity: _valid_quantity,
        risk.valid_price: _valid_price,
        risk.no_duplicate: _never,
        risk.no_wash_trade: _no_wash_trade,
        risk.no_similar: _unless(
            lambda limits: limits.similar_order_s <= _MINUTE_S, risk.no_similar
        ),
        risk.open_orders: _open_orders,
        risk.order_rate: _order_rate,
        risk.price_collar: _price_collar,
        risk.min_price: _min_price,
        risk.no_flip: _no_flip,
        risk.no_short: _no_short,
        risk.position_limit: _position_limit,
        risk.buying_power: _buying_power,
        risk.account_exposure: _account_exposure,
        risk.order_size: _order_size,
        risk.participation: _unless(
            lambda limits: limits.max_volume_fraction is None, risk.participation
        ),
    }
)


def fast_rules(rules: Sequence[Rule], limits: RiskLimits) -> tuple[FastRule, ...]:
    """The rules in their order, without those that cannot deny."""
    forms = (FORMS[rule](limits) if rule in FORMS else _itself(rule) for rule in rules)
    return tuple(form for form in forms if form is not None)
