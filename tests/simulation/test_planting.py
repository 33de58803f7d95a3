"""Planting reaches every caller, is undone afterwards, and never plants nothing."""

import pytest

from quantterminal.domain.money import to_cents
from quantterminal.domain.signals import Side, is_ours
from tests.simulation.planting import Planted, PlantingError, Replacement, planted

SIGNALS = "quantterminal.domain.signals"


def bug(old: str, new: str, module: str = SIGNALS) -> Planted:
    return Planted("test", "a bug", (Replacement(module, old, new),))


def test_a_function_that_was_imported_before_is_changed_and_restored() -> None:
    with planted(bug("startswith(OUR_PREFIX)", 'startswith("qt2-")')):
        assert not is_ours("qt1-a")
        assert is_ours("qt2-a")

    assert is_ours("qt1-a")


def test_a_property_is_changed() -> None:
    with planted(bug("return 1 if self is Side.BUY else -1", "return 1")):
        assert Side.SELL.sign == 1

    assert Side.SELL.sign == -1


def test_it_is_restored_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), planted(bug("(OUR_PREFIX)", '("qt2-")')):
        raise ZeroDivisionError

    assert is_ours("qt1-a")


@pytest.mark.parametrize(
    ("old", "new", "module"),
    [
        ("no such text", "other text", SIGNALS),
        ("return", "return ", SIGNALS),
        ("Money and ticks", "Ticks and money", to_cents.__module__),
        ('startswith("qt1-")', "startswith('qt1-')", SIGNALS),
    ],
    ids=["absent", "more than once", "not in a function", "no change"],
)
def test_what_plants_nothing_is_refused(old: str, new: str, module: str) -> None:
    with pytest.raises(PlantingError), planted(bug(old, new, module)):
        pass
