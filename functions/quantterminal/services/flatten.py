"""A person's flatten: no new entries, and every position closed, by the ordinary path."""

from dataclasses import dataclass

from quantterminal.domain.bars import MINUTE, minute_of
from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.events import AssessSignal, CancelOrders, Message
from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.risk import HaltLevel, Origin
from quantterminal.domain.signals import Action, Signal, intent_id
from quantterminal.ports.bus import Bus, Outgoing
from quantterminal.ports.clock import Clock
from quantterminal.ports.ledger import AccountLedger, EvaluationLedger, Holding
from quantterminal.ports.state import StateStore, WorkingState
from quantterminal.services.halting import HaltDesk
from quantterminal.services.working_state import load_state
from quantterminal.topology import ORDERS, SIGNALS


@dataclass(frozen=True, slots=True)
class FlattenRuntime:
    trading: TradingConfig
    clock: Clock
    bus: Bus
    accounts: AccountLedger
    signals: EvaluationLedger
    state: StateStore
    halts: HaltDesk


def flatten(*, actor: str, reason: str, runtime: FlattenRuntime) -> int:
    """Halt the account to REDUCE_ONLY, cancel what works, close what is held; how many closes.

    Repeating it within the same minute asks for the same orders, so none is sent twice.
    """
    account = runtime.trading.account
    now = runtime.clock.now()
    runtime.halts.raise_halt(
        ACCOUNT, HaltLevel.REDUCE_ONLY, code=HaltCode.OPERATOR, reason=reason, actor=actor
    )
    state = load_state(account, state=runtime.state, accounts=runtime.accounts)
    cause = f"flatten:{account}:{minute_of(now).isoformat()}"
    cancel = Message(
        id=f"cancel-all:{cause}",
        correlation_id=cause,
        causation_id=cause,
        occurred_at=now,
        payload=CancelOrders(account, reason="flatten"),
    )
    runtime.bus.send([Outgoing(ORDERS, f"{account}:cancel", cancel)])
    held = [key for key, position in sorted(state.positions.items()) if position.quantity]
    closes = [each for key in held if (each := _close(key, cause, state, runtime)) is not None]
    runtime.bus.send(closes)
    return len(closes)


def _close(
    holding: Holding, cause: str, state: WorkingState, runtime: FlattenRuntime
) -> Outgoing | None:
    strategy, symbol = holding
    account = runtime.trading.account
    mark = state.marks.get(symbol)
    if mark is None:
        return None
    signal = Signal(
        strategy=strategy,
        version="operator",
        symbol=symbol,
        bar_start=minute_of(runtime.clock.now()) - MINUTE,
        ordinal=0,
        action=Action.CLOSE,
        quantity=None,
        reference_price=float(mark.price),
        reason="flatten",
    )
    runtime.signals.record_signal(
        account,
        signal,
        origin=Origin.FLATTEN,
        correlation_id=cause,
        at=runtime.clock.now(),
    )
    message = Message(
        id=f"assess:{intent_id(signal, 0)}",
        correlation_id=cause,
        causation_id=cause,
        occurred_at=runtime.clock.now(),
        payload=AssessSignal(account, signal, origin=Origin.FLATTEN),
    )
    return Outgoing(SIGNALS, f"{account}:{symbol}", message)
