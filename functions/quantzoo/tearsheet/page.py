"""The page: figures, charts and tables of one result, and what it was made from."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import accumulate
from typing import Any

from quantzoo.backtest.result import Result
from quantzoo.tearsheet.charts import bar_chart, histogram, line_chart

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_STYLE = """
:root { color-scheme: light dark; --line: #0b62b8; --up: #0b62b8; --down: #b3541e; --soft: #8885; }
@media (prefers-color-scheme: dark) { :root { --line: #6db3ff; --up: #6db3ff; --down: #ffab7a; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 960px; padding: 0 1rem;
  font-variant-numeric: tabular-nums; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
th, td { text-align: right; padding: .25rem .5rem; border-bottom: 1px solid var(--soft); }
th:first-child, td:first-child { text-align: left; }
svg { width: 100%; height: auto; } svg text { font-size: 12px; fill: currentColor; }
.line { fill: none; stroke: var(--line); stroke-width: 1.5; } .grid { stroke: var(--soft); }
.up { fill: var(--up); } .down { fill: none; stroke: var(--down); stroke-width: 1.5; }
code { overflow-wrap: anywhere; } .none { opacity: .7; }
"""


def render(result: Result, found: Mapping[str, Any]) -> str:
    """The whole page; `found` is the result's summary as the command line prints it."""
    period = found["period"]
    title = f"Backtest {period['first'][:10]} to {period['last'][:10]}"
    sections = [
        ("Figures", _figures(found)),
        ("Equity, dollars", _equity(result)),
        ("Drawdown", _drawdown(result)),
        ("Returns by month", _monthly(result)),
        ("Profit of the trades, dollars: how many of each size", _trades(result)),
        ("Share of each session with something invested", _exposure(result)),
        ("Profit by strategy, dollars", _table(("strategy", "profit"), _by(found, "strategy"))),
        ("Profit by symbol, dollars", _table(("symbol", "profit"), _by(found, "symbol"))),
        ("Costs, dollars", _table(("kind", "dollars"), found["costs"].items())),
        ("What was not sent, and what was refused", _refused(found)),
        ("Halts", _halts(found)),
        ("What this was made from", _origin(found)),
    ]
    body = "".join(f"<section><h2>{escape(name)}</h2>{html}</section>" for name, html in sections)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>\n"
    )


def _figures(found: Mapping[str, Any]) -> str:
    rows: list[tuple[str, str]] = [("equity", found["equity"]), ("started with", found["cash"])]
    in_percent = ("return", "max_drawdown", "cagr", "win_rate")
    for name, value in found["figures"].items():
        shown = "-" if value is None else f"{value:.2%}" if name in in_percent else f"{value:.2f}"
        rows.append((name.replace("_", " "), shown))
    rows += [
        (name.replace("_", " "), f"{found[name]:,}")
        for name in ("sessions", "bars", "signals", "intents", "fills", "round_trips")
    ]
    return _table(("figure", "value"), rows)


def _points(result: Result) -> tuple[list[str], list[float]]:
    """By minute where the run kept them, else by day."""
    if result.curve:
        return [f"{at:%Y-%m-%d %H:%M} UTC" for at, _ in result.curve], [e for _, e in result.curve]
    days = [str(each.day) for each in result.days]
    return ["start", *days], [float(each) for each in result.daily_equity]


def _equity(result: Result) -> str:
    labels, values = _points(result)
    return line_chart(values, labels=labels, name="equity")


def _drawdown(result: Result) -> str:
    labels, values = _points(result)
    highs = list(accumulate(values, max))
    falls = [value / high - 1 for value, high in zip(values, highs, strict=True)]
    return line_chart(falls, labels=labels, name="drawdown", percent=True)


def _monthly(result: Result) -> str:
    growth: dict[tuple[int, int], float] = {}
    for day, change in zip(result.days, result.daily_returns, strict=True):
        month = (day.day.year, day.day.month)
        growth[month] = growth.get(month, 1.0) * (1 + change)
    rows = []
    for year in sorted({year for year, _ in growth}):
        months = [growth.get((year, month)) for month in range(1, 13)]
        total = 1.0
        for each in months:
            total *= each or 1.0
        shown = ["" if each is None else f"{each - 1:+.2%}" for each in months]
        rows.append((str(year), *shown, f"{total - 1:+.2%}"))
    return _table(("year", *_MONTHS, "year's"), rows)


def _trades(result: Result) -> str:
    return histogram([float(each) for each in result.profits], name="profit of the trades")


def _exposure(result: Result) -> str:
    return bar_chart(
        [each.exposure for each in result.days],
        labels=[str(each.day) for each in result.days],
        name="share of each session with something invested",
    )


def _by(found: Mapping[str, Any], what: str) -> Iterable[tuple[str, str]]:
    items: Iterable[tuple[str, str]] = found[f"profit_by_{what}"].items()
    return items


def _refused(found: Mapping[str, Any]) -> str:
    rows = [
        (name.replace("_", " "), code, f"{count:,}")
        for name in ("denials", "late_denials", "rejections")
        for code, count in found[name].items()
    ]
    return _table(("where", "code", "orders"), rows)


def _halts(found: Mapping[str, Any]) -> str:
    return _table(
        ("at", "code", "reason"), [(h["at"], h["code"], h["reason"]) for h in found["halts"]]
    )


def _origin(found: Mapping[str, Any]) -> str:
    rows = [
        ("first bar", found["period"]["first"]),
        ("last bar", found["period"]["last"]),
        ("data, SHA-256", found["data_hash"]),
        ("fill model", found["fill_model"]),
    ]
    rows += [
        (each["name"], f"{each['kind']} {each['parameters'] or 'with its defaults'}")
        for each in found["strategies"]
    ]
    return _table(("what", "value"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    if not body:
        return '<p class="none">none</p>'
    cells = "".join(f'<th scope="col">{escape(each)}</th>' for each in head)
    table = f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide">{table}</div>'
