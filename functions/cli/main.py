"""`qt`: run the system on this machine, look at it, stop it.

Exit status: 0 good; 1 something failed or the books do not agree; 2 what was asked for cannot be
done; 130 interrupted before a run that should end by itself did. Commands import what they need
when they are called.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli import desk
from cli.arguments import spread
from cli.deploy.commands import app as deploy_app
from cli.market_data import backfill, export
from cli.values import dollars

app = typer.Typer(
    help="QuantTerminal: runs QuantZoo strategies, on one machine or in your AWS account.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
config_app = typer.Typer(help="The configuration file.", no_args_is_help=True)
audit_app = typer.Typer(help="The journal.", no_args_is_help=True)
app.add_typer(config_app, name="config")
app.add_typer(audit_app, name="audit")
app.add_typer(deploy_app, name="deploy")
app.command()(backfill)
app.command()(export)
app.command()(desk.backtest)
app.command()(desk.check)
app.command()(desk.sweep)
app.command("walk-forward")(desk.walk_forward)
app.command()(desk.results)

Port = Annotated[int, typer.Option(help="Port of the page, on this machine only.")]
Scope = Annotated[str, typer.Option(help="account, strategy:NAME or symbol:NAME.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


@app.command()
def run(  # noqa: PLR0913 - one parameter for each option that can be typed
    *,
    bars: Annotated[
        list[Path] | None, typer.Option(help="Recorded bars: one or more CSV files, plain or .gz.")
    ] = None,
    speed: Annotated[str, typer.Option(help="Times real time, or max.")] = "60",
    exits: Annotated[bool, typer.Option("--exit", help="End with the data, and sum up.")] = False,
    as_json: Json = False,
    port: Port = 8420,
    seed: Annotated[int, typer.Option(help="Of the synthetic market.")] = 7,
    sessions: Annotated[
        int | None, typer.Option(min=1, max=250, help="Days of the synthetic market.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file; see `qt config check`.")] = None,
    symbols: Annotated[str, typer.Option(help="Comma-separated; default: all there are.")] = "",
    broker: Annotated[str, typer.Option(help="local or alpaca-paper.")] = "local",
    feed: Annotated[str, typer.Option(help="local or polygon.")] = "local",
    cash: Annotated[str, typer.Option(help="Dollars that the local account starts with.")] = (
        "100000"
    ),
    keep: Annotated[bool, typer.Option("--keep", help="Keep the run's folder.")] = False,
    run_dir: Annotated[Path | None, typer.Option(help="An empty folder for the run.")] = None,
) -> None:
    """Run the whole pipeline on this machine; by default on a synthetic market at 60x."""
    from rich.console import Console

    from cli.planning import RunOptions, make_plan
    from cli.table import print_summary
    from local.progress import Progress
    from local.summary import Summary
    from local.supervisor import run as run_plan

    options = RunOptions(
        bars=bars or [],
        speed=speed,
        exits=exits,
        as_json=as_json,
        port=port,
        seed=seed,
        sessions=sessions,
        config=config,
        symbols=symbols,
        broker=broker,
        feed=feed,
        cash=dollars(cash, "--cash"),
        keep=keep,
        run_dir=run_dir,
    )

    def show(summary: Summary) -> None:
        if as_json:
            typer.echo(summary.as_json())
        else:
            print_summary(summary, Console())

    plan = make_plan(options, os.environ)
    raise typer.Exit(run_plan(plan, progress=Progress(), show=show))


@config_app.command("check")
def check(file: Annotated[Path, typer.Argument(help="The TOML file.")]) -> None:
    """Check a configuration file; every problem is listed."""
    from cli.configuration import read_configuration

    found = read_configuration(file)
    names = ", ".join(strategy.name for strategy in found.strategies)
    typer.echo(f"{file}: good. Mode {found.mode}, account {found.account}, strategies {names}")


@app.command()
def doctor(port: Port = 8420) -> None:
    """Whether everything that a run needs is here."""
    from cli.doctor import examine

    findings = list(examine(port))
    for finding in findings:
        typer.echo(
            f"{'ok     ' if finding.is_good else 'MISSING'} {finding.name}: {finding.detail}"
        )
    raise typer.Exit(0 if all(finding.is_good for finding in findings) else 1)


@app.command()
def status(*, port: Port = 8420, as_json: Json = False) -> None:
    """The account of the running system."""
    import json

    from cli.remote import Remote

    picture = Remote(port).dashboard()
    if as_json:
        typer.echo(json.dumps(picture))
        return
    typer.echo(f"[{picture['mode']}] {picture['source']}, {picture['at']}")
    typer.echo(f"equity {picture['equity']}  day {picture['day_pnl']}  cash {picture['cash']}")
    typer.echo(f"halt level {picture['halt_level']}")
    for position in picture["positions"]:
        typer.echo(f"{position['symbol']:<8} {position['quantity']:>10} {position['last']:>12}")


@app.command()
def pause(
    reason: Annotated[str, typer.Option(help="Goes into the journal.")] = "paused at the terminal",
    scope: Scope = "account",
    port: Port = 8420,
) -> None:
    """No new entries; exits are still managed."""
    _command("halt", reason, scope, port)


@app.command()
def resume(
    reason: Annotated[str, typer.Option(help="Why it is safe again; goes into the journal.")],
    scope: Scope = "account",
    port: Port = 8420,
) -> None:
    """Trade again after a pause or a halt."""
    _command("resume", reason, scope, port)


@app.command()
def flatten(
    reason: Annotated[str, typer.Option(help="Goes into the journal.")],
    scope: Scope = "account",
    port: Port = 8420,
) -> None:
    """No new entries, cancel everything and close all positions."""
    _command("flatten", reason, scope, port)


@app.command()
def cancel(
    reason: Annotated[str, typer.Option(help="Goes into the journal.")],
    scope: Scope = "account",
    port: Port = 8420,
) -> None:
    """Cancel all working orders; whatever is halted."""
    _command("cancel-all", reason, scope, port)


@audit_app.command("verify")
def audit_verify(
    *,
    run_dir: Annotated[
        Path | None,
        typer.Option(help="Folder of a run; default: the newest one, or the environment's ledger."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Whether the journal is whole and leads to the ledger's books.

    Exit status: 0 it does; 1 something differs, the first difference is shown; 2 it cannot be read.
    """
    import json

    from cli.audit import lines, summary, verify

    found = verify(run_dir)
    typer.echo(json.dumps(summary(found)) if as_json else "\n".join(lines(found)))
    raise typer.Exit(1 if found.findings else 0)


@app.command()
def cost(
    *,
    assembly: Annotated[Path, typer.Option(help="What `make synth` wrote.")] = Path("cdk.out"),
    profile: Annotated[str, typer.Option(help="market_hours or always; default: as made.")] = "",
    budget: Annotated[str, typer.Option(help="Dollars a month that must not be exceeded.")] = "",
    verbose: Annotated[bool, typer.Option("--verbose", help="With all assumptions.")] = False,
    as_json: Json = False,
) -> None:
    """What a month in AWS costs, from the synthesized templates."""
    from cli.cost.command import show_cost
    from cli.cost.usage import read_profile

    code = show_cost(
        assembly,
        profile=read_profile(profile),
        budget=dollars(budget, "--budget") if budget else None,
        verbose=verbose,
        json_wanted=as_json,
    )
    raise typer.Exit(code)


def _command(verb: str, reason: str, scope: str, port: int) -> None:
    import json

    from cli.remote import Remote

    typer.echo(json.dumps(Remote(port).command(verb, reason, scope)))


def main() -> None:
    """The entry point: errors that are meant for a person come out as one sentence."""
    from local.errors import LocalRunError
    from quantterminal.domain.errors import ConfigurationError, InvalidValueError

    sys.path.append(str(Path.cwd()))  # a user's own strategies are modules of the present folder
    try:
        app(args=spread(sys.argv[1:], {"--bars", "--set"}), prog_name="qt")
    except LocalRunError as problem:
        typer.echo(f"qt: {problem}", err=True)
        sys.exit(problem.exit_code)
    except (ConfigurationError, InvalidValueError) as problem:
        typer.echo(f"qt: {problem}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
