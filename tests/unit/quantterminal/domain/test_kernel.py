import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.kernel import MinuteRun, StrategyRun, in_order, step, step_minute
from quantterminal.domain.signals import Action, Signal
from quantterminal.domain.strategy import Context, MinuteContext, PositionView

FIRST = Bar("SPY", datetime(2024, 3, 4, 14, 30, tzinfo=UTC), 10.0, 10.2, 9.8, 10.1, 100.0)
FLAT = PositionView()


class Recorder:
    """Asks for what `wishes` says on the bar of that index, and counts what it was shown."""

    name = "recorder"
    version = "3"
    lookback = 2

    def __init__(self, wishes: Mapping[int, list[str]] | None = None) -> None:
        self.wishes = wishes or {}
        self.starts = 0
        self.bars = 0

    def on_start(self, ctx: Context) -> None:
        assert ctx.bar_index() == -1
        self.starts += 1

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        assert ctx.close() == bar.close
        self.bars += 1
        for wish in self.wishes.get(ctx.bar_index(), []):
            getattr(ctx, wish)()

    def save(self) -> dict[str, Any]:
        return {"starts": self.starts, "bars": self.bars}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.starts, self.bars = state["starts"], state["bars"]


def _later(minutes: int) -> Bar:
    return replace(FIRST, start=FIRST.start + timedelta(minutes=minutes))


def test_a_strategy_is_started_once_and_shown_every_bar() -> None:
    recorder = Recorder()
    run = StrategyRun(recorder, "SPY")

    for minutes in (0, 1, 5):
        assert step(run, _later(minutes), position=FLAT) == ()

    assert (recorder.starts, recorder.bars) == (1, 3)
    assert run.last_bar == "2024-03-04T14:35:00+00:00"


def test_signals_carry_the_decision_the_bar_and_the_order_of_asking() -> None:
    run = StrategyRun(Recorder({0: ["buy", "sell"]}), "SPY")

    first, second = step(run, FIRST, position=FLAT)

    assert first.id == "recorder@3:SPY:20240304T1430Z:0"
    assert second.id == "recorder@3:SPY:20240304T1430Z:1"
    assert (first.action, second.action) == (Action.BUY, Action.SELL)
    assert (first.bar_start, first.reference_price) == (FIRST.start, FIRST.close)
    assert first.quantity is None


def test_the_same_bars_make_the_same_signals() -> None:
    def signals() -> list[object]:
        run = StrategyRun(Recorder({0: ["buy"], 2: ["sell", "buy"]}), "SPY")
        return [step(run, _later(minutes), position=FLAT) for minutes in range(3)]

    assert signals() == signals()


def test_decisions_do_not_leak_into_the_next_bar() -> None:
    run = StrategyRun(Recorder({0: ["buy"]}), "SPY")

    assert len(step(run, FIRST, position=FLAT)) == 1
    assert step(run, _later(1), position=FLAT) == ()


def test_closing_closes_what_is_held() -> None:
    run = StrategyRun(Recorder({0: ["close_position"], 1: ["close_position"]}), "SPY")

    assert step(run, FIRST, position=FLAT) == ()
    (signal,) = step(run, _later(1), position=PositionView(5, 10.0))

    assert signal.action is Action.CLOSE


@pytest.mark.parametrize("minutes", [5, 4, 0])
def test_time_never_goes_backwards_nor_stands_still(minutes: int) -> None:
    recorder = Recorder()
    run = StrategyRun(recorder, "SPY")
    step(run, _later(5), position=FLAT)

    with pytest.raises(InvalidValueError, match="Expected a bar after 2024-03-04T14:35"):
        step(run, _later(minutes), position=FLAT)
    assert recorder.bars == 1


def test_a_bar_of_another_symbol_is_refused_before_the_strategy_is_started() -> None:
    recorder = Recorder()

    with pytest.raises(InvalidValueError, match="Expected a bar of SPY, was IBM"):
        step(StrategyRun(recorder, "SPY"), replace(FIRST, symbol="IBM"), position=FLAT)
    assert recorder.starts == 0


def test_a_restored_run_goes_on_where_the_saved_one_was() -> None:
    recorder = Recorder()
    run = StrategyRun(recorder, "SPY")
    step(run, FIRST, position=FLAT)
    step(run, _later(1), position=FLAT)

    continued = Recorder({2: ["buy"]})
    restored = StrategyRun(continued, "SPY")
    restored.restore(json.loads(json.dumps(run.save())))

    with pytest.raises(InvalidValueError, match="Expected a bar after"):
        step(restored, _later(1), position=FLAT)
    (signal,) = step(restored, _later(2), position=FLAT)
    assert signal.ordinal == 0
    assert (continued.starts, continued.bars) == (1, 3)
    assert restored.context.volume(2) == 100.0


class Crowd:
    """Asks for what `wishes` says on a symbol of the minute of that index."""

    name = "crowd"
    version = "1"
    lookback = 1

    def __init__(self, wishes: Mapping[int, list[tuple[str, str]]] | None = None) -> None:
        self.wishes = wishes or {}
        self.seen: list[str] = []

    def on_start(self, ctx: MinuteContext) -> None:
        assert ctx.minute_index() == -1
        self.seen = []

    def on_minute(self, ctx: MinuteContext, bars: Mapping[str, Bar]) -> None:
        self.seen.append("".join(bars))
        for symbol, wish in self.wishes.get(ctx.minute_index(), []):
            getattr(ctx[symbol], wish)()

    def save(self) -> dict[str, Any]:
        return {"seen": self.seen}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.seen = list(state["seen"])


def _minute(minutes: int, symbols: str) -> dict[str, Bar]:
    return {symbol: replace(_later(minutes), symbol=symbol) for symbol in symbols}


def _show(run: MinuteRun, minutes: int, symbols: str) -> list[str]:
    bars = _minute(minutes, symbols)
    return [each.id for each in step_minute(run, _later(minutes).start, bars, positions={})]


def test_a_minute_is_shown_once_with_the_symbols_that_traded() -> None:
    crowd = Crowd({1: [("B", "buy"), ("A", "sell"), ("B", "sell")]})
    run = MinuteRun(crowd, "BA")

    assert _show(run, 0, "BA") == []
    assert _show(run, 1, "BA") == [
        "crowd@1:A:20240304T1431Z:0",
        "crowd@1:B:20240304T1431Z:0",
        "crowd@1:B:20240304T1431Z:1",
    ]
    assert _show(run, 4, "B") == []
    assert crowd.seen == ["AB", "AB", "B"]
    assert run.last_bar == "2024-03-04T14:34:00+00:00"


@pytest.mark.parametrize(
    ("minutes", "bars", "said"),
    [
        (1, _minute(1, "C"), "bars of A, B at .*14:31.* was C at"),
        (1, _minute(2, "A"), "bars of A, B at .*14:31.* was A at .*14:32"),
        (1, {}, "was none"),
        (0, _minute(0, "A"), "a minute after 2024-03-04T14:30"),
    ],
)
def test_a_minute_that_is_not_the_next_of_the_same_symbols_is_refused(
    minutes: int, bars: dict[str, Bar], said: str
) -> None:
    run = MinuteRun(Crowd(), "AB")
    _show(run, 0, "AB")

    with pytest.raises(InvalidValueError, match=said):
        step_minute(run, _later(minutes).start, bars, positions={})


def test_a_run_over_symbols_goes_on_in_another_process() -> None:
    wishes = {1: [("A", "buy")]}
    run = MinuteRun(Crowd(wishes), "AB")
    _show(run, 0, "AB")
    state = json.loads(json.dumps(run.save()))

    other = MinuteRun(Crowd(wishes), "AB")
    other.restore(state)

    assert _show(other, 1, "A") == _show(run, 1, "A") != []
    assert json.dumps(other.save()) == json.dumps(run.save())


def test_signals_are_acted_on_by_symbol_and_then_as_configured() -> None:
    def signals(name: str, symbol: str) -> tuple[Signal, ...]:
        recorder = Recorder({0: ["buy", "sell"]})
        recorder.name = name
        return step(StrategyRun(recorder, symbol), _minute(0, symbol)[symbol], position=FLAT)

    shuffled = [*signals("a", "Y"), *signals("a", "X"), *signals("z", "X"), *signals("gone", "X")]

    found = in_order(shuffled, ["z", "a"])

    places = [(each.symbol, each.strategy, each.ordinal) for each in found]
    assert places == [
        *(("X", name, ordinal) for name in ("z", "a", "gone") for ordinal in (0, 1)),
        ("Y", "a", 0),
        ("Y", "a", 1),
    ]
