"""A signal becomes an approved intent with an order, or a denial with a code. Exactly once."""

from dataclasses import dataclass, replace
from datetime import datetime, time
from decimal import Decimal

from quantterminal.domain.bars import MINUTE
from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.errors import ConflictError, GenerationError, RetryableError
from quantterminal.domain.events import AssessSignal, EventName, Message, SubmitOrder
from quantterminal.domain.money import price_from_float
from quantterminal.domain.orders import EXTERNAL
from quantterminal.domain.proposals import nothing_to_close, propose
from quantterminal.domain.risk import (
    Approved,
    Denial,
    DenialCode,
    Origin,
    Proposal,
    Reservation,
    RiskSnapshot,
    check,
    recent_window,
)
from quantterminal.domain.sessions import NEW_YORK, new_york_date
from quantterminal.domain.signals import client_order_id, intent_id
from quantterminal.ports.activity import ActivityLedger, SymbolBoard
from quantterminal.ports.bus import Bus, Outgoing
from quantterminal.ports.clock import Clock
from quantterminal.ports.ledger import AccountLedger, IntentLedger, IntentRecord
from quantterminal.ports.state import StateStore, WorkingState
from quantterminal.ports.telemetry import Telemetry
from quantterminal.services.announce import Announcer
from quantterminal.services.working_state import load_state, rebuild_state
from quantterminal.topology import ORDERS

_TRIES = 5
_VOLUME_SESSIONS = 20
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class RiskRuntime:
    """`release` names code and configuration; without a `board` no symbol is flagged."""

    trading: TradingConfig
    clock: Clock
    bus: Bus
    ledger: IntentLedger
    activity: ActivityLedger
    accounts: AccountLedger
    state: StateStore
    announcer: Announcer
    telemetry: Telemetry
    board: SymbolBoard | None = None
    release: str = ""


def assess_signal(message: Message, request: AssessSignal, *, runtime: RiskRuntime) -> IntentRecord:
    """Decide once, reserve, make it durable, then ask execution to send.

    Repeating the message finds the decision in the ledger and only asks again. Raises
    ConflictError (try again) when the account keeps changing under the decision.
    """
    intent = runtime.ledger.intent(intent_id(request.signal, request.attempt))
    if intent is None:
        intent = _decide(message, request, runtime)
    if intent.denial_code is None:
        _ask_to_submit(message, request, intent, runtime)
    else:
        runtime.state.release(runtime.trading.account, intent.id)
    return intent


def risk_snapshot(state: WorkingState, trading: TradingConfig, *, now: datetime) -> RiskSnapshot:
    """What a working state says of an account, without its recent past."""
    return RiskSnapshot(
        now=now,
        equity=state.equity(),
        positions=state.net_positions(),
        marks={symbol: mark.price for symbol, mark in state.marks.items()},
        reserved=state.reserved,
        levels=state.levels,
        allowed_symbols=frozenset(trading.symbols),
    )


def with_recent(
    snapshot: RiskSnapshot,
    proposal: Proposal,
    trading: TradingConfig,
    *,
    activity: ActivityLedger,
    board: SymbolBoard | None,
) -> RiskSnapshot:
    """All that the rules may see of `proposal`: `snapshot` and what the ledger has of late.

    The ledger is read after the state, and an intent is reserved before it is recorded: each is in
    at least one of the two. One that is only reserved counts as decided together with `proposal`.
    """
    account, limits, symbol = trading.account, trading.limits, proposal.symbol
    recent = activity.approved(
        account, since=snapshot.now - recent_window(limits), working=snapshot.reserved.keys()
    )
    known = {each.intent_id for each in recent}
    recent += [
        Approved(intent, order.strategy, order.symbol, order.side, order.quantity, proposal.bar_end)
        for intent, order in snapshot.reserved.items()
        if intent not in known and order.strategy != EXTERNAL
    ]
    volume = None
    if limits.max_volume_fraction is not None:
        today = datetime.combine(new_york_date(snapshot.now), time.min, NEW_YORK)
        volume = activity.average_volume(symbol, before=today, sessions=_VOLUME_SESSIONS)
    return replace(
        snapshot,
        recent=recent,
        flags={} if board is None else board.flags(),
        volumes={} if volume is None else {symbol: volume},
    )


def _decide(message: Message, request: AssessSignal, runtime: RiskRuntime) -> IntentRecord:
    account = runtime.trading.account
    for _ in range(_TRIES):
        state = load_state(account, state=runtime.state, accounts=runtime.accounts)
        now = runtime.clock.now()
        proposal = _propose(request, state, trading=runtime.trading, now=now)
        snapshot = with_recent(
            risk_snapshot(state, runtime.trading, now=now),
            proposal,
            runtime.trading,
            activity=runtime.activity,
            board=runtime.board,
        )
        denial = nothing_to_close(proposal, request.signal) or check(
            proposal, snapshot, runtime.trading.limits
        )
        _wait_for_cancels(proposal, denial)
        if denial is None and not runtime.state.reserve(
            account,
            proposal.intent_id,
            reservation=Reservation(
                proposal.strategy,
                proposal.symbol,
                proposal.side,
                proposal.quantity,
                proposal.limit_price,
            ),
            version=state.version,
        ):
            continue
        intent = _record(message, request, proposal, runtime=runtime, denial=denial, now=now)
        try:
            standing = runtime.ledger.record_intent(intent, generation=state.generation)
        except GenerationError:
            _renew(state, runtime)
            continue
        if denial is not None and standing == intent:
            _tell_denied(intent, runtime)
        return standing
    raise ConflictError(
        f"The account changed {_TRIES} times while {request.signal.id} was assessed",
    )


def _renew(refused: WorkingState, runtime: RiskRuntime) -> None:
    """Rebuild the working state, unless somebody else has since: a cache that came back without its
    last writes stays behind the ledger until then.
    """
    account = runtime.trading.account
    found = runtime.state.read(account)
    if found is None or found.generation == refused.generation:
        rebuild_state(account, state=runtime.state, accounts=runtime.accounts)


def _propose(
    request: AssessSignal, state: WorkingState, *, trading: TradingConfig, now: datetime
) -> Proposal:
    signal = request.signal
    reference, bar_end = _reference(request, state, now)
    position = state.positions.get((signal.strategy, signal.symbol))
    return propose(
        signal,
        _ZERO if position is None else position.quantity,
        attempt=request.attempt,
        reference=reference,
        bar_end=bar_end,
        now=now,
        day_open_equity=state.day_open_equity,
        trading=trading,
        origin=request.origin,
    )


def _reference(
    request: AssessSignal, state: WorkingState, now: datetime
) -> tuple[Decimal, datetime]:
    """The first order is priced from the signal's own bar, later ones from the last one known.

    A flatten is a person's decision, not a bar's: it takes the last price there is, however old
    (C11 would keep the position because the feed is silent, just when a person wants out); the
    collar around that price and the limit on the order still hold.
    """
    signal = request.signal
    mark = state.marks.get(signal.symbol)
    if request.origin is Origin.FLATTEN and mark is not None:
        return mark.price, now
    if request.attempt and mark is not None:
        return mark.price, mark.at
    return price_from_float(signal.reference_price), signal.bar_start + MINUTE


def _wait_for_cancels(proposal: Proposal, denial: Denial | None) -> None:
    """A flatten comes with a cancel of everything; it waits for that instead of being denied."""
    in_the_way = (DenialCode.WASH_TRADE, DenialCode.DUPLICATE_INTENT)
    if proposal.origin is Origin.FLATTEN and denial is not None and denial.code in in_the_way:
        raise RetryableError(f"Flatten waits: {denial.text}", retry_after_s=1.0)


def _record(
    message: Message,
    request: AssessSignal,
    proposal: Proposal,
    *,
    runtime: RiskRuntime,
    denial: Denial | None,
    now: datetime,
) -> IntentRecord:
    signal, account = request.signal, runtime.trading.account
    return IntentRecord(
        id=proposal.intent_id,
        account=account,
        signal_id=signal.id,
        attempt=request.attempt,
        client_order_id=client_order_id(
            account, proposal.intent_id, signal=signal, side=proposal.side
        ),
        strategy=proposal.strategy,
        symbol=proposal.symbol,
        side=proposal.side,
        quantity=proposal.quantity,
        limit_price=proposal.limit_price,
        reference_price=proposal.reference_price,
        origin=proposal.origin,
        bar_end=proposal.bar_end,
        valid_until=proposal.valid_until,
        correlation_id=message.correlation_id,
        at=now,
        denial_code=None if denial is None else denial.code,
        denial_text="" if denial is None else denial.text,
        release=runtime.release,
    )


def _tell_denied(intent: IntentRecord, runtime: RiskRuntime) -> None:
    runtime.announcer.announce(
        EventName.ORDER_DENIED,
        f"{intent.strategy} {intent.side} {intent.symbol} denied: {intent.denial_text}",
        ref=intent.id,
        correlation_id=intent.correlation_id,
        code=str(intent.denial_code),
    )


def _ask_to_submit(
    message: Message, request: AssessSignal, intent: IntentRecord, runtime: RiskRuntime
) -> None:
    outgoing = Message(
        id=f"submit:{intent.client_order_id}",
        correlation_id=intent.correlation_id,
        causation_id=message.id,
        occurred_at=intent.at,
        payload=SubmitOrder(
            intent.account, intent.id, intent.client_order_id, received_ns=request.received_ns
        ),
    )
    runtime.bus.send([Outgoing(ORDERS, f"{intent.account}:{intent.symbol}", outgoing)])
