import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.signals import Action
from quantterminal.domain.strategy import Context, MinuteContext, PositionView

OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
FLAT = PositionView()
LONG = PositionView(100, 10.0)
SHORT = PositionView(-100, 10.0)


def _bar(index: int, *, low: float = 9.9, high: float = 10.1) -> Bar:
    return Bar("SPY", OPEN + timedelta(minutes=index), 10.0, high, low, 10.0, 100.0 + index)


def _context(*positions: PositionView, lookback: int = 3) -> Context:
    context = Context("SPY", lookback=lookback)
    for index, position in enumerate(positions):
        context.present(_bar(index), position)
        context.take_decisions()
    return context


def _closes(context: Context) -> list[str]:
    return [decision.reason for decision in context.take_decisions()]


def test_series_count_back_from_the_current_bar() -> None:
    context = _context(FLAT, FLAT, FLAT)

    assert [context.volume(offset) for offset in range(3)] == [102.0, 101.0, 100.0]
    assert context.get_series("open") == context.open() == 10.0
    assert (context.high(), context.low(), context.close()) == (10.1, 9.9, 10.0)
    assert context.bar_index() == 2


def test_the_future_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="was -1"):
        _context(FLAT, FLAT).close(-1)


def test_a_bar_before_the_first_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="0 to 1 bars back, was 2"):
        _context(FLAT, FLAT).close(2)


def test_a_bar_beyond_the_lookback_is_refused_although_it_was_seen() -> None:
    context = _context(*[FLAT] * 10, lookback=3)

    assert context.volume(3) == 106.0
    with pytest.raises(InvalidValueError, match="0 to 3 bars back, was 4"):
        context.volume(4)


def test_an_unknown_series_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="'vwap'"):
        _context(FLAT).get_series("vwap")


def test_the_position_is_the_one_that_was_filled() -> None:
    context = _context(FLAT, LONG)

    assert (context.position_size(), context.avg_price()) == (100, 10.0)


def test_in_session_follows_the_bar() -> None:
    context = Context("SPY", lookback=0)
    assert not context.in_session()

    context.present(_bar(0), FLAT)
    assert context.in_session()

    context.present(_bar(400), FLAT)
    assert not context.in_session()


def test_decisions_are_handed_out_once_and_in_order() -> None:
    context = _context(FLAT)
    context.buy(5, reason="a")
    context.sell(reason="b")

    decisions = context.take_decisions()

    assert [(d.action, d.quantity, d.reason) for d in decisions] == [
        (Action.BUY, 5, "a"),
        (Action.SELL, None, "b"),
    ]
    assert context.take_decisions() == ()


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_quantity_of_nothing_or_less_is_refused(quantity: int) -> None:
    with pytest.raises(InvalidValueError, match="above 0"):
        _context(FLAT).buy(quantity)


def test_nothing_can_be_asked_for_before_the_first_bar() -> None:
    with pytest.raises(InvalidValueError, match="before the first bar"):
        Context("SPY", lookback=0).buy()


def test_closing_a_flat_position_asks_for_nothing() -> None:
    context = _context(FLAT)
    context.close_position()

    assert context.take_decisions() == ()


def test_a_position_is_closed_once_a_bar() -> None:
    context = _context(LONG)
    context.close_position(reason="first")
    context.close_position(reason="second")

    assert _closes(context) == ["first"]


@pytest.mark.parametrize(
    ("position", "exits", "bar", "reason"),
    [
        (LONG, {"stop": 9.5}, _bar(1, low=9.5), "stop"),
        (LONG, {"stop": 9.5}, _bar(1, low=9.51), None),
        (LONG, {"target": 10.5}, _bar(1, high=10.5), "target"),
        (LONG, {"target": 10.5}, _bar(1, high=10.49), None),
        (SHORT, {"stop": 10.5}, _bar(1, high=10.5), "stop"),
        (SHORT, {"stop": 10.5}, _bar(1, high=10.49), None),
        (SHORT, {"target": 9.5}, _bar(1, low=9.5), "target"),
        (SHORT, {"target": 9.5}, _bar(1, low=9.51), None),
        (LONG, {"stop": 9.5, "target": 10.5}, _bar(1, low=9.0, high=11.0), "stop"),
        (FLAT, {"stop": 9.5}, _bar(1, low=9.0), None),
    ],
)
def test_exit_levels_close_on_a_bar_that_trades_at_them(
    position: PositionView, exits: dict[str, float], bar: Bar, reason: str | None
) -> None:
    context = _context(position)
    context.set_exit(**exits)

    context.present(bar, position)

    assert _closes(context) == ([reason] if reason else [])


def test_exit_levels_do_not_act_on_the_bar_that_set_them() -> None:
    context = _context(LONG)
    context.set_exit(stop=11.0)

    assert context.take_decisions() == ()


def test_an_exit_level_and_the_strategy_close_only_once() -> None:
    context = _context(LONG)
    context.set_exit(stop=9.5)
    context.present(_bar(1, low=9.0), LONG)
    context.close_position(reason="strategy")

    assert _closes(context) == ["stop"]


def test_exit_levels_set_with_the_entry_wait_for_its_fill() -> None:
    context = _context(FLAT)
    context.set_exit(stop=9.5)
    context.present(_bar(1, low=9.0), FLAT)
    assert _closes(context) == []

    context.present(_bar(2, low=9.0), LONG)
    assert _closes(context) == ["stop"]


def test_exit_levels_are_dropped_when_the_position_is_flat_again() -> None:
    context = _context(LONG)
    context.set_exit(stop=9.5)
    context.present(_bar(1), FLAT)
    context.present(_bar(2, low=9.0), LONG)

    assert _closes(context) == []


def test_set_exit_replaces_both_levels() -> None:
    context = _context(LONG)
    context.set_exit(stop=9.5, target=10.5)
    context.set_exit(target=12.0)
    context.present(_bar(1, low=9.0, high=11.0), LONG)

    assert _closes(context) == []


def test_an_exit_level_asks_again_while_the_position_is_still_held() -> None:
    context = _context(LONG)
    context.set_exit(stop=9.5)

    for index in (1, 2):
        context.present(_bar(index, low=9.4), LONG)
        assert _closes(context) == ["stop"]


def test_a_restored_context_answers_as_the_saved_one() -> None:
    saved = _context(FLAT, LONG, LONG, LONG, LONG)
    saved.set_exit(stop=9.5, target=11.0)
    restored = Context("SPY", lookback=3)
    restored.restore(json.loads(json.dumps(saved.save())))

    for context in (saved, restored):
        context.present(_bar(5, low=9.0), LONG)

    assert restored.take_decisions() == saved.take_decisions() != ()
    assert restored.save() == saved.save()
    assert restored.volume(3) == saved.volume(3)


def test_a_restored_context_knows_that_a_position_was_held() -> None:
    saved = _context(LONG)
    saved.set_exit(stop=9.5)
    restored = Context("SPY", lookback=3)
    restored.restore(saved.save())

    restored.present(_bar(1), FLAT)
    restored.present(_bar(2, low=9.0), LONG)

    assert _closes(restored) == []


def _together(*minutes: str, positions: dict[str, PositionView] | None = None) -> MinuteContext:
    """A minute is the symbols that trade in it, A and B."""
    context = MinuteContext(("B", "A"), lookback=3)
    for index, symbols in enumerate(minutes):
        bars = {symbol: replace(_bar(index), symbol=symbol) for symbol in symbols}
        context.present(bars, positions or {})
    return context


def test_a_minute_shows_each_symbol_its_own_past() -> None:
    context = _together("AB", "A", "AB", "A")

    assert context.symbols == ("A", "B")
    assert context.minute_index() == 3
    assert (context["A"].bar_index(), context["B"].bar_index()) == (3, 1)
    assert [context["B"].volume(offset) for offset in range(2)] == [102.0, 100.0]
    assert context.without_trade() == ("B",)


def test_nothing_can_be_asked_for_on_a_symbol_without_a_bar_in_the_minute() -> None:
    context = _together("AB", "A", positions={"B": LONG})

    assert context["B"].position_size() == 100
    with pytest.raises(InvalidValueError, match="a bar of B, was a minute without one"):
        context["B"].close_position()
    with pytest.raises(InvalidValueError, match="symbol of A, B, was 'C'"):
        context["C"]
    context["A"].buy(5)
    assert len(context["A"].take_decisions()) == 1


def test_exit_levels_are_dropped_in_a_minute_without_a_bar_too() -> None:
    context = _together("AB", positions={"B": LONG})
    context["B"].set_exit(stop=1.0)

    context.present({"A": replace(_bar(1), symbol="A")}, {})

    assert context["B"].exit_levels() == (None, None)


def test_minutes_are_restored_exactly_and_only_for_the_same_symbols() -> None:
    context = _together("AB", "A", positions={"B": LONG})
    text = json.dumps(context.save())

    restored = MinuteContext(("A", "B"), lookback=3)
    restored.restore(json.loads(text))

    assert json.dumps(restored.save()) == text
    with pytest.raises(InvalidValueError, match="a state of A, C, was of A, B"):
        MinuteContext(("A", "C"), lookback=3).restore(json.loads(text))
