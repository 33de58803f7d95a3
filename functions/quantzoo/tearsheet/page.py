"""The page: figures, charts and tables of one result, and what it was made from."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape
from itertools import accumulate
from typing import Any

from quantterminal.domain.sessions import NEW_YORK
from quantzoo import metrics
from quantzoo.backtest.result import Executed, Result
from quantzoo.tearsheet import charts
from quantzoo.tearsheet.charts import bar_chart, histogram, line_chart
from quantzoo.trades import RoundTrip

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_HEADLINES = ("return", "sharpe", "sortino", "max_drawdown", "win_rate", "profit_factor", "cagr")
_IN_PERCENT = ("return", "max_drawdown", "cagr", "win_rate")
_ZERO = Decimal(0)
_BPS = 10_000
_STYLE = """
:root { color-scheme: light dark; --line: #0b62b8; --down: #b3541e; --soft: #8885; --pale: #8882; }
@media (prefers-color-scheme: dark) { :root { --line: #6db3ff; --down: #ffab7a; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 960px; padding: 0 1rem;
  font-variant-numeric: tabular-nums; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.wide { overflow-x: auto; } p { margin: .25rem 0; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: .5rem; }
dl div { border: 1px solid var(--soft); border-radius: 6px; padding: .4rem .7rem; }
dt { opacity: .75; font-size: .85rem; } dd { margin: 0; font-size: 1.2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--soft);
  vertical-align: top; }
.number { text-align: right; padding: .25rem 0 .25rem .6rem; white-space: nowrap; }
.wide td { min-width: 3.5rem; } .words td:last-child { overflow-wrap: anywhere; }
.words td:first-child { white-space: nowrap; }
svg { display: block; width: 100%; min-width: 560px; height: auto; }
svg text { font-size: 12px; fill: currentColor; } .area { fill: var(--pale); }
.line { fill: none; stroke: var(--line); stroke-width: 1.5; } .grid { stroke: var(--soft); }
.up { fill: var(--line); } .down { fill: none; stroke: var(--down); stroke-width: 1.5; }
.none { opacity: .75; }
"""


def render(result: Result, found: Mapping[str, Any]) -> str:
    """The whole page; `found` is the result's summary as the command line prints it."""
    period = found["period"]
    title = f"Backtest {period['first'][:10]} to {period['last'][:10]}"
    names = ", ".join(each["name"] for each in found["strategies"])
    labels, equity = _points(result)
    falls = [value / high - 1 for value, high in zip(equity, accumulate(equity, max), strict=True)]
    sections = [
        ("Equity, dollars", _equity(equity, labels)),
        (f"Drawdown, {min(falls, default=0.0):.2%} at its deepest", _drawdown(falls, labels)),
        ("Returns by month", _monthly(result)),
        ("Profit of the trades, dollars: how many of each size", _trades(result)),
        ("Exposure: part of each session's minutes with a position", _exposure(result)),
        ("By strategy", _by_strategy(result)),
        ("By symbol", _by_symbol(result)),
        ("Profit by strategy and symbol, dollars", _matrix(result)),
        ("What it cost", _costs(result, found)),
        ("What was not sent, and what was refused", _refused(found)),
        ("Halts", _halts(result)),
        ("Splits and dividends", _actions(result, found)),
        ("What this was made from", _origin(found)),
    ]
    body = "".join(f"<section><h2>{escape(name)}</h2>{html}</section>" for name, html in sections)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f'<body><main><h1>{escape(title)}</h1><p class="none">{escape(names)}</p>'
        f"{_figures(result, found)}{body}</main></body></html>\n"
    )


def _figures(result: Result, found: Mapping[str, Any]) -> str:
    """Those of the summary; they come from the sessions' closes."""
    tiles = [("equity", _money(result.equity)), ("began with", _money(result.cash))]
    for name in _HEADLINES:
        value = found["figures"][name]
        shown = "-" if value is None else f"{value:.2%}" if name in _IN_PERCENT else f"{value:.2f}"
        tiles.append((name.replace("_", " "), shown))
    counted = ("sessions", "bars", "signals", "fills", "round_trips")
    tiles += [(name.replace("_", " "), f"{found[name]:,}") for name in counted]
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{shown}</dd></div>" for name, shown in tiles)
    return f"<dl>{cells}</dl>"


def _points(result: Result) -> tuple[list[str], list[float]]:
    """By minute where the run kept them, else by day; times are New York's."""
    if result.curve:
        times = [at.astimezone(NEW_YORK) for at, _ in result.curve]
        return [f"{at:%Y-%m-%d %H:%M}" for at in times], [equity for _, equity in result.curve]
    days = [str(each.day) for each in result.days]
    return ["start", *days], [float(each) for each in result.daily_equity]


def _equity(equity: Sequence[float], labels: Sequence[str]) -> str:
    return line_chart(equity, labels=labels, name="equity", words=charts.dollars)


def _drawdown(falls: Sequence[float], labels: Sequence[str]) -> str:
    return line_chart(falls, labels=labels, name="drawdown", words=charts.percent, is_filled=True)


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
    return _table(("year", *_MONTHS, "all"), rows, numbers=13)


def _trades(result: Result) -> str:
    profits = [float(each) for each in result.profits]
    return histogram(profits, name="profit of the trades", words=charts.dollars)


def _exposure(result: Result) -> str:
    return bar_chart(
        [each.exposure for each in result.days],
        labels=[str(each.day) for each in result.days],
        name="part of each session with a position",
        words=charts.percent,
    )


_PARTS = ("profit", "trades", "win rate", "profit factor", "a trade", "fees", "slippage, bps")


def _by_strategy(result: Result) -> str:
    trips = result.trips
    rows = [
        (name, *_part(profit, trips.get(name, ()), [f for f in result.fills if f.strategy == name]))
        for name, profit in result.profit_by_strategy().items()
    ]
    return _table(("strategy", *_PARTS), rows, numbers=len(_PARTS))


def _by_symbol(result: Result) -> str:
    trips = [trip for every in result.trips.values() for trip in every]
    rows = [
        (
            name,
            *_part(
                profit,
                [trip for trip in trips if trip.symbol == name],
                [fill for fill in result.fills if fill.symbol == name],
            ),
        )
        for name, profit in result.profit_by_symbol().items()
    ]
    return _table(("symbol", *_PARTS), rows, numbers=len(_PARTS))


def _part(
    profit: Decimal, trips: Sequence[RoundTrip], fills: Sequence[Executed]
) -> tuple[str, ...]:
    profits = [trip.pnl for trip in trips]
    won, factor = metrics.win_rate(profits), metrics.profit_factor(profits)
    traded = sum((fill.quantity * fill.price for fill in fills), _ZERO)
    lost = sum((fill.slippage for fill in fills), _ZERO)
    return (
        _money(profit),
        f"{len(trips):,}",
        "-" if won is None else f"{won:.1%}",
        "-" if factor is None else f"{factor:.2f}",
        _money(sum(profits, _ZERO) / len(profits)) if profits else "-",
        _money(sum((fill.fee for fill in fills), _ZERO)),
        f"{lost / traded * _BPS:.2f}" if traded else "-",
    )


def _matrix(result: Result) -> str:
    profits = result.profit_by_holding
    symbols = sorted({symbol for _, symbol in profits})
    rows = [
        (name, *(_money(profits[name, s]) if (name, s) in profits else "" for s in symbols))
        for name in sorted({name for name, _ in profits})
    ]
    return _table(("strategy", *symbols), rows, numbers=len(symbols))


def _costs(result: Result, found: Mapping[str, Any]) -> str:
    traded = sum((fill.quantity * fill.price for fill in result.fills), _ZERO)
    rows = [
        (
            name,
            _money(amount),
            f"{amount / traded * _BPS:.2f}" if traded else "-",
            f"{amount / result.cash:.2%}",
        )
        for name, amount in result.costs.items()
    ]
    rows.append(("traded", _money(traded), "", f"{traded / result.cash:,.1f} times"))
    note = f'<p class="none">{found["cancels"]:,} orders were cancelled, unfilled or in part.</p>'
    return _table(
        ("kind", "dollars", "bps of what was traded", "of the start"), rows, numbers=3
    ) + (note if found["cancels"] else "")


def _refused(found: Mapping[str, Any]) -> str:
    rows = [
        (code, words, f"{count:,}")
        for name, words in (
            ("denials", "denied by our rules"),
            ("late_denials", "denied at the last hop"),
            ("rejections", "refused by the broker"),
        )
        for code, count in found[name].items()
    ]
    return _table(("code", "what", "orders"), rows, numbers=1)


def _halts(result: Result) -> str:
    rows = [
        (f"{each.at.astimezone(NEW_YORK):%Y-%m-%d %H:%M}", each.scope, each.code, each.reason)
        for each in result.halts
    ]
    return _table(("New York time", "scope", "code", "reason"), rows)


def _actions(result: Result, found: Mapping[str, Any]) -> str:
    rows = [
        (str(s.action.ex_date), s.symbol, f"{s.action.split_to:g} for {s.action.split_from:g}")
        for s in result.splits
    ]
    rows += [
        (f"{d.at:%Y-%m-%d}", d.symbol, f"dividend, {_money(d.cash)} to {d.strategy}")
        for d in result.dividends
    ]
    known = _table(("ex-date", "symbol", "what"), sorted(rows))
    doubts = "".join(
        f"<p>Not known as a split: {escape(e)}</p>" for e in found["unexplained_jumps"]
    )
    return known + doubts


def _origin(found: Mapping[str, Any]) -> str:
    rows = [
        ("first bar", found["period"]["first"]),
        ("last bar", found["period"]["last"]),
        ("symbols", ", ".join(found["symbols"])),
        ("data, SHA-256", found["data_hash"]),
        ("code", found["code"]),
        ("fills", found["fill_model"]),
        *((name, str(value)) for name, value in found["setting"].items()),
    ]
    for each in found["strategies"]:
        values = ", ".join(f"{name} = {value}" for name, value in each["parameters"].items())
        rows.append((each["name"], f"{each['kind']}: {values or 'no parameters'}"))
    return _table(("what", "value"), rows, kind="words")


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0, kind: str = ""
) -> str:
    """The last `numbers` columns are aligned as numbers."""
    first = len(head) - numbers
    body = "".join(f"<tr>{_cells('td', row, first)}</tr>" for row in rows)
    if not body:
        return '<p class="none">none</p>'
    table = (
        f'<table class="{kind}"><thead><tr>{_cells("th", head, first)}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )
    return f'<div class="wide">{table}</div>'


def _cells(tag: str, texts: Sequence[str], first: int) -> str:
    scope, number = ' scope="col"' if tag == "th" else "", ' class="number"'
    return "".join(
        f"<{tag}{scope}{number if index >= first else ''}>{escape(text)}</{tag}>"
        for index, text in enumerate(texts)
    )
