"""Market time shared by every process of a replay through one small memory-mapped file.

The market process writes, all others read. The record is a sequence lock: the writer makes the
sequence odd, writes, makes it even; a reader that sees an odd or a changed sequence reads again.
"""

import mmap
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

# sequence, market time (ns since the epoch), market seconds per real second, anchor (monotonic ns)
_RECORD = struct.Struct("<qqdq")
_SEQUENCE = struct.Struct("<q")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ReplayClockWriter:
    """Creates the file and sets the market's time; one writer per file."""

    def __init__(self, path: Path, *, start: datetime) -> None:
        path.write_bytes(bytes(_RECORD.size))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _RECORD.size)
        self._sequence = 0
        self.set(start, speed=0.0)

    def set(self, now: datetime, *, speed: float) -> None:
        """Market time is `now` and runs `speed` times real time from here; 0 holds it still."""
        nanoseconds = (now - _EPOCH) // timedelta(microseconds=1) * 1000
        _SEQUENCE.pack_into(self._map, 0, self._sequence + 1)
        _RECORD.pack_into(self._map, 0, self._sequence + 1, nanoseconds, speed, time.monotonic_ns())
        self._sequence += 2
        _SEQUENCE.pack_into(self._map, 0, self._sequence)


class ReplayClock:
    """Reads the market's time; satisfies `ports.clock.Clock`."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), _RECORD.size, access=mmap.ACCESS_READ)

    def now(self) -> datetime:
        while True:
            sequence, market_ns, speed, anchor_ns = _RECORD.unpack_from(self._map, 0)
            (again,) = _SEQUENCE.unpack_from(self._map, 0)
            if sequence == again and sequence % 2 == 0:
                break
        elapsed_ns = int((time.monotonic_ns() - anchor_ns) * speed)
        return _EPOCH + timedelta(microseconds=(market_ns + elapsed_ns) // 1000)

    def stamp_ns(self) -> int:
        return time.time_ns()
