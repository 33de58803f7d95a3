"""Bar files as a history for the backtester: our CSV and Polygon's flat files, plain or gzipped."""

from collections.abc import Sequence
from pathlib import Path

from local.errors import UsageError
from local.market.bar_files import BarFileError, read_recording
from local.market.bars import RawBar, instant
from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import CalendarRangeError, InvalidValueError
from quantzoo.backtest.history import History, history_of


def read_history(paths: Sequence[Path], *, longest_gap: int = 0) -> History:
    """Every bar of a regular session in the files; a symbol may be spread over several.

    Raises UsageError with the place for what cannot be read, for a corrupt bar, and for bars that
    are doubled, out of order, or missing for more than `longest_gap` minutes.
    """
    try:
        recording = read_recording(sorted(paths))
        bars = (_bar(raw) for _, rows in recording.minutes for raw in rows)
        return history_of(bars, longest_gap=longest_gap)
    except (BarFileError, OSError, InvalidValueError, CalendarRangeError) as problem:
        raise UsageError(str(problem)) from problem


def _bar(raw: RawBar) -> Bar:
    return Bar(
        raw.symbol,
        instant(raw.start_ms),
        raw.open,
        raw.high,
        raw.low,
        raw.close,
        raw.volume,
    )
