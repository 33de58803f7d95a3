"""`qt backtest`: a configuration over recorded bars, summed up on the screen or as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from cli.bars import BarsWanted, read_market
from cli.code import code_version
from cli.configuration import read_configuration, trading_config
from local.errors import UsageError
from quantterminal.domain.configuration import Mode, TradingConfig
from quantzoo.backtest.engine import Progress, Setting
from quantzoo.backtest.fastest import run_backtest
from quantzoo.backtest.fills import Fees, FillModel, NextOpen, TradedThrough
from quantzoo.backtest.history import DAY_MS, History
from quantzoo.backtest.jumps import unexplained_jumps
from quantzoo.backtest.quote_path import QuotePath
from quantzoo.backtest.result import Result
from quantzoo.catalog import make_strategy
from quantzoo.parameters import as_mapping

FILL_MODELS = ("next-open", "traded-through", "quote-path")
_CENT = Decimal("0.01")
_CURVE_SESSIONS = 10
_PROFITS = ("profit_by_strategy", "profit_by_symbol")


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """The options as they were typed; what each means stands in the command's help."""

    bars: BarsWanted
    config: Path | None = None
    cash: Decimal = Decimal(100_000)
    fills: str = "next-open"
    slippage_bps: Decimal = Decimal(1)
    participation: Decimal | None = None
    queue_shares: int = 0
    fee_per_share: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a run follows from."""

    setting: Setting
    history: History

    def run(self, progress: Progress | None = None) -> Result:
        return run_backtest(self.setting, self.history, progress=progress)


def make_plan(options: BacktestOptions) -> Plan:
    """Raises UsageError or ConfigurationError with every place that is wrong."""
    found = read_configuration(options.config)
    symbols = options.bars.symbols or tuple(found.symbols)
    market = read_market(replace(options.bars, symbols=symbols))
    history = market.history
    setting = Setting(
        trading=trading_config(found, symbols=history.symbols, mode=Mode.SIMULATED),
        cash=options.cash,
        fills=fill_model(options),
        fees=Fees(per_share=options.fee_per_share),
        keeps_curve=len(sessions_of(history)) <= _CURVE_SESSIONS,
        actions=market.actions,
    )
    return Plan(setting, history)


def fill_model(options: BacktestOptions) -> FillModel:
    """Raises UsageError for a name that is none of FILL_MODELS, and for an option that is not of
    that model.
    """
    share = {} if options.participation is None else {"participation": options.participation}
    queue = Decimal(options.queue_shares)
    if queue and options.fills != "traded-through":
        raise UsageError(f"Expected --queue-shares with traded-through, was {options.fills!r}")
    match options.fills:
        case "next-open":
            return NextOpen(options.slippage_bps, **share)
        case "traded-through":
            return TradedThrough(**share, queue_shares=queue)
        case "quote-path":
            return QuotePath(**share)
        case _:
            raise UsageError(f"Expected --fills {', '.join(FILL_MODELS)}, was {options.fills!r}")


def sessions_of(history: History) -> set[int]:
    """Days of the history, numbered from 1970 in UTC."""
    return {start // DAY_MS for each in history.series.values() for start in each.starts}


def summary(result: Result, plan: Plan) -> dict[str, Any]:
    """The result as JSON values: money as text in cents, figures as numbers or null."""
    return {
        "period": {"first": result.first.isoformat(), "last": result.last.isoformat()},
        "bars": result.bars,
        "sessions": len(result.days),
        "symbols": list(plan.history.symbols),
        "data_hash": plan.history.data_hash,
        "code": code_version(),
        "setting": _setting(plan.setting),
        "fill_model": fills_text(plan.setting.fills),
        "splits": [f"{each.symbol} {each.action.ex_date}" for each in result.splits],
        "unexplained_jumps": [
            f"{each.symbol} opened on {each.day} at {each.ratio:.2f} of its last close"
            for each in unexplained_jumps(plan.history, plan.setting.actions)
        ],
        "strategies": [_strategy(plan.setting.trading, each) for each in _names(plan)],
        "cash": _dollars(result.cash),
        "equity": _dollars(result.equity),
        "figures": result.figures(),
        "signals": len(result.signals),
        "intents": len(result.intents),
        "denials": result.denials,
        "late_denials": dict(result.late_denials),
        "rejections": dict(result.rejections),
        "fills": len(result.fills),
        "cancels": result.cancels,
        "round_trips": len(result.profits),
        "halts": [
            {"at": h.at.isoformat(), "code": h.code, "reason": h.reason} for h in result.halts
        ],
        "costs": _amounts(result.costs),
        "dividends": _amounts(result.dividends_by_symbol()),
        "profit_by_strategy": _amounts(result.profit_by_strategy()),
        "profit_by_symbol": _amounts(result.profit_by_symbol()),
        "positions": {f"{a}:{b}": str(q) for (a, b), q in sorted(result.positions.items())},
    }


def lines(found: Mapping[str, Any]) -> list[str]:
    """The summary for a person, one fact a line."""
    figures = found["figures"]
    shown = "  ".join(f"{name} {_figure(value)}" for name, value in figures.items())
    period = found["period"]
    counted = ("signals", "intents", "fills", "cancels", "round_trips")
    text = [
        f"{period['first']} to {period['last']}: {found['sessions']} sessions",
        f"bars {found['bars']}  data {found['data_hash'][:12]}",
        f"equity {found['equity']} from {found['cash']}",
        shown,
        "  ".join(f"{name} {found[name]}" for name in counted),
    ]
    for name in ("denials", "late_denials", "rejections", "costs", "dividends", *_PROFITS):
        counts = "  ".join(f"{key} {value}" for key, value in found[name].items())
        text += [f"{name}: {counts}"] if counts else []
    text += [f"halt {halt['code']} at {halt['at']}: {halt['reason']}" for halt in found["halts"]]
    text += [f"split: {each}" for each in found["splits"]]
    return text + [f"a split that is not known? {each}" for each in found["unexplained_jumps"]]


def fills_text(model: FillModel) -> str:
    """The model's name and its numbers: `NextOpen, slippage bps 1`."""
    values = {name: getattr(model, name) for name in getattr(model, "__dataclass_fields__", ())}
    shown = [f"{name.replace('_', ' ')} {value}" for name, value in values.items() if value]
    return ", ".join([type(model).__name__, *shown])


def _names(plan: Plan) -> list[str]:
    return [each.name for each in plan.setting.trading.strategies]


def _strategy(trading: TradingConfig, name: str) -> dict[str, Any]:
    """With all its parameters, those that were left to their defaults included."""
    (found,) = (each for each in trading.strategies if each.name == name)
    parameters = make_strategy(found.kind, found.parameters).parameters
    return {"name": found.name, "kind": found.kind, "parameters": as_mapping(parameters)}


def _setting(setting: Setting) -> dict[str, str]:
    """What else the numbers follow from, and is not at its default."""
    trading = setting.trading
    parts = {"limits": trading.limits, "execution": trading.execution, "fees": setting.fees}
    return {name: text for name, part in parts.items() if (text := _changed(part))}


def _changed(part: Any) -> str:
    usual = type(part)()
    return ", ".join(
        f"{name} = {value}"
        for name in part.__dataclass_fields__
        if (value := getattr(part, name)) != getattr(usual, name)
    )


def _amounts(values: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: _dollars(value) for name, value in values.items()}


def _dollars(amount: Decimal) -> str:
    return f"{amount.quantize(_CENT):f}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
