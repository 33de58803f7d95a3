"""Batches on disk while the store is away; satisfies `ports.ticks.Spool`.

Records of their own symbols, length and checksum stand one behind the other in segments; a segment
is deleted when all of it is stored. After a crash the last record may be cut: it is left out, and
so is nothing else. What was stored before a crash is offered again and known by its number.
"""

import contextlib
import json
import struct
import zlib
from pathlib import Path

import numpy as np

from quantterminal.adapters.ingest.tables import QUOTE, TRADE
from quantterminal.ports.ticks import TickBatch

_HEAD = struct.Struct("<4sIqIII")  # mark, checksum, number, bytes of symbols, trades and quotes
_MARKS = {False: b"QTK1", True: b"QTM1"}  # to be appended, to be merged


class DiskSpool:
    """`folder` is this spool's own; it is made when it is first needed."""

    def __init__(self, folder: Path, *, segment_bytes: int = 64 * 1024 * 1024) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._segments = sorted(folder.glob("*.ticks")) if folder.is_dir() else []
        self._sizes = {each: each.stat().st_size for each in self._segments}
        self._at = 0
        self._may_append = False  # never to a segment that another process may have cut
        self._first: tuple[TickBatch, int] | None = None

    @property
    def is_empty(self) -> bool:
        return self.first() is None

    @property
    def size_bytes(self) -> int:
        return sum(self._sizes.values()) - self._at

    def put(self, batch: TickBatch) -> None:
        segment = self._segment()
        record = _record(batch)
        with segment.open("ab") as file:
            file.write(record)
        self._sizes[segment] += len(record)

    def first(self) -> TickBatch | None:
        while self._first is None and self._segments:
            self._first = self._read()
            if self._first is None:
                self._drop_segment()
        return None if self._first is None else self._first[0]

    def drop_first(self) -> None:
        if self.first() is None or self._first is None:
            return
        self._at += self._first[1]
        self._first = None
        if self._at >= self._sizes[self._segments[0]]:
            self._drop_segment()

    def _segment(self) -> Path:
        last = self._segments[-1] if self._segments else None
        if last is not None and self._may_append and self._sizes[last] < self._segment_bytes:
            return last
        self._folder.mkdir(parents=True, exist_ok=True)
        number = 1 if last is None else int(last.stem) + 1
        made = self._folder / f"{number:08d}.ticks"
        self._segments.append(made)
        self._sizes[made] = 0
        self._may_append = True
        return made

    def _read(self) -> tuple[TickBatch, int] | None:
        with self._segments[0].open("rb") as file:
            file.seek(self._at)
            head = file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                return None
            mark, checksum, number, *lengths = _HEAD.unpack(head)
            body = file.read(sum(lengths))
        if mark not in _MARKS.values() or len(body) < sum(lengths) or zlib.crc32(body) != checksum:
            return None
        names, trades = lengths[0], lengths[0] + lengths[1]
        batch = TickBatch(
            number,
            json.loads(body[:names]),
            np.frombuffer(body[names:trades], TRADE),
            np.frombuffer(body[trades:], QUOTE),
            only_missing=mark == _MARKS[True],
        )
        return batch, _HEAD.size + len(body)

    def _drop_segment(self) -> None:
        gone = self._segments.pop(0)
        del self._sizes[gone]
        self._at = 0
        gone.unlink(missing_ok=True)
        self._may_append = self._may_append and bool(self._segments)
        if not self._segments:
            with contextlib.suppress(OSError):  # somebody else's file is in it
                self._folder.rmdir()


def _record(batch: TickBatch) -> bytes:
    """With the symbols of its rows alone."""
    trades, quotes = batch.trades[:].copy(), batch.quotes[:].copy()
    used = np.unique(np.r_[trades["symbol"], quotes["symbol"]])
    names = json.dumps([batch.symbols[each] for each in used]).encode()
    for rows in (trades, quotes):
        rows["symbol"] = np.searchsorted(used, rows["symbol"])
    body: bytes = names + trades.tobytes() + quotes.tobytes()
    lengths = len(names), trades.nbytes, quotes.nbytes
    mark = _MARKS[batch.only_missing]
    return _HEAD.pack(mark, zlib.crc32(body), batch.number, *lengths) + body
