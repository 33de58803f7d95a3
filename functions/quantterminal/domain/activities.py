"""What moves cash or shares at the broker without being a trade: splits, dividends, fees, interest.

Only what is understood is ever booked: the rest stays a difference, which stops the symbol and
waits for a person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from quantterminal.domain.positions import Position

_ZERO = Decimal(0)
_SHARE_TICK = Decimal("0.000000001")  # the broker keeps nine decimals of a share


class ActivityKind(StrEnum):
    """What an activity does to the books."""

    CASH = "cash"
    SPLIT = "split"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Activity:
    """One row of the broker's list. `shares` and `cash` are signed changes, `at` is aware UTC.

    `name` is the broker's own word for it; `group` joins the rows that only make sense together,
    as the shares that a split takes and those that it gives.
    """

    id: str
    kind: ActivityKind
    name: str
    symbol: str
    at: datetime
    shares: Decimal = _ZERO
    cash: Decimal = _ZERO
    group: str = ""


def grouped(activities: Iterable[Activity]) -> list[tuple[Activity, ...]]:
    """The activities that are booked together, in the order of each group's first."""
    groups: dict[str, list[Activity]] = {}
    for each in activities:
        groups.setdefault(each.group or each.id, []).append(each)
    return [tuple(members) for members in groups.values()]


def share_changes(activities: Iterable[Activity]) -> dict[str, Decimal]:
    """Signed shares by symbol that activities change in sum; no symbol without a change."""
    changes: dict[str, Decimal] = {}
    for each in activities:
        changes[each.symbol] = changes.get(each.symbol, _ZERO) + each.shares
    return {symbol: shares for symbol, shares in changes.items() if shares}


def split_positions(
    positions: Mapping[str, Position], shares: Decimal
) -> dict[str, Position] | None:
    """Positions of one symbol, by strategy, after a split that changed their sum by `shares`.

    Each keeps its cost and its share of the sum; what rounding leaves goes to the largest. None
    when no split explains the change: nothing is held, or the sum would vanish or change its side.
    """
    held = sum((each.quantity for each in positions.values()), _ZERO)
    after = held + shares
    if not shares or held * after <= 0:
        return None
    quantities = {
        name: (each.quantity * after / held).quantize(_SHARE_TICK, ROUND_DOWN)
        for name, each in positions.items()
    }
    largest = max(quantities, key=lambda name: (abs(quantities[name]), name))
    quantities[largest] += after - sum(quantities.values(), _ZERO)
    return {
        name: replace(each, quantity=quantities[name], version=each.version + 1)
        for name, each in positions.items()
        if each.quantity
    }
