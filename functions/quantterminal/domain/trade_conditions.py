"""Which prints make a bar: the consolidated rules of the trade conditions, as masks.

A print carries the ids of its conditions; each may forbid it to change high and low, open and
close, or volume, and what one forbids the others cannot allow. Ids that are not in the table allow
everything. The table is compiled from the vendor's conditions endpoint and older lists of it; where
a key is there, the endpoint's own answer replaces it. Id 38 corrects a close: its price counts and
its volume was counted before. Form T (12) is forbidden everything but volume in the table, and
still makes the bars before the open and after the close: the vendor does so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_OTHERS = 63  # one bit for every id that has no bit of its own
FORM_T = 12

_NO_PRICE = (2, 7, FORM_T, 13, 20, 21, 37, 52, 53)
_NO_OPEN_CLOSE = (5, 10, 22, 29, 32, 33)
_NOTHING = (15, 16)
_NO_VOLUME = (38,)
# The tape's correction codes of prints that stand: as reported, corrected, and a symbol's change.
STANDING_CORRECTIONS = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class Updates:
    """What a condition lets its print change."""

    high_low: bool
    open_close: bool
    volume: bool


@dataclass(frozen=True, slots=True)
class ConditionRules:
    """Masks of the conditions that forbid something; a bit is an id."""

    no_high_low: int
    no_open_close: int
    no_volume: int

    def updates(self, conditions: Iterable[float], *, in_session: bool = True) -> Updates:
        """What a print with these conditions changes in the bar of its minute."""
        mask = mask_of(conditions)
        priced = mask if in_session else mask & ~bit(FORM_T)
        return Updates(
            high_low=not priced & self.no_high_low,
            open_close=not priced & self.no_open_close,
            volume=not mask & self.no_volume,
        )


def bit(condition: int) -> int:
    """The condition's bit as a signed 64-bit number."""
    return 1 << condition if 0 <= condition < _OTHERS else -(1 << _OTHERS)


def mask_of(conditions: Iterable[float]) -> int:
    """The conditions of a print as a signed 64-bit mask."""
    mask = 0
    for condition in conditions:
        mask |= bit(int(condition))
    return mask


def rules_from(updates: Mapping[int, Updates]) -> ConditionRules:
    """The rules of a table by id."""
    return ConditionRules(
        no_high_low=mask_of(each for each, allowed in updates.items() if not allowed.high_low),
        no_open_close=mask_of(each for each, allowed in updates.items() if not allowed.open_close),
        no_volume=mask_of(each for each, allowed in updates.items() if not allowed.volume),
    )


COMPILED = rules_from(
    {each: Updates(high_low=False, open_close=False, volume=True) for each in _NO_PRICE}
    | {each: Updates(high_low=True, open_close=False, volume=True) for each in _NO_OPEN_CLOSE}
    | {each: Updates(high_low=False, open_close=False, volume=False) for each in _NOTHING}
    | {each: Updates(high_low=True, open_close=True, volume=False) for each in _NO_VOLUME}
)
