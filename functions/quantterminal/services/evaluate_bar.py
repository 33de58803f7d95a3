"""One closed minute through the strategies: state in, signals out, each exactly once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from quantterminal.domain.bars import MINUTE, Bar
from quantterminal.domain.configuration import StrategyConfig, TradingConfig
from quantterminal.domain.corporate_actions import ActionKind
from quantterminal.domain.errors import ConflictError, RetryableError
from quantterminal.domain.events import AssessSignal, Message, MinuteClosed
from quantterminal.domain.halts import EquityMarks
from quantterminal.domain.kernel import StrategyRun, step
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
from quantzoo.catalog import make_strategy

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
    holdings = [(s.name, symbol) for symbol in bars for s in runtime.trading.strategies_for(symbol)]
    known = runtime.snapshots.snapshots(account, holdings)
    missing = [each for each in holdings if each not in known]
    known |= runtime.ledger.snapshots(account, missing) if missing else {}
    for _ in range(_TRIES):
        due = [each for each in holdings if _is_due(known.get(each), minute)]
        usable = _without_splits(known, minute, runtime)
        signals, states = _step_all(due, bars, known=usable, state=state, trading=runtime.trading)
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
            signals = runtime.ledger.signals_of(account, minute.minute, list(bars))
        runtime.snapshots.put_snapshots(
            account, {each: Snapshot(minute.minute, text) for each, text in states.items()}
        )
        return signals
    raise RetryableError(f"Lost {_TRIES} times against another evaluation of {minute.minute}")


def _without_splits(
    known: dict[Holding, Snapshot], minute: MinuteClosed, runtime: StrategyRuntime
) -> dict[Holding, Snapshot]:
    """The snapshots whose prices are still prices: across a split a strategy starts over."""
    today = new_york_date(minute.minute)
    days = {holding: new_york_date(each.last_bar) for holding, each in known.items()}
    older = {symbol: day for (_, symbol), day in days.items() if day < today}
    if not older:
        return known
    found = runtime.actions.actions(older, after=min(older.values()), until=today)
    splits = [each for each in found if each.kind is ActionKind.SPLIT]
    crossed = {
        (strategy, symbol)
        for (strategy, symbol), day in days.items()
        if any(each.symbol == symbol and day < each.ex_date for each in splits)
    }
    for strategy, symbol in sorted(crossed):
        runtime.telemetry.record("strategy_starts_over", strategy=strategy, symbol=symbol)
    return {holding: each for holding, each in known.items() if holding not in crossed}


def _is_due(snapshot: Snapshot | None, minute: MinuteClosed) -> bool:
    return snapshot is None or snapshot.last_bar < minute.minute


def _step_all(
    due: Sequence[Holding],
    bars: dict[str, Bar],
    *,
    known: dict[Holding, Snapshot],
    state: WorkingState,
    trading: TradingConfig,
) -> tuple[list[Signal], dict[Holding, str]]:
    configs = {config.name: config for config in trading.strategies}
    signals: list[Signal] = []
    states: dict[Holding, str] = {}
    for holding in due:
        strategy, symbol = holding
        run = _restored(configs[strategy], symbol, known.get(holding))
        signals += step(run, bars[symbol], position=_position(state, holding))
        states[holding] = json.dumps(run.save())
    return signals, states


def _restored(config: StrategyConfig, symbol: str, snapshot: Snapshot | None) -> StrategyRun:
    strategy = make_strategy(config.kind, config.parameters)
    strategy.name = config.name
    run = StrategyRun(strategy, symbol)
    if snapshot is not None:
        run.restore(json.loads(snapshot.state))
    return run


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
