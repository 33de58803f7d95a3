"""`backtest` for declared strategies that fill at the next open: the same result, much sooner."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import Enum, auto
from functools import partial

import numpy as np

from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.money import price_from_float
from quantterminal.domain.sessions import session_at
from quantzoo.backtest.compiled import is_installed
from quantzoo.backtest.engine import MakeRun, Progress, Setting, check_symbols
from quantzoo.backtest.fast import FastEngine
from quantzoo.backtest.fast_alone import AloneEngine, NotAloneError, may_run_alone
from quantzoo.backtest.fills import NextOpen
from quantzoo.backtest.history import History, instant
from quantzoo.backtest.lanes import Lane
from quantzoo.backtest.recorded import Recorded, Recording
from quantzoo.backtest.result import DayClose, Result
from quantzoo.backtest.sights import column_lane
from quantzoo.backtest.stretches import STRETCH, Blocks, go, stretches
from quantzoo.backtest.tape import Tape, dollars, tape_of, whole
from quantzoo.catalog import strategy_class
from quantzoo.declared import DeclaredStrategy
from quantzoo.runs import bar_run

_WORTH_COMPILING = 8_000_000  # bars of all lanes; fewer are done before the library is loaded
_MOST_CASH = 10**14  # ticks: what is computed from them fits 63 bits
_LONGEST_FRACTION = 10**4


class Form(Enum):
    """How strategies are shown their bars: as whole columns, or one bar after the other."""

    COLUMNS = auto()
    BARS = auto()


def quick_backtest(
    setting: Setting,
    history: History,
    *,
    form: Form = Form.COLUMNS,
    is_compiled: bool | None = None,
    make_run: MakeRun | None = None,
    progress: Progress | None = None,
) -> Result:
    """As `backtest`. Raises InvalidValueError where that is not possible, with the reason.

    `is_compiled` is whether the walk has to be or must not be compiled; None where it is worth it.
    """
    check_symbols(setting, history)
    tape = tape_of(history)
    problem = tape if isinstance(tape, str) else None
    lanes = _lanes(setting, history, make_run or bar_run)
    problem = problem or setting_problem(setting)
    if problem or isinstance(tape, str):
        raise InvalidValueError(f"Expected what the fast engine can do, was {problem}")
    fresh = partial(_lanes, setting, history, make_run or bar_run)
    shown = _by_bars if form is Form.BARS else _by_columns
    if may_run_alone(setting, lanes):
        try:
            engine: FastEngine = AloneEngine(setting, tape, lanes)
            go(engine, shown(engine), progress)
        except NotAloneError:
            lanes = fresh()
        else:
            return _result(engine, history)
    if is_compiled or (is_compiled is None and _is_worth_compiling(lanes, tape)):
        from quantzoo.backtest.compiled_run import compiled_run

        found = compiled_run(setting, tape, lanes, is_by_bars=form is Form.BARS, progress=progress)
        if not isinstance(found, str):
            return _result(found, history)
        if is_compiled:
            raise InvalidValueError(f"Expected what the compiled engine can do, was {found}")
    engine = FastEngine(setting, tape, lanes)
    go(engine, shown(engine), progress)
    return _result(engine, history)


def _is_worth_compiling(lanes: Sequence[Lane], tape: Tape) -> bool:
    return len(lanes) * len(tape) >= _WORTH_COMPILING and is_installed()


def problem_of(setting: Setting, history: History) -> str | None:
    """Why the fast engine cannot do it, None when it can."""
    kinds = [strategy_class(each.kind) for each in setting.trading.strategies]
    undeclared = [kind.name for kind in kinds if not issubclass(kind, DeclaredStrategy)]
    if undeclared:
        return f"a strategy that is not declared, {undeclared[0]}"
    tape = setting_problem(setting) or tape_of(history)
    return tape if isinstance(tape, str) else None


def setting_problem(setting: Setting) -> str | None:
    """Why the fast engine cannot do it; None when it can."""
    fills, trading = setting.fills, setting.trading
    limits = trading.limits
    amounts = (setting.cash, setting.fees.per_share, setting.fees.least)
    fractions = (
        limits.daily_loss_fraction,
        limits.drawdown_fraction,
        limits.max_position_fraction,
        limits.max_gross_fraction,
        trading.execution.order_fraction,
    )
    if not isinstance(fills, NextOpen) or fills.participation is not None:
        return "a fill model other than the whole order at the next open"
    if setting.keeps_curve or setting.actions:
        return "corporate actions" if setting.actions else "a curve by minute"
    if any(whole(each) is None for each in amounts):
        return "amounts between two ticks"
    if not 0 < (whole(setting.cash) or 0) <= _MOST_CASH:
        return f"cash of {setting.cash}"
    if any(each.as_integer_ratio()[1] > _LONGEST_FRACTION for each in fractions):
        return "a fraction with more than four digits"
    names = [each.name for each in trading.strategies]
    return None if len(set(names)) == len(names) else "two strategies of one name"


def _lanes(setting: Setting, history: History, make_run: MakeRun) -> list[Lane]:
    lanes: list[Lane] = []
    for number, symbol in enumerate(history.symbols):
        for config in setting.trading.strategies_for(symbol):
            strategy = make_run(config, symbol).strategy
            if not isinstance(strategy, DeclaredStrategy):
                raise InvalidValueError(f"Expected a declared strategy, was {config.kind}")
            lanes.append(Lane(len(lanes), number, strategy))
    return lanes


def _by_columns(engine: FastEngine) -> Iterator[tuple[int, int]]:
    for lane in engine.lanes:
        column_lane(lane, engine.tape.columns[lane.symbol])
    length = len(engine.tape)
    yield from stretches(length, length if isinstance(engine, AloneEngine) else STRETCH)


def _by_bars(engine: FastEngine) -> Iterator[tuple[int, int]]:
    blocks = Blocks(engine.tape, engine.lanes)
    for begin, end in blocks:
        for lane in blocks.lanes:
            lane.load(begin, end)
        yield begin, end


def _result(engine: FastEngine, history: History) -> Result:
    record, recording, tape = engine.record, Recording(engine), engine.tape
    signals, intents, fills = record.counts
    return Result(
        cash=engine.setting.cash,
        bars=len(tape) * len(tape.symbols),
        first=history.first,
        last=history.last,
        signals=Recorded(signals, lambda: recording.signals),
        intents=Recorded(intents, lambda: recording.intents),
        fills=Recorded(fills, lambda: recording.fills),
        cancels=0,
        rejections=dict(sorted(Counter(record.rejections).items())),
        late_denials=dict(Counter(record.late_denials)),
        halts=engine.halts,
        days=Recorded(len(tape.first), lambda: _days(engine)),
        curve=[],
        positions={
            (lane.strategy.name, tape.symbols[lane.symbol]): Decimal(shares)
            for lane, shares in zip(engine.lanes, engine.held, strict=True)
            if shares
        },
        marks={each.symbol: price_from_float(each.close[-1]) for each in tape.series},
        equity=dollars(engine.equities[-1]),
    )


def _days(engine: FastEngine) -> list[DayClose]:
    tape = engine.tape
    ends = [*tape.first[1:], len(tape)]
    minutes = np.add.reduceat(engine.invested.astype(np.int64), tape.first).tolist()
    found = []
    for begin, end, invested in zip(tape.first, ends, minutes, strict=True):
        session = session_at(instant(int(tape.starts[begin])))
        if session is None:
            raise InvalidValueError(f"Expected a minute of a session, was {tape.starts[begin]}")
        share = invested / (end - begin)
        found.append(DayClose(session.day, dollars(engine.equities[end - 1]), share))
    return found
