"""The catalogue of planted bugs: each can be planted, each name is one bug."""

import pytest

from tests.project_files import ROOT
from tests.simulation.bugs import CATALOGUE
from tests.simulation.bugs.bug import Bug
from tests.simulation.hunt import MOST_SEEDS, session_for
from tests.simulation.planting import planted


def test_there_are_enough_of_them_and_each_has_its_own_name() -> None:
    names = [bug.name for bug in CATALOGUE]
    assert len(names) >= 50
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("bug", CATALOGUE, ids=lambda bug: bug.name)
def test_it_can_be_planted_and_taken_out(bug: Bug) -> None:
    with planted(bug.planted):
        pass


def test_the_seeds_that_find_them_are_seeds_that_pass_without_them() -> None:
    assert all(0 <= bug.killer <= MOST_SEEDS for bug in CATALOGUE)


@pytest.mark.parametrize(
    "bug", [each for each in CATALOGUE if each.faults], ids=lambda bug: bug.name
)
def test_a_session_made_for_it_passes_without_it(bug: Bug) -> None:
    assert session_for(bug, bug.killer).violations == []


@pytest.mark.parametrize(
    "bug", [each for each in CATALOGUE if each.directed], ids=lambda bug: bug.name
)
def test_the_test_that_finds_it_exists(bug: Bug) -> None:
    path, _, name = bug.directed.partition("::")
    text = (ROOT / path).read_text()
    assert not name or f"def {name}(" in text
