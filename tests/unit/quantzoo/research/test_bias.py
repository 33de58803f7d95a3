import pytest

from quantzoo.catalog import STRATEGIES
from quantzoo.research.bias import Bias, check_bias
from quantzoo.strategies.rotation import Rotation
from quantzoo.strategy import Strategy
from tests.unit.quantzoo.histories import synthetic
from tests.unit.quantzoo.research import planted

AHEAD = [
    (planted.NextBar, "shifted"),
    (planted.Centered, "centered"),
    (planted.Normalised, "normalised"),
    (planted.BackFilled, "five_minutes"),
    (planted.Remembers, "decision"),
    (planted.PeekingIndicator, "next_close"),
]


@pytest.fixture(autouse=True)
def forgotten() -> None:
    planted.MEMORY.clear()
    planted.PEEKED.clear()


@pytest.mark.parametrize(("kind", "name"), AHEAD)
def test_each_way_to_look_ahead_is_found_and_named(kind: type[Strategy], name: str) -> None:
    findings = check_bias(kind, synthetic(sessions=2))

    found = [each for each in findings if each.bias is Bias.LOOKS_AHEAD]
    assert [each.name for each in found] == [name]
    assert found[0].symbol == "ALDR"
    assert synthetic(sessions=2).first <= found[0].at <= synthetic(sessions=2).last


def test_a_memory_that_is_longer_than_declared_is_found() -> None:
    findings = check_bias(planted.SlowStart, synthetic(sessions=3))

    assert {each.bias for each in findings} == {Bias.DEPENDS_ON_START}
    assert {each.name for each in findings} == {"trend"}


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_our_strategies_pass(name: str) -> None:
    history = synthetic(("ALDR", "BRKT"), sessions=4)

    assert check_bias(STRATEGIES[name], history) == []


def test_a_strategy_over_several_symbols_is_checked_with_all_of_them() -> None:
    history = synthetic(("ALDR", "BRKT"), sessions=2)

    assert check_bias(Rotation, history) == []
    findings = check_bias(planted.PeekingTogether, history)
    (found,) = [each for each in findings if each.bias is Bias.LOOKS_AHEAD]
    assert found.symbol == "ALDR+BRKT"
    assert "ALDR" in found.text


def test_a_fair_feature_passes() -> None:
    assert check_bias(planted.Fair, synthetic(sessions=2)) == []
