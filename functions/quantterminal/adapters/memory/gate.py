"""The order stream's gate in an attribute, for tests: a lease on a clock that is passed in."""

from collections.abc import Callable

from quantterminal.ports.watermarks import StreamState


class MemoryGate:
    """Satisfies `ports.watermarks.StreamGate`. `monotonic` answers seconds."""

    def __init__(self, *, monotonic: Callable[[], float], lease_s: float = 5.0) -> None:
        self._monotonic = monotonic
        self._lease_s = lease_s
        self._kept: tuple[StreamState, float] | None = None
        self.history: list[StreamState] = []

    def keep(self, state: StreamState) -> None:
        self._kept = (state, self._monotonic() + self._lease_s)
        if not self.history or self.history[-1] is not state:
            self.history.append(state)

    def state(self) -> StreamState:
        if self._kept is None or self._monotonic() >= self._kept[1]:
            return StreamState.DOWN
        return self._kept[0]
