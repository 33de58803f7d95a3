"""Every run is kept with what its numbers come from; `qt results` ranks them."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from cli.backtest import Plan
from cli.code import code_version
from local.errors import UsageError
from quantzoo.backtest.result import Result
from quantzoo.research import results
from quantzoo.research.trials import Trial

_SHOWN = 10
_DIGITS = 12
_FIGURES = ("sharpe", "return", "max_drawdown")


def keep_result(folder: Path, plan: Plan, result: Result) -> None:
    """One run of `qt backtest`."""
    _keep(folder, "backtest", plan, [results.whole_trial(plan.setting, result)])


def keep_trials(
    folder: Path, kind: str, plan: Plan, strategy: str, trials: Sequence[Trial]
) -> None:
    """The runs of a sweep or of a walk over `strategy`'s parameters."""
    _keep(
        folder, kind, plan, [results.varied_trial(plan.setting, strategy, each) for each in trials]
    )


def boards(folder: Path, *, data: str = "") -> list[dict[str, Any]]:
    """As JSON values, one for each data and period that runs were kept of.

    Raises UsageError for none.
    """
    store = _store()
    if store is None:
        raise UsageError("Expected the library in which runs are kept: pip install pyarrow")
    runs = [_run(row) for row in store.read_rows(folder)]
    found = results.boards(each for each in runs if each.data.startswith(data))
    if not found:
        raise UsageError(f"Expected runs in {folder}, was none{f' of data {data}' if data else ''}")
    return [
        {
            "data": ranked[0][0].data,
            "first": ranked[0][0].trial.first.isoformat(),
            "last": ranked[0][0].trial.last.isoformat(),
            "tries": len(ranked),
            "runs": [_shown(run, luck) for run, luck in ranked],
        }
        for ranked in found
    ]


def board_lines(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """For a person: the best of each data."""
    text: list[str] = []
    for each in found:
        tries = "try" if each["tries"] == 1 else "tries"
        period = f"{each['first'][:10]} to {each['last'][:10]}"
        text.append(f"data {each['data'][:_DIGITS]}, {period}: {each['tries']} {tries}")
        for run in each["runs"][:_SHOWN]:
            names = ("deflated_sharpe", *_FIGURES)
            figures = "  ".join(f"{name} {_figure(run[name])}" for name in names)
            text.append(
                f"  {figures}  trades {run['trades']}  {run['kind']} {run['code']}"
                f" {json.dumps(run['parameters'])}"
            )
    return text


def _keep(folder: Path, kind: str, plan: Plan, trials: Sequence[Trial]) -> None:
    store = _store()
    if store is None:
        sys.stderr.write("qt: this run is not kept: pip install pyarrow\n")
        return
    origin = results.Origin(datetime.now(UTC), kind, code_version(), plan.history.data_hash)
    kept = [results.kept_run(origin, plan.setting, each) for each in trials]
    name = f"{origin.at:%Y%m%dT%H%M%S%f}-{kind}-{origin.data[:_DIGITS]}"
    store.append_rows(folder, name, [_row(each) for each in kept])


def _store() -> ModuleType | None:
    try:
        from quantterminal.adapters.parquet import results as store
    except ModuleNotFoundError:
        return None
    return store


def _row(run: results.Kept) -> dict[str, Any]:
    flat = {each.name: getattr(run, each.name) for each in fields(run) if each.name != "trial"}
    return flat | asdict(run.trial)


def _run(row: Mapping[str, Any]) -> results.Kept:
    of_trial = {each.name: row[each.name] for each in fields(Trial)}
    trial = Trial(
        **of_trial | {"daily_returns": tuple(row["daily_returns"]), "days": tuple(row["days"])}
    )
    flat = {each.name: row[each.name] for each in fields(results.Kept) if each.name != "trial"}
    return results.Kept(**flat, trial=trial)


def _shown(run: results.Kept, luck: float | None) -> dict[str, Any]:
    trial = run.trial
    return {
        "at": run.at.isoformat(),
        "kind": run.kind,
        "code": run.code,
        "setting": run.setting,
        "fills": run.fills,
        "parameters": trial.parameters,
        "first": trial.first.isoformat(),
        "last": trial.last.isoformat(),
        "sessions": len(trial.days),
        "trades": trial.trades,
        **trial.figures,
        "deflated_sharpe": luck,
    }


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
