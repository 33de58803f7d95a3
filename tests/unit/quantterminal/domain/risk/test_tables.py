"""Each rule from both sides of its limit: one below, at, one above, no number, and missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from quantterminal.domain import risk
from quantterminal.domain.risk import DenialCode, RiskLimits, SymbolFlag, check
from quantterminal.domain.signals import Side
from tests.unit.quantterminal.domain.risk.given import (
    NAN,
    NOW,
    PROPOSAL,
    SNAPSHOT,
    Case,
    approved,
    working,
)

SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
HELD = {"SPY": Decimal(50)}
SHORT = {"SPY": Decimal(-50)}
SELL = {"side": Side.SELL}
HALF_DAY = datetime(2024, 11, 29, 18, 0, tzinfo=UTC)  # closes at 13:00 in New York


def shares(number: object) -> dict[str, Decimal]:
    return {"quantity": Decimal(str(number))}


def price(dollars: object) -> dict[str, Decimal]:
    return {"limit_price": Decimal(str(dollars))}


def at(instant: datetime) -> dict[str, datetime]:
    return {"now": instant}


def many(number: int, **more: Any) -> dict[str, Any]:
    return {"recent": [approved(each, **more) for each in range(number)]}


def resting(number: int, symbol: str = "SPY") -> dict[str, Any]:
    return {"reserved": {f"w{n}": working(Side.BUY, 1, symbol=symbol) for n in range(number)}}


size, flip, short = risk.order_size, risk.no_flip, risk.no_short
edges, rate, similar = risk.session_edges, risk.order_rate, risk.no_similar
many_open, volume, cheap = risk.open_orders, risk.participation, risk.min_price
exposure, flagged, restricted = risk.account_exposure, risk.symbol_flagged, risk.symbol_restricted

FIVE = {"max_order_fraction": Decimal("0.05")}
FIXED = {"max_order_fraction": Decimal(1), "max_order_notional": Decimal(5000)}
FEW = {"max_order_fraction": Decimal(1), "max_order_shares": 50}
ONE_PERCENT = {"max_volume_fraction": Decimal("0.01")}
FIRST, LAST = {"no_entry_first_minutes": 5}, {"no_entry_last_minutes": 10}
OPEN, CLOSE = datetime(2024, 3, 4, 14, 30, tzinfo=UTC), datetime(2024, 3, 4, 21, 0, tzinfo=UTC)
PER_SYMBOL = {"max_symbol_orders_per_minute": 3}
PER_STRATEGY = {"max_strategy_orders_per_minute": 3}
PER_ACCOUNT = {"max_orders_per_minute": 3}
NO_SHORT = {"allow_short": False}
SIZE, FLIP, RATE = DenialCode.ORDER_SIZE, DenialCode.POSITION_FLIP, DenialCode.RATE_LIMIT
SIMILAR, EDGE, ORDERS = DenialCode.SIMILAR_ORDER, DenialCode.SESSION_EDGE, DenialCode.OPEN_ORDERS
SHORTS, LEVERAGE, NET = (
    DenialCode.SHORT_NOT_ALLOWED, DenialCode.LEVERAGE_LIMIT, DenialCode.NET_LIMIT,
)  # fmt: skip
VOLUME, CHEAP = DenialCode.PARTICIPATION, DenialCode.MIN_PRICE
FLAGGED, RESTRICTED = DenialCode.SYMBOL_FLAGGED, DenialCode.SYMBOL_RESTRICTED

CASES = [
    # C1: 5 % of 100,000 at 100
    Case(size, None, shares(49), limits=FIVE),
    Case(size, None, shares(50), limits=FIVE),
    Case(size, SIZE, shares(51), limits=FIVE),
    Case(size, SIZE, shares(50) | price("100.01"), limits=FIVE),
    Case(size, SIZE, shares(50), {"equity": Decimal("99999.99")}, FIVE),
    Case(size, SIZE, shares(1), {"equity": None}, FIVE),
    Case(size, SIZE, shares(1), {"equity": NAN}, FIVE),
    Case(size, SIZE, shares(1), {"equity": Decimal(-1)}, FIVE),
    # ... dollars
    Case(size, None, price("99.99"), limits=FIXED),
    Case(size, None, price("100.00"), limits=FIXED),
    Case(size, SIZE, price("100.01"), limits=FIXED),
    Case(size, SIZE, shares(50), {"equity": Decimal(4999)}, FIXED),
    # ... shares
    Case(size, None, shares(49), limits=FEW),
    Case(size, None, shares(50), limits=FEW),
    Case(size, SIZE, shares(51), limits=FEW),
    # ... but an exit of any size
    Case(size, None, shares(900) | SELL, {"positions": {"SPY": Decimal(900)}}, FEW),
    # C4: 60,000 long, 20,000 short and 10,000 + 5,000 that others buy and sell
    *[
        Case(
            exposure,
            code,
            shares(quantity) | {"side": side},
            {
                "positions": {"SPY": Decimal(600), "IBM": Decimal(-100)},
                "reserved": {
                    "a": working(Side.BUY, 100, symbol="IBM"),
                    "b": working(Side.SELL, 50, symbol="IBM"),
                },
            },
            {"max_leverage": Decimal(leverage), "max_net_fraction": Decimal(net)},
        )
        for quantity, side, leverage, net, code in [
            (49, Side.BUY, "1", "4", None),
            (50, Side.BUY, "1", "4", None),
            (51, Side.BUY, "1", "4", LEVERAGE),
            (99, Side.BUY, "4", "0.6", None),
            (100, Side.BUY, "4", "0.6", None),
            (101, Side.BUY, "4", "0.6", NET),
            # at the one limit and beyond the other
            (50, Side.BUY, "1", "0.5", NET),
            # short: 20,000 - 60,000 + 5,000 + 750 x 100 = 40,000
            (749, Side.SELL, "4", "0.4", None),
            (750, Side.SELL, "4", "0.4", None),
            (751, Side.SELL, "4", "0.4", NET),
        ]
    ],
    Case(exposure, LEVERAGE, found={"equity": None}),
    Case(exposure, LEVERAGE, found={"equity": NAN}),
    Case(exposure, LEVERAGE, found={"positions": {"GONE": Decimal(1)}}),
    Case(exposure, LEVERAGE, found={"positions": {"IBM": NAN}}),
    Case(exposure, LEVERAGE, found={"reserved": {"a": replace(working(Side.BUY, 1), price=NAN)}}),
    Case(exposure, None, SELL, {"positions": HELD, "equity": None}),
    Case(exposure, None, found={"positions": {"GONE": Decimal(0)}}),
    # C6: three a minute, this one with them
    Case(rate, None, found=many(1), limits=PER_SYMBOL),
    Case(rate, None, found=many(2), limits=PER_SYMBOL),
    Case(rate, RATE, found=many(3), limits=PER_SYMBOL),
    Case(rate, RATE, found=many(3, strategy="other"), limits=PER_SYMBOL),
    Case(rate, None, found=many(3, symbol="IBM"), limits=PER_SYMBOL),
    Case(rate, RATE, found=many(3, symbol="IBM"), limits=PER_STRATEGY),
    Case(rate, None, found=many(2, symbol="IBM"), limits=PER_STRATEGY),
    Case(rate, None, found=many(3, strategy="other"), limits=PER_STRATEGY),
    Case(rate, RATE, found=many(3, strategy="other", symbol="IBM"), limits=PER_ACCOUNT),
    Case(rate, None, found=many(2, strategy="other", symbol="IBM"), limits=PER_ACCOUNT),
    Case(rate, RATE, found=many(3, age=timedelta(minutes=1) - TICK), limits=PER_SYMBOL),
    Case(rate, None, found=many(3, age=timedelta(minutes=1)), limits=PER_SYMBOL),
    Case(rate, None, {"intent_id": approved(2).intent_id}, many(3), PER_SYMBOL),
    Case(rate, None, SELL, many(3) | {"positions": HELD}, PER_SYMBOL),
    # ... at the wider limits and beyond the narrow one
    Case(rate, RATE, found=many(3), limits=PER_SYMBOL | {"max_strategy_orders_per_minute": 4}),
    Case(rate, RATE, found=many(3), limits=PER_SYMBOL | {"max_orders_per_minute": 4}),
    # C8: the same again within 60 s
    Case(similar, SIMILAR, found=many(1, age=60 * SECOND - TICK)),
    Case(similar, None, found=many(1, age=60 * SECOND)),
    Case(similar, None, found=many(1, age=60 * SECOND + TICK)),
    Case(similar, SIMILAR, found=many(1)),
    Case(similar, None, found=many(1), limits={"similar_order_s": 0}),
    Case(similar, SIMILAR, found=many(1, age=60 * SECOND), limits={"similar_order_s": 61}),
    Case(similar, None, found=many(1, quantity=49)),
    Case(similar, None, found=many(1, symbol="IBM")),
    Case(similar, None, found=many(1, strategy="other")),
    Case(similar, None, found=many(1, side=Side.SELL)),
    Case(similar, None, {"intent_id": "momentum@1:SPY:20240304T1400Z:0#1"}, many(1)),
    Case(similar, SIMILAR, {"intent_id": "momentum@1:SPY:20240304T1400Z:0#1"}, many(2)),
    Case(similar, None, SELL, many(1, side=Side.SELL) | {"positions": HELD}),
    # C10
    Case(many_open, None, found=resting(2), limits={"max_open_orders_per_symbol": 3}),
    Case(many_open, ORDERS, found=resting(3), limits={"max_open_orders_per_symbol": 3}),
    Case(many_open, None, found=resting(3, "IBM"), limits={"max_open_orders_per_symbol": 3}),
    Case(many_open, None, found=resting(2, "IBM"), limits={"max_open_orders": 3}),
    Case(many_open, ORDERS, found=resting(3, "IBM"), limits={"max_open_orders": 3}),
    Case(
        many_open,
        ORDERS,
        found=resting(3),
        limits={"max_open_orders": 4, "max_open_orders_per_symbol": 3},
    ),
    Case(many_open, None, {"intent_id": "w0"}, resting(3), {"max_open_orders": 3}),
    Case(many_open, None, {"intent_id": "w0"}, resting(3), {"max_open_orders_per_symbol": 3}),
    Case(
        many_open,
        None,
        {"side": Side.BUY, "quantity": Decimal(1)},
        resting(4) | {"positions": SHORT},
    ),
    # C14: 1 % of 5,000 a day
    Case(volume, None, shares(49), {"volumes": {"SPY": Decimal(5000)}}, ONE_PERCENT),
    Case(volume, None, shares(50), {"volumes": {"SPY": Decimal(5000)}}, ONE_PERCENT),
    Case(volume, VOLUME, shares(51), {"volumes": {"SPY": Decimal(5000)}}, ONE_PERCENT),
    Case(volume, VOLUME, shares(1), {"volumes": {"IBM": Decimal(5000)}}, ONE_PERCENT),
    Case(volume, VOLUME, shares(1), {"volumes": {"SPY": NAN}}, ONE_PERCENT),
    Case(volume, None, shares(1)),
    Case(volume, None, SELL, {"positions": HELD}, ONE_PERCENT),
    # ... dollars a share
    Case(cheap, None, price("5.01")),
    Case(cheap, None, price("5.00")),
    Case(cheap, CHEAP, price("4.99")),
    Case(cheap, None, price("0.01"), limits={"min_price": Decimal(0)}),
    Case(cheap, None, price("4.99") | SELL, {"positions": HELD}),
    # C15
    Case(restricted, RESTRICTED, limits={"restricted_symbols": ("IBM", "SPY")}),
    Case(restricted, None, limits={"restricted_symbols": ("IBM",)}),
    Case(restricted, None, SELL, {"positions": HELD}, {"restricted_symbols": ("SPY",)}),
    Case(short, None, shares(49) | SELL, {"positions": HELD}, NO_SHORT),
    Case(short, None, shares(50) | SELL, {"positions": HELD}, NO_SHORT),
    Case(short, SHORTS, shares(51) | SELL, {"positions": HELD}, NO_SHORT),
    Case(short, SHORTS, shares(1) | SELL, limits=NO_SHORT),
    Case(short, SHORTS, shares(1) | SELL, {"positions": {"SPY": NAN}}, NO_SHORT),
    Case(
        short,
        SHORTS,
        shares(50) | SELL,
        {"positions": HELD, "reserved": {"a": working(Side.SELL, 1)}},
        NO_SHORT,
    ),
    Case(short, None, shares(51) | SELL, {"positions": HELD}),
    Case(short, None, shares(51), limits=NO_SHORT),
    # C16
    *[Case(flagged, FLAGGED, found={"flags": {"SPY": f}}) for f in SymbolFlag if f != "SSR"],
    Case(flagged, None, found={"flags": {"SPY": SymbolFlag.SSR}}),
    Case(flagged, FLAGGED, SELL, {"flags": {"SPY": SymbolFlag.SSR}}),
    Case(flagged, None, SELL, {"flags": {"SPY": SymbolFlag.SSR}, "positions": HELD}),
    Case(flagged, None, SELL, {"flags": {"SPY": SymbolFlag.HALTED}, "positions": HELD}),
    Case(flagged, None, found={"flags": {"IBM": SymbolFlag.HALTED}}),
    # C17
    Case(edges, EDGE, found=at(OPEN), limits=FIRST),
    Case(edges, EDGE, found=at(OPEN + 300 * SECOND - TICK), limits=FIRST),
    Case(edges, None, found=at(OPEN + 300 * SECOND), limits=FIRST),
    Case(edges, None, found=at(CLOSE - 600 * SECOND - TICK), limits=LAST),
    Case(edges, EDGE, found=at(CLOSE - 600 * SECOND), limits=LAST),
    Case(edges, EDGE, found=at(CLOSE - TICK), limits=LAST),
    Case(edges, None, found=at(HALF_DAY - 600 * SECOND - TICK), limits=LAST),
    Case(edges, EDGE, found=at(HALF_DAY - 600 * SECOND), limits=LAST),
    Case(edges, None, found=at(OPEN)),
    Case(edges, None, found=at(CLOSE - TICK)),
    Case(edges, None, SELL, at(CLOSE - TICK) | {"positions": HELD}, LAST),
    # C21: one order at most to zero
    Case(flip, None, shares(49) | SELL, {"positions": HELD}),
    Case(flip, None, shares(50) | SELL, {"positions": HELD}),
    Case(flip, FLIP, shares(51) | SELL, {"positions": HELD}),
    Case(flip, None, shares(49), {"positions": SHORT}),
    Case(flip, None, shares(50), {"positions": SHORT}),
    Case(flip, FLIP, shares(51), {"positions": SHORT}),
    Case(flip, None, shares(51) | SELL, {"positions": HELD}, {"allow_flip": True}),
    Case(flip, None, shares(51)),
    Case(flip, None, shares(51) | SELL),
    Case(flip, None, shares(51) | SELL, {"positions": SHORT}),
    Case(flip, FLIP, shares(1) | SELL, {"positions": {"SPY": NAN}}),
    *[
        Case(flip, code, shares(quantity) | {"side": side}, {
            "positions": {"SPY": Decimal(-side.sign * 50)},
            "reserved": {"a": working(side, 20)},
        })
        for side in Side
        for quantity, code in [(29, None), (30, None), (31, FLIP)]
    ],
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.rule.__name__)
def test_each_limit_from_both_sides(case: Case) -> None:
    assert case.answer() == case.code


def test_the_default_sizing_fits_into_the_default_limits() -> None:
    """4 % of the day's opening equity, though equity has fallen by all that a day may lose."""
    proposal = replace(PROPOSAL, quantity=Decimal(40))
    snapshot = replace(SNAPSHOT, equity=Decimal(95_000))

    assert check(proposal, snapshot, RiskLimits()) is None


def test_limits_that_are_off_need_no_data() -> None:
    snapshot = replace(SNAPSHOT, recent=(), flags={}, volumes={})
    assert check(PROPOSAL, snapshot, RiskLimits()) is None


@pytest.mark.parametrize("level", risk.HaltLevel)
def test_a_flip_is_denied_at_every_level(level: risk.HaltLevel) -> None:
    flips = replace(PROPOSAL, side=Side.SELL, quantity=Decimal(51))
    snapshot = replace(SNAPSHOT, positions=HELD, levels={"account": level})

    assert check(flips, snapshot, RiskLimits()) is not None


def test_now_is_inside_the_session_that_these_tables_are_about() -> None:
    assert OPEN < NOW < CLOSE
