"""`qt check`, `qt sweep` and `qt walk-forward`: what each prints."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from local.errors import UsageError
from quantzoo.backtest.history import History
from quantzoo.catalog import strategy_class
from quantzoo.research.bias import Finding, check_bias
from quantzoo.research.trials import Trial, leaders
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
