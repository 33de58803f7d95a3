"""The books that the journal alone leads to, and how the ledger's tables differ from them.

A replay applies fills with the same functions as the ledger does; everything else it is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal

from quantterminal.domain.activities import Activity, ActivityKind, share_changes, split_positions
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.halts import Halt, HaltCode
from quantterminal.domain.journal import Entry, Finding, JournalRow, plain
from quantterminal.domain.orders import Execution, Order, OrderStatus
from quantterminal.domain.positions import Position, apply_fill, cash_change
from quantterminal.domain.risk import HaltLevel
from quantterminal.domain.signals import Side


@dataclass(frozen=True, slots=True)
class AccountNumbers:
    """The account's own row. Dollars, and the counters that guard its changes."""

    cash: Decimal
    day_open_equity: Decimal
    high_water_mark: Decimal
    session_day: date | None = None
    generation: int = 1
    halt_epoch: int = 0
    version: int = 1


@dataclass(frozen=True, slots=True)
class Fill:
    """One booked execution: shares, dollars, and the order's filled quantity after it."""

    execution_id: str
    client_order_id: str
    broker_order_id: str
    strategy: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    cumulative: Decimal
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class JournaledBooks:
    """Everything of one account that follows from its journal, by key."""

    numbers: AccountNumbers | None = None
    orders: Mapping[str, Order] = field(default_factory=dict)
    fills: Mapping[str, Fill] = field(default_factory=dict)
    positions: Mapping[tuple[str, str], Position] = field(default_factory=dict)
    halts: Mapping[str, Halt] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReplayedBooks:
    """The books after the last row; `told_at` says which row spoke last of a subject, `problems`
    which rows could not be followed.
    """

    books: JournaledBooks
    told_at: Mapping[str, int]
    problems: Sequence[Finding]


def replay(rows: Iterable[JournalRow]) -> ReplayedBooks:
    """The books that the rows lead to, in their order.

    A row that cannot be followed is a problem and changes nothing.
    """
    told = _Replay()
    problems = []
    for row in rows:
        try:
            told.hear(row.entry, row.position)
        except (KeyError, ValueError, TypeError, ArithmeticError) as problem:
            said = f"{type(problem).__name__}: {problem}"
            subject = f"{row.entry.kind} {row.entry.ref}"
            problems.append(Finding(subject, "a row that can be replayed", said, row.position))
    books = JournaledBooks(told.numbers, told.orders, told.fills, told.positions, told.halts)
    return ReplayedBooks(books, told.told_at, problems)


def compare(replayed: ReplayedBooks, recorded: JournaledBooks) -> list[Finding]:
    """Each field in which the tables differ from what the journal leads to."""
    findings = []
    for table, expected, found in _tables(replayed.books, recorded):
        for key in sorted({*expected, *found}):
            subject = _subject(table, key)
            told_at = replayed.told_at.get(subject)
            findings += _differences(subject, expected.get(key), found.get(key), told_at)
    return findings


class _Replay:
    """The books while rows are being heard; each row is taken whole or not at all."""

    def __init__(self) -> None:
        self.numbers: AccountNumbers | None = None
        self.orders: dict[str, Order] = {}
        self.fills: dict[str, Fill] = {}
        self.positions: dict[tuple[str, str], Position] = {}
        self.halts: dict[str, Halt] = {}
        self.told_at: dict[str, int] = {}

    def hear(self, entry: Entry, position: int) -> None:
        match entry.kind:
            case "account" | "generation" | "session" | "rearmed" | "minute":
                self._count(_numbers(self.numbers, entry), position)
            case "intent.approved" | "order":
                self._order(_order(entry), position)
            case "fill":
                self._fill(_fill(entry), position)
            case "activities":
                self._activities(_activities(entry), position)
            case "halt":
                self._halt(_halt(entry), position)
            case _:
                pass  # a note: it changes no books

    def _count(self, numbers: AccountNumbers, position: int) -> None:
        if numbers != self.numbers:
            self.numbers = numbers
            self.told_at[_subject("account")] = position

    def _order(self, order: Order, position: int) -> None:
        name = order.client_order_id
        known = self.orders.get(name)
        expected = 1 if known is None else known.version + 1
        if order.version != expected:
            raise InvalidValueError(f"Expected version {expected}, was {order.version}")
        self.orders[name] = order
        self.told_at[_subject("order", name)] = position

    def _fill(self, fill: Fill, position: int) -> None:
        if fill.execution_id in self.fills:
            raise InvalidValueError(f"Expected a new execution, was {fill.execution_id} again")
        numbers = _opened(self.numbers)
        terms = {"quantity": fill.quantity, "price": fill.price}
        key = (fill.strategy, fill.symbol)
        held = self.positions.get(key, Position(fill.symbol))
        self.positions[key] = apply_fill(held, fill.side, **terms)
        cash = numbers.cash + cash_change(fill.side, **terms)
        self.numbers = replace(numbers, cash=cash, version=numbers.version + 1)
        self.fills[fill.execution_id] = fill
        for subject in (
            _subject("account"),
            _subject("fill", fill.execution_id),
            _subject("position", _holding(key)),
        ):
            self.told_at[subject] = position

    def _activities(self, activities: Sequence[Activity], position: int) -> None:
        numbers = _opened(self.numbers)
        moved: dict[tuple[str, str], Position] = {}
        for symbol, shares in share_changes(activities).items():
            held = {s: p for (s, of), p in self.positions.items() if of == symbol}
            after = split_positions(held, shares)
            if after is None:
                raise InvalidValueError(f"Expected a split to explain {shares} of {symbol}")
            moved |= {(strategy, symbol): each for strategy, each in after.items()}
        cash = numbers.cash + sum((each.cash for each in activities), Decimal(0))
        self.numbers = replace(numbers, cash=cash, version=numbers.version + 1)
        self.positions |= moved
        for subject in (_subject("account"), *(_subject("position", _holding(k)) for k in moved)):
            self.told_at[subject] = position

    def _halt(self, halt: Halt, position: int) -> None:
        numbers = _opened(self.numbers)
        if halt.epoch != numbers.halt_epoch + 1:
            raise InvalidValueError(f"Expected epoch {numbers.halt_epoch + 1}, was {halt.epoch}")
        self.numbers = replace(numbers, halt_epoch=halt.epoch)
        self.halts[halt.scope] = halt
        self.told_at[_subject("account")] = position
        self.told_at[_subject("halt", halt.scope)] = position


def _numbers(numbers: AccountNumbers | None, entry: Entry) -> AccountNumbers:
    payload = entry.payload
    if entry.kind == "account":
        cash = _decimal(payload["cash"])
        return AccountNumbers(cash, cash, cash)
    known = _opened(numbers)
    if entry.kind == "generation":
        return replace(known, generation=_integer(payload["generation"]))
    if entry.kind == "session":
        equity = _decimal(payload["day_open_equity"])
        return replace(
            known,
            session_day=date.fromisoformat(entry.ref),
            day_open_equity=equity,
            high_water_mark=max(known.high_water_mark, equity),
            version=known.version + 1,
        )
    if entry.kind == "rearmed":
        mark = _decimal(payload["high_water_mark"])
        return replace(known, high_water_mark=mark, version=known.version + 1)
    if payload["equity"] is None:
        return known
    mark = max(known.high_water_mark, _decimal(payload["equity"]))
    return replace(known, high_water_mark=mark)


def _halt(entry: Entry) -> Halt:
    payload = entry.payload
    return Halt(
        scope=entry.ref,
        level=HaltLevel[_text(payload["level"])],
        code=HaltCode(_text(payload["code"])),
        reason=_text(payload["reason"]),
        actor=_text(payload["actor"]),
        at=entry.at,
        epoch=_integer(payload["epoch"]),
    )


def _opened(numbers: AccountNumbers | None) -> AccountNumbers:
    if numbers is None:
        raise InvalidValueError("Expected the account to be opened before, was not")
    return numbers


def order_payload(order: Order) -> dict[str, object]:
    """Every field of an order, for the row that tells how it stands now."""
    return {each.name: getattr(order, each.name) for each in fields(order)}


def fill_payload(
    order: Order, execution: Execution, *, broker_order_id: str, source: str
) -> dict[str, object]:
    """Everything of one execution that was booked, for its row; `source` is who told it."""
    return {
        "client_order_id": order.client_order_id,
        "broker_order_id": broker_order_id,
        "strategy": order.strategy,
        "symbol": order.symbol,
        "side": order.side,
        "quantity": execution.quantity,
        "price": execution.price,
        "cumulative": execution.cumulative,
        "executed_at": execution.at,
        "source": source,
    }


def _order(entry: Entry) -> Order:
    payload = entry.payload
    return Order(
        client_order_id=_text(payload["client_order_id"]),
        intent_id=_text(payload["intent_id"]),
        account=_text(payload["account"]),
        strategy=_text(payload["strategy"]),
        symbol=_text(payload["symbol"]),
        side=Side(_text(payload["side"])),
        quantity=_decimal(payload["quantity"]),
        limit_price=_decimal(payload["limit_price"]),
        status=OrderStatus(_text(payload["status"])),
        status_at=_instant(payload["status_at"]),
        filled_quantity=_decimal(payload["filled_quantity"]),
        broker_order_id=_optional_text(payload["broker_order_id"]),
        submitted_at=_optional_instant(payload["submitted_at"]),
        cancel_requested_at=_optional_instant(payload["cancel_requested_at"]),
        cancel_reason=_text(payload["cancel_reason"]),
        reason=_text(payload["reason"]),
        attempts=_integer(payload["attempts"]),
        latency_us=None if payload["latency_us"] is None else _integer(payload["latency_us"]),
        version=_integer(payload["version"]),
        booked_quantity=_decimal(payload["booked_quantity"]),
        replaces=_optional_text(payload["replaces"]),
        replaced_by=_optional_text(payload["replaced_by"]),
    )


def activities_payload(activities: Iterable[Activity]) -> dict[str, object]:
    """What the row of activities that are booked together tells."""
    return {
        "activities": [
            {each.name: getattr(activity, each.name) for each in fields(activity)}
            for activity in activities
        ]
    }


def _activities(entry: Entry) -> list[Activity]:
    told = entry.payload["activities"]
    if not isinstance(told, list):
        raise InvalidValueError(f"Expected a list of activities, was {told!r}")
    return [
        Activity(
            id=_text(each["id"]),
            kind=ActivityKind(_text(each["kind"])),
            name=_text(each["name"]),
            symbol=_text(each["symbol"]),
            at=_instant(each["at"]),
            shares=_decimal(each["shares"]),
            cash=_decimal(each["cash"]),
            group=_text(each["group"]),
        )
        for each in told
    ]


def _fill(entry: Entry) -> Fill:
    payload = entry.payload
    return Fill(
        execution_id=entry.ref,
        client_order_id=_text(payload["client_order_id"]),
        broker_order_id=_text(payload["broker_order_id"]),
        strategy=_text(payload["strategy"]),
        symbol=_text(payload["symbol"]),
        side=Side(_text(payload["side"])),
        quantity=_decimal(payload["quantity"]),
        price=_decimal(payload["price"]),
        cumulative=_decimal(payload["cumulative"]),
        at=_instant(payload["executed_at"]),
        source=_text(payload["source"]),
    )


def _tables(
    expected: JournaledBooks, found: JournaledBooks
) -> list[tuple[str, Mapping[str, object], Mapping[str, object]]]:
    return [
        ("account", _sole(expected.numbers), _sole(found.numbers)),
        ("order", expected.orders, found.orders),
        ("fill", expected.fills, found.fills),
        ("position", _by_holding(expected.positions), _by_holding(found.positions)),
        ("halt", expected.halts, found.halts),
    ]


def _sole(numbers: AccountNumbers | None) -> dict[str, object]:
    return {} if numbers is None else {"": numbers}


def _by_holding(positions: Mapping[tuple[str, str], Position]) -> dict[str, object]:
    return {_holding(key): position for key, position in positions.items()}


def _holding(key: tuple[str, str]) -> str:
    return f"{key[0]} {key[1]}"


def _subject(table: str, key: str = "") -> str:
    return f"{table} {key}".strip()


def _differences(
    subject: str, expected: object, found: object, position: int | None
) -> list[Finding]:
    if expected is None or found is None:
        return [Finding(subject, _presence(expected), _presence(found), position)]
    return [
        Finding(f"{subject} {each.name}", str(plain(wanted)), str(plain(seen)), position)
        for each in fields(expected)  # type: ignore[arg-type]  # every table is of dataclasses
        if (wanted := getattr(expected, each.name)) != (seen := getattr(found, each.name))
    ]


def _presence(row: object) -> str:
    return "nothing" if row is None else "a row"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValueError(f"Expected text, was {value!r}")
    return value


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidValueError(f"Expected a whole number, was {value!r}")
    return value


def _decimal(value: object) -> Decimal:
    return Decimal(_text(value))


def _instant(value: object) -> datetime:
    return datetime.fromisoformat(_text(value))


def _optional_instant(value: object) -> datetime | None:
    return None if value is None else _instant(value)
