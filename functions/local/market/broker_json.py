"""What the broker's REST shows beside orders: account, positions, assets, clock, calendar."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from local.market.account import MULTIPLIER, Account, Holding
from local.market.matching import Broker
from local.market.wire import new_york, plain, stamp
from quantterminal.domain.sessions import (
    Session,
    new_york_date,
    next_session,
    session_at,
    session_on,
)

_MAINTENANCE = Decimal("0.3")
_CENT = Decimal("0.01")
_RATIO = Decimal("0.000001")
_NO_ENTITLEMENT = "0"


def account_json(broker: Broker, created_at: datetime) -> dict[str, Any]:
    """The margin account, without the day-trading fields that Alpaca removed on 2026-07-06."""
    account = broker.account
    equity, power = _cents(account.equity), _cents(broker.buying_power())
    maintenance = (account.long_value - account.short_value) * _MAINTENANCE
    return {
        "id": broker.id_of("account"),
        "account_number": "LOCAL0001",
        "status": "ACTIVE",
        "crypto_status": "INACTIVE",
        "currency": "USD",
        "buying_power": power,
        "regt_buying_power": power,
        "non_marginable_buying_power": _cents(max(Decimal(0), account.cash)),
        "options_buying_power": _NO_ENTITLEMENT,
        "options_approved_level": 0,
        "options_trading_level": 0,
        "cash": plain(account.cash),
        "accrued_fees": "0",
        "portfolio_value": equity,
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "trade_suspended_by_user": False,
        "created_at": stamp(created_at),
        "multiplier": str(MULTIPLIER),
        "shorting_enabled": True,
        "equity": equity,
        "last_equity": _cents(account.last_equity),
        "long_market_value": _cents(account.long_value),
        "short_market_value": _cents(account.short_value),
        "initial_margin": _cents(account.initial_margin()),
        "maintenance_margin": _cents(maintenance),
        "last_maintenance_margin": "0",
        "sma": "0",
    }


def position_json(broker: Broker, symbol: str) -> dict[str, Any]:
    """One open position, marked at the last price; `symbol` must be held."""
    account, holding = broker.account, broker.account.holdings[symbol]
    price = account.mark(symbol)
    last_day = account.last_day_marks.get(symbol, holding.average)
    cost, value = holding.qty * holding.average, holding.qty * price
    intraday = holding.qty * (price - last_day)
    return {
        "asset_id": broker.id_of(f"asset:{symbol}"),
        "symbol": symbol,
        "exchange": "NYSE",
        "asset_class": "us_equity",
        "asset_marginable": True,
        "qty": plain(holding.qty),
        "qty_available": plain(_available(broker, symbol, holding)),
        "avg_entry_price": plain(holding.average.quantize(_RATIO)),
        "side": "long" if holding.qty > 0 else "short",
        "market_value": _cents(value),
        "cost_basis": plain(cost.quantize(_RATIO)),
        "unrealized_pl": plain((value - cost).quantize(_RATIO)),
        "unrealized_plpc": _share(value - cost, abs(cost)),
        "unrealized_intraday_pl": plain(intraday.quantize(_RATIO)),
        "unrealized_intraday_plpc": _share(intraday, abs(holding.qty * last_day)),
        "current_price": plain(price),
        "lastday_price": plain(last_day),
        "change_today": _share(price - last_day, last_day),
    }


def asset_json(broker: Broker, symbol: str) -> dict[str, Any]:
    return {
        "id": broker.id_of(f"asset:{symbol}"),
        "class": "us_equity",
        "exchange": "NYSE",
        "symbol": symbol,
        "name": f"{symbol} (local market)",
        "status": "active",
        "tradable": symbol not in broker.untradable,
        "marginable": True,
        "maintenance_margin_requirement": 30,
        "margin_requirement_long": "30",
        "margin_requirement_short": "30",
        "shortable": True,
        "easy_to_borrow": True,
        "fractionable": False,
        "attributes": [],
    }


def clock_json(now: datetime) -> dict[str, Any]:
    session = session_at(now)
    return {
        "timestamp": new_york(now).isoformat(),
        "is_open": session is not None,
        "next_open": new_york(_next_open(now).open).isoformat(),
        "next_close": new_york((session or _next_open(now)).close).isoformat(),
    }


def calendar_json(start: date, end: date) -> list[dict[str, Any]]:
    """The sessions from `start` to `end`, both included."""
    return [
        {
            "date": session.day.isoformat(),
            "open": f"{new_york(session.open):%H:%M}",
            "close": f"{new_york(session.close):%H:%M}",
            "session_open": "0400",
            "session_close": "1700" if session.is_half_day else "2000",
            "settlement_date": next_session(session.day).day.isoformat(),
        }
        for session in _sessions(start, end)
    ]


def _next_open(now: datetime) -> Session:
    today = session_on(new_york_date(now))
    if today is not None and now < today.open:
        return today
    return next_session(new_york_date(now))


def _sessions(start: date, end: date) -> Iterator[Session]:
    day = start
    while day <= end:
        session = session_on(day)
        if session is not None:
            yield session
        day += timedelta(days=1)


def _available(broker: Broker, symbol: str, holding: Holding) -> Decimal:
    held = sum(
        (
            order.remaining
            for order in broker.open_orders()
            if order.ticket.symbol == symbol and not order.is_opening
        ),
        Decimal(0),
    )
    return holding.qty - held if holding.qty > 0 else holding.qty + held


def account_equity(account: Account) -> str:
    """Equity as the control API shows it: to the cent."""
    return _cents(account.equity)


def _cents(amount: Decimal) -> str:
    return plain(amount.quantize(_CENT))


def _share(part: Decimal, whole: Decimal) -> str:
    return plain((part / whole).quantize(_RATIO)) if whole else "0"
