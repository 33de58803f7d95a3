"""A person closes one position, or a part of it, by the ordinary path: signal, risk, order."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from quantterminal.domain.bars import MINUTE, minute_of
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.events import AssessSignal, Message
from quantterminal.domain.risk import Origin
from quantterminal.domain.signals import Action, Signal, intent_id
from quantterminal.ports.bus import Outgoing
from quantterminal.ports.ledger import Holding
from quantterminal.ports.state import WorkingState
from quantterminal.services.flatten import FlattenRuntime, cancel_all, priced_state
from quantterminal.topology import SIGNALS


def close_position(
    symbol: str, quantity: int | None, *, key: str, runtime: FlattenRuntime
) -> Decimal:
    """Cancel what works in `symbol` and sell or buy back its shares; how many are asked for.

    `quantity` None is all of them; a part is taken from the strategies that hold the symbol in the
    order of their names. No halt is raised, and no halt of our own stands in the way. Repeating the
    same `key` asks for the same orders. Raises InvalidValueError when nothing is held, or when
    there is no price to close at.
    """
    account, now = runtime.trading.account, runtime.clock.now()
    state = priced_state(runtime)
    parts = list(_parts(state, symbol, quantity))
    if not parts:
        raise InvalidValueError(f"Expected a position in {symbol[:20]!r}, was flat")
    if symbol not in state.marks:
        raise InvalidValueError(f"Expected a last price of {symbol}, was none")
    begun = runtime.accounts.begun(account, name="close", key=key, at=now)
    cause = f"close:{account}:{symbol}:{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    cancel_all(cause, reason="close", runtime=runtime, scope=f"symbol:{symbol}")
    runtime.bus.send(
        [_close(holding, part, cause, begun, state, runtime) for holding, part in parts]
    )
    return sum((part for _, part in parts), Decimal(0))


def _parts(
    state: WorkingState, symbol: str, quantity: int | None
) -> Iterator[tuple[Holding, Decimal]]:
    left = None if quantity is None else Decimal(quantity)
    for holding, position in sorted(state.positions.items()):
        if holding[1] != symbol or not position.quantity:
            continue
        part = abs(position.quantity) if left is None else min(left, abs(position.quantity))
        if not part:
            return
        left = None if left is None else left - part
        yield holding, part


def _close(
    holding: Holding,
    part: Decimal,
    cause: str,
    begun: datetime,
    state: WorkingState,
    runtime: FlattenRuntime,
) -> Outgoing:
    strategy, symbol = holding
    account, now = runtime.trading.account, runtime.clock.now()
    signal = Signal(
        strategy=strategy,
        version=cause.rpartition(":")[2],
        symbol=symbol,
        bar_start=minute_of(begun) - MINUTE,
        ordinal=0,
        action=Action.CLOSE,
        quantity=int(part),
        reference_price=float(state.marks[symbol].price),
        reason="closed by a person",
    )
    runtime.signals.record_signal(
        account, signal, origin=Origin.FLATTEN, correlation_id=cause, at=now
    )
    message = Message(
        id=f"assess:{intent_id(signal, 0)}",
        correlation_id=cause,
        causation_id=cause,
        occurred_at=now,
        payload=AssessSignal(account, signal, origin=Origin.FLATTEN),
    )
    return Outgoing(SIGNALS, f"{account}:{symbol}", message)
