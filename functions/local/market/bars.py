"""The bar as the local market plays it: what the file or the generator said, right or wrong.

The feed sends wrong rows on as they are, because finding them is the pipeline's work; only the
broker looks at `is_sound` before it lets a price fill anybody.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from quantterminal.domain.sessions import session_at

MINUTE_MS = 60_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class RawBar:
    """One row: `start_ms` since the epoch, prices in dollars, volume in shares; NaN is allowed."""

    symbol: str
    start_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float

    @property
    def is_sound(self) -> bool:
        """Finite positive prices within high and low, no negative volume, on a full minute."""
        prices = (self.open, self.high, self.low, self.close)
        return (
            all(math.isfinite(price) and price > 0 for price in prices)
            and self.high >= max(self.open, self.close)
            and self.low <= min(self.open, self.close)
            and math.isfinite(self.volume)
            and self.volume >= 0
            and self.start_ms % MINUTE_MS == 0
        )

    @property
    def is_in_session(self) -> bool:
        return session_at(instant(self.start_ms)) is not None


def instant(milliseconds: int) -> datetime:
    """Milliseconds since the epoch as an aware UTC datetime."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def epoch_ms(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND


def minute_of(milliseconds: int) -> int:
    """The start of the minute that holds an instant, both in milliseconds."""
    return milliseconds - milliseconds % MINUTE_MS
