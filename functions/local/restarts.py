"""When a process that died may be started again: five times in a minute, then it is a failure."""

from collections import deque

_MOST = 5
_WITHIN_S = 60.0


class Restarts:
    """Counts the restarts of each process; time is passed in, in seconds."""

    def __init__(self) -> None:
        self._times: dict[str, deque[float]] = {}

    def may_restart(self, name: str, *, now: float) -> bool:
        """True and counted, or False when `name` has been restarted too often lately."""
        times = self._times.setdefault(name, deque())
        while times and now - times[0] > _WITHIN_S:
            times.popleft()
        if len(times) >= _MOST:
            return False
        times.append(now)
        return True
