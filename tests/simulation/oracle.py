"""What must hold, from the broker's own books and the rows of our ledger alone.

It calls nothing of the product: statuses are compared as the words that stand in the rows, and
positions and cash are added up here.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tests.simulation.chain import broken_links, told
from tests.simulation.models.broker import BrokerFill, BrokerOrder, ModelBroker

_ZERO = Decimal(0)
_FINAL = frozenset({"filled", "canceled", "expired", "rejected", "replaced"})
_OURS_OPEN = frozenset({"pending_submit", "submitting", "unknown"})
_GIVEN_UP = frozenset({"denied", "abandoned"})
_BOOKED_ACTIVITIES = frozenset({"DIV", "FEE", "SPLIT"})  # others are left to a person
_LEFT_TO_A_PERSON = frozenset({"unknown activity", "unknown cash"})
_HOUR = timedelta(hours=1)
_PRICE_OFF = Decimal("0.10")
_IN_FLIGHT = frozenset({"submitting", "unknown"})
_MARKS_MOVE = Decimal("1.03")  # between the decision and the order, prices go on
_LEAVES_WITHIN = timedelta(seconds=4)  # of the last look at what must hold when it leaves
_GIVEN_UP_WITHIN = timedelta(seconds=5)  # the time-out of who handles it
_SILENCE_S = 9.0  # the lease of the gate, and that last look


@dataclass(frozen=True, slots=True)
class Violation:
    """One invariant that did not hold."""

    invariant: str
    text: str
    at: datetime

    def __str__(self) -> str:
        return f"{self.invariant} at {self.at:%H:%M:%S.%f}: {self.text}"


@dataclass(slots=True)
class Oracle:
    """`tables` are the ledger's rows, `price` the last price of a symbol, as the market has it.

    `session` is when the market opens and closes, `silence` for how many seconds nobody has
    listened to the broker's stream.
    """

    tables: Any
    broker: ModelBroker
    account: str
    start_cash: Decimal
    started: datetime
    opens: datetime
    closes: datetime
    now: Callable[[], datetime]
    price: Callable[[str], Decimal]
    limits: Any
    silence: Callable[[], float] = lambda: 0.0
    swing: Decimal = Decimal(1)
    strategies: Sequence[str] = ()
    violations: list[Violation] = field(default_factory=list)
    posts: dict[str, int] = field(default_factory=dict)
    checked: dict[str, int] = field(default_factory=dict)
    _last_bars: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _journal_read: int = 0
    _bounds: dict[str, int] = field(default_factory=dict)
    _statuses: dict[str, str] = field(default_factory=dict)
    _sent_bars: dict[str, list[str]] = field(default_factory=dict)
    _sent_minutes: set[tuple[str, str]] = field(default_factory=set)
    _is_stopped: bool = False
    _resuming: int = 0

    def order_leaves(self, request: dict[str, str]) -> None:
        """A POST starts: I2, I5, I6, I10 and I15 of that instant."""
        name = request["client_order_id"]
        self.posts[name] = self.posts.get(name, 0) + 1
        intent = self._intent_of(name)
        self._count("I6")
        if intent is None or intent.denial_code is not None:
            self._violated("I6", f"{name} leaves without an approved intent")
            return
        terms = {
            "symbol": intent.symbol,
            "side": intent.side.value,
            "qty": f"{intent.quantity:f}",
            "limit_price": f"{intent.limit_price:f}",
        }
        sent = {key: request[key] for key in terms}
        if sent != terms:
            self._violated("I6", f"{name} leaves as {sent}, approved was {terms}")
        # a second worker may find it meanwhile, and not at the broker: then its fate is unknown; or
        # the first attempt has arrived since: then this one is refused as a duplicate
        if self.tables.orders[name].status not in _IN_FLIGHT and not self._has_just_arrived(name):
            self._violated("I6", f"{name} leaves as {self.tables.orders[name].status}")
        self._check_time(intent)
        self._check_halts(intent)
        self._check_sense(request)
        self._check_exposure(request)

    @contextmanager
    def person_asks(self, verb: str) -> Iterator[None]:
        """A person's command, from when it is asked for to when it is answered: from the answer to
        a halt on nothing may be opened, whatever the ledger says, until somebody resumes.
        """
        if verb != "resume":
            yield
            self._is_stopped = not self._resuming
            return
        self._resuming += 1
        self._is_stopped = False
        try:
            yield
        finally:
            self._resuming -= 1

    def bars_leave(self, body: str) -> None:
        """A message with a closed minute is on its way to the strategies: I7's order."""
        message = json.loads(body)
        if message["type"] != "MinuteClosed":
            return
        payload = message["payload"]
        for bar in payload["revisions"]:
            self._sent_minutes.add((bar["symbol"], bar["start"]))
        for bar in payload["bars"]:
            self._sent_minutes.add((bar["symbol"], bar["start"]))
            sent = self._sent_bars.setdefault(bar["symbol"], [])
            if not sent or bar["start"] > sent[-1]:
                sent.append(bar["start"])

    def evaluated(self) -> None:
        """I7 and I9, as far as the journal and the snapshots have grown."""
        for (_, strategy, symbol), snapshot in self.tables.snapshots.items():
            last = self._last_bars.get((strategy, symbol), snapshot.last_bar)
            self._count("I7")
            if snapshot.last_bar < last:
                self._violated("I7", f"{strategy} saw {symbol} of {snapshot.last_bar} after {last}")
            if _attributes(snapshot)["backwards"]:
                self._violated("I7", f"{strategy} was shown a bar of {symbol} twice")
            self._last_bars[(strategy, symbol)] = snapshot.last_bar
        rows = self.tables.journal[self.account]
        for row in rows[self._journal_read :]:
            if row.entry.kind == "order":
                self._check_transition(row.entry.ref, str(row.entry.payload["status"]))
        self._journal_read = len(rows)

    def broker_filled(self, fill: BrokerFill) -> None:
        """An execution at the broker: I4's part that is the broker's own."""
        order = self.broker.orders[fill.order_id]
        self._count("I4")
        if order.filled > order.quantity:
            self._violated("I4", f"{order.client_order_id} is filled beyond its quantity")
        self._check_fill(fill.symbol)

    def check_now(self) -> None:
        """What holds at any instant: one order an intent, no fill twice, no illegal transition."""
        self.evaluated()
        self._check_one_order_an_intent()
        self._check_no_fill_invented()

    def check_end(
        self, depths: dict[str, int], dead: dict[str, list[Any]], late: Mapping[str, int]
    ) -> None:
        """What holds once everything has come to rest."""
        self.check_now()
        given_up = _bars_given_up(dead)
        self._check_bars_seen(given_up)
        self._check_signals_assessed()
        self._check_mapping()
        self._check_fills_complete()
        self._check_activities()
        self._check_positions()
        self._check_cash()
        self._check_journal()
        self._check_rest(depths, dead)
        self._check_evaluations(late, given_up)
        self._check_reasons()

    def _check_evaluations(self, late: Mapping[str, int], given_up: Mapping[str, int]) -> None:
        """I7: each strategy has seen each accepted bar once; its own count says so.

        One that came after a later one of its symbol may be left out, for they go in order, and one
        that was late when the container had started anew counts as a correction.
        """
        accepted: dict[str, list[datetime]] = {}
        for symbol, start, _ in self.tables.bars.bars:
            known = accepted.setdefault(symbol, [])
            if start not in known:
                known.append(start)
        for strategy in self.strategies:
            for symbol, starts in accepted.items():
                overtaken = sum(at < max(starts[:n]) for n, at in enumerate(starts) if n)
                left_out = overtaken + late.get(symbol, 0) + given_up.get(symbol, 0)
                bars = range(len(starts) - left_out, len(starts) + 1)
                self._count("I7")
                snapshot = self.tables.snapshots.get((self.account, strategy, symbol))
                seen = 0 if snapshot is None else _bars_seen(snapshot.state)
                if seen not in bars:
                    self._violated(
                        "I7", f"{strategy} saw {seen} bars of {symbol}, of {len(starts)} accepted"
                    )

    def _check_reasons(self) -> None:
        """I15: each halt names its reason, and nothing was halted where nothing went wrong."""
        for row in self.tables.journal[self.account]:
            if row.entry.kind == "halt":
                self._count("I15")
                payload = row.entry.payload
                if not (payload["code"] and payload["reason"] and payload["actor"]):
                    self._violated("I15", f"{row.entry.ref} is {payload['level']} without a reason")

    def _check_time(self, intent: Any) -> None:
        name, late = intent.client_order_id, self.now() - _LEAVES_WITHIN
        if late > intent.valid_until:
            self._violated("I2", f"{name} leaves though it ended at {intent.valid_until}")
        self._count("I15")
        opens, closes = self.opens, self.closes
        if not (opens <= self.now() and late < closes):
            self._violated("I15", f"{name} leaves outside of the session")
        if self.silence() > _SILENCE_S:
            self._violated("I15", f"{name} leaves while nobody listens to the broker's stream")

    def _has_just_arrived(self, name: str) -> bool:
        since = self.now() - _LEAVES_WITHIN
        return any(
            order.client_order_id == name and order.submitted_at > since
            for order in self.broker.orders.values()
        )

    def _check_halts(self, intent: Any) -> None:
        self._count("I5")
        scopes = ("account", f"strategy:{intent.strategy}", f"symbol:{intent.symbol}")
        level = max(
            (int(h.level) for (_, scope), h in self.tables.halts.items() if scope in scopes),
            default=0,
        )
        level = max(level, int(self._is_stopped))
        reduces = self._is_untold(intent.symbol) or self._reduces(
            intent.symbol, intent.side.value, int(intent.quantity), but=intent.client_order_id
        )
        allowed = level == 0 or (reduces and (level == 1 or intent.origin == "flatten"))
        if not allowed:
            self._violated("I5", f"{intent.client_order_id} leaves at halt level {level}")

    def _check_sense(self, request: dict[str, str]) -> None:
        """I15: within the session, and priced from what the market really shows."""
        self._count("I15")
        name, price = request["client_order_id"], Decimal(request["limit_price"])
        if not self.opens <= self.now() < self.closes:
            self._violated("I15", f"{name} leaves outside the session")
        market = self.price(request["symbol"])
        if abs(price - market) > market * _PRICE_OFF:
            self._violated("I15", f"{name} leaves at {price}, the market is at {market}")

    def _check_exposure(self, request: dict[str, str]) -> None:
        symbol, side, quantity = request["symbol"], request["side"], int(Decimal(request["qty"]))
        if self._others_move(symbol):
            return
        self._count("I10")
        name = request["client_order_id"]
        if self._reduces(symbol, side, quantity, but=name):
            return
        highest, lowest = self._worst_case(symbol, but=name)
        if side == "buy":
            highest += quantity
        else:
            lowest -= quantity
        price = max(self.price(symbol), Decimal(request["limit_price"]))
        exposure = max(abs(highest), abs(lowest)) * price
        move = 1 + (_MARKS_MOVE - 1) * self.swing
        allowed = self._equity() * self.limits.max_position_fraction * move
        if exposure > allowed:
            self._violated("I10", f"{symbol} could be worth {exposure}, allowed is {allowed:.2f}")
        self._bounds[symbol] = max(highest, -lowest, self._bounds.get(symbol, 0))

    def _check_fill(self, symbol: str) -> None:
        """I10 when an order fills: no position beyond what could be foreseen when orders left."""
        if self._others_move(symbol):
            return
        self._count("I10")
        held = abs(self.broker.position(symbol))
        if held > self._bounds.get(symbol, 0):
            self._violated("I10", f"{held} of {symbol} held, foreseen {self._bounds.get(symbol)}")

    def _others_move(self, symbol: str) -> bool:
        """Whether somebody else may have moved the position: then it is not ours to bound."""
        by_hand = any(
            order.is_foreign and order.symbol == symbol and order.submitted_at > self.opens - _HOUR
            for order in self.broker.orders.values()
        )
        return by_hand or any(each.kind == "SPLIT" for each in self.broker.activities)

    def _is_untold(self, symbol: str) -> bool:
        """Whether an order that is not ours has moved, or may move, the position, and that is still
        on its way to our books: nobody here can count with it.
        """
        return any(
            order.is_foreign
            and order.symbol == symbol
            and self._told_of(order.client_order_id) != (order.status, order.filled)
            for order in self.broker.orders.values()
        )

    def _told_of(self, client_order_id: str) -> tuple[str, int] | None:
        row = self.tables.orders.get(client_order_id)
        return None if row is None else (row.status.value, int(row.filled_quantity))

    def _worst_case(self, symbol: str, *, but: str = "") -> tuple[int, int]:
        """With all that works at the broker, and all that left and may still arrive there."""
        highest = lowest = self.broker.position(symbol)
        known = {order.client_order_id for order in self.broker.orders.values()}
        working = [
            (order.side, order.left)
            for order in self.broker.orders.values()
            if order.symbol == symbol and order.is_open and order.client_order_id != but
        ]
        working += [
            (row.side.value, int(row.quantity))
            for name, row in self.tables.orders.items()
            if name in self.posts and name not in known and name != but
            if row.symbol == symbol and row.status.value in _IN_FLIGHT
        ]
        for side, left in working:
            highest += left if side == "buy" else 0
            lowest -= left if side == "sell" else 0
        return highest, lowest

    def _reduces(self, symbol: str, side: str, quantity: int, *, but: str) -> bool:
        highest, lowest = self._worst_case(symbol, but=but)
        return quantity <= (-highest if side == "buy" else lowest)

    def _equity(self) -> Decimal:
        held = self.broker.positions().items()
        return self.broker.cash + sum((self.price(s) * q for s, q in held), _ZERO)

    def _check_transition(self, name: str, status: str) -> None:
        self._count("I9")
        before = self._statuses.get(name)
        left_an_end = before in _FINAL and status != before
        back_to_ours = (
            before is not None
            and before not in _OURS_OPEN | _GIVEN_UP
            and status in _OURS_OPEN | _GIVEN_UP
        )
        if left_an_end or back_to_ours or (before == "denied" and status != "denied"):
            self._violated("I9", f"{name} goes from {before} to {status}")
        self._statuses[name] = status

    def _check_one_order_an_intent(self) -> None:
        """I1: orders of one signal follow each other, none while an earlier one can still fill."""
        by_signal: dict[str, list[BrokerOrder]] = {}
        for order in self.broker.orders.values():
            intent = self._intent_of(order.client_order_id)
            if intent is not None:
                by_signal.setdefault(intent.signal_id, []).append(order)
        for signal, orders in by_signal.items():
            self._count("I1")
            names = [order.client_order_id for order in orders]
            if len(set(names)) != len(names):
                self._violated("I1", f"{signal} has two orders of one id: {names}")
            for before, after in pairwise(orders):
                if before.ended_at is None or before.ended_at > after.submitted_at:
                    self._violated("I1", f"{signal} has two orders at once: {names}")
            filled = sum(order.filled for order in orders)
            closes = self.tables.signals[signal].signal.action.value == "close"
            if filled > orders[0].quantity and not closes:
                self._violated("I1", f"{signal} is filled {filled} times, {names}")

    def _check_no_fill_invented(self) -> None:
        theirs = {(f.order_id, f.cumulative): f for f in self.broker.fills}
        for row in self.tables.fills.values():
            self._count("I4")
            fill = theirs.get((row.broker_order_id, int(row.execution.cumulative)))
            ours = (int(row.execution.quantity), row.execution.price, row.side.value)
            if fill is None or ours != (fill.quantity, fill.price, fill.side):
                self._violated("I4", f"we booked {row.execution}, the broker has {fill}")

    def _check_bars_seen(self, given_up: Mapping[str, int]) -> None:
        """I7: each strategy was shown each bar that left, once, as far as time went forwards.

        What is in a dead letter waits for a person, and may have been shown before.
        """
        for (_, strategy, symbol), snapshot in self.tables.snapshots.items():
            self._count("I7")
            seen, sent = _attributes(snapshot)["seen"], len(self._sent_bars.get(symbol, ()))
            if not sent - given_up.get(symbol, 0) <= seen <= sent:
                self._violated("I7", f"{strategy} saw {seen} bars of {symbol}, {sent} were sent")
        stored = {(symbol, _wire(start)) for symbol, start, _ in self.tables.bars.bars}
        for symbol, start in sorted(stored - self._sent_minutes):
            self._violated("I7", f"the bar of {symbol} of {start} is stored and never left")

    def _check_signals_assessed(self) -> None:
        assessed = {intent.signal_id for intent in self.tables.intents.values()}
        for signal, row in self.tables.signals.items():
            self._count("I14")
            # a person whose command failed is told so, and may ask again
            if signal not in assessed and row.origin.value == "strategy":
                self._violated("I14", f"{signal} was never assessed")

    def _check_mapping(self) -> None:
        for order in self.broker.orders.values():
            self._count("I2")
            row = self.tables.orders.get(order.client_order_id)
            intent = self._intent_of(order.client_order_id)
            if row is None:
                self._violated("I2", f"{order.client_order_id} is not in our ledger")
            elif order.is_foreign and (intent is not None or row.strategy != "external"):
                self._violated("I2", f"{order.client_order_id} is attributed to {row.strategy}")
            elif not order.is_foreign and (intent is None or intent.denial_code is not None):
                self._violated("I2", f"{order.client_order_id} has no approved intent")
            elif order.is_foreign and row.cancel_reason == "timeout":
                self._violated("I2", f"{order.client_order_id} is not ours and was canceled by us")

    def _check_fills_complete(self) -> None:
        ours = {
            (r.broker_order_id, int(r.execution.cumulative)) for r in self.tables.fills.values()
        }
        theirs = {(fill.order_id, fill.cumulative) for fill in self.broker.fills}
        if ours != theirs:
            lost, extra = sorted(theirs - ours), sorted(ours - theirs)
            self._violated("I4", f"fills lost {lost}, fills too many {extra}")

    def _check_positions(self) -> None:
        summed: dict[str, Decimal] = {}
        for row in self.tables.fills.values():
            signed = row.execution.quantity * (1 if row.side.value == "buy" else -1)
            summed[row.symbol] = summed.get(row.symbol, _ZERO) + signed
        for each in self.tables.activities.values():
            summed[each.symbol] = summed.get(each.symbol, _ZERO) + each.shares
        booked: dict[str, Decimal] = {}
        for (_, _, symbol), position in self.tables.positions.items():
            booked[symbol] = booked.get(symbol, _ZERO) + position.quantity
        theirs = {symbol: Decimal(q) for symbol, q in self.broker.positions().items()}
        self._count("I3")
        for what, found in (("sum of facts", summed), ("positions", booked)):
            held = _without_zeros(found)
            if held != theirs:
                self._violated("I3", f"{what} {held}, the broker {theirs}")

    def _check_cash(self) -> None:
        summed = self.start_cash
        for row in self.tables.fills.values():
            sign = -1 if row.side.value == "buy" else 1
            summed += sign * row.execution.quantity * row.execution.price
        summed += sum((each.cash for each in self.tables.activities.values()), _ZERO)
        booked = self.tables.accounts[self.account].cash
        left = [each for each in self.broker.activities if each.kind not in _BOOKED_ACTIVITIES]
        theirs = self.broker.cash - sum((each.cash for each in left), _ZERO)
        self._count("I8")
        if not summed == booked == theirs:
            self._violated("I8", f"cash by facts {summed}, booked {booked}, the broker {theirs}")

    def _check_activities(self) -> None:
        """I4 for what is no trade: everything that is understood, once, and nothing else."""
        theirs = sorted(a.id for a in self.broker.activities if a.kind in _BOOKED_ACTIVITIES)
        ours = sorted(each.id for each in self.tables.activities.values())
        self._count("I4")
        if ours != theirs:
            self._violated("I4", f"we booked the activities {ours}, the broker has {theirs}")

    def _check_journal(self) -> None:
        """I11: the chain is whole, and its rows alone give the same books."""
        self._count("I11")
        rows = self.tables.journal[self.account]
        for text in broken_links(rows):
            self._violated("I11", text)
        books = told(rows)
        if books.cash != self.tables.accounts[self.account].cash:
            self._violated("I11", f"the journal gives a cash of {books.cash}")
        is_split = any(each.shares for each in self.tables.activities.values())
        booked = {
            (strategy, symbol): position.quantity
            for (_, strategy, symbol), position in self.tables.positions.items()
        }
        # how a split is shared among strategies does not stand in its row
        shown = _by_symbol if is_split else _without_zeros
        held = shown(books.held)
        if held != shown(booked):
            self._violated("I11", f"the journal gives positions {held}, booked are {booked}")
        orders = {
            name: (row.status.value, row.filled_quantity, row.booked_quantity)
            for name, row in self.tables.orders.items()
        }
        wrong = {
            name: (books.orders.get(name), row)
            for name, row in orders.items()
            if books.orders.get(name) != row
        }
        if wrong or len(orders) != len(books.orders):
            self._violated("I11", f"the journal gives other orders: {wrong}")
        levels = {scope: halt.level.name for (_, scope), halt in self.tables.halts.items()}
        if levels != books.levels:
            self._violated("I11", f"the journal gives halts {books.levels}, in force are {levels}")

    def check_working_state(self, state: Any) -> None:
        """I12: what the working state says at rest is what the ledger's rows say."""
        self._count("I12")
        tables = self.tables
        ours = {
            "cash": tables.accounts[self.account].cash,
            "positions": {
                (strategy, symbol): position.quantity
                for (_, strategy, symbol), position in tables.positions.items()
            },
            "reserved": {
                order.intent_id or name: may_change
                for name, order in tables.orders.items()
                if (may_change := _may_change(order))
            },
            "levels": {scope: halt.level for (_, scope), halt in tables.halts.items()},
        }
        theirs = {
            "cash": state.cash,
            "positions": {key: position.quantity for key, position in state.positions.items()},
            "reserved": {key: each.quantity for key, each in state.reserved.items()},
            "levels": dict(state.levels),
        }
        for name, expected in ours.items():
            if theirs[name] != expected:
                self._violated("I12", f"working {name} {theirs[name]}, in the ledger {expected}")

    def fingerprint(self) -> tuple[object, ...]:
        """What a pass that finds nothing may not change."""
        tables = self.tables
        rows = tables.journal[self.account]
        return (
            {name: order.version for name, order in tables.orders.items()},
            len(tables.fills),
            tables.accounts[self.account].cash,
            dict(tables.halts),
            sum(not row.entry.kind.startswith("reconcile") for row in rows),
        )

    def found_again(self, before: tuple[object, ...], differences: Iterable[Any]) -> None:
        """I14: a second pass of reconcile is a no-op; it still names what is left to a person."""
        self._count("I14")
        is_left = any(each.kind not in _BOOKED_ACTIVITIES for each in self.broker.activities)
        named = _LEFT_TO_A_PERSON if is_left else frozenset()
        found = [each for each in differences if each.found.value not in named]
        if found:
            self._violated("I14", f"a second pass of reconcile finds {found}")
        if self.fingerprint() != before:
            self._violated("I14", f"a second pass changes {before} to {self.fingerprint()}")

    def _check_rest(self, depths: dict[str, int], dead: dict[str, list[Any]]) -> None:
        """I14: queues empty, and no order of ours open without one that works at the broker."""
        self._count("I14")
        if any(depths.values()):
            self._violated("I14", f"queues are not empty: {depths}")
        for queue, messages in dead.items():
            for each in messages:
                symbol = each.group.rpartition(":")[2]
                if not self._was_stopped(symbol, since=each.taken_at):
                    self._violated("I14", f"{each.message_id} of {queue} was given up")
        for text in self._unsettled():
            self._violated("I14", text)

    def _was_stopped(self, symbol: str, *, since: float) -> bool:
        """Whether trading was stopped there when a message was handed out for the last time, or
        has been stopped for its sake.
        """
        given_up = self.started + timedelta(seconds=since) + _GIVEN_UP_WITHIN
        levels: dict[str, str] = {}
        for row in self.tables.journal[self.account]:
            entry = row.entry
            if entry.kind != "halt" or entry.ref not in ("account", f"symbol:{symbol}"):
                continue
            if entry.payload["code"] == "DEAD_LETTER":
                return True
            if entry.at <= given_up:
                levels[entry.ref] = str(entry.payload["level"])
        return any(level != "ACTIVE" for level in levels.values())

    def _unsettled(self) -> Iterator[str]:
        theirs = {order.client_order_id: order for order in self.broker.orders.values()}
        for name, row in self.tables.orders.items():
            order = theirs.get(name)
            if row.status.value in _FINAL | _GIVEN_UP:
                if order is not None and order.status != row.status.value:
                    yield f"{name} is {row.status.value} for us and {order.status} at the broker"
                elif order is None and row.status.value in _FINAL - self._refused(name):
                    yield f"{name} is {row.status.value} for us and was never at the broker"
            elif order is None or not order.is_open:
                found = "unknown there" if order is None else f"{order.status} there"
                yield f"{name} is {row.status.value} for us and {found}"

    def _refused(self, name: str) -> frozenset[str]:
        return frozenset({"rejected"} if name in self.broker.refused_ids else ())

    def _intent_of(self, client_order_id: str) -> Any | None:
        row = self.tables.orders.get(client_order_id)
        return None if row is None else self.tables.intents.get(row.intent_id)

    def _count(self, invariant: str) -> None:
        self.checked[invariant] = self.checked.get(invariant, 0) + 1

    def _violated(self, invariant: str, text: str) -> None:
        found = Violation(invariant, text, self.now())
        if not any((v.invariant, v.text) == (invariant, text) for v in self.violations):
            self.violations.append(found)


def _without_zeros(held: Mapping[Any, Decimal]) -> dict[Any, Decimal]:
    return {key: quantity for key, quantity in held.items() if quantity}


def _by_symbol(held: Mapping[tuple[str, str], Decimal]) -> dict[Any, Decimal]:
    summed: dict[str, Decimal] = {}
    for (_, symbol), quantity in held.items():
        summed[symbol] = summed.get(symbol, _ZERO) + quantity
    return _without_zeros(summed)


def _bars_given_up(dead: Mapping[str, Sequence[Any]]) -> Counter[str]:
    """How many bars of each symbol are in dead letters."""
    minutes = (json.loads(each.body)["payload"] for each in dead.get("bars", ()))
    return Counter(bar["symbol"] for minute in minutes for bar in minute["bars"])


def _attributes(snapshot: Any) -> dict[str, Any]:
    """What the strategy itself had kept when the row was written."""
    attributes: dict[str, Any] = json.loads(snapshot.state)["strategy"]["attributes"]
    return attributes


def _wire(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _may_change(order: Any) -> Decimal:
    """Shares by which the booked position may still change."""
    is_open = order.status.value not in _FINAL | _GIVEN_UP
    left = max(order.quantity - order.filled_quantity, _ZERO) if is_open else _ZERO
    return left + max(order.filled_quantity - order.booked_quantity, _ZERO)


def _bars_seen(state: str) -> int:
    return int(json.loads(state)["strategy"]["attributes"]["seen"])
