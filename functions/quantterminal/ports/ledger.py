"""The ledger in the words of each use case. Every method is one transaction.

All of it is durable when the call returns. Writers that lost a race get ConflictError and read
again. RetryableError: the database cannot be reached; AmbiguousError: nobody knows whether it
committed, so read by key.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from quantterminal.domain.halts import Halt
from quantterminal.domain.orders import Execution, Order, OrderStatus, OrderUpdate
from quantterminal.domain.positions import Position
from quantterminal.domain.risk import DenialCode, Origin, Reservation
from quantterminal.domain.signals import Side, Signal

Holding = tuple[str, str]
"""(strategy, symbol): the key of a position and of a strategy's snapshot."""


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """Dollars of the account as the ledger counts them, and its counters."""

    account: str
    cash: Decimal
    day_open_equity: Decimal
    high_water_mark: Decimal
    session_day: date | None
    generation: int
    halt_epoch: int
    version: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one minute did: signals with their causes, and each strategy's state after its bar.

    `snapshots` maps (strategy, symbol) to its state as JSON; all have seen the bar of `minute`.
    `based_on` says which bar each had seen before; a first state is not in it.
    """

    minute: datetime
    at: datetime
    correlation_id: str
    signals: Sequence[Signal]
    snapshots: Mapping[Holding, str]
    equity: Decimal | None
    cash: Decimal
    based_on: Mapping[Holding, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    last_bar: datetime
    state: str


@dataclass(frozen=True, slots=True)
class IntentRecord:
    """One assessed signal: approved with its order's terms, or denied with code and text.

    `release` names the code and the configuration that decided it.
    """

    id: str
    account: str
    signal_id: str
    attempt: int
    client_order_id: str
    strategy: str
    symbol: str
    side: Side
    quantity: Decimal
    limit_price: Decimal
    reference_price: Decimal
    origin: Origin
    bar_end: datetime
    valid_until: datetime
    correlation_id: str
    at: datetime
    denial_code: DenialCode | None = None
    denial_text: str = ""
    release: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """What an update did: the order after it, and the books if it brought a new fill.

    `fill` is the update's execution when it is new; `position` is the one that the execution moved,
    now or earlier, as it stands. `changed` is False when everything was known already. `external`
    marks an order that this system did not make. `problem` says what the transition table refused,
    if anything.
    """

    order: Order
    changed: bool
    fill: Execution | None
    position: Position | None
    account: AccountRecord
    external: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Books:
    """One consistent read of everything that the working state is made of."""

    account: AccountRecord
    halts: Sequence[Halt]
    positions: Mapping[Holding, Position]
    reservations: Mapping[str, Reservation]
    marks: Mapping[str, tuple[Decimal, datetime]]


@dataclass(frozen=True, slots=True)
class Known:
    """Facts that need not be imported again.

    `orders` maps client order ids to (status, filled quantity), `fills` holds
    (broker order id, cumulative quantity) of every booked fill.
    """

    orders: Mapping[str, tuple[OrderStatus, Decimal]]
    fills: frozenset[tuple[str, Decimal]]


class EvaluationLedger(Protocol):
    """What evaluating bars needs."""

    def snapshots(self, account: str, holdings: Collection[Holding]) -> dict[Holding, Snapshot]: ...

    def record_evaluation(self, account: str, evaluation: Evaluation) -> None:
        """Keep signals and snapshots. ConflictError when a stored snapshot is not the one that its
        successor is based on: somebody evaluated it already, or an old copy was taken for it.
        """
        ...

    def signals_of(self, account: str, minute: datetime, symbols: Collection[str]) -> list[Signal]:
        """Strategies' signals on the bars of that minute, in the order they were recorded."""
        ...

    def record_signal(
        self, account: str, signal: Signal, *, origin: Origin, correlation_id: str, at: datetime
    ) -> None:
        """Keep one signal that no bar caused (a person's flatten); once."""
        ...


class IntentLedger(Protocol):
    """What assessing risk needs."""

    def intent(self, intent_id: str) -> IntentRecord | None: ...

    def record_intent(self, intent: IntentRecord, *, generation: int) -> IntentRecord:
        """Keep the decision; an approved one together with its order (pending submit).

        The decision that stands: an earlier one on the same signal, by whomever, changes no more.
        GenerationError when the ledger's working state has another generation.
        """
        ...


class OrderLedger(Protocol):
    """What sending orders and applying updates needs."""

    def order(self, client_order_id: str) -> Order | None: ...

    def intent_of(self, order: Order) -> tuple[IntentRecord, Signal] | None: ...

    def working_orders(self, account: str) -> list[Order]: ...

    def save(self, order: Order, *, at: datetime, note: str) -> None:
        """Write an order whose `version` is one above the stored one; else ConflictError."""
        ...

    def apply(self, account: str, update: OrderUpdate, *, source: str, at: datetime) -> Applied:
        """Merge one fact: order, fill, position and cash in one transaction, each fill once."""
        ...

    def known(self, account: str, since: datetime) -> Known:
        """What the ledger has of orders created, and fills made, after that instant."""
        ...


class Hold(Protocol):
    """The halts as they are while nobody can change them; see `HaltLedger.held`."""

    @property
    def halts(self) -> Sequence[Halt]: ...

    @property
    def confirm(self) -> Callable[[], None]:
        """The last act before a request leaves. Raises RetryableError when the hold may be gone:
        its connection broke, a halt was raised all the same, or it lasts too long already. Nothing
        may leave then.
        """
        ...


class HaltLedger(Protocol):
    """Durable halts. Levels rise by anyone's call and fall only by `lift`."""

    def halts(self, account: str) -> list[Halt]: ...

    def held(self, account: str) -> AbstractContextManager[Hold]:
        """Read the halts and keep them as they are until the block ends.

        Any number may hold at once. Raising or lifting a halt waits for them, and who comes after
        it waits for it and sees it: no request that begins under a confirmed hold begins after a
        halt is durable. A halt waits only a few seconds: a hold that lasts longer is not confirmed
        any more. Nobody may change a halt inside the block. Cancels need no hold. Raises
        RetryableError when the halts cannot be read: nothing may leave then.
        """
        ...

    def raise_halt(self, account: str, halt: Halt) -> Halt | None:
        """Make it durable with a new epoch; None when that scope is at this level or above.

        When it returns, no request that began under an older hold is still on its way; but one
        that is stuck must not prevent a halt, so after a few seconds it is durable all the same,
        and its row in the journal says `waited_out`.

        A halt that a new session ends gives way to one of the same level that waits for a person.
        """
        ...

    def lift(self, account: str, *, scope: str, actor: str, reason: str, at: datetime) -> bool:
        """Back to ACTIVE; False when nothing was halted there."""
        ...


class AccountLedger(Protocol):
    """The account's own numbers, and what is done once a day."""

    def open_account(self, account: str, *, cash: Decimal, at: datetime) -> None:
        """Create the account with that cash, flat; an existing one is left alone."""
        ...

    def books(self, account: str) -> Books: ...

    def holdings(self, account: str) -> Books:
        """The books without marks, which are most of the work of reading them."""
        ...

    def rebuild(self, account: str) -> Books:
        """Raise the generation, then read the books: no intent of an older one is missing there."""
        ...

    def begun(self, account: str, *, name: str, key: str, at: datetime) -> datetime:
        """When (name, key) was begun: `at` the first time, that same instant ever after."""
        ...

    def begin_session(self, account: str, *, day: date, equity: Decimal, at: datetime) -> bool:
        """Set the day's opening equity, once a day; False when that day has begun already."""
        ...

    def reset_high_water(self, account: str, *, equity: Decimal, actor: str, at: datetime) -> None:
        """A person re-armed after a drawdown: the high-water mark begins anew."""
        ...

    def once(self, account: str, *, name: str, key: str, at: datetime) -> bool:
        """True the first time for (name, key), False ever after."""
        ...

    def is_done(self, account: str, *, name: str, key: str) -> bool:
        """Whether `once` was called for (name, key)."""
        ...

    def last_noted(self, account: str, kind: str) -> datetime | None:
        """When a row of that kind was last appended to the journal."""
        ...

    def noted(
        self, account: str, *, kind: str, ref: str, since: datetime
    ) -> Mapping[str, str] | None:
        """What the last row of that kind about `ref` says; None when there is none since then."""
        ...

    def note(
        self, account: str, *, kind: str, ref: str, payload: Mapping[str, str], at: datetime
    ) -> None:
        """Append one row to the journal."""
        ...
