"""How late things are, as a histogram of milliseconds: cheap to fill, exact enough to alarm on."""

import numpy as np
import numpy.typing as npt

_LONGEST_MS = 60_000


class Lags:
    """Milliseconds from 0 to a minute; what is longer counts as a minute."""

    def __init__(self) -> None:
        self._counts = np.zeros(_LONGEST_MS + 1, np.int64)

    def add(self, now_ms: float, at_ms: npt.NDArray[np.int64]) -> None:
        if len(at_ms):
            late = np.clip(np.int64(now_ms) - at_ms, 0, _LONGEST_MS)
            found = np.bincount(late)
            self._counts[: len(found)] += found

    def take(self) -> dict[str, float]:
        """`p50` and `p99` since the last call; empty when nothing came."""
        total = int(self._counts.sum())
        if not total:
            return {}
        reached = np.cumsum(self._counts)
        found = {
            name: float(np.searchsorted(reached, share * total))
            for name, share in (("p50", 0.5), ("p99", 0.99))
        }
        self._counts[:] = 0
        return found
