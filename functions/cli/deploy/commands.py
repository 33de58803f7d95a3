"""`qt deploy ...`: the steps around `cdk deploy`, in the order in which the workflow takes them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from cli.deploy.parts import Parts

app = typer.Typer(
    help="The steps around a deploy; they use the AWS credentials of the environment.",
    no_args_is_help=True,
)

Stage = Annotated[str, typer.Option(help="Of the deployment, as in its configuration.")]
Mode = Annotated[str, typer.Option(help="That must be found: PAPER or LIVE.")]
Version = Annotated[str, typer.Option(help="That must be found; default: one for all.")]


@app.command()
def window() -> None:
    """Refuses (1) in a session and around it."""
    from datetime import UTC, datetime

    from cli.deploy.window import reason_to_wait

    reason = reason_to_wait(datetime.now(UTC))
    if reason is not None:
        typer.echo(f"qt: {reason}", err=True)
        raise typer.Exit(1)
    typer.echo("the market is closed: a deploy may start")


@app.command()
def version(stage: Stage = "paper") -> None:
    """The version that is deployed; refuses (1) when functions and container differ."""
    from cli.deploy.checks import Wanted, check_version

    parts = _parts(stage)
    finding = check_version(parts, Wanted())
    if not finding.is_good:
        typer.echo(f"qt: version: {finding.detail}", err=True)
        raise typer.Exit(1)
    typer.echo(parts.function("execution").version)


@app.command()
def previous(stage: Stage = "paper") -> None:
    """The version to go back to: a commit, `mixed`, or `none` where nothing is deployed."""
    from cli.deploy.checks import Wanted, check_version
    from cli.deploy.parts import NotDeployedError

    try:
        parts = _parts(stage)
        is_one = check_version(parts, Wanted()).is_good
        typer.echo(parts.function("execution").version if is_one else "mixed")
    except NotDeployedError:
        typer.echo("none")


@app.command()
def smoke(stage: Stage = "paper", mode: Mode = "PAPER", version: Version = "") -> None:
    """The gate that must be green before orders flow; every check is printed."""
    from cli.deploy.checks import Wanted, run_gate

    is_green = True
    for finding in run_gate(_parts(stage), Wanted(mode=mode, version=version)):
        typer.echo(f"{'ok ' if finding.is_good else 'BAD'} {finding.check}: {finding.detail}")
        is_green = is_green and finding.is_good
    raise typer.Exit(0 if is_green else 1)


@app.command()
def hold(stage: Stage = "paper") -> None:
    """Orders wait in their queue from here on."""
    from cli.deploy.switches import set_orders

    typer.echo(f"held: {set_orders(_parts(stage), flowing=False)}")


@app.command()
def release(stage: Stage = "paper", mode: Mode = "PAPER", version: Version = "") -> None:
    """Lets orders flow, if one version runs everywhere in the mode that is meant."""
    from cli.deploy.checks import Wanted, check_mode, check_version, run_gate
    from cli.deploy.switches import set_orders

    parts = _parts(stage)
    wanted = Wanted(mode=mode, version=version)
    for finding in run_gate(parts, wanted, (check_version, check_mode)):
        if not finding.is_good:
            typer.echo(f"qt: orders stay held: {finding.check}: {finding.detail}", err=True)
            raise typer.Exit(1)
    typer.echo(f"released: {set_orders(parts, flowing=True)}")


@app.command()
def wake(stage: Stage = "paper") -> None:
    """Starts the database and waits until it is available: `woken`, or `awake` if it was so."""
    from time import sleep

    from cli.deploy.switches import wake_database

    typer.echo("woken" if wake_database(_parts(stage), sleep) else "awake")


@app.command()
def rest(stage: Stage = "paper") -> None:
    """Stops the database again."""
    from cli.deploy.switches import rest_database

    typer.echo(f"stopping: {rest_database(_parts(stage))}")


def _parts(stage: str) -> "Parts":
    """Raises NotDeployedError, or LocalRunError when the account cannot be asked."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    from cli.deploy.parts import Parts
    from local.errors import LocalRunError

    make: Any = boto3.client  # its stubs want the name of the service as a literal
    try:
        return Parts(make, stage)
    except (BotoCoreError, ClientError) as problem:
        raise LocalRunError(
            f"AWS could not be asked about the stage {stage}: {problem}"
        ) from problem
