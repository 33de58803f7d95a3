"""An estimate for a person, and for a program."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.cost.estimate import Estimate, Item
from cli.cost.prices import MARKET_DATA, REGION, Price


def as_json(wanted: Estimate, others: Sequence[Estimate], budget: Decimal | None) -> dict[str, Any]:
    """One object; dollars are numbers rounded up to the cent, `others` the totals of the other
    profiles.
    """
    return {
        "region": REGION,
        "profile": wanted.profile.value,
        "symbols": wanted.usage.symbols,
        "strategies": wanted.usage.strategies,
        "total_without_market_data": float(wanted.total_without_market_data),
        "market_data": {"item": MARKET_DATA.item, **_price(MARKET_DATA)},
        "total": float(wanted.total),
        "budget": None if budget is None else float(budget),
        "other_profiles": {
            each.profile.value: float(each.total_without_market_data) for each in others
        },
        "items": [_item(item) for item in wanted.items],
        "free": [
            {"type": each.type, "count": each.count, "reason": each.reason} for each in wanted.free
        ],
        "assumptions": [
            {"name": a.name, "value": float(a.value), "unit": a.unit, "why": a.why}
            for a in wanted.assumptions
        ],
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "item": item.price.item,
        "quantity": float(item.quantity),
        "unit": item.price.unit,
        "allowance": float(item.price.allowance),
        **_price(item.price),
        "dollars": float(item.dollars),
        "resources": list(item.resources),
    }


def _price(price: Price) -> dict[str, Any]:
    return {
        "unit_price": float(price.dollars),
        "price_as_of": price.as_of,
        "source": price.source,
    }


def print_estimate(
    wanted: Estimate, others: Sequence[Estimate], console: Console, *, verbose: bool
) -> None:
    usage = wanted.usage
    console.print(
        f"A month in {REGION}, {wanted.profile.value}, {usage.symbols} symbols,"
        f" {usage.strategies} strategies; list prices, AWS's lasting allowances taken off"
    )
    console.print(_table(wanted, verbose=verbose))
    console.print(f"total without market data  ${wanted.total_without_market_data}")
    console.print(
        f"market data                ${MARKET_DATA.dollars:.2f}"
        f"  {MARKET_DATA.item}, {MARKET_DATA.as_of}"
    )
    console.print(f"total                      ${wanted.total}")
    for each in others:
        console.print(
            f"{each.profile.value:<26} ${each.total_without_market_data} without market data"
        )
    if verbose:
        console.print(_assumed(wanted))
        console.print(_free(wanted))


def _table(wanted: Estimate, *, verbose: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("item", "quantity", "unit price", "as of", "$ a month"):
        table.add_column(name, justify="right" if name in ("quantity", "$ a month") else "left")
    if verbose:
        table.add_column("because of")
        table.add_column("source")
    for item in wanted.items:
        price = item.price
        row = [
            price.item,
            f"{_number(item.quantity)} {price.unit}",
            _unit_price(price),
            price.as_of,
            f"{item.dollars}",
        ]
        more = [_causes(item), price.source] if verbose else []
        table.add_row(*row, *more)
    return table


def _unit_price(price: Price) -> str:
    text = f"${price.dollars.normalize():f}"
    return f"{text}, {_number(price.allowance)} free" if price.allowance else text


def _causes(item: Item) -> str:
    first, *rest = item.resources
    return f"{first} and {len(rest)} more" if rest else first


def _number(value: Decimal) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.2f}"


def _assumed(wanted: Estimate) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title="\nAssumed, a month")
    table.title_justify = "left"
    for name in ("what", "value", "unit", "why"):
        table.add_column(name, justify="right" if name == "value" else "left")
    for each in wanted.assumptions:
        table.add_row(each.name, _number(each.value), each.unit, each.why)
    for calls in wanted.usage.calls.values():
        table.add_row(f"{calls.function} calls", _number(calls.count), f"x {calls.mean_ms} ms", "")
    return table


def _free(wanted: Estimate) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title="\nFree")
    table.title_justify = "left"
    for name in ("count", "type", "why"):
        table.add_column(name)
    for each in wanted.free:
        table.add_row(str(each.count), each.type, each.reason)
    return table
