"""`qt cost`: prints the estimate and says with its exit status whether it keeps to the budget."""

import json
from decimal import Decimal
from pathlib import Path

import typer
from rich.console import Console

from cli.cost.estimate import estimate, profile_of
from cli.cost.show import as_json, print_estimate
from cli.cost.templates import read_resources
from cli.cost.usage import Profile

_WIDTH = 200  # so that a line is a line where nobody looks at it


def show_cost(
    assembly: Path,
    *,
    profile: Profile | None,
    budget: Decimal | None,
    verbose: bool = False,
    json_wanted: bool = False,
) -> int:
    """Print the month of the templates in `assembly`, in `profile` or the one they were made for.

    Returns 1 when it costs more than `budget` dollars without market data, else 0.
    """
    resources = read_resources(assembly)
    chosen = profile or profile_of(resources)
    wanted = estimate(resources, chosen)
    others = [estimate(resources, each) for each in Profile if each is not chosen]
    if json_wanted:
        typer.echo(json.dumps(as_json(wanted, others, budget)))
    else:
        console = Console()
        wide = console if console.is_terminal else Console(width=_WIDTH)
        print_estimate(wanted, others, wide, verbose=verbose)
    if budget is None or wanted.total_without_market_data <= budget:
        return 0
    dearest = wanted.items[0]
    typer.echo(
        f"qt: Expected ${budget} a month at most, was ${wanted.total_without_market_data}"
        f" without market data; the dearest line is {dearest.price.item}, ${dearest.dollars}",
        err=True,
    )
    return 1
