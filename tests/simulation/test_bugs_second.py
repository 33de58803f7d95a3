"""The other half of the planted bugs, and what they look like while nothing else goes wrong."""

import pytest

from tests.simulation.bugs import CATALOGUE
from tests.simulation.bugs.bug import Bug
from tests.simulation.hunt import CALM_SEED, MOST_SEEDS, hinted, hunt, is_quiet


@pytest.mark.parametrize("bug", CATALOGUE[1::2], ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: Bug) -> None:
    assert hunt(bug, hinted(bug, MOST_SEEDS)).is_found


@pytest.mark.parametrize(
    "bug",
    [each for each in CATALOGUE if not (each.is_loud or each.directed)],
    ids=lambda bug: bug.name,
)
def test_a_planted_bug_hides_while_nothing_goes_wrong(bug: Bug) -> None:
    assert is_quiet(bug, CALM_SEED)
