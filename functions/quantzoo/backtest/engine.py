"""Minutes in, decisions and fills out: the live run without its queues.

Each minute: working orders trade, the account is marked, the breakers look, every strategy sees
its closed bar through `kernel.step`, and its signals pass the live sizing and the live rules. What
an order does before the next decision (time-outs, re-pricing, the cancel at the close) happens at
the instants at which a live run does it. Orders of a bar trade from the next bar on.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from quantterminal.domain.barrier import universe
from quantterminal.domain.bars import MINUTE, Bar
from quantterminal.domain.configuration import OnTimeout, StrategyConfig, TradingConfig
from quantterminal.domain.corporate_actions import CorporateAction, between
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.kernel import MinuteRun, StrategyRun, in_order, step, step_minute
from quantterminal.domain.money import price_from_float
from quantterminal.domain.proposals import nothing_to_close, propose
from quantterminal.domain.risk import RULES, Denial, Proposal, Reservation, Rule, check
from quantterminal.domain.sessions import Session, session_at
from quantterminal.domain.signals import Action, Side, Signal, client_order_id
from quantzoo.backtest.book import Book, WorkingOrder
from quantzoo.backtest.ex_dates import happen
from quantzoo.backtest.fills import Fees, FillModel, NextOpen
from quantzoo.backtest.history import History, instant
from quantzoo.backtest.result import DayClose, Dividend, Executed, Intent, Result
from quantzoo.backtest.venue import accept
from quantzoo.runs import bar_run, minute_run, on_bars, on_minutes
from quantzoo.trades import Split

_PUBLISHED = timedelta(milliseconds=50)
SETTLED = timedelta(seconds=2)
_LONGEST_WALK = 5
_EPOCH = instant(0)


@dataclass(frozen=True, slots=True)
class Setting:
    """How a run is simulated; `trading` is a live run's own configuration.

    `rules` are the risk rules, all live ones by default. `day_orders` end with the session, as
    live; `has_venue` is whether the broker's own refusals are simulated. `keeps_curve` records
    equity by minute. `actions` are the splits and dividends of the period; bars are as traded.
    """

    trading: TradingConfig
    cash: Decimal = Decimal(100_000)
    fills: FillModel = field(default_factory=NextOpen)
    fees: Fees = field(default_factory=Fees)
    rules: tuple[Rule, ...] = RULES
    day_orders: bool = True
    has_venue: bool = True
    keeps_curve: bool = False
    actions: tuple[CorporateAction, ...] = ()


MakeRun = Callable[[StrategyConfig, str], StrategyRun]
Progress = Callable[[int], None]


def backtest(
    setting: Setting,
    history: History,
    *,
    make_run: MakeRun | None = None,
    progress: Progress | None = None,
) -> Result:
    """Run the strategies of `setting.trading` over `history`, every bar of it.

    `progress` is told the bars done, once a session. Raises InvalidValueError for a symbol that
    the configuration does not have.
    """
    check_symbols(setting, history)
    engine = Engine(setting, make_run or bar_run)
    done = 0
    for _, bars in history.minutes():
        by_symbol = {bar.symbol: bar for bar in bars}
        is_new = engine.minute(bars[0].start, by_symbol, count=len(bars))
        if is_new and progress is not None:
            progress(done)
        done += len(bars)
    return engine.finish(bars=done, first=history.first, last=history.last)


def check_symbols(setting: Setting, history: History) -> None:
    """Raises InvalidValueError for a symbol that the configuration does not have."""
    unknown = set(history.symbols) - set(setting.trading.symbols)
    if unknown:
        raise InvalidValueError(
            f"Expected symbols of {', '.join(setting.trading.symbols)}, was {sorted(unknown)}"
        )


class Engine:
    """One account over time; `minute` is called for each minute that has bars, in order."""

    def __init__(self, setting: Setting, make_run: MakeRun) -> None:
        trading = setting.trading
        self.setting = setting
        self.book = Book(setting.cash, trading.limits, frozenset(trading.symbols))
        self.signals: list[Signal] = []
        self.intents: list[Intent] = []
        self.fills: list[Executed] = []
        self.days: list[DayClose] = []
        self.curve: list[tuple[datetime, float]] = []
        self.splits: list[Split] = []
        self.dividends: list[Dividend] = []
        self.cancels = 0
        self.rejections: Counter[str] = Counter()
        self.late_denials: Counter[str] = Counter()
        self._trading = trading
        self._universe = universe(trading.symbols, timeout_s=trading.barrier_timeout_s)
        self._symbol_count = len(trading.symbols)
        self._make_run = make_run
        self._names = [each.name for each in trading.strategies]
        together = [each.name for each in on_minutes(trading)]
        self._minute_runs = [(name, self._new_minute_run(name)) for name in together]
        self._runs: dict[str, list[tuple[tuple[str, str], StrategyRun]]] = {}
        self._session: Session | None = None
        self._previous: datetime | None = None
        self._swept = 0.0
        self._invested = 0
        self._minutes = 0

    def minute(self, start: datetime, bars: Mapping[str, Bar], *, count: int) -> bool:
        """One closed minute with `count` bars, by symbol in alphabetical order; True when a new
        session began with it.
        """
        is_new = self._session is None or start >= self._session.close
        if is_new:
            self._begin_session(start)
        elif self.book.working and self._previous is not None:
            self._walk_gap(self._previous + MINUTE, start)
        if self.book.working:
            self._trade(start, bars)
        self._previous = start
        self._mark(start, bars)
        self.book.check_losses(start + MINUTE)
        self._record(start + MINUTE)
        self._close_minute(start, self._decide(bars), is_complete=count == self._symbol_count)
        return is_new

    def finish(self, *, bars: int, first: datetime, last: datetime) -> Result:
        """The end of the data: what still works is cancelled, as at a close."""
        self._end_session()
        book = self.book
        return Result(
            cash=self.setting.cash,
            bars=bars,
            first=first,
            last=last,
            signals=self.signals,
            intents=self.intents,
            fills=self.fills,
            cancels=self.cancels,
            rejections=dict(sorted(self.rejections.items())),
            late_denials=dict(sorted(self.late_denials.items())),
            halts=book.halts,
            days=self.days,
            curve=self.curve,
            positions={key: each.quantity for key, each in book.positions.items() if each.quantity},
            marks=dict(book.marks),
            equity=book.equity(),
            splits=tuple(self.splits),
            dividends=tuple(self.dividends),
        )

    def _begin_session(self, start: datetime) -> None:
        before = self._session
        if before is not None:
            self._end_session()
        self._session = session_at(start)
        if self._session is None:
            raise InvalidValueError(f"Expected a minute of a session, was {start.isoformat()}")
        if before is not None and self.setting.actions:
            now = self._session
            self._act(between(self.setting.actions, after=before.day, until=now.day), now.open)
        self.book.begin_day(start)

    def _act(self, actions: Iterable[CorporateAction], at: datetime) -> None:
        """Who has seen a price of before a split starts over, as live."""
        found = happen(actions, self.book, at)
        self.splits += found.splits
        self.dividends += found.dividends
        self.fills += found.fills
        crossed = {each.symbol for each in found.splits}
        for symbol in crossed:
            self._runs.pop(symbol, None)
        self._minute_runs = [
            (name, run if crossed.isdisjoint(run.context.symbols) else self._new_minute_run(name))
            for name, run in self._minute_runs
        ]

    def _end_session(self) -> None:
        if self._session is None:
            return
        if self.setting.day_orders:
            for order in list(self.book.working.values()):
                self.book.end_order(order)
        share = self._invested / self._minutes if self._minutes else 0.0
        self.days.append(DayClose(self._session.day, self.book.equity(), share))
        self._invested = self._minutes = 0

    def _walk_gap(self, first: datetime, until: datetime) -> None:
        """Minutes without any bar: orders cannot trade, but they can grow too old."""
        missing = (until - first) // MINUTE
        if missing > _LONGEST_WALK:
            self._sweep(until - MINUTE)
            return
        for index in range(missing):
            self._sweep(first + (index + 1) * MINUTE + _PUBLISHED)

    def _trade(self, start: datetime, bars: Mapping[str, Bar]) -> None:
        for index, offset in enumerate(self.setting.fills.offsets_ms):
            now = start + timedelta(milliseconds=offset)
            for symbol in dict.fromkeys(o.proposal.symbol for o in self.book.working.values()):
                if symbol in bars:
                    self._match(bars[symbol], index, now)
            if not self.book.working:
                return
            self._sweep(now)

    def _match(self, bar: Bar, index: int, now: datetime) -> None:
        model = self.setting.fills
        liquidity = model.liquidity(bar, at=index)
        left = {Side.BUY: liquidity, Side.SELL: liquidity}
        for order in [o for o in self.book.working.values() if o.proposal.symbol == bar.symbol]:
            side = order.proposal.side
            room = left[side]
            quantity = order.remaining if room is None else min(order.remaining, room)
            price = model.price(order.proposal, bar, at=index)
            if price is None or quantity <= 0:
                continue
            if room is not None:
                left[side] = room - quantity
            self._fill(order, quantity, price, now)

    def _fill(self, order: WorkingOrder, quantity: Decimal, price: Decimal, now: datetime) -> None:
        proposal = order.proposal
        fee = self.setting.fees.of(quantity)
        self.book.fill(order, quantity=quantity, price=price, fee=fee)
        worse = (price - proposal.reference_price) * proposal.side.sign * quantity
        self.fills.append(
            Executed(
                proposal.intent_id,
                proposal.strategy,
                proposal.symbol,
                proposal.side,
                quantity,
                price,
                fee,
                worse,
                now,
            )
        )

    def _mark(self, start: datetime, bars: Mapping[str, Bar]) -> None:
        for bar in bars.values():
            self.book.marks.put(bar.symbol, bar.close, start)

    def _record(self, end: datetime) -> None:
        self._minutes += 1
        self._invested += bool(self.book.net)
        if self.setting.keeps_curve:
            self.curve.append((end, self.book.rough_equity()))

    def _close_minute(
        self, start: datetime, signals: Sequence[Signal], *, is_complete: bool
    ) -> None:
        """Assess and send what was decided. Old orders time out after that, as live."""
        end, working = start + MINUTE, bool(self.book.working)
        if not (signals or working):
            return
        if working and not is_complete:
            self._sweep(end + _PUBLISHED)
        if is_complete:
            now = end + (_PUBLISHED if working else SETTLED)
        else:
            now = self._universe.times_out(start)
        orders = self._assess_all([(signal, 0) for signal in signals], now)
        retries = self._cancel_old(now) if working and is_complete else []
        self._submit(orders)
        if retries:
            self._submit(self._assess_all(retries, now))

    def _decide(self, bars: Mapping[str, Bar]) -> list[Signal]:
        signals: list[Signal] = []
        view = self.book.view
        for symbol, bar in bars.items():
            runs = self._runs.get(symbol)
            if runs is None:
                runs = self._start(symbol)
            for holding, run in runs:
                signals += step(run, bar, position=view(holding))
        if self._minute_runs:
            signals = in_order([*signals, *self._decide_together(bars)], self._names)
        self.signals += signals
        return signals

    def _decide_together(self, bars: Mapping[str, Bar]) -> Iterator[Signal]:
        start = next(iter(bars.values())).start
        for name, run in self._minute_runs:
            symbols = run.context.symbols
            own = {symbol: bars[symbol] for symbol in symbols if symbol in bars}
            if own:
                positions = {symbol: self.book.view((name, symbol)) for symbol in symbols}
                yield from step_minute(run, start, own, positions=positions)

    def _new_minute_run(self, name: str) -> MinuteRun:
        (config,) = (each for each in self._trading.strategies if each.name == name)
        return minute_run(config, self._trading)

    def _start(self, symbol: str) -> list[tuple[tuple[str, str], StrategyRun]]:
        configs = on_bars(self._trading, symbol)
        runs = [((each.name, symbol), self._make_run(each, symbol)) for each in configs]
        self._runs[symbol] = runs
        return runs

    def _assess_all(
        self, signals: Sequence[tuple[Signal, int]], now: datetime
    ) -> list[WorkingOrder]:
        """All of them before any is sent: each sees what the earlier ones have reserved, and the
        last hop sees what the later ones have, too.
        """
        assessed = [self._assess(signal, attempt, now) for signal, attempt in signals]
        orders = [order for order in assessed if order is not None]
        return orders if len(orders) < 2 else [each for each in orders if self._last_hop(each, now)]

    def _last_hop(self, order: WorkingOrder, now: datetime) -> bool:
        denial = check(
            order.proposal,
            self.book.snapshot(now),
            self._trading.limits,
            rules=self.setting.rules,
        )
        if denial is not None:
            self.late_denials[denial.code] += 1
            self.book.end_order(order)
        return denial is None

    def _assess(self, signal: Signal, attempt: int, now: datetime) -> WorkingOrder | None:
        """The live risk step: size, check, reserve."""
        book, symbol = self.book, signal.symbol
        if attempt:
            reference, bar_end = book.marks[symbol], book.marks.end(symbol)
        else:
            reference = price_from_float(signal.reference_price)
            bar_end = signal.bar_start + MINUTE
        proposal = propose(
            signal,
            book.held((signal.strategy, symbol)),
            attempt=attempt,
            reference=reference,
            bar_end=bar_end,
            now=now,
            day_open_equity=book.day_open_equity,
            trading=self._trading,
        )
        denial = nothing_to_close(proposal, signal) or check(
            proposal, book.snapshot(now), self._trading.limits, rules=self.setting.rules
        )
        self.intents.append(intent_of(attempt, proposal, denial, now))
        if denial is not None:
            return None
        order = WorkingOrder(signal, proposal, attempt, now, _reservation(proposal))
        book.open_order(order)
        return order

    def _submit(self, orders: Sequence[WorkingOrder]) -> None:
        has_stopped = False
        for order in orders:
            if has_stopped and not self._last_hop(order, order.submitted_at):
                continue
            refusal = accept(order, self.book) if self.setting.has_venue else None
            if refusal is not None:
                self.rejections[refusal] += 1
                has_stopped |= self.book.reject(order)

    def _sweep(self, now: datetime) -> None:
        """Cancel what rests too long, and try again at the price of now."""
        retries = self._cancel_old(now)
        if retries:
            self._submit(self._assess_all(retries, now))

    def _cancel_old(self, now: datetime) -> list[tuple[Signal, int]]:
        """Looks at the multiples of the sweep's interval, as live; what is to be tried again."""
        every = self._trading.sweep_every_s
        due = (now - _EPOCH).total_seconds() // every * every
        if due <= self._swept:
            return []
        self._swept = due
        if session_at(_EPOCH + timedelta(seconds=due)) is None:
            return []
        life = timedelta(seconds=self._trading.execution.order_timeout_s)
        old = [each for each in self.book.working.values() if now - each.submitted_at >= life]
        old.sort(key=self._ledger_order)
        for order in old:
            self.cancels += 1
            self.book.end_order(order)
        return [retry for order in old if (retry := self._retry(order)) is not None]

    def _ledger_order(self, order: WorkingOrder) -> tuple[datetime, str]:
        proposal, account = order.proposal, self._trading.account
        return order.submitted_at, client_order_id(
            account, proposal.intent_id, signal=order.signal, side=proposal.side
        )

    def _retry(self, order: WorkingOrder) -> tuple[Signal, int] | None:
        execution = self._trading.execution
        attempt = order.attempt + 1
        if execution.on_timeout is not OnTimeout.REPRICE or attempt > execution.max_reprices:
            return None
        signal = order.signal
        if signal.action is not Action.CLOSE:
            signal = replace(signal, quantity=int(order.remaining))
        return signal, attempt


def _reservation(proposal: Proposal) -> Reservation:
    return Reservation(
        proposal.strategy, proposal.symbol, proposal.side, proposal.quantity, proposal.limit_price
    )


def intent_of(attempt: int, proposal: Proposal, denial: Denial | None, now: datetime) -> Intent:
    """The record of one assessed order."""
    return Intent(
        id=proposal.intent_id,
        signal_id=proposal.intent_id.rpartition("#")[0],
        attempt=attempt,
        strategy=proposal.strategy,
        symbol=proposal.symbol,
        side=proposal.side,
        quantity=proposal.quantity,
        limit_price=proposal.limit_price,
        reference_price=proposal.reference_price,
        at=now,
        denial_code=None if denial is None else denial.code,
        denial_text="" if denial is None else denial.text,
    )
