"""Numbers and instants as a reader wants them. What is not defined is a dash, never a zero."""

from datetime import datetime
from decimal import Decimal

from quantterminal.domain.sessions import NEW_YORK

NOTHING = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"


def dollars(value: Decimal | None, *, signed: bool = False) -> str:
    """`1,234.50`, with `signed` also `+` before a gain."""
    return NOTHING if value is None else _number(value, places=2, signed=signed)


def price(value: Decimal) -> str:
    """A price a share, to the hundredth of a cent where it has one."""
    text = _number(value, places=4)
    return text.removesuffix("00")


def percent(fraction: Decimal | None, *, places: int = 1, signed: bool = False) -> str:
    """0.153 as `15.3 %`, not to be broken across lines."""
    if fraction is None:
        return NOTHING
    return f"{_number(fraction * 100, places=places, signed=signed)}\N{NO-BREAK SPACE}%"


def number(value: Decimal | None, *, places: int = 2, signed: bool = False) -> str:
    return NOTHING if value is None else _number(value, places=places, signed=signed)


def count(value: int) -> str:
    return f"{value:,}"


def shares(value: Decimal) -> str:
    """Whole shares without a decimal point."""
    return f"{value.normalize():,f}"


def clock_time(at: datetime) -> str:
    """The time of day in New York, to the second."""
    return f"{at.astimezone(NEW_YORK):%H:%M:%S}"


def minute_time(at: datetime) -> str:
    """The time of day in New York, to the minute."""
    return f"{at.astimezone(NEW_YORK):%H:%M}"


def day_and_time(at: datetime, *, other_than: datetime) -> str:
    """As `clock_time`, with the day in front where it is not the day of `other_than`."""
    local = at.astimezone(NEW_YORK)
    if local.date() == other_than.astimezone(NEW_YORK).date():
        return f"{local:%H:%M:%S}"
    return f"{local:%Y-%m-%d %H:%M:%S}"


def tone(value: Decimal | None) -> str:
    """The CSS class of a gain, of a loss, or of neither."""
    if value is None or value == 0:
        return ""
    return "gain" if value > 0 else "loss"


def _number(value: Decimal, *, places: int, signed: bool = False) -> str:
    rounded = round(value, places)
    text = f"{abs(rounded):,.{places}f}"
    if rounded < 0:
        return _MINUS + text
    return f"+{text}" if signed and rounded > 0 else text
