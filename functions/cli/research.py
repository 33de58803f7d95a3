"""`qt check`, `qt sweep` and `qt walk-forward`: what each prints, and where results are kept."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.errors import UsageError
from quantzoo.backtest.history import History
from quantzoo.catalog import strategy_class
from quantzoo.research.bias import Finding, check_bias
from quantzoo.research.trials import Executor, InProcess, Trial, leaders
from quantzoo.research.walk_forward import Step

_SHOWN = 10


def findings_of(strategy: str, parameters: Mapping[str, Any], history: History) -> list[Finding]:
    """Raises ConfigurationError for a strategy or parameters that do not exist."""
    kind = strategy_class(strategy)
    kind(**parameters)
    return check_bias(lambda: kind(**parameters), history)


def finding_line(finding: Finding) -> str:
    return (
        f"{finding.bias}: {finding.name} of {finding.symbol} at {finding.at.isoformat()}:"
        f" {finding.text}"
    )


def values_of(texts: Sequence[str]) -> dict[str, list[Any]]:
    """`fast=3,5,8` as names and JSON values; what is no JSON is text. Raises UsageError."""
    found: dict[str, list[Any]] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not (name and equals and values):
            raise UsageError(f"Expected NAME=VALUE,VALUE..., was {text!r}")
        found[name] = [_value(each) for each in values.split(",")]
    return found


def single_values(texts: Sequence[str]) -> dict[str, Any]:
    """As `values_of`, one value each."""
    found = values_of(texts)
    for name, values in found.items():
        if len(values) != 1:
            raise UsageError(f"Expected one value of {name}, was {values}")
    return {name: values[0] for name, values in found.items()}


@contextmanager
def executor_of(processes: int) -> Iterator[Executor]:
    """Processes of this machine, or none of its own for 1."""
    if processes == 1:
        yield InProcess()
        return
    with ProcessPoolExecutor(processes) as pool:
        yield pool


def keep(file: Path, trials: Sequence[Trial], *, origin: Mapping[str, str]) -> None:
    """Append the trials to `file`, one JSON object a line; `origin` says what made them."""
    with file.open("a", encoding="utf-8") as opened:
        for each in trials:
            opened.write(json.dumps({**origin, **trial_row(each)}) + "\n")


def origin_of(history: History, strategy: str) -> dict[str, str]:
    """Code version and data hash: the same two lines with the same two are the same numbers."""
    return {"code": code_version(), "data": history.data_hash, "strategy": strategy}


def code_version() -> str:
    """The commit of the working tree, marked when it has changes; `unknown` outside of git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(  # noqa: S603 - a command of our own
            command,
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()


def trial_row(trial: Trial) -> dict[str, Any]:
    """One trial as JSON values."""
    return {
        "parameters": trial.parameters,
        "first": trial.first.isoformat(),
        "last": trial.last.isoformat(),
        "trades": trial.trades,
        **trial.figures,
    }


def board(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """The leader board, best first."""
    return [{**trial_row(each), "deflated_sharpe": luck} for each, luck in leaders(trials)]


def board_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    names = ("sharpe", "deflated_sharpe", "return", "max_drawdown")
    return [
        "  ".join(
            [
                *(f"{name} {_figure(row[name])}" for name in names),
                f"trades {row['trades']}",
                json.dumps(row["parameters"]),
            ]
        )
        for row in rows[:_SHOWN]
    ]


def step_row(step: Step) -> dict[str, Any]:
    """One fold as JSON values."""
    return {
        "chosen": step.chosen,
        "trained": trial_row(step.trained),
        "tested": trial_row(step.tested),
        "deflated_sharpe": step.deflated_sharpe,
    }


def step_line(row: Mapping[str, Any]) -> str:
    trained, tested = row["trained"], row["tested"]
    return (
        f"{tested['first'][:10]} to {tested['last'][:10]}:"
        f" return {_figure(tested['return'])} (chosen on {_figure(trained['return'])})"
        f"  {json.dumps(row['chosen'])}"
    )


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
