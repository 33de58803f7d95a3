"""Every second planted bug is found; the other file has the others."""

import pytest

from tests.simulation.bugs import CATALOGUE
from tests.simulation.bugs.bug import Bug
from tests.simulation.hunt import MOST_SEEDS, hinted, hunt


@pytest.mark.parametrize("bug", CATALOGUE[::2], ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: Bug) -> None:
    assert hunt(bug, hinted(bug, MOST_SEEDS)).is_found
