import gzip
import math
from pathlib import Path

import pytest

from local.market.bar_files import BarFileError, read_recording

OURS = "symbol,ts_ms,open,high,low,close,volume\n"
POLYGON = "ticker,volume,open,close,high,low,window_start,transactions\n"
TEN_O_CLOCK = 1_381_154_400_000  # 2013-10-07 14:00 UTC, inside the regular session
MINUTE = 60_000


def row(minute: int, close: float = 10.5, symbol: str = "IBM") -> str:
    return f"{symbol},{TEN_O_CLOCK + minute * MINUTE},10,11,9,{close},100\n"


def write(folder: Path, text: str, name: str = "bars.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_both_formats_plain_and_gzipped_give_the_same_bars(tmp_path: Path) -> None:
    ours = write(tmp_path, OURS + row(0) + row(1))
    flat = tmp_path / "2013-10-07.csv.gz"
    lines = [f"IBM,100,10,10.5,11,9,{(TEN_O_CLOCK + m * MINUTE) * 1_000_000},7\n" for m in (0, 1)]
    flat.write_bytes(gzip.compress((POLYGON + "".join(lines)).encode()))

    assert read_recording([ours]).minutes == read_recording([flat]).minutes


def test_the_minutes_of_many_files_are_merged_in_order_of_time(tmp_path: Path) -> None:
    first = write(tmp_path, OURS + row(0) + row(2), "a.csv")
    second = write(tmp_path, OURS + row(1, symbol="SPY") + row(2, symbol="SPY"), "b.csv")

    recording = read_recording([second, first])

    assert [minute for minute, _ in recording.minutes] == [
        TEN_O_CLOCK + m * MINUTE for m in range(3)
    ]
    assert [bar.symbol for bar in recording.minutes[2][1]] == ["SPY", "IBM"]
    assert recording.symbols == ("IBM", "SPY")
    assert (recording.rows, recording.in_session) == (4, 4)


def test_rows_that_make_no_sense_are_played_but_not_counted_as_good(tmp_path: Path) -> None:
    night = TEN_O_CLOCK + 10 * 60 * MINUTE
    text = OURS + row(0) + row(1, math.nan) + f"IBM,{TEN_O_CLOCK + 2 * MINUTE},10,9,11,10,100\n"
    text += f"IBM,{TEN_O_CLOCK + 3 * MINUTE},10,11,9,10,-1\n" + f"IBM,{night},10,11,9,10,100\n"

    recording = read_recording([write(tmp_path, text)])

    assert (recording.rows, recording.in_session) == (5, 1)
    assert sum(len(bars) for _, bars in recording.minutes) == 5


def test_a_row_out_of_order_is_played_in_the_minute_of_the_row_before_it(tmp_path: Path) -> None:
    recording = read_recording([write(tmp_path, OURS + row(5) + row(3) + row(6))])

    starts = {
        (minute - TEN_O_CLOCK) // MINUTE: [(b.start_ms - TEN_O_CLOCK) // MINUTE for b in bars]
        for minute, bars in recording.minutes
    }
    assert starts == {5: [5, 3], 6: [6]}
    assert recording.in_session == 2


def test_order_counts_per_symbol_because_flat_files_are_sorted_by_ticker(tmp_path: Path) -> None:
    text = OURS + row(0, symbol="A") + row(1, symbol="A") + row(0, symbol="B") + row(1, symbol="B")

    recording = read_recording([write(tmp_path, text)])

    assert [len(bars) for _, bars in recording.minutes] == [2, 2]
    assert recording.in_session == 4


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "expected the header symbol,ts_ms"),
        ("time,price\n1,2\n", 1, "was 'time,price'"),
        (OURS, 2, "expected at least one bar"),
        (OURS + row(0) + "IBM,1,2\n", 3, "expected 7 columns, was 3"),
        (OURS + f"IBM,{TEN_O_CLOCK},10,11,nine,10,100\n", 2, "a number in column low, was 'nine'"),
        (OURS + f"IBM,{TEN_O_CLOCK},,11,9,10,100\n", 2, "a number in column open, was ''"),
        (OURS + f"IBM,{TEN_O_CLOCK},1_0,11,9,10,100\n", 2, "in column open, was '1_0'"),
        (OURS + "IBM,2013-10-07,10,11,9,10,100\n", 2, "a whole number in column ts_ms"),
        (OURS + f",{TEN_O_CLOCK},10,11,9,10,100\n", 2, "a ticker in column symbol, was ''"),
        (OURS + f"IBM,{TEN_O_CLOCK}000,10,11,9,10,100\n", 2, "a time that the exchange calendar"),
        (OURS + 'IBM,"10,11,9,10,100\n', 2, "a UTF-8 CSV file that can be read"),
        (POLYGON + f"IBM,100,10,10.5,11,9,{TEN_O_CLOCK * 10**6},x\n", 2, "column transactions"),
    ],
)
def test_what_cannot_be_read_is_refused_with_file_line_and_reason(
    tmp_path: Path, text: str, line: int, reason: str
) -> None:
    path = write(tmp_path, text)

    with pytest.raises(BarFileError) as caught:
        read_recording([path])

    assert str(caught.value).startswith(f"{path}, line {line}: ")
    assert reason in str(caught.value)


def test_a_truncated_gzip_a_fake_one_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    whole = gzip.compress((OURS + "".join(row(m) for m in range(300))).encode())
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    fake = write(tmp_path, OURS + row(0), "fake.csv.gz")

    for path in (cut, fake):
        with pytest.raises(BarFileError, match=r"expected a complete gzip file"):
            read_recording([path])
    with pytest.raises(BarFileError, match=r"nowhere\.csv, line 1: .*No such file"):
        read_recording([tmp_path / "nowhere.csv"])
    with pytest.raises(BarFileError, match="at least one bar file"):
        read_recording([])


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_bytes(OURS.encode() + b"\xff\xfe\x00\n")

    with pytest.raises(BarFileError, match=r"bars\.csv, line \d: expected a UTF-8 CSV file"):
        read_recording([path])
