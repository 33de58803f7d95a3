import json
from typing import Any

import pytest

from quantterminal.domain.configuration import StrategyConfig
from quantterminal.domain.errors import ConfigurationError
from quantterminal.domain.kernel import StrategyRun, step
from quantterminal.domain.risk import RiskLimits
from quantterminal.domain.strategy import PositionView
from quantzoo.backtest.engine import Setting, backtest
from quantzoo.catalog import make_strategy
from tests.unit.quantzoo.histories import synthetic, trading

HERE = "tests.unit.quantzoo.original.old_style"
KIND = "quantzoo.original.adapter:Original"
OLD: dict[str, dict[str, Any]] = {
    "breakout": {
        "target": f"{HERE}:Breakout",
        "params": f"{HERE}:Params",
        "arguments": '{"lookback": 12}',
        "warm_up": 60,
    },
    "names": {"target": f"{HERE}:Names", "warm_up": 30},
    "next": {"target": f"{HERE}:NextStyle", "arguments": '{"hold": 7}', "warm_up": 60},
}


@pytest.mark.parametrize("name", sorted(OLD))
def test_it_trades_in_a_backtest(name: str) -> None:
    config = StrategyConfig(name, KIND, parameters=OLD[name])

    # its fixed number of shares is more than an order's default share of equity
    limits = RiskLimits(max_order_fraction=RiskLimits().max_position_fraction)

    result = backtest(Setting(trading(config, limits=limits)), synthetic(sessions=3))

    assert len(result.profits) > 5
    assert {each.strategy for each in result.fills} == {name}


@pytest.mark.parametrize("name", sorted(OLD))
def test_restarting_it_with_every_bar_as_live_does_changes_nothing(name: str) -> None:
    config = StrategyConfig(name, KIND, parameters=OLD[name])
    history = synthetic(sessions=2)
    whole = backtest(Setting(trading(config)), history)
    positions = _positions(config)
    asked = []
    state: str | None = None
    for index, bar in enumerate(b for _, bars in history.minutes() for b in bars):
        run = StrategyRun(make_strategy(KIND, OLD[name]), "ALDR")
        run.strategy.name = name
        if state is not None:
            run.restore(json.loads(state))
        asked += [each.id for each in step(run, bar, position=positions[index])]
        state = json.dumps(run.save())

    assert asked == [each.id for each in whole.signals]
    assert asked


def _positions(config: StrategyConfig) -> list[PositionView]:
    """What the strategy held at each bar of the backtest."""
    seen: list[PositionView] = []

    class Watched(StrategyRun):
        pass

    def make(each: StrategyConfig, symbol: str) -> StrategyRun:
        run = Watched(make_strategy(each.kind, each.parameters), symbol)
        run.strategy.name = each.name
        present = run.context.present

        def note(bar: Any, position: PositionView) -> None:
            seen.append(position)
            present(bar, position)

        run.context.present = note  # type: ignore[method-assign]  # listens in on the kernel
        return run

    backtest(Setting(trading(config)), synthetic(sessions=2), make_run=make)
    return seen


@pytest.mark.parametrize(
    "parameters",
    [
        {"target": "nowhere:Nothing"},
        {"target": f"{HERE}:Params"},
        {"target": f"{HERE}:NextStyle", "arguments": '{"unknown": 1}'},
        {"target": f"{HERE}:NextStyle", "arguments": "{"},
    ],
)
def test_what_cannot_be_made_is_refused_with_the_configuration(parameters: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"[Ee]xpected"):
        make_strategy(KIND, parameters)
