"""How much of each limit is used: the meters of the page. They show; the rules decide."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from quantterminal.domain.risk import DenialCode, Reservation, RiskLimits
from quantterminal.domain.signals import Side
from quantterminal.domain.view import LimitRow, OrderRow

_ZERO = Decimal(0)
_MINUTE = timedelta(minutes=1)
_DENY = "denies orders beyond it"
_CODES = frozenset(DenialCode)


@dataclass(frozen=True, slots=True)
class Usage:
    """What the meters measure. `values` are signed dollars by symbol, `by_strategy` the day's
    profits in dollars, `orders` the newest ones, `bar_age_s` None where no bar has been seen.
    """

    now: datetime
    equity: Decimal
    day_open: Decimal
    high_water: Decimal
    values: Mapping[str, Decimal]
    reservations: Sequence[Reservation]
    by_strategy: Mapping[str, Decimal]
    orders: Sequence[OrderRow]
    bar_age_s: float | None


def meters(usage: Usage, limits: RiskLimits) -> Iterator[LimitRow]:
    """One row for each limit that fills up over time; those of a single order have no meter."""
    yield from _losses(usage, limits)
    if usage.equity > 0:
        yield from _exposures(usage, limits)
    yield from _counts(usage, limits)
    age = usage.bar_age_s
    found, most = "" if age is None else f"{age:.0f}", str(limits.max_bar_age_s)
    yield LimitRow("STALE_DATA", found, most, "seconds", "denies decisions on older bars")


def _losses(usage: Usage, limits: RiskLimits) -> Iterator[LimitRow]:
    loss = max(usage.day_open - usage.equity, _ZERO) / usage.day_open
    until = "stops new entries until the next session"
    yield _share("DAILY_LOSS", loss, limits.daily_loss_fraction, until)
    drawdown = (usage.high_water - usage.equity) / usage.high_water
    halts = "halts everything until a person re-arms"
    yield _share("DRAWDOWN", drawdown, limits.drawdown_fraction, halts)
    worst = min(usage.by_strategy, key=lambda name: usage.by_strategy[name], default="")
    lost = max(-usage.by_strategy.get(worst, _ZERO), _ZERO) / usage.day_open
    stops = "stops the new entries of that strategy"
    yield _share("STRATEGY_LOSS", lost, limits.strategy_loss_fraction, stops, worst)


def _exposures(usage: Usage, limits: RiskLimits) -> Iterator[LimitRow]:
    equity, sizes = usage.equity, {name: abs(value) for name, value in usage.values.items()}
    largest = max(sizes, key=lambda name: sizes[name], default="")
    used = sizes.get(largest, _ZERO) / equity
    yield _share("POSITION_LIMIT", used, limits.max_position_fraction, _DENY, largest)
    reserved = dict.fromkeys(Side, _ZERO)
    for each in usage.reservations:
        reserved[each.side] += each.notional
    gross = sum(sizes.values(), _ZERO) + sum(reserved.values(), _ZERO)
    yield _share("BUYING_POWER", gross / equity, limits.max_gross_fraction, _DENY)
    yield _share("LEVERAGE_LIMIT", gross / equity, limits.max_leverage, _DENY)
    net = sum(usage.values.values(), _ZERO)
    most = max(net + reserved[Side.BUY], reserved[Side.SELL] - net) / equity
    yield _share("NET_LIMIT", max(most, _ZERO), limits.max_net_fraction, _DENY)


def _counts(usage: Usage, limits: RiskLimits) -> Iterator[LimitRow]:
    working = str(len(usage.reservations))
    yield LimitRow("OPEN_ORDERS", working, str(limits.max_open_orders), "count", _DENY)
    recent = sum(
        usage.now - each.at < _MINUTE and each.status not in _CODES for each in usage.orders
    )
    most = str(limits.max_orders_per_minute)
    yield LimitRow("RATE_LIMIT", str(recent), most, "count", f"a minute; {_DENY}")


def _share(code: str, used: Decimal, limit: Decimal, effect: str, subject: str = "") -> LimitRow:
    return LimitRow(code, f"{used:.6f}", f"{limit:.6f}", "fraction", effect, subject)
