"""The second half of the seeded sessions of `make test`; the other file is the other half."""

import pytest

from tests.simulation.holding import failures


@pytest.mark.parametrize("first", range(151, 301, 10))
def test_every_invariant_holds_in_ten_faulty_sessions(first: int) -> None:
    assert failures(range(first, first + 10)) == []
