"""How both servers write numbers and times: Decimals as plain strings, RFC 3339, no NaN."""

import json
import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

_NEW_YORK = ZoneInfo("America/New_York")


def plain(number: Decimal) -> str:
    """A Decimal without exponent and without trailing zeros."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def stamp(at: datetime) -> str:
    """UTC with the fraction digits that are needed, as Alpaca writes them."""
    text = at.astimezone(UTC).isoformat()
    return f"{text.removesuffix('+00:00')}Z"


def stamp_or_none(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


def new_york(at: datetime) -> datetime:
    return at.astimezone(_NEW_YORK)


def finite(number: float) -> float | int | None:
    """A JSON number, whole where it is whole; what is not finite becomes null."""
    if not math.isfinite(number):
        return None
    return int(number) if number == int(number) else number


def price_number(number: float) -> float | None:
    return number if math.isfinite(number) else None


def dumps(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
