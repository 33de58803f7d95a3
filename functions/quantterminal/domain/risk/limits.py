"""The limits of one account, and how a change of them takes effect."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from quantterminal.domain.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """Limits of one account. Fractions are of equity, bps of the reference price, ages seconds.

    The first three are the mission's. `max_order_fraction` leaves room above the default sizing of
    4 % of the day's opening equity. `max_order_notional` and `min_price` are dollars,
    `max_order_shares` shares; `max_volume_fraction` is of a day's average volume and needs that
    volume for every symbol. None switches such a limit off, as does 0 for `min_price`,
    `similar_order_s`, the minutes without entries and `max_consecutive_losers`. Orders per minute
    count approved ones; `strategy_loss_fraction` is of the day's opening equity. See RELIABILITY.md
    C1-C8, C10, C11, C14, C15, C17, C19-C21.
    """

    max_position_fraction: Decimal = Decimal("0.10")
    daily_loss_fraction: Decimal = Decimal("0.05")
    drawdown_fraction: Decimal = Decimal("0.15")
    max_gross_fraction: Decimal = Decimal("1.0")
    max_net_fraction: Decimal = Decimal("1.0")
    max_leverage: Decimal = Decimal("1.0")
    max_order_fraction: Decimal = Decimal("0.05")
    max_order_notional: Decimal | None = None
    max_order_shares: int = 100_000
    max_volume_fraction: Decimal | None = None
    min_price: Decimal = Decimal(5)
    price_collar_bps: Decimal = Decimal(300)
    allow_short: bool = True
    allow_flip: bool = False
    restricted_symbols: tuple[str, ...] = ()
    max_open_orders: int = 100
    max_open_orders_per_symbol: int = 4
    max_orders_per_minute: int = 60
    max_strategy_orders_per_minute: int = 30
    max_symbol_orders_per_minute: int = 10
    similar_order_s: int = 60
    cancel_again_after_s: int = 30
    no_entry_first_minutes: int = 0
    no_entry_last_minutes: int = 0
    max_repeated_fills: int = 5
    repeated_fills_minutes: int = 10
    strategy_loss_fraction: Decimal = Decimal("0.03")
    max_consecutive_losers: int = 0
    max_rejects: int = 5
    rejects_minutes: int = 10
    max_bar_age_s: int = 90
    intent_life_s: int = 60


def recent_window(limits: RiskLimits) -> timedelta:
    """How far back, from now, an order that was allowed can matter to a rule."""
    return timedelta(seconds=max(60, limits.similar_order_s) + limits.max_bar_age_s)


_TIGHTER_BELOW = frozenset(
    {
        "max_position_fraction", "daily_loss_fraction", "drawdown_fraction", "max_gross_fraction",
        "max_net_fraction", "max_leverage", "max_order_fraction", "max_order_shares",
        "price_collar_bps", "max_open_orders", "max_open_orders_per_symbol",
        "max_orders_per_minute", "max_strategy_orders_per_minute", "max_symbol_orders_per_minute",
        "max_repeated_fills", "strategy_loss_fraction", "max_rejects", "max_bar_age_s",
        "intent_life_s",
    }
)  # fmt: skip
_TIGHTER_BELOW_OR_OFF = frozenset(
    {"max_order_notional", "max_volume_fraction", "max_consecutive_losers"}
)
_TIGHTER_ABOVE = frozenset(
    {
        "min_price", "similar_order_s", "cancel_again_after_s", "no_entry_first_minutes",
        "no_entry_last_minutes", "repeated_fills_minutes", "rejects_minutes",
    }
)  # fmt: skip
_TIGHTER_FALSE = frozenset({"allow_short", "allow_flip"})


def effective_limits(
    in_force: RiskLimits, wanted: RiskLimits, *, since: date, session: date
) -> RiskLimits:
    """C25: what holds in `session` when `in_force` was taken up in the session `since`.

    A later session takes all that is wanted. Within the same one, each limit is the tighter of the
    two: tightening acts at once, loosening waits.
    """
    if session > since:
        return wanted
    return replace(
        wanted,
        **{
            each.name: _tighter(each.name, getattr(in_force, each.name), getattr(wanted, each.name))
            for each in fields(RiskLimits)
        },
    )


def limits_as_text(limits: RiskLimits) -> dict[str, str]:
    """Each limit as the journal keeps it: a list in words with blanks between, "" for None."""
    return {each.name: _text(getattr(limits, each.name)) for each in fields(RiskLimits)}


def limits_from_text(kept: Mapping[str, str], *, absent: RiskLimits) -> RiskLimits:
    """What `limits_as_text` was told. A limit that was not known then is the one of `absent`.

    Raises InvalidValueError for a value that is none, naming the limit.
    """
    known = [each for each in fields(RiskLimits) if each.name in kept]
    return replace(absent, **{each.name: _value(each.name, kept[each.name]) for each in known})


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(value)
    return "" if value is None else str(value)


def _value(name: str, text: str) -> Any:
    default = getattr(RiskLimits(), name)
    if isinstance(default, tuple):
        return tuple(text.split())
    if text == "" and default is None:
        return None
    if isinstance(default, bool) and text in ("True", "False"):
        return text == "True"
    try:
        return int(text) if isinstance(default, int) else Decimal(text)
    except (ValueError, ArithmeticError) as problem:
        raise InvalidValueError(f"Expected a value of the limit {name}, was {text!r}") from problem


def _tighter(name: str, one: Any, other: Any) -> Any:
    if name in _TIGHTER_BELOW:
        return min(one, other)
    if name in _TIGHTER_ABOVE:
        return max(one, other)
    if name in _TIGHTER_BELOW_OR_OFF:
        return min((each for each in (one, other) if each), default=one)
    if name in _TIGHTER_FALSE:
        return one and other
    return tuple(dict.fromkeys((*one, *other)))
