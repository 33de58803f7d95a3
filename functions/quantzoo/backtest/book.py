"""The account in a backtest: what Valkey and the ledger hold in a live run, in memory."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from quantterminal.domain.corporate_actions import CorporateAction
from quantterminal.domain.halts import (
    ACCOUNT,
    EquityMarks,
    Halt,
    breaker,
    covers,
    is_lifted_by_new_session,
)
from quantterminal.domain.money import price_from_float, round_limit
from quantterminal.domain.positions import Position, apply_fill, cash_change
from quantterminal.domain.risk import (
    Approved,
    HaltLevel,
    Proposal,
    Reservation,
    RiskLimits,
    RiskSnapshot,
    recent_window,
)
from quantterminal.domain.signals import Side, Signal
from quantterminal.domain.strategy import PositionView
from quantterminal.domain.strategy_breaker import Outcome, Tally, Verdict

_ZERO = Decimal(0)
_FLAT = PositionView()
# Floats decide only that an equity is clearly neither a loss to halt for nor a new high.
_MARGIN = 1e-9

Holding = tuple[str, str]


@dataclass(slots=True)
class WorkingOrder:
    """One approved order. `reservation` is what it may still do, `rests` that the broker has it;
    `is_opening` is the broker's view of it, by the account's net position when it came.
    """

    signal: Signal
    proposal: Proposal
    attempt: int
    submitted_at: datetime
    reservation: Reservation
    is_opening: bool = True
    rests: bool = False

    @property
    def remaining(self) -> Decimal:
        return self.reservation.quantity


class Marks(Mapping[str, Decimal]):
    """Last closes by symbol; kept as floats, made Decimal when a rule asks."""

    def __init__(self) -> None:
        self.floats: dict[str, float] = {}
        self.seen: dict[str, datetime] = {}
        self._exact: dict[str, tuple[float, Decimal]] = {}

    def put(self, symbol: str, price: float, start: datetime) -> None:
        self.floats[symbol] = price
        self.seen[symbol] = start

    def end(self, symbol: str) -> datetime:
        """The end of the bar that the mark comes from."""
        return self.seen[symbol] + timedelta(minutes=1)

    def __getitem__(self, symbol: str) -> Decimal:
        price = self.floats[symbol]
        known = self._exact.get(symbol)
        if known is None or known[0] != price:
            known = self._exact[symbol] = (price, price_from_float(price))
        return known[1]

    def __iter__(self) -> Iterator[str]:
        return iter(self.floats)

    def __len__(self) -> int:
        return len(self.floats)


class Book:
    """Cash, positions by (strategy, symbol), working orders by intent, halts, and the marks."""

    def __init__(self, cash: Decimal, limits: RiskLimits, symbols: frozenset[str]) -> None:
        self.cash = cash
        self.marks = Marks()
        self.working: dict[str, WorkingOrder] = {}
        self.reserved: dict[str, Reservation] = {}
        self.positions: dict[Holding, Position] = {}
        self.views: dict[Holding, PositionView] = {}
        self.net: dict[str, Decimal] = {}
        self.day_open_equity = cash
        self.high_water = cash
        self.halts: list[Halt] = []
        self._limits = limits
        self._symbols = symbols
        self.rough_shares: dict[str, float] = {}
        self._stops: dict[str, Halt] = {}
        self._levels: dict[str, HaltLevel] = {}
        self._recent: deque[Approved] = deque()
        self._recent_window = recent_window(limits)
        self._tallies: dict[str, Tally] = {}
        self._lines()

    def view(self, holding: Holding) -> PositionView:
        """What a strategy sees of its own position."""
        return self.views.get(holding, _FLAT)

    def held(self, holding: Holding) -> Decimal:
        position = self.positions.get(holding)
        return _ZERO if position is None else position.quantity

    def equity(self) -> Decimal:
        """Cash and all positions at their marks."""
        return self.cash + sum(
            (quantity * self.marks[symbol] for symbol, quantity in self.net.items()), _ZERO
        )

    def rough_equity(self) -> float:
        """In floats: for the curve, and to see that nothing is near a limit."""
        total, marks = self.rough_cash, self.marks.floats
        for symbol, shares in self.rough_shares.items():
            total += shares * marks[symbol]
        return total

    def calm_range(self) -> tuple[float, float]:
        """A rough equity between these is clearly no loss to halt for and no new high."""
        return self._loss_line, self._high_line

    def snapshot(self, now: datetime) -> RiskSnapshot:
        """What the live rules may see."""
        oldest = now - self._recent_window
        while self._recent and self._recent[0].decided_at < oldest:
            self._recent.popleft()
        return RiskSnapshot(
            now,
            self.equity(),
            self.net,
            self.marks,
            self.reserved,
            self._levels,
            self._symbols,
            self._recent,
        )

    def begin_day(self, at: datetime) -> None:
        """The open: equity at yesterday's marks, and the end of yesterday's daily-loss halt."""
        self.day_open_equity = self.equity()
        ended = [h for h in self._stops.values() if is_lifted_by_new_session(h) and h.at < at]
        for halt in ended:
            del self._stops[halt.scope], self._levels[halt.scope]
        self._tallies.clear()
        self._lines()

    def check_losses(self, at: datetime) -> None:
        """The live breaker at the marks of this minute."""
        if self._loss_line < self.rough_equity() < self._high_line:
            return
        equity = self.equity()
        marks = EquityMarks(equity, self.day_open_equity, max(self.high_water, equity))
        verdict = breaker(marks, self._limits)
        self._stop(ACCOUNT, verdict, at)
        if equity > self.high_water:
            self.high_water = equity
            self._lines()

    def open_order(self, order: WorkingOrder) -> None:
        self.working[order.proposal.intent_id] = order
        self.reserved[order.proposal.intent_id] = order.reservation
        each = order.proposal
        self._recent.append(
            Approved(
                each.intent_id, each.strategy, each.symbol, each.side, each.quantity, each.bar_end
            )
        )

    def reject(self, order: WorkingOrder) -> bool:
        """The broker refuses the order; True when that stops its strategy."""
        self.end_order(order)
        return self._note(order.proposal, None)

    def split(self, action: CorporateAction) -> list[tuple[str, Side, Decimal, Decimal]]:
        """Positions, marks and working orders in the shares of after a split.

        What is left of a share is paid out at the mark: (strategy, side, shares, dollars a share)
        of each such sale or purchase.
        """
        symbol = action.symbol
        mark = self.marks.floats.get(symbol)
        if mark is not None:
            self.marks.put(symbol, mark * action.price_factor, self.marks.seen[symbol])
        paid = []
        for holding, position in list(self.positions.items()):
            if holding[1] != symbol or not position.quantity:
                continue
            after = replace(position, quantity=action.shares_after(position.quantity))
            fraction = abs(after.quantity % 1)
            if fraction:
                side = Side.SELL if after.quantity > 0 else Side.BUY
                price = self.marks[symbol]
                after = apply_fill(after, side, quantity=fraction, price=price)
                self.cash += cash_change(side, quantity=fraction, price=price)
                paid.append((holding[0], side, fraction, price))
            self._put_position(holding, after)
        held = sum((p.quantity for (_, s), p in self.positions.items() if s == symbol), _ZERO)
        self._put_net(symbol, held)
        for order in [each for each in self.working.values() if each.proposal.symbol == symbol]:
            self._split_order(order, action)
        self._lines()
        return paid

    def pay_dividend(self, action: CorporateAction) -> dict[str, Decimal]:
        """Book the cash of one ex-date; dollars by strategy, below zero for who is short."""
        a_share = Decimal(repr(action.cash))
        paid = {
            strategy: position.quantity * a_share
            for (strategy, symbol), position in self.positions.items()
            if symbol == action.symbol and position.quantity
        }
        self.cash += sum(paid.values(), _ZERO)
        self._lines()
        return paid

    def _split_order(self, order: WorkingOrder, action: CorporateAction) -> None:
        left = action.shares_after(order.remaining) // 1
        if not left:
            self.end_order(order)
            return
        proposal = order.proposal
        is_buy = proposal.side is Side.BUY
        factor = Decimal(repr(action.split_from)) / Decimal(repr(action.split_to))
        limit = round_limit(proposal.limit_price * factor, side_is_buy=is_buy)
        order.proposal = replace(
            proposal,
            quantity=action.shares_after(proposal.quantity) // 1,
            limit_price=limit,
            reference_price=round_limit(proposal.reference_price * factor, side_is_buy=is_buy),
        )
        self._reserve(order, left)

    def end_order(self, order: WorkingOrder) -> None:
        del self.working[order.proposal.intent_id]
        del self.reserved[order.proposal.intent_id]

    def fill(self, order: WorkingOrder, *, quantity: Decimal, price: Decimal, fee: Decimal) -> None:
        """Book one execution; the order ends with its last share."""
        proposal = order.proposal
        side, symbol = proposal.side, proposal.symbol
        holding = (proposal.strategy, symbol)
        before = self.positions.get(holding) or Position(symbol)
        after = apply_fill(before, side, quantity=quantity, price=price)
        self._put_position(holding, after)
        self.cash += cash_change(side, quantity=quantity, price=price) - fee
        self.rough_cash = float(self.cash)
        self._change_net(symbol, side, quantity)
        self._note(proposal, after.realized_pnl - before.realized_pnl)
        left = order.remaining - quantity
        if not left:
            self.end_order(order)
            return
        self._reserve(order, left)

    def _put_position(self, holding: Holding, position: Position) -> None:
        self.positions[holding] = position
        average = float(position.average_price)
        self.views[holding] = PositionView(float(position.quantity), average)

    def _reserve(self, order: WorkingOrder, left: Decimal) -> None:
        each = order.proposal
        order.reservation = Reservation(
            each.strategy, each.symbol, each.side, left, each.limit_price
        )
        self.reserved[each.intent_id] = order.reservation

    def _note(self, proposal: Proposal, realized: Decimal | None) -> bool:
        """The live breaker of one strategy, after a fill or a refusal."""
        cause = Outcome(
            proposal.intent_id,
            proposal.symbol,
            proposal.side,
            proposal.bar_end,
            realized,
            is_rejected=realized is None,
        )
        tally = self._tallies.setdefault(proposal.strategy, Tally())
        tally.note(cause)
        verdict = tally.verdict(cause, self._limits, day_open_equity=self.day_open_equity)
        return self._stop(f"strategy:{proposal.strategy}", verdict, proposal.bar_end)

    def _stop(self, scope: str, verdict: Verdict | None, at: datetime) -> bool:
        if verdict is None:
            return False
        level, code, reason = verdict
        known = self._stops.get(scope)
        halt = Halt(scope, level, code, reason, "breaker", at, len(self.halts) + 1)
        if known is not None and covers(known, halt):
            return False
        self._stops[scope] = halt
        self._levels[scope] = level
        self.halts.append(halt)
        return True

    def _change_net(self, symbol: str, side: Side, quantity: Decimal) -> None:
        self._put_net(symbol, self.net.get(symbol, _ZERO) + side.sign * quantity)

    def _put_net(self, symbol: str, net: Decimal) -> None:
        if net:
            self.net[symbol] = net
            self.rough_shares[symbol] = float(net)
        else:
            self.net.pop(symbol, None)
            self.rough_shares.pop(symbol, None)

    def _lines(self) -> None:
        self.rough_cash = float(self.cash)
        loss = self.day_open_equity * (1 - self._limits.daily_loss_fraction)
        drawdown = self.high_water * (1 - self._limits.drawdown_fraction)
        self._loss_line = float(max(loss, drawdown)) * (1 + _MARGIN)
        self._high_line = float(self.high_water) * (1 - _MARGIN)
