"""A person's flatten: no new entries, and every position closed, by the ordinary path."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from quantterminal.domain.bars import MINUTE, minute_of
from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.events import AssessSignal, CancelOrders, Message
from quantterminal.domain.halts import ACCOUNT, HaltCode, speaks_for
from quantterminal.domain.risk import HaltLevel, Origin
from quantterminal.domain.signals import Action, Signal, intent_id
from quantterminal.ports.bus import Bus, Outgoing
from quantterminal.ports.clock import Clock
from quantterminal.ports.ledger import AccountLedger, EvaluationLedger, Holding
from quantterminal.ports.state import Mark, StateStore, WorkingState
from quantterminal.ports.watermarks import Quote, QuoteBoard
from quantterminal.services.halting import HaltDesk
from quantterminal.services.working_state import load_state
from quantterminal.topology import ORDERS, SIGNALS

_BASIS_POINT = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class FlattenRuntime:
    trading: TradingConfig
    clock: Clock
    bus: Bus
    accounts: AccountLedger
    signals: EvaluationLedger
    state: StateStore
    halts: HaltDesk
    quotes: QuoteBoard


@dataclass(frozen=True, slots=True)
class Flattened:
    """How many positions are being closed, and what a person must know about their prices.

    `stale` symbols are closed at a price that is older than a strategy may act on; `unpriced` ones
    are not closed at all, because nobody knows a price.
    """

    closing: int
    stale: Sequence[str] = ()
    unpriced: Sequence[str] = ()


def flatten(
    *, actor: str, reason: str, runtime: FlattenRuntime, scope: str = ACCOUNT, key: str = ""
) -> Flattened:
    """Halt `scope` to REDUCE_ONLY, cancel what works there, close what is held there.

    Repeating it within the same minute, or at any time with the same `key`, asks for the same
    orders, so none is sent twice.
    """
    account = runtime.trading.account
    now = runtime.clock.now()
    begun = runtime.accounts.begun(account, name="flatten", key=key, at=now) if key else now
    runtime.halts.raise_halt(
        scope, HaltLevel.REDUCE_ONLY, code=HaltCode.OPERATOR, reason=reason, actor=actor
    )
    cause = f"flatten:{account}:{scope}:{minute_of(begun).isoformat()}"
    cancel_all(cause, reason="flatten", runtime=runtime, scope=scope)
    state = priced_state(runtime)
    held = [
        (strategy, symbol)
        for (strategy, symbol), position in sorted(state.positions.items())
        if position.quantity and speaks_for(scope, strategy=strategy, symbol=symbol)
    ]
    closable = [each for each in held if each[1] in state.marks]
    runtime.bus.send([_close(each, cause, begun, state, runtime) for each in closable])
    longest = timedelta(seconds=runtime.trading.limits.max_bar_age_s)
    symbols = sorted({symbol for _, symbol in closable})
    flattened = Flattened(
        closing=len(closable),
        stale=[each for each in symbols if now - state.marks[each].at > longest],
        unpriced=sorted({symbol for _, symbol in held} - set(symbols)),
    )
    _tell_prices(flattened, runtime)
    return flattened


def cancel_all(cause: str, *, reason: str, runtime: FlattenRuntime, scope: str = ACCOUNT) -> None:
    """Ask for the cancel of everything that works in `scope`; once for each `cause`."""
    account = runtime.trading.account
    cancel = Message(
        id=f"cancel-all:{cause}",
        correlation_id=cause,
        causation_id=cause,
        occurred_at=runtime.clock.now(),
        payload=CancelOrders(account, reason=reason, scope=scope),
    )
    runtime.bus.send([Outgoing(ORDERS, f"{account}:cancel", cancel)])


def priced_state(runtime: FlattenRuntime) -> WorkingState:
    """The working state, its marks brought up to newer quotes where there are good ones."""
    account = runtime.trading.account
    state = load_state(account, state=runtime.state, accounts=runtime.accounts)
    try:
        quotes = runtime.quotes.quotes()
    except RetryableError as problem:
        runtime.halts.announcer.telemetry.record("QuotesNotRead", problem=str(problem))
        return state
    owned = {symbol for (_, symbol), position in state.positions.items() if position.quantity}
    newer = {
        symbol: Mark(quote.mid, quote.at)
        for symbol, quote in quotes.items()
        if symbol in owned and _is_better(quote, state.marks.get(symbol), runtime)
    }
    if not newer:
        return state
    runtime.state.put_marks(account, newer)
    return load_state(account, state=runtime.state, accounts=runtime.accounts)


def _is_better(quote: Quote, mark: Mark | None, runtime: FlattenRuntime) -> bool:
    """A newer quote counts unless it is wild (F30): wider than the collar, or beyond it from a
    mark that is still good.
    """
    limits = runtime.trading.limits
    collar = limits.price_collar_bps * _BASIS_POINT
    numbers = quote.bid.is_finite() and quote.ask.is_finite() and 0 < quote.bid <= quote.ask
    if not numbers or quote.ask - quote.bid > quote.mid * collar:
        return False
    if mark is None:
        return True
    good = runtime.clock.now() - mark.at <= timedelta(seconds=limits.max_bar_age_s)
    wild = abs(quote.mid - mark.price) > mark.price * collar
    return quote.at > mark.at and not (good and wild)


def _close(
    holding: Holding,
    cause: str,
    begun: datetime,
    state: WorkingState,
    runtime: FlattenRuntime,
) -> Outgoing:
    strategy, symbol = holding
    account = runtime.trading.account
    signal = Signal(
        strategy=strategy,
        version="operator",
        symbol=symbol,
        bar_start=minute_of(begun) - MINUTE,
        ordinal=0,
        action=Action.CLOSE,
        quantity=None,
        reference_price=float(state.marks[symbol].price),
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


def _tell_prices(flattened: Flattened, runtime: FlattenRuntime) -> None:
    for name, symbols in (
        ("FlattenedAtOldPrice", flattened.stale),
        ("NotFlattenedWithoutPrice", flattened.unpriced),
    ):
        if symbols:
            runtime.halts.announcer.telemetry.record(name, symbols=", ".join(symbols))
