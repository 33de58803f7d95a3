"""Halts: how far trading is stopped, for whom and why; and the breakers that raise them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.risk import HaltLevel, RiskLimits

ACCOUNT = "account"


def speaks_for(scope: str, *, strategy: str, symbol: str) -> bool:
    """Whether `scope` (see `Halt`) speaks for what `strategy` does in `symbol`."""
    return scope in (ACCOUNT, f"strategy:{strategy}", f"symbol:{symbol}")


class HaltCode(StrEnum):
    """Stable names of why trading was stopped."""

    OPERATOR = "OPERATOR"
    DAILY_LOSS = "DAILY_LOSS"
    DRAWDOWN = "DRAWDOWN"
    RECONCILE = "RECONCILE"
    SNAPSHOT_IMPLAUSIBLE = "SNAPSHOT_IMPLAUSIBLE"
    INVARIANT = "INVARIANT"
    UNKNOWN_SUBMIT = "UNKNOWN_SUBMIT"
    CLOCK_SKEW = "CLOCK_SKEW"
    DEAD_LETTER = "DEAD_LETTER"
    BROKER_REFUSED_US = "BROKER_REFUSED_US"
    NOT_TRADABLE = "NOT_TRADABLE"
    ORDERS_OUT = "ORDERS_OUT"
    REPEATED_FILLS = "REPEATED_FILLS"
    STRATEGY_LOSS = "STRATEGY_LOSS"
    CONSECUTIVE_LOSERS = "CONSECUTIVE_LOSERS"
    REJECT_RATE = "REJECT_RATE"


_OF_ONE_SESSION = (
    HaltCode.DAILY_LOSS,
    HaltCode.STRATEGY_LOSS,
    HaltCode.CONSECUTIVE_LOSERS,
    HaltCode.NOT_TRADABLE,
)


@dataclass(frozen=True, slots=True)
class Halt:
    """One scope's level. `scope` is `account`, `strategy:NAME` or `symbol:NAME`.

    `epoch` rises with every change, so that a reader can tell an old answer from a new one.
    """

    scope: str
    level: HaltLevel
    code: HaltCode
    reason: str
    actor: str
    at: datetime
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class EquityMarks:
    """What the breakers compare: dollars now, at the day's open, and at the best ever seen."""

    equity: Decimal
    day_open: Decimal
    high_water: Decimal


def breaker(marks: EquityMarks, limits: RiskLimits) -> tuple[HaltLevel, HaltCode, str] | None:
    """The halt that the account's losses call for, the stricter first; None when within limits.

    Daily loss from the day's open >= the limit: REDUCE_ONLY until the next session. Drawdown from
    the high-water mark >= the limit: HALTED until a person re-arms. Raises InvalidValueError when
    a mark is no number or the base of a comparison is not above 0.
    """
    if not marks.equity.is_finite():
        raise InvalidValueError(f"Expected a finite equity, was {marks.equity}")
    for name, base, fraction, level, code in (
        (
            "high-water mark",
            marks.high_water,
            limits.drawdown_fraction,
            HaltLevel.HALTED,
            HaltCode.DRAWDOWN,
        ),
        (
            "day's open",
            marks.day_open,
            limits.daily_loss_fraction,
            HaltLevel.REDUCE_ONLY,
            HaltCode.DAILY_LOSS,
        ),
    ):
        if not (base.is_finite() and base > 0):
            raise InvalidValueError(f"Expected a {name} above 0, was {base}")
        loss = base - marks.equity
        if loss >= base * fraction:
            share = loss / base * 100
            reason = f"equity {marks.equity:.2f} is {share:.2f} % below the {name} {base:.2f}"
            return level, code, reason
    return None


def is_lifted_by_new_session(halt: Halt) -> bool:
    """What a new day settles: a session's own losses, and what the broker did not take that day.
    Every other halt waits for a person with a reason.
    """
    return halt.code in _OF_ONE_SESSION


def covers(known: Halt, wanted: Halt) -> bool:
    """Whether `known` stands when `wanted` is to stop the same scope: it is stricter, or as strict
    and lasts as long.
    """
    if known.level != wanted.level:
        return known.level > wanted.level
    return is_lifted_by_new_session(wanted) or not is_lifted_by_new_session(known)
