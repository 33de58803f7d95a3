"""Bias checks: the same bars shown in other ways must lead to the same decisions.

Three ways: twice (nothing may be remembered between runs), cut off early (a decision must not
depend on bars that follow it), and begun later (after its warm-up a decision must not depend on
where the data began). What differs is named with its first bar and, where one is to blame, the
indicator or the feature.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quantterminal.domain.kernel import StrategyRun, step
from quantterminal.domain.signals import Action
from quantterminal.domain.strategy import PositionView
from quantzoo.backtest.history import History, Series, instant
from quantzoo.features import NAMES, FeatureStrategy, last_values
from quantzoo.indicators import Indicator
from quantzoo.strategy import Strategy

_LOT = 100.0
_CUTS = 8
_STARTS = 3
_FEATURE_SAMPLES = 60
_TOLERANCE = 1e-9

Make = Callable[[], Strategy]


class Bias(StrEnum):
    """What is wrong with a strategy; stable names."""

    NOT_REPEATABLE = "NOT_REPEATABLE"
    LOOKS_AHEAD = "LOOKS_AHEAD"
    DEPENDS_ON_START = "DEPENDS_ON_START"


@dataclass(frozen=True, slots=True)
class Finding:
    """One bias, at the first bar where it shows; `name` is an indicator, a feature or decision."""

    bias: Bias
    symbol: str
    at: datetime
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """One bar of a replay: what was asked, at which position, and what the indicators said."""

    asked: tuple[tuple[Action, int | None], ...]
    position: PositionView
    indicators: dict[str, float | None]


def check_bias(make: Make, history: History) -> list[Finding]:
    """At most one finding of each kind for each symbol; `make` gives a new strategy each time."""
    findings: list[Finding] = []
    for symbol in history.symbols:
        series = history.series[symbol]
        findings += _feature_findings(make, series)
        findings += _replay_findings(make, series)
    return _first_of_each(findings)


def _replay_findings(make: Make, series: Series) -> list[Finding]:
    length = len(series)
    # the short ones come first: what a later run remembers of the future shows in none of these
    cuts = sorted({max(2, length * part // (_CUTS + 1)) for part in range(1, _CUTS + 1)})
    cut = [(end, _replay(make, series.upto(end))) for end in cuts]
    whole = _replay(make, series)
    findings = []
    for _, seen in cut:
        findings += _compare(Bias.LOOKS_AHEAD, series, whole, seen, text="cut off after {last}")
    again = _replay(make, series)
    findings += _compare(Bias.NOT_REPEATABLE, series, again, whole, text="shown a second time")
    return findings + _start_findings(make, series, whole)


def _start_findings(make: Make, series: Series, whole: Sequence[_Seen]) -> list[Finding]:
    findings: list[Finding] = []
    warm_up = make().warm_up
    for part in range(1, _STARTS + 1):
        begin = (len(series) - warm_up) * part // (_STARTS + 2)
        if begin <= 0:
            continue
        seen = _replay(make, series.since(begin), positions=whole[begin:])
        compared = next(
            (
                index
                for index in range(warm_up, len(seen))
                if not whole[begin + index - 1].position.quantity
                and not whole[begin + index].position.quantity
            ),
            len(seen),
        )
        findings += _compare(
            Bias.DEPENDS_ON_START,
            series.since(begin + compared),
            whole[begin + compared :],
            seen[compared:],
            text=f"begun at {instant(series.starts[begin]).isoformat()}, {warm_up} bars before",
        )
    return findings


def _replay(make: Make, series: Series, *, positions: Sequence[_Seen] | None = None) -> list[_Seen]:
    """Every bar of `series`; orders fill at the next open, or positions are given."""
    run = StrategyRun(make(), series.symbol)
    seen: list[_Seen] = []
    held, average = 0.0, 0.0
    asked: tuple[tuple[Action, int | None], ...] = ()
    for index in range(len(series)):
        if positions is None:
            held, average = _filled(held, average, asked, series.open[index])
            view = PositionView(held, average)
        else:
            view = positions[index].position
        signals = step(run, series.bar(index), position=view)
        asked = tuple((each.action, each.quantity) for each in signals)
        seen.append(_Seen(asked, view, _indicators(run.strategy)))
    return seen


def _filled(
    held: float, average: float, asked: Sequence[tuple[Action, int | None]], price: float
) -> tuple[float, float]:
    for action, quantity in asked:
        if action is Action.CLOSE:
            held = 0.0
        else:
            held += (quantity or _LOT) * (1 if action is Action.BUY else -1)
            average = price
    return held, average if held else 0.0


def _indicators(strategy: object) -> dict[str, float | None]:
    return {
        name: value.value for name, value in vars(strategy).items() if isinstance(value, Indicator)
    }


def _compare(
    bias: Bias, series: Series, expected: Sequence[_Seen], found: Sequence[_Seen], *, text: str
) -> list[Finding]:
    for index, (one, other) in enumerate(zip(expected, found, strict=False)):
        blamed = [
            name
            for name, value in one.indicators.items()
            if not _same(value, other.indicators.get(name))
        ]
        if one.asked == other.asked and not blamed:
            continue
        at = instant(series.starts[index])
        last = instant(series.starts[min(len(found), len(series)) - 1]).isoformat()
        name = blamed[0] if blamed else "decision"
        shown = f"{_said(one, name)}, but {text.format(last=last)}: {_said(other, name)}"
        return [Finding(bias, series.symbol, at, name, shown)]
    return []


def _said(seen: _Seen, name: str) -> str:
    if name in seen.indicators:
        return f"{name} {seen.indicators[name]!r}"
    asks = ", ".join(f"{action} {quantity or ''}".strip() for action, quantity in seen.asked)
    return asks or "no order"


def _feature_findings(make: Make, series: Series) -> list[Finding]:
    """Features over the whole history against those over the window that ends at the bar."""
    strategy = make()
    if not isinstance(strategy, FeatureStrategy):
        return []
    columns = {name: list(getattr(series, name)) for name in NAMES}
    whole = strategy.features(columns)
    length, window = len(series), strategy.window
    every = max(1, (length - window) // _FEATURE_SAMPLES)
    findings: list[Finding] = []
    for end in range(window, length + 1, every):
        part = {name: column[:end] for name, column in columns.items()}
        recent = {name: column[end - window : end] for name, column in columns.items()}
        at = instant(series.starts[end - 1])
        upto, near = last_values(strategy, part), last_values(strategy, recent)
        for name, column in whole.items():
            found = column[end - 1]
            if not _same(found, upto[name]):
                text = f"{found!r} over the whole history, {upto[name]!r} over the bars so far"
                findings.append(Finding(Bias.LOOKS_AHEAD, series.symbol, at, name, text))
            elif not _same(found, near[name]):
                text = f"{found!r} over all bars so far, {near[name]!r} over the last {window}"
                findings.append(Finding(Bias.DEPENDS_ON_START, series.symbol, at, name, text))
    return findings


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)


def _first_of_each(findings: Sequence[Finding]) -> list[Finding]:
    first: dict[tuple[Bias, str, str], Finding] = {}
    for each in findings:
        first.setdefault((each.bias, each.symbol, each.name), each)
    return list(first.values())
