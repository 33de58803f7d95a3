"""Who may have the account's one market-data connection."""

from collections.abc import Callable

from quantterminal.adapters.redis import scripts
from quantterminal.adapters.redis.connection import Client, reachable

LEASE_MS = 10_000


class RedisFeedLease:
    """Implements `ports.lease.FeedLease`. `stamp_ms` answers wall-clock milliseconds: tokens start
    there, so that they grow although the working state was emptied.
    """

    def __init__(self, client: Client, account: str, *, stamp_ms: Callable[[], int]) -> None:
        self._keys = [f"{{{account}}}:feed-lease", f"{{{account}}}:feed-fence"]
        self._stamp_ms = stamp_ms
        self._keep = client.register_script(scripts.KEEP_LEASE)
        self._release = client.register_script(scripts.RELEASE_LEASE)

    def keep(self, holder: str) -> int | None:
        with reachable():
            token = self._keep(keys=self._keys, args=[holder, LEASE_MS, self._stamp_ms()])
        return int(token) or None

    def release(self, holder: str) -> None:
        with reachable():
            self._release(keys=self._keys[:1], args=[holder])
