"""The risk rules of `fast_rules`, compiled: each says what the form of the same name says.

`rules_of` says which of them there are for an account, or that one has no compiled form; then the
engine in plain Python runs.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from quantterminal.domain import risk
from quantterminal.domain.risk import DenialCode, RiskLimits, Rule
from quantzoo.backtest.compiled import compiled
from quantzoo.backtest.compiled_state import APPROVED, CLOSES, RESERVED, Books
from quantzoo.backtest.fast_rules import FORMS, part
from quantzoo.indicators import TICKS_PER_DOLLAR

MOST_MONEY = 2.0e14  # ticks; times the fractions below it fits 63 bits
_MOST_UNDER, _MOST_OVER = 10_000, 40_000
_MOST_BPS = 10**9
_MOST_COUNT = 2**62
_BASIS_POINTS = 10_000
_WIDTH = 5  # numbers that a rule needs at most

CODES = tuple(DenialCode)
BEYOND = -1
"""Instead of a code: numbers so large that only the engine in plain Python holds them."""


class Facts(NamedTuple):
    """One order, and the account as far as the rules may see it. `others` are the orders of the
    minute that may still trade, `allowed` all that were allowed in it; this one is in neither.
    """

    side: int
    quantity: int
    limit: int
    mark: int
    net: int
    held: int
    halted: int
    outside: bool
    highest: int
    lowest: int
    reduces: bool
    equity: int
    long: int
    short: int
    others: int
    others_of_symbol: int
    is_crossed: bool
    buys: int
    sells: int
    allowed: int
    allowed_of_strategy: int
    allowed_of_symbol: int


def _code(code: DenialCode) -> int:
    return CODES.index(code) + 1


_HALTED, _REDUCE_ONLY = _code(DenialCode.HALTED), _code(DenialCode.REDUCE_ONLY)
_OUTSIDE, _EXPIRED = _code(DenialCode.OUTSIDE_SESSION), _code(DenialCode.INTENT_EXPIRED)
_STALE, _WASH = _code(DenialCode.STALE_DATA), _code(DenialCode.WASH_TRADE)
_QUANTITY, _PRICE = _code(DenialCode.INVALID_QUANTITY), _code(DenialCode.INVALID_PRICE)
_OPEN, _RATE = _code(DenialCode.OPEN_ORDERS), _code(DenialCode.RATE_LIMIT)
_COLLAR, _CHEAP = _code(DenialCode.PRICE_COLLAR), _code(DenialCode.MIN_PRICE)
_FLIP, _SHORT = _code(DenialCode.POSITION_FLIP), _code(DenialCode.SHORT_NOT_ALLOWED)
_POSITION, _POWER = _code(DenialCode.POSITION_LIMIT), _code(DenialCode.BUYING_POWER)
_LEVERAGE, _NET = _code(DenialCode.LEVERAGE_LIMIT), _code(DenialCode.NET_LIMIT)
_SIZE = _code(DenialCode.ORDER_SIZE)
_LEVEL_HALTED = int(risk.HaltLevel.HALTED)


@compiled
def denial(n: int, worth: Any, account: Any, books: Books, market: Any, rules: Any) -> int:
    """The code of the first rule that denies the order with that number, 0 for none; `worth` are
    the account's equity and what is held long and short, `market` is (prices, outside).
    """
    facts = _facts(n, worth, account, books, market)
    if _is_beyond(facts):
        return BEYOND
    for rule in range(len(rules)):
        code = answer(rules, rule, facts)
        if code:
            return code
    return 0


@compiled
def _facts(n: int, worth: Any, account: Any, books: Books, market: Any) -> Facts:
    orders, lanes, lists = books.orders, books.lanes, books.lists
    prices, outside = market
    order = orders[n]
    lane, side, quantity = lanes[order.lane], order.side, order.quantity
    symbol = lane.symbol
    highest = lowest = books.net[symbol]
    others = others_of_symbol = buys = sells = 0
    is_crossed = False
    for nth in range(account.reserved):
        if lists[RESERVED, nth] == n:
            continue
        other = orders[lists[RESERVED, nth]]
        is_same = lanes[other.lane].symbol == symbol
        others += 1
        others_of_symbol += is_same
        if other.side > 0:
            buys += other.quantity * other.limit
            highest += other.quantity * is_same
        else:
            sells += other.quantity * other.limit
            lowest -= other.quantity * is_same
        if is_same and other.side != side:
            is_crossed = True
    allowed = of_strategy = of_symbol = 0
    for nth in range(account.approved):
        if lists[APPROVED, nth] != n:
            other = orders[lists[APPROVED, nth]]
            allowed += 1
            of_strategy += lanes[other.lane].strategy == lane.strategy
            of_symbol += lanes[other.lane].symbol == symbol
    if side > 0:
        reduces = highest < 0 and 0 < quantity <= -highest
    else:
        reduces = lowest > 0 and 0 < quantity <= lowest
    return Facts(
        side,
        quantity,
        order.limit,
        prices[CLOSES, symbol, order.row],
        books.net[symbol],
        lane.held,
        lane.halted,
        outside[order.row],
        highest,
        lowest,
        reduces,
        worth[0],
        worth[1],
        worth[2],
        others,
        others_of_symbol,
        is_crossed,
        buys,
        sells,
        allowed,
        of_strategy,
        of_symbol,
    )


@compiled
def _is_beyond(facts: Facts) -> bool:
    """Whether products may not fit; the floats are only rough, and so is the limit."""
    price = float(max(facts.limit, facts.mark))
    worst = float(max(abs(facts.highest), abs(facts.lowest))) + float(facts.quantity)
    gross = float(facts.long) + float(facts.short) + float(facts.buys) + float(facts.sells)
    return worst * price + gross > MOST_MONEY or abs(float(facts.equity)) > MOST_MONEY


@compiled
def answer(rules: Any, n: int, facts: Facts) -> int:  # noqa: C901, PLR0911, PLR0912  a line a rule
    """The code with which the rule in that place denies, 0 when it lets pass."""
    kind = rules[n, 0]
    if kind == _KIND_HALT:
        return _halt(facts)
    if kind == _KIND_SESSION:
        return _OUTSIDE if facts.outside else 0
    if kind == _KIND_INTENT:
        return _EXPIRED
    if kind == _KIND_DATA:
        return _STALE
    if kind == _KIND_QUANTITY:
        return 0 if facts.quantity > 0 else _QUANTITY
    if kind == _KIND_PRICE:
        return 0 if facts.limit > 0 else _PRICE
    if kind == _KIND_WASH:
        return _WASH if facts.is_crossed else 0
    if kind == _KIND_OPEN:
        return _open_orders(rules, n, facts)
    if kind == _KIND_RATE:
        return _order_rate(rules, n, facts)
    if kind == _KIND_COLLAR:
        away = abs(facts.limit - facts.mark)
        return 0 if away * rules[n, 2] <= facts.mark * rules[n, 1] else _COLLAR
    if kind == _KIND_CHEAP:
        enough = facts.limit * rules[n, 2] >= rules[n, 1]
        return 0 if enough or facts.reduces else _CHEAP
    if kind == _KIND_FLIP:
        return _no_flip(facts)
    if kind == _KIND_SHORT:
        return 0 if facts.side > 0 or facts.quantity <= facts.lowest else _SHORT
    if kind == _KIND_POSITION:
        return _position_limit(rules, n, facts)
    if kind == _KIND_POWER:
        return _buying_power(rules, n, facts)
    if kind == _KIND_EXPOSURE:
        return _account_exposure(rules, n, facts)
    return _order_size(rules, n, facts)


@compiled
def _halt(facts: Facts) -> int:
    if not facts.halted:
        return 0
    if facts.halted >= _LEVEL_HALTED:
        return _HALTED
    closes = facts.quantity <= -facts.side * facts.held
    return 0 if facts.reduces and closes else _REDUCE_ONLY


@compiled
def _open_orders(rules: Any, n: int, facts: Facts) -> int:
    total, of_symbol = facts.others + 1, facts.others_of_symbol + 1
    if facts.reduces or total <= min(rules[n, 1], rules[n, 2]):
        return 0
    return _OPEN if total > rules[n, 1] or of_symbol > rules[n, 2] else 0


@compiled
def _order_rate(rules: Any, n: int, facts: Facts) -> int:
    is_within = (
        facts.allowed < rules[n, 1]
        and facts.allowed_of_strategy + 1 <= rules[n, 2]
        and facts.allowed_of_symbol + 1 <= rules[n, 3]
    )
    return 0 if is_within or facts.reduces else _RATE


@compiled
def _no_flip(facts: Facts) -> int:
    if facts.side > 0:
        flips = facts.net < 0 and facts.quantity > -facts.highest
    else:
        flips = facts.net > 0 and facts.quantity > facts.lowest
    return _FLIP if flips else 0


@compiled
def _position_limit(rules: Any, n: int, facts: Facts) -> int:
    if facts.reduces:
        return 0
    if facts.equity <= 0:
        return _POSITION
    highest, lowest = facts.highest, facts.lowest
    if facts.side > 0:
        highest += facts.quantity
    else:
        lowest -= facts.quantity
    exposure = max(abs(highest), abs(lowest)) * max(facts.limit, facts.mark)
    return 0 if exposure * rules[n, 2] <= facts.equity * rules[n, 1] else _POSITION


@compiled
def _buying_power(rules: Any, n: int, facts: Facts) -> int:
    used = facts.long + facts.short + facts.quantity * facts.limit + facts.buys + facts.sells
    fits = used * rules[n, 2] <= facts.equity * rules[n, 1]
    return 0 if fits or facts.reduces else _POWER


@compiled
def _account_exposure(rules: Any, n: int, facts: Facts) -> int:
    if facts.reduces:
        return 0
    buys, sells, notional = facts.buys, facts.sells, facts.quantity * facts.limit
    if facts.side > 0:
        buys += notional
    else:
        sells += notional
    gross = facts.long + facts.short + buys + sells
    if gross * rules[n, 2] > facts.equity * rules[n, 1]:
        return _LEVERAGE
    net = facts.long - facts.short + buys if facts.side > 0 else facts.short - facts.long + sells
    return 0 if net * rules[n, 4] <= facts.equity * rules[n, 3] else _NET


@compiled
def _order_size(rules: Any, n: int, facts: Facts) -> int:
    notional = facts.quantity * facts.limit
    fits = (
        facts.quantity <= rules[n, 3]
        and notional * rules[n, 2] <= facts.equity * rules[n, 1]
        and notional * rules[n, 5] <= rules[n, 4]
    )
    return 0 if fits or facts.reduces else _SIZE


(
    _KIND_HALT,
    _KIND_SESSION,
    _KIND_INTENT,
    _KIND_DATA,
    _KIND_QUANTITY,
    _KIND_PRICE,
    _KIND_WASH,
    _KIND_OPEN,
    _KIND_RATE,
    _KIND_COLLAR,
    _KIND_CHEAP,
    _KIND_FLIP,
    _KIND_SHORT,
    _KIND_POSITION,
    _KIND_POWER,
    _KIND_EXPOSURE,
    _KIND_SIZE,
) = range(17)

Numbers = Callable[[RiskLimits], tuple[int, ...] | None]


def _nothing(_limits: RiskLimits) -> tuple[int, ...]:
    return ()


def _shares(*values: Decimal, most: int = _MOST_OVER) -> tuple[int, ...] | None:
    """Each as over, under; None when one is too long or too large."""
    parts = [part(value) for value in values]
    if any(each.under > _MOST_UNDER or abs(each.over) > most for each in parts):
        return None
    return tuple(number for each in parts for number in (each.over, each.under))


def _collar(limits: RiskLimits) -> tuple[int, ...] | None:
    found = _shares(limits.price_collar_bps, most=_MOST_BPS)
    return found and (found[0], _BASIS_POINTS * found[1])


def _cheap(limits: RiskLimits) -> tuple[int, ...] | None:
    return _shares(limits.min_price * TICKS_PER_DOLLAR, most=_MOST_COUNT)


def _order_size_numbers(limits: RiskLimits) -> tuple[int, ...] | None:
    share = _shares(limits.max_order_fraction)
    most: tuple[int, ...] | None = (_MOST_COUNT, 1)
    if limits.max_order_notional is not None:
        most = _shares(limits.max_order_notional * TICKS_PER_DOLLAR, most=_MOST_COUNT)
    if share is None or most is None:
        return None
    return (*share, _count(limits.max_order_shares), *most)


def _count(value: int) -> int:
    return min(value, _MOST_COUNT)


# By the live rule: the kind, and its numbers from the limits, None where they are beyond it.
_FORMS: Mapping[Rule, tuple[int, Numbers]] = MappingProxyType(
    {
        risk.halt: (_KIND_HALT, _nothing),
        risk.in_session: (_KIND_SESSION, _nothing),
        risk.fresh_intent: (_KIND_INTENT, _nothing),
        risk.fresh_data: (_KIND_DATA, _nothing),
        risk.valid_quantity: (_KIND_QUANTITY, _nothing),
        risk.valid_price: (_KIND_PRICE, _nothing),
        risk.no_wash_trade: (_KIND_WASH, _nothing),
        risk.open_orders: (
            _KIND_OPEN,
            lambda limits: (
                _count(limits.max_open_orders),
                _count(limits.max_open_orders_per_symbol),
            ),
        ),
        risk.order_rate: (
            _KIND_RATE,
            lambda limits: (
                _count(limits.max_orders_per_minute),
                _count(limits.max_strategy_orders_per_minute),
                _count(limits.max_symbol_orders_per_minute),
            ),
        ),
        risk.price_collar: (_KIND_COLLAR, _collar),
        risk.min_price: (_KIND_CHEAP, _cheap),
        risk.no_flip: (_KIND_FLIP, _nothing),
        risk.no_short: (_KIND_SHORT, _nothing),
        risk.position_limit: (
            _KIND_POSITION,
            lambda limits: _shares(limits.max_position_fraction),
        ),
        risk.buying_power: (_KIND_POWER, lambda limits: _shares(limits.max_gross_fraction)),
        risk.account_exposure: (
            _KIND_EXPOSURE,
            lambda limits: _shares(limits.max_leverage, limits.max_net_fraction),
        ),
        risk.order_size: (_KIND_SIZE, _order_size_numbers),
    }
)


def rules_of(rules: Sequence[Rule], limits: RiskLimits) -> Any:
    """By rule, in their order, its kind and its numbers, without those that cannot deny; or a text
    that says which one has no form.
    """
    found: list[tuple[int, ...]] = []
    for rule in rules:
        if rule in FORMS and FORMS[rule](limits) is None:
            continue
        if rule not in _FORMS:
            return f"a rule without a compiled form, {rule}"
        kind, numbers_of = _FORMS[rule]
        numbers = numbers_of(limits)
        if numbers is None:
            return f"limits beyond the compiled form of {rule}"
        found.append((kind, *numbers, *([0] * (_WIDTH - len(numbers)))))
    return np.asarray(found, dtype=np.int64).reshape(-1, _WIDTH + 1)
