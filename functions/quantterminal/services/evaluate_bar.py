"""One closed minute through the strategies: state in, signals out, each exactly once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quantterminal.domain.bars import MINUTE, Bar
from quantterminal.domain.configuration import StrategyConfig, TradingConfig
from quantterminal.domain.corporate_actions import ActionKind
from quantterminal.domain.errors import ConflictError, RetryableError, StaleStateError
from quantterminal.domain.events import AssessSignal, Message, MinuteClosed
from quantterminal.domain.halts import EquityMarks
from quantterminal.domain.kernel import MinuteRun, StrategyRun, in_order, step, step_minute
from quantterminal.domain.money import price_from_float
from quantterminal.domain.sessions import new_york_date
from quantterminal.domain.signals import Signal, intent_id
from quantterminal.domain.strategy import PositionView
from quantterminal.ports.bus import Bus, Outgoing
from quantterminal.ports.clock import Clock
from quantterminal.ports.corporate_actions import ActionStore
from quantterminal.ports.ledger import (
    AccountLedger,
    Evaluation,
    EvaluationLedger,
    Holding,
    Snapshot,
)
from quantterminal.ports.state import Mark, SnapshotStore, StateStore, WorkingState
from quantterminal.ports.telemetry import Telemetry
from quantterminal.services.halting import HaltDesk
from quantterminal.services.session_day import SessionRuntime, open_session
from quantterminal.services.working_state import load_state
from quantterminal.topology import SIGNALS
from quantzoo.runs import EVERY, bar_run, minute_run, on_minutes

_TRIES = 3


@dataclass(frozen=True, slots=True)
class StrategyRuntime:
    trading: TradingConfig
    clock: Clock
    bus: Bus
    ledger: EvaluationLedger
    accounts: AccountLedger
    state: StateStore
    snapshots: SnapshotStore
    halts: HaltDesk
    session: SessionRuntime
    actions: ActionStore
    telemetry: Telemetry


def evaluate_minute(message: Message, minute: MinuteClosed, *, runtime: StrategyRuntime) -> int:
    """Mark the account, let each strategy see its bars, send the signals; how many there were.

    Repeating the same message sends the same signals again, whatever happened in between.
    """
    account = runtime.trading.account
    state = _mark(minute, runtime)
    signals = _evaluate(message, minute, state=state, runtime=runtime)
    runtime.bus.send(
        [
            Outgoing(
                SIGNALS,
                f"{account}:{each.symbol}",
                _assess(message, each, account=account, received_ns=minute.received_ns),
            )
            for each in signals
        ]
    )
    return len(signals)


def _mark(minute: MinuteClosed, runtime: StrategyRuntime) -> WorkingState:
    account = runtime.trading.account
    state = load_state(account, state=runtime.state, accounts=runtime.accounts)
    runtime.state.put_marks(
        account,
        {
            bar.symbol: Mark(price_from_float(bar.close), bar.end)
            for bar in minute.bars
            if bar.symbol not in state.marks or state.marks[bar.symbol].at < bar.end
        },
    )
    day = new_york_date(minute.minute)
    if state.session_day is None or state.session_day < day:
        open_session(runtime.session, day)
    state = load_state(account, state=runtime.state, accounts=runtime.accounts)
    equity = state.equity()
    if equity is not None:
        marks = EquityMarks(equity, state.day_open_equity, max(state.high_water_mark, equity))
        runtime.halts.check_losses(marks, runtime.trading.limits)
        runtime.state.raise_high_water(account, equity)
    return state


def _evaluate(
    message: Message, minute: MinuteClosed, *, state: WorkingState, runtime: StrategyRuntime
) -> Sequence[Signal]:
    account = runtime.trading.account
    bars = {bar.symbol: bar for bar in minute.bars}
    holdings = _holdings(minute, bars, runtime.trading)
    known = runtime.snapshots.snapshots(account, holdings)
    missing = [each for each in holdings if each not in known]
    known |= runtime.ledger.snapshots(account, missing) if missing else {}
    for _ in range(_TRIES):
        due = [each for each in holdings if _is_due(known.get(each), minute)]
        usable = _without_splits(known, minute, runtime)
        signals, states = _step_all(due, minute, bars, known=usable, state=state, runtime=runtime)
        try:
            if due:
                runtime.ledger.record_evaluation(
                    account,
                    Evaluation(
                        minute=minute.minute,
                        at=runtime.clock.now(),
                        correlation_id=message.correlation_id,
                        signals=signals,
                        snapshots=states,
                        equity=state.equity(),
                        cash=state.cash,
                        based_on={each: known[each].last_bar for each in due if each in known},
                    ),
                )
        except ConflictError:
            known = runtime.ledger.snapshots(account, holdings)
            continue
        if len(due) < len(holdings):
            recorded = runtime.ledger.signals_of(account, minute.minute, list(bars))
            signals = in_order(recorded, [each.name for each in runtime.trading.strategies])
        runtime.snapshots.put_snapshots(
            account, {each: Snapshot(minute.minute, text) for each, text in states.items()}
        )
        return signals
    raise RetryableError(f"Lost {_TRIES} times against another evaluation of {minute.minute}")


def _holdings(
    minute: MinuteClosed, bars: Mapping[str, Bar], trading: TradingConfig
) -> list[Holding]:
    """Whose state this minute is for. A late bar is no part of a closed minute."""
    shown_minutes = on_minutes(trading)
    names = {each.name for each in shown_minutes}
    alone = [
        (each.name, symbol)
        for symbol in bars
        for each in trading.strategies_for(symbol)
        if each.name not in names
    ]
    together = [
        (each.name, EVERY)
        for each in shown_minutes
        if not minute.late and not bars.keys().isdisjoint(trading.symbols_of(each))
    ]
    return alone + together


def _without_splits(
    known: dict[Holding, Snapshot], minute: MinuteClosed, runtime: StrategyRuntime
) -> dict[Holding, Snapshot]:
    """The snapshots whose prices are still prices: across a split a strategy starts over."""
    today = new_york_date(minute.minute)
    days = {holding: new_york_date(each.last_bar) for holding, each in known.items()}
    older = {holding: day for holding, day in days.items() if day < today}
    if not older:
        return known
    symbols = {each: _symbols_of(each, runtime.trading) for each in older}
    found = runtime.actions.actions(
        sorted({symbol for every in symbols.values() for symbol in every}),
        after=min(older.values()),
        until=today,
    )
    splits = [each for each in found if each.kind is ActionKind.SPLIT]
    crossed = {
        holding
        for holding, day in older.items()
        if any(each.symbol in symbols[holding] and day < each.ex_date for each in splits)
    }
    for strategy, symbol in sorted(crossed):
        runtime.telemetry.record("strategy_starts_over", strategy=strategy, symbol=symbol)
    return {holding: each for holding, each in known.items() if holding not in crossed}


def _symbols_of(holding: Holding, trading: TradingConfig) -> tuple[str, ...]:
    strategy, symbol = holding
    if symbol != EVERY:
        return (symbol,)
    return next(trading.symbols_of(s) for s in trading.strategies if s.name == strategy)


def _is_due(snapshot: Snapshot | None, minute: MinuteClosed) -> bool:
    return snapshot is None or snapshot.last_bar < minute.minute


def _step_all(
    due: Sequence[Holding],
    minute: MinuteClosed,
    bars: Mapping[str, Bar],
    *,
    known: dict[Holding, Snapshot],
    state: WorkingState,
    runtime: StrategyRuntime,
) -> tuple[list[Signal], dict[Holding, str]]:
    configs = {config.name: config for config in runtime.trading.strategies}
    signals: list[Signal] = []
    states: dict[Holding, str] = {}
    for holding in due:
        symbol = holding[1]
        run = _continued(configs, holding, known.get(holding), runtime)
        if isinstance(run, MinuteRun):
            signals += _step_together(run, minute, bars, state=state)
        else:
            signals += step(run, bars[symbol], position=_position(state, holding))
        states[holding] = json.dumps(run.save())
    return in_order(signals, list(configs)), states


def _continued(
    configs: Mapping[str, StrategyConfig],
    holding: Holding,
    snapshot: Snapshot | None,
    runtime: StrategyRuntime,
) -> StrategyRun | MinuteRun:
    """Where the snapshot left off; from the start when other logic or parameters made it."""
    strategy, symbol = holding
    run = _run(configs[strategy], symbol, runtime.trading)
    if snapshot is None:
        return run
    try:
        run.restore(json.loads(snapshot.state))
    except StaleStateError:
        runtime.telemetry.record("strategy_starts_over", strategy=strategy, symbol=symbol)
        return _run(configs[strategy], symbol, runtime.trading)
    return run


def _run(config: StrategyConfig, symbol: str, trading: TradingConfig) -> StrategyRun | MinuteRun:
    return minute_run(config, trading) if symbol == EVERY else bar_run(config, symbol)


def _step_together(
    run: MinuteRun, minute: MinuteClosed, bars: Mapping[str, Bar], *, state: WorkingState
) -> Sequence[Signal]:
    name, symbols = run.strategy.name, run.context.symbols
    return step_minute(
        run,
        minute.minute,
        {symbol: bars[symbol] for symbol in symbols if symbol in bars},
        positions={symbol: _position(state, (name, symbol)) for symbol in symbols},
    )


def _position(state: WorkingState, holding: Holding) -> PositionView:
    held = state.positions.get(holding)
    if held is None:
        return PositionView()
    return PositionView(float(held.quantity), float(held.average_price))


def _assess(cause: Message, signal: Signal, *, account: str, received_ns: int) -> Message:
    return Message(
        id=f"assess:{intent_id(signal, 0)}",
        correlation_id=cause.correlation_id,
        causation_id=cause.id,
        occurred_at=signal.bar_start + MINUTE,
        payload=AssessSignal(account, signal, received_ns=received_ns),
    )
