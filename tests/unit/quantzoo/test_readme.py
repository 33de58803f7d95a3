"""The README's strategy is run as it stands there."""

import re
from pathlib import Path
from typing import Any

import pytest

import quantzoo.indicators
from quantterminal.domain.kernel import MinuteRun, step_minute
from quantterminal.domain.signals import Action
from quantzoo.backtest.history import instant
from quantzoo.catalog import STRATEGIES
from quantzoo.strategy import SignalStrategy
from quantzoo.trades import round_trips
from tests.unit.quantzoo.histories import synthetic
from tests.unit.quantzoo.replay import random_bars, replay

README = Path(quantzoo.indicators.__file__).parents[1] / "README.md"
BUILDING_BLOCKS = {"Indicator", "TICKS_PER_DOLLAR", "to_ticks"}
INDICATORS = sorted(set(quantzoo.indicators.__all__) - BUILDING_BLOCKS)


@pytest.fixture
def examples() -> dict[str, Any]:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    namespace: dict[str, Any] = {"__name__": "readme"}
    for block in blocks:
        exec(block, namespace)  # noqa: S102  the README's own code
    return namespace


@pytest.fixture
def own_strategy(examples: dict[str, Any]) -> type[SignalStrategy]:
    return examples["ThreeUp"]


def test_the_strategy_of_the_readme_trades_and_is_saved(own_strategy: type[SignalStrategy]) -> None:
    bars = random_bars(11, 390)

    whole = replay(own_strategy, bars)

    assert own_strategy.name == "three_up"
    assert len(round_trips(whole.fills)) > 5
    assert replay(own_strategy, bars, restart=True).signals == whole.signals


def test_the_strategy_of_the_readme_decides_as_its_words_say(
    own_strategy: type[SignalStrategy],
) -> None:
    bars = random_bars(11, 390)
    strategy = own_strategy()
    strategy.on_start(None)  # type: ignore[arg-type]  # it does not look at the context

    closes = [bar.close for bar in bars]
    for index, bar in enumerate(bars):
        last = closes[max(0, index - 3) : index + 1]
        rising = len(last) == 4 and last[0] < last[1] < last[2] < last[3]
        falling = index > 0 and closes[index] < closes[index - 1]
        assert strategy.generate_signal("TEST", bar) == (1 if rising else -1 if falling else 0)


def test_the_pair_of_the_readme_trades_one_of_its_two(examples: dict[str, Any]) -> None:
    history = synthetic(("ALDR", "BRKT"), sessions=1)
    run = MinuteRun(examples["Pair"](), history.symbols)
    signals = [
        signal
        for start, bars in history.minutes()
        for signal in step_minute(
            run, instant(start), {bar.symbol: bar for bar in bars}, positions={}
        )
    ]

    assert {each.symbol for each in signals} == {"BRKT"}
    assert {each.action for each in signals} == {Action.BUY}


@pytest.mark.parametrize("name", [*STRATEGIES, *INDICATORS])
def test_the_readme_names_every_strategy_and_indicator(name: str) -> None:
    assert f"`{name}" in README.read_text(encoding="utf-8")
