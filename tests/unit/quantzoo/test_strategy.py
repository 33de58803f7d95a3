import json
from collections import deque
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import ConfigurationError, InvalidValueError
from quantterminal.domain.kernel import StrategyRun, step
from quantterminal.domain.strategy import Context, PositionView
from quantterminal.domain.strategy import Strategy as Contract
from quantzoo.indicators import Sma
from quantzoo.parameters import Parameters
from quantzoo.strategy import SignalStrategy, Strategy, TradingParameters, closes_within
from tests.unit.quantzoo.replay import random_bars, replay

BARS = random_bars(1, 400)


class Scripted(SignalStrategy):
    """Gives the signal that its class attribute holds."""

    wish: Any = 0

    def generate_signal(self, symbol: str, bar: Bar) -> int:
        assert symbol == bar.symbol
        return self.wish


class Remembering(SignalStrategy):
    """Holds every kind of state, in attributes made at different times."""

    version = "1.2"

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.average = Sma(3)

    def on_start(self, ctx: Context) -> None:
        self.closes: deque[float] = deque(maxlen=4)
        self.best = float("-inf")
        self.symbol = ctx.symbol

    def generate_signal(self, symbol: str, bar: Bar) -> int:
        average = self.average.update(bar.close)
        self.closes.append(bar.close)
        self.best = max(self.best, bar.high)
        self.counts = {**getattr(self, "counts", {}), symbol: len(self.closes)}
        self.last_day: date | None = bar.start.date()
        if average is None:
            return 0
        return 1 if bar.close > average else -1


def _asked(strategy: Strategy, *, held: float = 0.0, bar: Bar = BARS[0]) -> list[str]:
    run = StrategyRun(strategy, bar.symbol)
    return [signal.action for signal in step(run, bar, position=PositionView(held, 10.0))]


def test_the_base_class_fulfils_the_contract_of_the_kernel() -> None:
    strategy: Contract = Remembering()

    assert (strategy.name, strategy.version, strategy.lookback) == ("remembering", "1.2", 0)


@pytest.mark.parametrize(
    ("wish", "held", "allow_short", "expected"),
    [
        (1, 0.0, False, ["buy"]),
        (1, 100.0, False, []),
        (1, -100.0, True, ["close"]),
        (-1, 100.0, False, ["close"]),
        (-1, 100.0, True, ["close"]),
        (-1, 0.0, False, []),
        (-1, 0.0, True, ["sell"]),
        (-1, -100.0, True, []),
        (0, 0.0, True, []),
        (0, 100.0, True, []),
        (0, -100.0, True, []),
    ],
)
def test_a_signal_is_a_wish_about_the_position(
    wish: int, held: float, *, allow_short: bool, expected: list[str]
) -> None:
    strategy = Scripted(allow_short=allow_short)
    strategy.wish = wish

    assert _asked(strategy, held=held) == expected


@pytest.mark.parametrize("wish", [None, 2, True, 1.0, "1"])
def test_another_signal_is_refused(wish: object) -> None:
    strategy = Scripted()
    strategy.wish = wish

    with pytest.raises(InvalidValueError, match="expected 1, 0 or -1, was"):
        _asked(strategy)


def test_positions_are_closed_and_none_is_opened_before_the_close() -> None:
    strategy = Scripted(flat_before_close=5)
    strategy.wish = 1

    assert _asked(strategy, bar=BARS[383]) == ["buy"]
    assert _asked(strategy, bar=BARS[384]) == []
    assert _asked(strategy, bar=BARS[384], held=100.0) == ["close"]
    assert _asked(strategy, bar=BARS[389], held=100.0) == ["close"]
    assert _asked(strategy, bar=BARS[390]) == ["buy"]


def test_closes_within_counts_from_the_end_of_the_bar() -> None:
    last = BARS[389]

    assert [closes_within(BARS[383], 5), closes_within(BARS[384], 5)] == [False, True]
    assert closes_within(last, 1)
    assert not closes_within(last, 0)
    after_hours = Bar("TEST", last.end, 10.0, 10.0, 10.0, 10.0, 1.0)
    assert not closes_within(after_hours, 5)


def test_a_strategy_without_save_and_restore_is_continued_exactly() -> None:
    whole = replay(Remembering, BARS)
    restarted = replay(Remembering, BARS, restart=True)

    assert len(whole.signals) > 20
    assert restarted.signals == whole.signals
    assert restarted.states == whole.states


def test_restore_brings_back_exactly_the_attributes_that_were_saved() -> None:
    saved, used = Remembering(), Remembering()
    state = json.loads(json.dumps(saved.save()))
    used.counts = {"SPY": 3}

    used.restore(state)

    assert not hasattr(used, "counts")
    assert used.save() == saved.save()
    assert used.parameters == saved.parameters


def test_an_attribute_that_cannot_be_saved_is_named() -> None:
    strategy = Remembering()
    strategy.seen = {"SPY"}  # type: ignore[attr-defined]  # the case under test

    with pytest.raises(InvalidValueError, match=r"^remembering\.seen: expected"):
        strategy.save()


@pytest.mark.parametrize(
    "change",
    [{"name": "other"}, {"version": "9"}, {"parameters": {"allow_short": True}}],
)
def test_the_state_of_another_strategy_version_or_parameters_is_refused(
    change: dict[str, Any],
) -> None:
    strategy = Remembering()

    with pytest.raises(InvalidValueError, match="Expected the state of"):
        strategy.restore({**strategy.save(), **change})


def test_the_name_follows_from_the_class() -> None:
    class MACDCross2Fast(Scripted):
        pass

    assert MACDCross2Fast.name == "macd_cross2_fast"


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"name": "My Strategy"}, "name: expected"),
        ({"name": "a@b"}, "name: expected"),
        ({"version": "1:2"}, "version: expected"),
        ({"history": []}, "history: expected to be set in on_start"),
        ({"window": deque()}, "window: expected to be set in on_start"),
        ({"average": Sma(3)}, "average: expected to be set in on_start"),
        ({"__slots__": ("x",)}, "__slots__: expected none"),
    ],
)
def test_a_class_whose_state_or_ids_would_go_wrong_cannot_be_made(
    attributes: dict[str, Any], text: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"Strategy Mine: {text}"):
        type("Mine", (Scripted,), attributes)


def test_a_parameter_class_that_forgot_its_decorator_is_refused() -> None:
    class Undecorated(Parameters):
        period: int = 5

    with pytest.raises(ConfigurationError, match="parameter_type: expected a dataclass"):
        type("Mine", (Scripted,), {"parameter_type": Undecorated})


def test_own_parameters_are_keywords_of_the_strategy() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class OwnParameters(TradingParameters):
        period: int = 5

    class Own(Scripted):
        parameter_type = OwnParameters
        parameters: OwnParameters

    assert Own(period=7).parameters.period == 7
    assert not Own().parameters.allow_short
    with pytest.raises(ConfigurationError, match=r"Parameters of own: speed: expected one of"):
        Own(speed=1)
