"""`qt backfill` and `qt export`: market data as files."""

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.values import day_of


def backfill(
    *,
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last day.")],
    symbols: Annotated[str, typer.Option(help="Comma-separated.")],
    out: Annotated[Path, typer.Option(help="Folder of the files.")] = Path("bars"),
    url: Annotated[str, typer.Option(help="REST address of the vendor.")] = (
        "https://api.massive.com"
    ),
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on standard output.")
    ] = False,
) -> None:
    """Fetch minute bars of past days; what is there is kept, so that it can be interrupted."""
    import json
    from dataclasses import asdict

    from cli.backfill import fetch_days, history_of, sessions_between
    from cli.progress import bars_done

    key = os.environ.get("POLYGON_API_KEY", "")
    sessions = sessions_between(day_of(first, "--from"), day_of(last, "--to"))
    wanted = [each for each in symbols.split(",") if each]
    with bars_done(len(sessions), "days") as done:
        found = fetch_days(history_of(url, key), out, sessions=sessions, symbols=wanted, done=done)
    text = f"{found.days} days fetched, {found.known_days} were there, {found.bars} bars"
    typer.echo(json.dumps(asdict(found)) if as_json else text)
    for line in found.unanswered:
        typer.echo(f"qt: {line}", err=True)
    raise typer.Exit(1 if found.unanswered else 0)


def export(
    day: Annotated[str, typer.Argument(help="UTC day, YYYY-MM-DD.")],
    *,
    database: Annotated[str, typer.Option(help="postgresql:// address of the store.")],
    out: Annotated[Path, typer.Option(help="Folder of the files.")] = Path(),
) -> None:
    """Write a day of the stored tape as Parquet."""
    from cli.tape import export_day

    for file in export_day(database, day_of(day, "DAY"), out):
        typer.echo(str(file))
