"""A run's summary as a table for the person at the terminal."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from local.summary import BooksShown, Summary


def print_summary(summary: Summary, console: Console) -> None:
    table = Table(title="Summary of the run", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column()
    for name, value in _rows(summary):
        table.add_row(name, value)
    console.print(table)


def _rows(summary: Summary) -> list[tuple[str, str]]:
    agreement = summary.agreement
    return [
        ("bars in", f"{summary.bars_in:,}"),
        ("bars quarantined", f"{summary.bars_quarantined:,}"),
        ("signals", f"{summary.signals:,}"),
        ("intents", f"{summary.intents:,}"),
        ("denials", _counts(summary.denials)),
        ("orders", f"{summary.orders:,}"),
        ("rejections", _counts(summary.rejections)),
        ("fills", f"{summary.fills:,}"),
        ("cancels", f"{summary.cancels:,}"),
        ("positions", _counts(summary.positions)),
        ("equity", f"${summary.equity}"),
        ("latency p50 / p99", f"{_ms(summary.latency_ms.p50)} / {_ms(summary.latency_ms.p99)}"),
        ("ledger", _books(agreement.ledger)),
        ("cache", "empty" if agreement.cache is None else _books(agreement.cache)),
        ("broker", _books(agreement.broker)),
        ("agreement", "yes" if agreement.agree else f"NO: {'; '.join(agreement.differences)}"),
        ("duration", f"{summary.duration_s:.1f} s"),
    ]


def _counts(counts: Mapping[str, int | str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def _books(books: BooksShown) -> str:
    orders = "" if books.orders is None else f", {books.orders} orders"
    return f"cash ${books.cash}, {_counts(books.positions)}{orders}"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} ms"
