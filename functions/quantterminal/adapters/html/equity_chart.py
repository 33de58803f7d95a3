"""The equity of one day as an inline SVG: a line, the level of the open, times of New York."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from quantterminal.adapters.html.formats import minute_time
from quantterminal.domain.report import EquityAt

_WIDTH, _HEIGHT = 1020, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 78, 14, 12, 26
_TICKS = 7


def equity_chart(
    curve: Sequence[EquityAt], *, closes: datetime | None, backtest: Sequence[EquityAt] = ()
) -> str:
    """SVG text; the time axis runs to `closes` where the session is known. `backtest` is a second
    line, thin and dashed.

    An empty string when there are fewer than two points: there is no line to draw.
    """
    if len(curve) < 2:
        return ""
    end = max(each.at for each in (*curve, *backtest))
    x = _TimeAxis(curve[0].at, max(end, closes) if closes else end)
    y = _MoneyAxis([float(point.equity) for point in (*curve, *backtest)])
    base = y.at(float(curve[0].equity))
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        ' aria-label="Equity of the account by minute">'
        f"{y.grid()}{x.labels()}"
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{base:.1f}" y2="{base:.1f}"'
        ' stroke="#566373" stroke-dasharray="4 4"/>'
        f'<polyline points="{_points(backtest, x, y)}" fill="none" stroke="#9a5b00"'
        ' stroke-width="1.2" stroke-dasharray="5 3"/>'
        f'<polyline points="{_points(curve, x, y)}" fill="none" stroke="#1d4f91"'
        ' stroke-width="1.8" stroke-linejoin="round"/></svg>'
    )


def _points(curve: Sequence[EquityAt], x: "_TimeAxis", y: "_MoneyAxis") -> str:
    return " ".join(f"{x.at(each.at):.1f},{y.at(float(each.equity)):.1f}" for each in curve)


class _TimeAxis:
    def __init__(self, start: datetime, end: datetime) -> None:
        self._start = start
        self._span = max((end - start).total_seconds(), 60.0)

    def at(self, instant: datetime) -> float:
        share = (instant - self._start).total_seconds() / self._span
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def labels(self) -> str:
        step = round(_round_step(self._span / 60 / _TICKS, bases=(1, 2, 3, 6)) * 60)
        start = math.ceil(self._start.timestamp())
        first = start + -start % step
        return "".join(
            self._label(datetime.fromtimestamp(second, UTC))
            for second in range(first, int(start + self._span) + 1, step)
        )

    def _label(self, instant: datetime) -> str:
        x = self.at(instant)
        anchor = "end" if x > _WIDTH - _RIGHT - 15 else "middle"
        return (
            f'<text x="{x:.1f}" y="{_HEIGHT - 8}" text-anchor="{anchor}">'
            f"{minute_time(instant)}</text>"
        )


class _MoneyAxis:
    def __init__(self, values: Sequence[float]) -> None:
        low, high = min(values), max(values)
        margin = max((high - low) * 0.06, abs(high) * 1e-5, 0.01)
        self._low, self._high = low - margin, high + margin

    def at(self, value: float) -> float:
        share = (value - self._low) / (self._high - self._low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    def grid(self) -> str:
        step = _round_step((self._high - self._low) / _TICKS, bases=(1, 2, 5))
        first = math.ceil(self._low / step)
        last = math.floor(self._high / step)
        places = max(0, -math.floor(math.log10(step)))
        return "".join(self._line(index * step, places) for index in range(first, last + 1))

    def _line(self, value: float, places: int) -> str:
        y = self.at(value)
        return (
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"'
            ' stroke="#e3e8ee"/>'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:,.{places}f}</text>'
        )


def _round_step(least: float, *, bases: Sequence[int]) -> float:
    """The smallest of bases x 10^n that is at least `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(base * power for base in (*bases, 10) if base * power >= least * (1 - 1e-9))
