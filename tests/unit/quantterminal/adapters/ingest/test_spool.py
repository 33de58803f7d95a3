"""What is put on disk comes back in order, whole, and after a crash as well."""

from pathlib import Path

from quantterminal.adapters.ingest.desk import NumpyTickDesk
from quantterminal.adapters.ingest.spool import DiskSpool
from quantterminal.ports.ticks import TickBatch
from tests.unit.quantterminal.adapters.ingest.ticks import NOW, quote, trade


def batch(number: int, *symbols: str) -> TickBatch:
    desk = NumpyTickDesk()
    desk.table([trade(1, "UNUSED")], [], now=NOW, number=0)
    trades = [trade(number * 100 + each, symbol) for each, symbol in enumerate(symbols)]
    return desk.table(trades, [quote(number)], now=NOW, number=number).batch


def contents(spool: DiskSpool) -> list[tuple[int, list[str]]]:
    found = []
    while (first := spool.first()) is not None:
        names = [first.symbols[each] for each in first.trades["symbol"]]
        found.append((first.number, names))
        spool.drop_first()
    return found


def test_batches_come_back_in_their_order_and_the_disk_is_left_empty(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path / "spool", segment_bytes=300)
    assert spool.is_empty

    for number in range(1, 6):
        spool.put(batch(number, "AAA", "BBB"))

    assert not spool.is_empty
    assert spool.size_bytes > 0
    assert contents(spool) == [(number, ["AAA", "BBB"]) for number in range(1, 6)]
    assert not (tmp_path / "spool").exists()
    assert (spool.is_empty, spool.size_bytes) == (True, 0)


def test_rows_are_what_they_were(tmp_path: Path) -> None:
    spool, before = DiskSpool(tmp_path), batch(1, "BBB", "AAA")
    spool.put(before)

    after = spool.first()

    assert after is not None
    assert after.trades["sequence"].tolist() == before.trades["sequence"].tolist()
    assert after.quotes["bid"].tolist() == [9.99]
    assert not after.only_missing
    assert list(after.symbols) == ["BBB", "AAA"]


def test_another_process_goes_on_where_one_died(tmp_path: Path) -> None:
    first = DiskSpool(tmp_path)
    first.put(batch(1, "AAA"))
    first.put(batch(2, "AAA"))
    (segment,) = tmp_path.iterdir()
    segment.write_bytes(segment.read_bytes()[:-3])  # it died while it wrote

    second = DiskSpool(tmp_path)
    second.put(batch(3, "BBB"))

    assert contents(second) == [(1, ["AAA"]), (3, ["BBB"])]


def test_reading_and_writing_take_turns(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path)
    numbers = []
    for number in range(1, 5):
        spool.put(batch(number, "AAA"))
        if number % 2 == 0:
            numbers += [each for each, _ in contents(spool)]

    assert numbers == [1, 2, 3, 4]
