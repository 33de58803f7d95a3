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

from quantterminal.domain.bars import Bar
from quantterminal.domain.kernel import MinuteRun, StrategyRun, step, step_minute
from quantterminal.domain.signals import Action, Signal
from quantterminal.domain.strategy import PositionView
from quantzoo.backtest.history import History, Series, instant
from quantzoo.features import NAMES, FeatureStrategy, last_values
from quantzoo.indicators import Indicator
from quantzoo.strategy import MinuteStrategy, Strategy

_LOT = 100.0
_CUTS = 8
_STARTS = 3
_FEATURE_SAMPLES = 60
_TOLERANCE = 1e-9

Author = Strategy | MinuteStrategy
Make = Callable[[], Author]


class Bias(StrEnum):
    """What is wrong with a strategy; stable names."""

    NOT_REPEATABLE = "NOT_REPEATABLE"
    LOOKS_AHEAD = "LOOKS_AHEAD"
    DEPENDS_ON_START = "DEPENDS_ON_START"


@dataclass(frozen=True, slots=True)
class Finding:
    """One bias, at the first bar where it shows; `name` is an indicator, a feature or decision.

    `symbol` names all symbols of a strategy that is shown them together.
    """

    bias: Bias
    symbol: str
    at: datetime
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """One minute of a replay: what was asked, at which positions, what the indicators said."""

    asked: tuple[tuple[str, Action, int | None], ...]
    positions: dict[str, PositionView]
    indicators: dict[str, float | None]

    @property
    def is_flat(self) -> bool:
        return not any(each.quantity for each in self.positions.values())


@dataclass(frozen=True, slots=True)
class _Tape:
    """The minutes that a strategy is shown, of one symbol or of several together."""

    symbols: tuple[str, ...]
    minutes: Sequence[tuple[datetime, dict[str, Bar]]]

    def __len__(self) -> int:
        return len(self.minutes)

    @property
    def name(self) -> str:
        return "+".join(self.symbols)

    def at(self, index: int) -> datetime:
        return self.minutes[index][0]

    def upto(self, end: int) -> "_Tape":
        return _Tape(self.symbols, self.minutes[:end])

    def since(self, begin: int) -> "_Tape":
        return _Tape(self.symbols, self.minutes[begin:])


def check_bias(make: Make, history: History) -> list[Finding]:
    """At most one finding of each kind for each symbol, or for all together where the strategy is
    shown them so; `make` gives a new strategy each time.
    """
    if isinstance(make(), MinuteStrategy):
        return _first_of_each(_replay_findings(make, _tape_of(history)))
    findings: list[Finding] = []
    for symbol in history.symbols:
        series = history.series[symbol]
        findings += _feature_findings(make, series)
        findings += _replay_findings(make, _tape_of(History({symbol: series})))
    return _first_of_each(findings)


def _tape_of(history: History) -> _Tape:
    minutes = [
        (instant(start), {bar.symbol: bar for bar in bars}) for start, bars in history.minutes()
    ]
    return _Tape(history.symbols, minutes)


def _replay_findings(make: Make, series: _Tape) -> list[Finding]:
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


def _start_findings(make: Make, series: _Tape, whole: Sequence[_Seen]) -> list[Finding]:
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
                if whole[begin + index - 1].is_flat and whole[begin + index].is_flat
            ),
            len(seen),
        )
        findings += _compare(
            Bias.DEPENDS_ON_START,
            series.since(begin + compared),
            whole[begin + compared :],
            seen[compared:],
            text=f"begun at {series.at(begin).isoformat()}, {warm_up} bars before",
        )
    return findings


def _replay(make: Make, series: _Tape, *, positions: Sequence[_Seen] | None = None) -> list[_Seen]:
    """Every bar of `series`; orders fill at the next open, or positions are given."""
    run = _run_of(make(), series)
    seen: list[_Seen] = []
    held = dict.fromkeys(series.symbols, PositionView())
    asked: tuple[tuple[str, Action, int | None], ...] = ()
    for index, (start, bars) in enumerate(series.minutes):
        if positions is None:
            held, asked = _filled(held, asked, bars)
        else:
            held = positions[index].positions
        signals = _shown(run, start, bars, held)
        new = tuple((each.symbol, each.action, each.quantity) for each in signals)
        seen.append(_Seen(new, held, _indicators(run.strategy)))
        asked = (*asked, *new)
    return seen


def _run_of(strategy: Author, series: _Tape) -> StrategyRun | MinuteRun:
    if isinstance(strategy, MinuteStrategy):
        return MinuteRun(strategy, series.symbols)
    return StrategyRun(strategy, series.symbols[0])


def _shown(
    run: StrategyRun | MinuteRun,
    start: datetime,
    bars: dict[str, Bar],
    held: dict[str, PositionView],
) -> tuple[Signal, ...]:
    if isinstance(run, MinuteRun):
        return step_minute(run, start, bars, positions=held)
    ((symbol, bar),) = bars.items()
    return step(run, bar, position=held[symbol])


def _filled(
    held: dict[str, PositionView],
    asked: Sequence[tuple[str, Action, int | None]],
    bars: dict[str, Bar],
) -> tuple[dict[str, PositionView], tuple[tuple[str, Action, int | None], ...]]:
    """The positions after the opens of `bars`, and what still waits for its symbol to trade."""
    now = dict(held)
    for symbol, action, quantity in asked:
        if symbol in bars:
            now[symbol] = _after(now[symbol], action, quantity, price=bars[symbol].open)
    return now, tuple(each for each in asked if each[0] not in bars)


def _after(
    held: PositionView, action: Action, quantity: int | None, *, price: float
) -> PositionView:
    if action is Action.CLOSE:
        return PositionView()
    shares = held.quantity + (quantity or _LOT) * (1 if action is Action.BUY else -1)
    return PositionView(shares, price if shares else 0.0)


def _indicators(strategy: object) -> dict[str, float | None]:
    """By the attribute's name; those of a dictionary by its name and key."""
    found: dict[str, float | None] = {}
    for name, value in vars(strategy).items():
        named = value if isinstance(value, dict) else {"": value}
        for key, each in named.items():
            if isinstance(each, Indicator):
                found[f"{name}[{key!r}]" if key else name] = each.value
    return found


def _compare(
    bias: Bias, series: _Tape, expected: Sequence[_Seen], found: Sequence[_Seen], *, text: str
) -> list[Finding]:
    for index, (one, other) in enumerate(zip(expected, found, strict=False)):
        blamed = [
            name
            for name, value in one.indicators.items()
            if not _same(value, other.indicators.get(name))
        ]
        if one.asked == other.asked and not blamed:
            continue
        at = series.at(index)
        last = series.at(min(len(found), len(series)) - 1).isoformat()
        name = blamed[0] if blamed else "decision"
        shown = f"{_said(one, name)}, but {text.format(last=last)}: {_said(other, name)}"
        return [Finding(bias, series.name, at, name, shown)]
    return []


def _said(seen: _Seen, name: str) -> str:
    if name in seen.indicators:
        return f"{name} {seen.indicators[name]!r}"
    asks = ", ".join(
        " ".join(str(part) for part in (action, quantity, symbol) if part)
        for symbol, action, quantity in seen.asked
    )
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
