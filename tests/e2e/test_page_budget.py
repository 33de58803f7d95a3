"""What the page may cost: the same measurements as `python -m tests.e2e.page_load`, shorter."""

import pytest

from tests.browser import NONE_TO_BE_HAD, chromium
from tests.e2e import page_load
from tests.e2e.page_server import DIST

MOST_JAVASCRIPT = 200_000
FIRST_DATA_MS = 1_500
MOST_OF_A_CORE = 0.05
# A page that has just been opened still grows into its curve; one that kept what the ticks bring
# would grow by 20 kB each. The flat hours are `page_load`'s to show.
BYTES_A_TICK = 4_000

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(chromium() is None, reason=NONE_TO_BE_HAD),
    pytest.mark.skipif(not (DIST / "index.html").exists(), reason="the page is not built"),
]


def test_the_scripts_are_small() -> None:
    assert page_load.javascript_bytes() <= MOST_JAVASCRIPT


def test_a_busy_account_is_soon_there_costs_little_and_stays_flat() -> None:
    with page_load.loaded_page() as (account, server, page, meter):
        assert meter.first_data_ms() <= FIRST_DATA_MS
        page.wait_for_timeout(2_000)
        # the least of three: what else the machine does makes the same work dearer, never cheaper
        shares = [page_load.cpu_share(account, page, meter, seconds=4) for _ in range(3)]
        assert min(shares) <= MOST_OF_A_CORE
        first, *_, last = page_load.heaps(account, server, meter, seconds=600, every=200)
        assert (last.used - first.used) / (last.at - first.at) <= BYTES_A_TICK
