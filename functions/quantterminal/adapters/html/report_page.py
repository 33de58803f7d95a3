"""The report of a day as one HTML file that needs nothing else: no network, no script, printable.

Everything that comes from outside is escaped where it enters the page.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape

from quantterminal.adapters.html import formats
from quantterminal.adapters.html.equity_chart import equity_chart
from quantterminal.adapters.html.style import CSS
from quantterminal.domain.report import DayReport, Figures, Trade

MAX_TRADES = 500
"""How many round trips the page lists; the JSON file has them all."""

_PERFORMANCE_HEADS = (
    "Trades", "Win rate", "Realised P&L", "Total P&L", "Sharpe", "Max drawdown",
)  # fmt: skip
_FLOW_HEADS = (
    "Signals", "Intents", "Denied", "Orders", "Rejected", "Fills", "Fill rate", "Slippage, bps",
    "Latency p50, ms", "Latency p99, ms",
)  # fmt: skip
_TRADE_HEADS = (
    "Opened", "Closed", "Strategy", "Symbol", "Side", "Shares", "Entry", "Exit", "P&L",
)  # fmt: skip
_NOTES = {
    "SIMULATED": "no money and no broker's account was involved.",
    "PAPER": "the broker's simulation, no money was involved.",
    "LIVE": "real money.",
}


def render_report(report: DayReport) -> str:
    """The page of a report. The mode stands in the title, in the head and in the foot."""
    title = f"{report.mode} report of {report.day.isoformat()}, account {report.account}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n"
        f"{_head(report)}\n<main>\n"
        + "\n".join(part for part in _parts(report) if part)
        + f"\n</main>\n{_foot(report)}\n</body>\n</html>\n"
    )


def _parts(report: DayReport) -> Iterable[str]:
    if not report.complete:
        yield (
            '<p class="warning">The session had not closed when this was written: the figures'
            " are of a part of the day.</p>"
        )
    yield _cards(report)
    yield _equity(report)
    yield _strategies(report)
    yield _order_flow(report)
    yield _refusals(report)
    yield _halts(report)
    yield _gaps(report)
    yield _trades(report.trades)


def _head(report: DayReport) -> str:
    if report.session_open and report.session_close:
        opens = formats.minute_time(report.session_open)
        hours = f"session {opens} to {formats.minute_time(report.session_close)} New York"
    else:
        hours = "no session on this day"
    mode = escape(report.mode)
    return (
        f"<header><div><h1>Trading day {report.day.isoformat()}</h1>"
        f'<div class="muted">Account {escape(report.account)}, {hours}</div></div>'
        f'<div class="mode {mode}">{mode}</div></header>'
    )


def _cards(report: DayReport) -> str:
    performance, flow = report.overall.performance, report.overall.flow
    cards = (
        ("Total P&L", formats.dollars(performance.total_pnl, signed=True),
         formats.tone(performance.total_pnl)),
        ("Realised P&L", formats.dollars(performance.realized_pnl, signed=True),
         formats.tone(performance.realized_pnl)),
        ("Equity at the end", formats.dollars(report.equity_close), ""),
        ("Max drawdown", formats.percent(performance.max_drawdown, places=2), ""),
        ("Win rate", formats.percent(performance.win_rate), ""),
        (f"Filled within {report.order_timeout_s} s", formats.percent(flow.fill_rate), ""),
    )  # fmt: skip
    return (
        '<section class="cards">'
        + "".join(
            f'<div class="card"><b class="{tone}">{value}</b><span>{escape(label)}</span></div>'
            for label, value, tone in cards
        )
        + "</section>"
    )


def _equity(report: DayReport) -> str:
    tested = report.backtest.curve if report.backtest else ()
    chart = equity_chart(report.curve, closes=report.session_close, backtest=tested)
    opened, closed = formats.dollars(report.equity_open), formats.dollars(report.equity_close)
    body = (
        f"<figure>{chart}</figure>"
        f'<p class="note">From {opened} at the open (dashed) to {closed}, in dollars, by minute,'
        f" times of New York. Not explained by the strategies' fills and prices:"
        f" {formats.dollars(report.unattributed_pnl, signed=True)}.</p>"
        if chart
        else '<p class="muted">No equity was recorded on this day.</p>'
    )
    return f"<section><h2>Equity</h2>{body}{_backtest(report)}</section>"


def _backtest(report: DayReport) -> str:
    tested = report.backtest
    if tested is None:
        return ""
    if tested.total_pnl is None:
        return f'<p class="warning">No backtest of the day: {escape(tested.problem)}.</p>'
    live = report.overall.performance
    return (
        f'<p class="note">The backtester on the same bars (dashed, brown; fills at the'
        f" {escape(tested.fills)}; sessions before it to warm up: {tested.sessions - 1}):"
        f" {formats.dollars(tested.total_pnl, signed=True)} in {formats.count(tested.trades)}"
        f" trades, live {formats.dollars(live.total_pnl, signed=True)} in"
        f" {formats.count(live.trades)}. It knows no halts and no commands of persons.</p>"
    )


def _strategies(report: DayReport) -> str:
    rows = [_row(each, _performance_cells(each)) for each in report.strategies]
    rows.append(_row(report.overall, _performance_cells(report.overall), total=True))
    table = _table(("Strategy", *_PERFORMANCE_HEADS), rows)
    note = (
        f"Sharpe: {report.sharpe_basis}; one day says little about a year."
        " Drawdown: of the account's equity; a strategy's is that of the opening equity plus its"
        " own profit. Trades: round trips closed on this day."
    )
    return f'<section><h2>Performance</h2>{table}<p class="note">{escape(note)}</p></section>'


def _order_flow(report: DayReport) -> str:
    rows = [_row(each, _flow_cells(each)) for each in report.strategies]
    rows.append(_row(report.overall, _flow_cells(report.overall), total=True))
    table = _table(("Strategy", *_FLOW_HEADS), rows)
    note = (
        f"Fill rate: share of submitted orders completely filled within {report.order_timeout_s} s."
        " Slippage: against the reference price of the intent, weighted by shares, positive is a"
        " cost. Latency: from the receipt of the bar to the sending of the order."
    )
    return f'<section><h2>Orders</h2>{table}<p class="note">{escape(note)}</p></section>'


def _refusals(report: DayReport) -> str:
    flow = report.overall.flow
    quarantined = _counts("Quarantined bars", report.bars_quarantined)
    return (
        '<section class="columns">'
        f"<div>{_counts('Denied by risk', flow.denials)}</div>"
        f"<div>{_counts('Rejected by the broker', flow.rejections)}</div>"
        f"<div>{quarantined}<p>{formats.count(report.bars_in)} bars accepted.</p></div></section>"
    )


def _halts(report: DayReport) -> str:
    if not report.halts:
        return "<section><h2>Halts raised</h2><p>None.</p></section>"
    rows = [
        f'<tr><td class="text">{formats.clock_time(each.at)}</td>'
        + "".join(
            f'<td class="text">{escape(text)}</td>'
            for text in (each.scope, each.level, each.code, each.reason, each.actor)
        )
        + "</tr>"
        for each in report.halts
    ]
    heads = ("Time", "Scope", "Level", "Code", "Reason", "By")
    return f"<section><h2>Halts raised</h2>{_table(heads, rows, text=len(heads))}</section>"


def _gaps(report: DayReport) -> str:
    if not report.gaps:
        return ""
    rows = [
        f'<tr><td class="text">{formats.clock_time(each.began)}</td>'
        f'<td class="text">{formats.clock_time(each.ended)}</td>'
        f'<td class="text">{escape(each.reason)}</td>'
        f"<td>{formats.count(each.bars)}</td><td>{formats.count(each.trades)}</td></tr>"
        for each in report.gaps
    ]
    heads = ("From", "To", "Reason", "Bars fetched", "Trades fetched")
    return f"<section><h2>Gaps of the feed</h2>{_table(heads, rows, text=3)}</section>"


def _trades(trades: Sequence[Trade]) -> str:
    if not trades:
        return "<section><h2>Trades</h2><p>No round trip was closed.</p></section>"
    shown = trades[-MAX_TRADES:]
    omitted = len(trades) - len(shown)
    note = (
        f'<p class="note">The last {len(shown)} of {len(trades)}; the JSON file lists all.</p>'
        if omitted
        else ""
    )
    table = _table(_TRADE_HEADS, [_trade(each) for each in shown], text=5)
    return f"<section><h2>Trades</h2>{table}{note}</section>"


def _trade(trade: Trade) -> str:
    texts = (
        formats.day_and_time(trade.opened_at, other_than=trade.closed_at),
        formats.clock_time(trade.closed_at),
        trade.strategy,
        trade.symbol,
        "long" if trade.side == "buy" else "short",
    )
    numbers = (
        formats.shares(trade.quantity),
        formats.price(trade.entry_price),
        formats.price(trade.exit_price),
    )
    return (
        "<tr>"
        + "".join(f'<td class="text">{escape(text)}</td>' for text in texts)
        + "".join(f"<td>{text}</td>" for text in numbers)
        + f"{_profit(trade.pnl)}</tr>"
    )


def _foot(report: DayReport) -> str:
    mode = escape(report.mode)
    note = escape(_NOTES.get(report.mode, ""))
    return (
        f"<footer>{mode}: {note} Code version {escape(report.code_version)}."
        " Amounts in US dollars. Made from the ledger; the JSON file beside this page has the same"
        " figures in full.</footer>"
    )


def _performance_cells(figures: Figures) -> str:
    each = figures.performance
    return (
        f"<td>{formats.count(each.trades)}</td><td>{formats.percent(each.win_rate)}</td>"
        f"{_profit(each.realized_pnl)}{_profit(each.total_pnl)}"
        f"<td>{formats.number(each.sharpe)}</td>"
        f"<td>{formats.percent(each.max_drawdown, places=2)}</td>"
    )


def _flow_cells(figures: Figures) -> str:
    each = figures.flow
    cells = (
        formats.count(each.signals),
        formats.count(each.intents),
        formats.count(sum(each.denials.values())),
        formats.count(each.orders),
        formats.count(sum(each.rejections.values())),
        formats.count(each.fills),
        formats.percent(each.fill_rate),
        formats.number(each.slippage_bps, signed=True),
        formats.number(each.latency_p50_ms, places=1),
        formats.number(each.latency_p99_ms, places=1),
    )
    return "".join(f"<td>{cell}</td>" for cell in cells)


def _profit(value: Decimal) -> str:
    return f'<td class="{formats.tone(value)}">{formats.dollars(value, signed=True)}</td>'


def _row(figures: Figures, cells: str, *, total: bool = False) -> str:
    start = '<tr class="total">' if total else "<tr>"
    return f'{start}<td class="text">{escape(figures.name)}</td>{cells}</tr>'


def _counts(heading: str, counts: Mapping[str, int]) -> str:
    if not counts:
        return f"<h2>{escape(heading)}</h2><p>None.</p>"
    rows = [
        f'<tr><td class="text">{escape(code)}</td><td>{formats.count(count)}</td></tr>'
        for code, count in counts.items()
    ]
    return f"<h2>{escape(heading)}</h2>{_table(('Code', 'Count'), rows)}"


def _table(heads: Sequence[str], rows: Iterable[str], *, text: int = 1) -> str:
    """`text` is how many columns, from the left, hold words instead of numbers."""
    cells = "".join(
        f'<th scope="col"{" class=text" if index < text else ""}>{escape(head)}</th>'
        for index, head in enumerate(heads)
    )
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{cells}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
