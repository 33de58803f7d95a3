"""The fast engine's numbers as signals, intents and fills, when somebody looks at them.

They are made by the live functions (`propose`, `check`, the fill model), and what these say is held
against what the engine counted with: a difference is an error, never a result.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, overload

from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.money import price_from_float
from quantterminal.domain.proposals import propose
from quantterminal.domain.risk import (
    Approved,
    Denial,
    DenialCode,
    Proposal,
    Reservation,
    RiskSnapshot,
    Rule,
    check,
)
from quantterminal.domain.signals import Action, Side, Signal, intent_id
from quantzoo.backtest.engine import SETTLED, intent_of
from quantzoo.backtest.fast_moments import moments
from quantzoo.backtest.fast_rules import Order
from quantzoo.backtest.history import instant
from quantzoo.backtest.lanes import ENTER, LEAVE, STOP, TIME, Lane
from quantzoo.backtest.result import Executed, Intent
from quantzoo.backtest.tape import dollars
from quantzoo.declared import Cause

if TYPE_CHECKING:
    from quantzoo.backtest.fast import FastEngine
    from quantzoo.backtest.fast_record import Moment

T = TypeVar("T")
_CAUSES = {ENTER: Cause.ENTER, LEAVE: Cause.LEAVE, TIME: Cause.TIME}
_ACTIONS = {1: Action.BUY, -1: Action.SELL, 0: Action.CLOSE}


class Recorded(Sequence[T]):
    """A list that is made when its first item is asked for; its length is known before."""

    def __init__(self, length: int, make: Callable[[], list[T]]) -> None:
        self._length = length
        self._make = make
        self._made: list[T] | None = None

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        return self._all()[index]

    def __eq__(self, other: object) -> bool:
        return self._all() == (other._all() if isinstance(other, Recorded) else other)

    __hash__ = None  # type: ignore[assignment]  # as a list

    def __repr__(self) -> str:
        return repr(self._all())

    def _all(self) -> list[T]:
        if self._made is None:
            self._made = self._make()
        return self._made


class Recording:
    """One engine's record, in the terms of a live run; `day_open` while that is still going on."""

    def __init__(self, engine: "FastEngine", *, day_open: int | None = None) -> None:
        self._engine = engine
        self._day_open = day_open
        self._record = engine.record
        self._trading = engine.setting.trading

    @cached_property
    def signals(self) -> list[Signal]:
        self._record.unfold()
        return [self._signal(number) for number in range(len(self._record.signals))]

    @cached_property
    def proposals(self) -> list[Proposal]:
        return [self.proposal(number, signal=signal) for number, signal in enumerate(self.signals)]

    @cached_property
    def intents(self) -> list[Intent]:
        found = []
        self._record.unfold()
        seen = moments(self._engine)
        for number, (proposal, intent) in enumerate(
            zip(self.proposals, self._record.intents, strict=True)
        ):
            code, moment = intent[4], seen.get(number)
            denial = None if moment is None else self._denial(number, proposal, moment)
            if (denial and denial.code) != code:
                raise InvalidValueError(f"Expected {code} for {proposal.intent_id}, was {denial}")
            now = self._end(self._record.signals[number][0]) + SETTLED
            found.append(intent_of(0, proposal, denial, now))
        return found

    @cached_property
    def fills(self) -> list[Executed]:
        self._record.unfold()
        return [self._fill(*each) for each in self._record.fills]

    def proposal(self, number: int, *, signal: Signal | None = None) -> Proposal:
        """The order of the signal with that number, as the live function makes it."""
        row = self._record.signals[number][0]
        opened = self._engine.day_open_at(row) if self._day_open is None else self._day_open
        signal = signal or self._signal(number, with_reason=False)
        held = Decimal(0)
        if signal.action is Action.CLOSE:
            held = Decimal(self._held_before(number))
        proposal = propose(
            signal,
            held,
            attempt=0,
            reference=price_from_float(signal.reference_price),
            bar_end=self._end(row),
            now=self._end(row) + SETTLED,
            day_open_equity=dollars(opened),
            trading=self._trading,
        )
        if number < len(self._record.intents):
            self._compare(proposal, number)
        return proposal

    def snapshot(self, moment: "Moment") -> RiskSnapshot:
        """What the live rules may see at that moment."""
        symbols = self._engine.tape.symbols
        return RiskSnapshot(
            now=self._end(moment.row) + SETTLED,
            equity=dollars(moment.equity),
            positions={
                symbols[n]: Decimal(shares) for n, shares in enumerate(moment.net) if shares
            },
            marks={
                each.symbol: price_from_float(each.close[moment.row])
                for each in self._engine.tape.series
            },
            reserved=dict(self._reserved(order) for order in moment.reserved),
            levels={halt.scope: halt.level for halt in moment.stops},
            allowed_symbols=frozenset(self._trading.symbols),
            recent=[self._approved(order) for order in moment.recent],
        )

    def _signal(self, number: int, *, with_reason: bool = True) -> Signal:
        row, lane_number, cause, direction = self._record.signals[number]
        lane = self._engine.lanes[lane_number]
        strategy, series = lane.strategy, self._engine.tape.series[lane.symbol]
        return Signal(
            strategy=strategy.name,
            version=strategy.version,
            symbol=series.symbol,
            bar_start=instant(series.starts[row]),
            ordinal=0,
            action=_ACTIONS[direction],
            quantity=strategy.quantity if direction else None,
            reference_price=float(series.close[row]),
            reason=self._reason(lane, cause, row) if with_reason else "",
        )

    def _reason(self, lane: Lane, cause: int, row: int) -> str:
        if cause == STOP:
            return "stop"
        columns = self._engine.tape.columns[lane.symbol]
        values = [columns.read(each)[row] for each in lane.strategy.readings]
        return lane.strategy.reason(_CAUSES[cause], *values)

    def _held_before(self, number: int) -> int:
        """What a close brings to zero: the order's own size against its side."""
        if number < len(self._record.intents):
            _, side, quantity, *_ = self._record.intents[number]
            return -side * quantity
        return self._engine.held[self._record.signals[number][1]]

    def _compare(self, proposal: Proposal, number: int) -> None:
        _, side, quantity, limit, *_ = self._record.intents[number]
        counted = (side, Decimal(quantity), dollars(limit))
        found = (proposal.side.sign, proposal.quantity, proposal.limit_price)
        if counted != found:
            raise InvalidValueError(f"Expected {counted} for {proposal.intent_id}, was {found}")

    def _denial(self, number: int, proposal: Proposal, moment: "Moment") -> Denial | None:
        rules = self._engine.setting.rules
        held = Decimal(moment.held[self._record.signals[number][1]])
        return check(
            replace(proposal, held=held), self.snapshot(moment), self._trading.limits, rules=rules
        )

    def _fill(self, number: int, row: int, ticks: int) -> Executed:
        engine, proposal = self._engine, self.proposals[number]
        series = engine.tape.series[engine.lanes[self._record.signals[number][1]].symbol]
        price = engine.setting.fills.price(proposal, series.bar(row), at=0)
        if price is None or price != dollars(ticks):
            raise InvalidValueError(f"Expected {dollars(ticks)}, was {price}")
        worse = (price - proposal.reference_price) * proposal.side.sign * proposal.quantity
        return Executed(
            proposal.intent_id,
            proposal.strategy,
            proposal.symbol,
            proposal.side,
            proposal.quantity,
            price,
            engine.setting.fees.of(proposal.quantity),
            worse,
            instant(series.starts[row]),
        )

    def _reserved(self, order: Order) -> tuple[str, Reservation]:
        signal = self._signal(order.signal, with_reason=False)
        return intent_id(signal, 0), Reservation(
            signal.strategy,
            signal.symbol,
            Side.BUY if order.side > 0 else Side.SELL,
            Decimal(order.quantity),
            dollars(order.limit),
        )

    def _approved(self, order: Order) -> Approved:
        key, reserved = self._reserved(order)
        decided = self._end(self._engine.row_of(order))
        return Approved(
            key,
            reserved.strategy,
            reserved.symbol,
            reserved.side,
            reserved.quantity,
            decided,
        )

    def _end(self, row: int) -> datetime:
        return self._engine.end_of(row)


def ask_rule(engine: "FastEngine", rule: Rule, number: int, moment: "Moment") -> DenialCode | None:
    """What the live rule says to the order of the signal with that number."""
    recording = Recording(engine, day_open=engine.day_open)
    limits = engine.setting.trading.limits
    denial = rule(recording.proposal(number), recording.snapshot(moment), limits)
    return None if denial is None else denial.code
