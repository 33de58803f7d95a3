"""The commands of the research desk: `qt backtest`, `check`, `sweep`, `walk-forward`, `results`.

They import what they need when they are called.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.values import day_of, dollars

if TYPE_CHECKING:
    from cli.backtest import Plan
    from cli.bars import BarsWanted

Config = Annotated[Path, typer.Argument(help="TOML file, as for `qt backtest`.")]
Bars = Annotated[
    list[str],
    typer.Option(
        help="Files (CSV, plain or .gz, or Parquet), or postgresql://... or the vendor's https://..."
    ),
]
Symbols = Annotated[str, typer.Option(help="Comma-separated; default: all there are.")]
First = Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD; default: all days.")]
Last = Annotated[str, typer.Option("--to", help="Last day.")]
Gap = Annotated[int, typer.Option(min=0, help="Missing minutes of a session that are let pass.")]
Actions = Annotated[
    Path | None, typer.Option(help="CSV file of splits and dividends; bars are as traded.")
]
Cache = Annotated[Path, typer.Option(help="Folder of what was downloaded.")]
Cash = Annotated[str, typer.Option(help="Dollars at the start.")]
Varied = Annotated[str, typer.Option(help="The configured strategy whose parameters vary.")]
Tried = Annotated[list[str], typer.Option("--set", help="NAME=VALUE,VALUE... to try.")]
Processes = Annotated[int, typer.Option(min=1, help="Of this machine.")]
Cluster = Annotated[
    str, typer.Option(help="dask, ray, or either with an address: dask=tcp://HOST:8786.")
]
Results = Annotated[Path, typer.Option(help="Folder in which every run is kept, for `qt results`.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]

KEPT = Path("build/results")
_BARS = Path("bars")


def backtest(  # noqa: PLR0913 - one parameter for each option that can be typed
    config: Annotated[
        Path | None, typer.Argument(help="TOML file, as for `qt run`; default: all strategies.")
    ] = None,
    *,
    bars: Bars,
    symbols: Symbols = "",
    first: First = "",
    last: Last = "",
    longest_gap: Gap = 0,
    actions: Actions = None,
    cache: Cache = _BARS,
    cash: Cash = "100000",
    fills: Annotated[
        str, typer.Option(help="next-open, traded-through, or quote-path as the local broker.")
    ] = "next-open",
    slippage_bps: Annotated[float, typer.Option(min=0, help="Of next-open.")] = 1.0,
    participation: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Greatest share of a bar's volume; default: the model's."),
    ] = None,
    queue_shares: Annotated[
        int, typer.Option(min=0, help="Shares before ours at a limit, of traded-through.")
    ] = 0,
    fee_per_share: Annotated[float, typer.Option(min=0, help="Dollars.")] = 0.0,
    report: Annotated[
        Path | None, typer.Option(help="Write the tear sheet, one HTML file.")
    ] = None,
    results: Results = KEPT,
    as_json: Json = False,
) -> None:
    """Run a configuration over recorded bars, with the live kernel and the live risk rules."""
    from cli.backtest import BacktestOptions, lines, make_plan, summary
    from cli.progress import bars_done
    from cli.results import keep_result

    plan = make_plan(
        BacktestOptions(
            _wanted(bars, symbols, first, last, longest_gap, actions, cache),
            config=config,
            cash=dollars(cash, "--cash"),
            fills=fills,
            slippage_bps=Decimal(repr(slippage_bps)),
            participation=None if participation is None else Decimal(repr(participation)),
            queue_shares=queue_shares,
            fee_per_share=Decimal(repr(fee_per_share)),
        )
    )
    with bars_done(plan.history.bar_count) as progress:
        result = plan.run(progress)
    keep_result(results, plan, result)
    found = summary(result, plan)
    if report is not None:
        from quantzoo.tearsheet.page import render

        report.write_text(render(result, found), encoding="utf-8")
    _tell(found, lines, as_json=as_json)


def check(  # noqa: PLR0913 - one parameter for each option that can be typed
    strategy: Annotated[str, typer.Argument(help="A name of the catalog or package.module:Class.")],
    *,
    bars: Bars,
    symbols: Symbols = "",
    first: First = "",
    last: Last = "",
    longest_gap: Gap = 0,
    cache: Cache = _BARS,
    parameter: Annotated[
        list[str] | None, typer.Option("--set", help="A parameter: NAME=VALUE.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Whether a strategy looks ahead, or depends on where its data began."""
    import json
    from dataclasses import asdict

    from cli.bars import read_market
    from cli.research import finding_line, findings_of, single_values

    market = read_market(_wanted(bars, symbols, first, last, longest_gap, None, cache))
    findings = findings_of(strategy, single_values(parameter or []), market.history)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in findings], default=str))
    else:
        shown = [finding_line(each) for each in findings] or [f"{strategy}: no bias found"]
        typer.echo("\n".join(shown))
    raise typer.Exit(1 if findings else 0)


def sweep(  # noqa: PLR0913 - one parameter for each option that can be typed
    config: Config,
    *,
    bars: Bars,
    strategy: Varied,
    values: Tried,
    symbols: Symbols = "",
    first: First = "",
    last: Last = "",
    longest_gap: Gap = 0,
    actions: Actions = None,
    cache: Cache = _BARS,
    cash: Cash = "100000",
    processes: Processes = 1,
    cluster: Cluster = "",
    results: Results = KEPT,
    as_json: Json = False,
) -> None:
    """Try every combination of parameters; the best first, with the luck taken off."""
    from cli import research
    from cli.executors import executor_of
    from cli.results import keep_trials
    from quantzoo.research import trials

    wanted = _wanted(bars, symbols, first, last, longest_gap, actions, cache)
    plan = _plan(wanted, config, cash)
    with executor_of(processes, cluster) as executor:
        found = trials.sweep(
            plan.setting,
            plan.history,
            strategy=strategy,
            values=research.values_of(values),
            executor=executor,
        )
    keep_trials(results, "sweep", plan, strategy, found)
    rows = research.board(found)
    _tell(rows, research.board_lines, as_json=as_json)


def walk_forward(  # noqa: PLR0913 - one parameter for each option that can be typed
    config: Config,
    *,
    bars: Bars,
    strategy: Varied,
    values: Tried,
    train: Annotated[int, typer.Option(min=2, help="Sessions to choose on.")],
    test: Annotated[int, typer.Option(min=1, help="Sessions to trade.")],
    purge: Annotated[int, typer.Option(min=0, help="Sessions between the two.")] = 1,
    embargo: Annotated[int, typer.Option(min=0, help="Sessions after a test, not chosen on.")] = 0,
    symbols: Symbols = "",
    first: First = "",
    last: Last = "",
    longest_gap: Gap = 0,
    actions: Actions = None,
    cache: Cache = _BARS,
    cash: Cash = "100000",
    processes: Processes = 1,
    cluster: Cluster = "",
    results: Results = KEPT,
    as_json: Json = False,
) -> None:
    """Choose parameters on the past and trade them on what follows, over and over."""
    from cli import research
    from cli.executors import executor_of
    from cli.results import keep_trials
    from quantzoo.research import walk_forward as walking

    wanted = _wanted(bars, symbols, first, last, longest_gap, actions, cache)
    plan = _plan(wanted, config, cash)
    with executor_of(processes, cluster) as executor:
        steps = walking.walk_forward(
            plan.setting,
            plan.history,
            strategy=strategy,
            values=research.values_of(values),
            windows=walking.Windows(train, test, purge, embargo),
            executor=executor,
        )
    keep_trials(results, "walk-forward", plan, strategy, [each.tested for each in steps])
    rows = [research.step_row(each) for each in steps]
    _tell(rows, lambda found: map(research.step_line, found), as_json=as_json)


def results(
    *,
    folder: Annotated[Path, typer.Option("--results", help="Where the runs are kept.")] = KEPT,
    data: Annotated[str, typer.Option(help="Only data whose hash begins so.")] = "",
    as_json: Json = False,
) -> None:
    """The leader board of every run that was kept, with the luck of as many tries taken off."""
    from cli.results import board_lines, boards

    found = boards(folder, data=data)
    _tell(found, board_lines, as_json=as_json)


def _tell(found: Any, lines: Callable[[Any], Iterable[str]], *, as_json: bool) -> None:
    """As JSON, or in lines for a person."""
    import json

    typer.echo(json.dumps(found) if as_json else "\n".join(lines(found)))


def _plan(wanted: "BarsWanted", config: Path, cash: str) -> "Plan":
    """Of runs that are compared with each other: fills and fees are the usual ones."""
    from cli.backtest import BacktestOptions, make_plan

    return make_plan(BacktestOptions(wanted, config=config, cash=dollars(cash, "--cash")))


def _wanted(
    bars: list[str],
    symbols: str,
    first: str,
    last: str,
    longest_gap: int,
    actions: Path | None,
    cache: Path,
) -> "BarsWanted":
    from cli.bars import BarsWanted

    return BarsWanted(
        tuple(bars),
        symbols=tuple(sorted(each for each in symbols.upper().split(",") if each)),
        first=day_of(first, "--from") if first else None,
        last=day_of(last, "--to") if last else None,
        longest_gap=longest_gap,
        actions=actions,
        cache=cache,
    )
