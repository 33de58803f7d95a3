"""What a run did, from its ledger, its working state and its broker."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import psycopg

from local.books import Books, broker_books, cache_books, compare, ledger_books
from local.errors import StartError

_CENT = Decimal("0.01")
_CACHE_WITHIN_S = 30


@dataclass(frozen=True, slots=True)
class Latency:
    """Real milliseconds from a bar's arrival to its order's departure; None without orders."""

    p50: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class BooksShown:
    """One set of books as it is printed: dollars to the cent, shares by symbol, orders counted."""

    cash: str
    positions: Mapping[str, int | str]
    orders: int | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether all three say the same to the share and to the cent; `differences` in words."""

    ledger: BooksShown
    cache: BooksShown | None
    broker: BooksShown
    agree: bool
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The end of a run in one object; its JSON is the output of `qt run --json`."""

    bars_in: int
    bars_quarantined: int
    signals: int
    intents: int
    denials: Mapping[str, int]
    orders: int
    rejections: Mapping[str, int]
    fills: int
    cancels: int
    positions: Mapping[str, int | str]
    equity: str
    latency_ms: Latency
    agreement: Agreement
    duration_s: float

    def as_json(self) -> str:
        return json.dumps(asdict(self))


def read_cache(environment: Mapping[str, str]) -> Books | None:
    """The working state, read in a process with the run's own environment; None when absent."""
    command = [sys.executable, "-P", "-m", "local.cache_view"]
    try:
        found = subprocess.run(
            command,
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=_CACHE_WITHIN_S,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as problem:
        said = str(getattr(problem, "stderr", "") or "").strip().splitlines()[-1:]
        raise StartError(f"Expected to read the working state, but: {said or problem}") from problem
    return cache_books(json.loads(found.stdout))


def read_summary(
    connection: "psycopg.Connection[Any]",
    account: str,
    *,
    state: Mapping[str, Any],
    cache: Books | None,
    duration_s: float,
) -> Summary:
    """`state` is the local market's `GET /state`, taken at rest."""
    agreement = agree(ledger_books(connection, account), cache, broker_books(state))
    return Summary(
        bars_in=_count(connection, "select count(*) from bars where revision = 0"),
        bars_quarantined=_count(connection, "select count(*) from quarantine"),
        signals=_count(connection, "select count(*) from signals"),
        intents=_count(connection, "select count(*) from intents"),
        denials=_by_code(connection, _DENIALS),
        orders=_count(connection, "select count(*) from orders where submitted_at is not null"),
        rejections=_by_code(connection, _REJECTIONS),
        fills=_count(connection, "select count(*) from fills"),
        cancels=_count(connection, "select count(*) from orders where status = 'canceled'"),
        positions=agreement.ledger.positions,
        equity=_dollars(_equity(connection, account)),
        latency_ms=_latency(connection),
        agreement=agreement,
        duration_s=round(duration_s, 3),
    )


def agree(ledger: Books, cache: Books | None, broker: Books) -> Agreement:
    """Hold the ledger against the other two."""
    if cache is None:
        differences = ["the cache is empty"]
    else:
        differences = compare(ledger, cache, names=("ledger", "cache"))
    differences += compare(ledger, broker, names=("ledger", "broker"))
    return Agreement(
        ledger=_shown(ledger),
        cache=None if cache is None else _shown(cache),
        broker=_shown(broker),
        agree=not differences,
        differences=tuple(differences),
    )


_DENIALS = "select denial_code, count(*) from intents where status = 'denied' group by 1 order by 1"
_REJECTIONS = (
    "select coalesce(nullif(split_part(reason, ':', 1), ''), 'UNKNOWN'), count(*) from orders"
    " where status = 'rejected' group by 1 order by 1"
)
_EQUITY = """
    with held as (
        select symbol, sum(quantity) as quantity from positions where account = %(account)s
        group by symbol having sum(quantity) <> 0
    )
    select a.cash, coalesce(sum(h.quantity * last.close::numeric), 0)
    from accounts a
    left join held h on true
    left join lateral (
        select close from bars where symbol = h.symbol order by start desc, revision desc limit 1
    ) last on true
    where a.account = %(account)s
    group by a.cash
"""
_LATENCY = (
    "select percentile_cont(array[0.5, 0.99]) within group (order by latency_us)"
    " from orders where latency_us is not null"
)


def _count(connection: "psycopg.Connection[Any]", statement: str) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0


def _by_code(connection: "psycopg.Connection[Any]", statement: str) -> dict[str, int]:
    return dict(connection.execute(statement).fetchall())


def _equity(connection: "psycopg.Connection[Any]", account: str) -> Decimal:
    row = connection.execute(_EQUITY, {"account": account}).fetchone()
    if row is None:
        raise LookupError(f"Expected the account {account!r} in the ledger, found none")
    cash, held = row
    return Decimal(cash) + Decimal(held)


def _latency(connection: "psycopg.Connection[Any]") -> Latency:
    row = connection.execute(_LATENCY).fetchone()
    if row is None or row[0] is None:
        return Latency(None, None)
    p50, p99 = (round(float(each) / 1000, 3) for each in row[0])
    return Latency(p50, p99)


def _shown(books: Books) -> BooksShown:
    return BooksShown(
        cash=_dollars(books.cash),
        positions={symbol: _shares(books.positions[symbol]) for symbol in sorted(books.positions)},
        orders=None if books.orders is None else len(books.orders),
    )


def _shares(quantity: Decimal) -> int | str:
    whole = quantity.to_integral_value()
    return int(whole) if whole == quantity else f"{quantity.normalize():f}"


def _dollars(amount: Decimal) -> str:
    return f"{amount.quantize(_CENT, rounding=ROUND_HALF_EVEN):f}"
