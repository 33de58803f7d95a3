"""What was typed, as values of the domain."""

from datetime import date
from decimal import Decimal, InvalidOperation

from local.errors import UsageError


def dollars(text: str, option: str) -> Decimal:
    """Raises UsageError for what is no amount above 0."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not (amount.is_finite() and amount > 0):
        raise UsageError(f"Expected {option} to be dollars above 0, was {text!r}")
    return amount


def day_of(text: str, option: str) -> date:
    """Raises UsageError for what is no date."""
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise UsageError(f"Expected {option} to be YYYY-MM-DD, was {text!r}") from problem
