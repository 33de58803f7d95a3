"""The same bars from every kind of source."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # as above
import pytest

from cli.actions import HEADER, read_actions, write_actions
from cli.backfill import day_file
from cli.bars import BarsWanted, MarketData, read_history, read_market
from cli.download import Vendor, download
from local.errors import UsageError
from local.processes.postgres import Postgres
from quantterminal.adapters.postgres.bar_store import PostgresBarStore
from quantterminal.adapters.postgres.corporate_actions import PostgresCorporateActions
from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.migrate import migrate
from quantterminal.domain.bars import Bar
from quantterminal.domain.corporate_actions import ActionKind, CorporateAction
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.sessions import session_on
from quantterminal.ports.feed import RawBar
from quantzoo.backtest.history import History
from tests.unit.quantzoo.histories import synthetic

SYMBOLS = ("ALDR", "BRKT")
FIRST, LAST = date(2024, 3, 4), date(2024, 3, 6)
SPLIT = CorporateAction("s", "ALDR", ActionKind.SPLIT, date(2024, 3, 5), 1.0, 2.0)
DIVIDEND = CorporateAction("d", "BRKT", ActionKind.DIVIDEND, date(2024, 3, 6), cash=0.25)
DAY = timedelta(days=1)
OVER = datetime(2024, 3, 7, tzinfo=UTC)


def bars_of(history: History) -> list[Bar]:
    return [bar for _, minute in history.minutes() for bar in minute]


@pytest.fixture(scope="module")
def history() -> History:
    return synthetic(SYMBOLS, sessions=3)


@pytest.fixture
def parquet(history: History, tmp_path: Path) -> Path:
    bars = bars_of(history)
    names = ("symbol", "start", "open", "high", "low", "close", "volume")
    file = tmp_path / "bars.parquet"
    pq.write_table(pa.table({n: [getattr(bar, n) for bar in bars] for n in names}), file)
    return file


def test_parquet_is_the_same_history(history: History, parquet: Path) -> None:
    found = read_market(BarsWanted([str(parquet)]))

    assert found == MarketData(history)
    assert found.history.data_hash == history.data_hash


def test_days_and_symbols_are_cut_out(history: History, parquet: Path) -> None:
    wanted = BarsWanted([str(parquet)], symbols=("BRKT",), first=date(2024, 3, 5))

    found = read_market(wanted).history
    assert found.symbols == ("BRKT",)
    assert (found.first.date(), found.last) == (date(2024, 3, 5), history.last)
    one = read_market(replace(wanted, last=date(2024, 3, 5))).history
    assert one.bar_count == 390
    with pytest.raises(UsageError, match="bars from 2024-04-01"):
        read_market(replace(wanted, first=date(2024, 4, 1)))
    with pytest.raises(UsageError, match=r"of the bars \(ALDR, BRKT\), was X"):
        read_market(replace(wanted, symbols=("X",)))


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (["a.csv", "b.parquet"], "files of one kind"),
        (["postgresql://x", "a.csv"], "files or one address"),
        (["ftp://x"], "postgresql://... or https://"),
        (["https://x"], "--from and --to"),
        (["postgresql://x"], "--from and --to"),
    ],
)
def test_what_is_no_source_is_refused(sources: Sequence[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_market(BarsWanted(sources))


@pytest.fixture
def database(postgres: Postgres, history: History) -> str:
    url = postgres.create_database("bars").url
    migrate(url)
    database = Database(lambda: url)
    bars = bars_of(history)
    PostgresBarStore(database).store(
        [*bars, *(replace(bar, revision=1, close=bar.high) for bar in bars[:5])], source="feed"
    )
    PostgresCorporateActions(database).keep([SPLIT, replace(SPLIT, id="x", symbol="OTHER")])
    database.close()
    return url


def test_a_database_has_the_bars_that_strategies_saw(history: History, database: str) -> None:
    wanted = BarsWanted([database], first=FIRST, last=LAST)

    found = read_market(wanted)

    assert found.history.data_hash == history.data_hash
    assert found.actions == (SPLIT,)
    one = read_market(replace(wanted, symbols=("BRKT",), last=FIRST))
    assert (one.history.symbols, one.history.bar_count) == (("BRKT",), 390)
    with pytest.raises(UsageError, match="bars of a regular session, found none"):
        read_market(
            replace(wanted, symbols=("BRKT",), first=date(2024, 4, 1), last=date(2024, 4, 2))
        )


def test_a_database_that_is_away_is_named() -> None:
    with pytest.raises(UsageError, match="The database"):
        read_market(BarsWanted(["postgresql://127.0.0.1:1/x"], first=FIRST, last=LAST))


class Answers:
    """The vendor with these bars; counts what it is asked."""

    def __init__(self, history: History, *, holes: bool = False) -> None:
        self._bars = bars_of(history)[2 if holes else 0 :]
        self.asked = 0
        self.is_away = False

    def minute_bars(self, symbol: str, *, start: datetime, end: datetime) -> Sequence[RawBar]:
        self._count()
        names = ("symbol", "start", "open", "high", "low", "close", "volume", "trades")
        return [
            {name: getattr(bar, name) for name in names}
            for bar in self._bars
            if bar.symbol == symbol and start <= bar.start < end
        ]

    def actions(self, symbol: str, *, since: date) -> Sequence[CorporateAction]:
        self._count()
        every = (SPLIT, DIVIDEND, replace(SPLIT, id="t", ex_date=date(2030, 1, 2)))
        return [each for each in every if each.symbol == symbol and each.ex_date >= since]

    def _count(self) -> None:
        if self.is_away:
            raise RetryableError("503")
        self.asked += 1


def test_a_download_is_kept_and_not_asked_for_again(history: History, tmp_path: Path) -> None:
    answers = Answers(history)
    vendor = Vendor(answers, tmp_path)

    got = download(vendor, SYMBOLS, first=FIRST, last=LAST, now=OVER)
    asked = answers.asked
    again = download(vendor, SYMBOLS, first=FIRST, last=LAST, now=OVER)

    assert read_history(got.files).data_hash == history.data_hash
    assert {(each.symbol, each.kind, each.ex_date) for each in got.actions} == {
        (each.symbol, each.kind, each.ex_date) for each in (SPLIT, DIVIDEND)
    }
    assert again == got
    assert answers.asked == asked == 2 * 3 + 2


def test_another_symbol_of_the_same_days_is_asked_for(history: History, tmp_path: Path) -> None:
    vendor = Vendor(Answers(history), tmp_path)
    download(vendor, ("ALDR",), first=FIRST, last=FIRST, now=OVER)

    got = download(vendor, SYMBOLS, first=FIRST, last=FIRST, now=OVER)

    assert read_history(got.files).symbols == SYMBOLS


def test_a_vendor_that_is_away_leaves_what_has_come(history: History, tmp_path: Path) -> None:
    answers = Answers(history)
    vendor = Vendor(answers, tmp_path)
    download(vendor, ("ALDR",), first=FIRST, last=LAST, now=OVER)
    answers.is_away = True

    with pytest.raises(UsageError, match="BRKT: 2024-03-04: 503"):
        download(vendor, SYMBOLS, first=FIRST, last=LAST, now=OVER)
    assert day_file(tmp_path / "ALDR", LAST).exists()
    assert not day_file(tmp_path / "BRKT", FIRST).exists()


def test_a_day_that_can_still_change_is_not_kept(history: History, tmp_path: Path) -> None:
    session = session_on(LAST)
    assert session is not None
    vendor = Vendor(Answers(history), tmp_path)

    with pytest.raises(UsageError, match="days that are over, was 2024-03-06"):
        download(
            vendor,
            SYMBOLS,
            first=FIRST,
            last=LAST,
            now=session.close + timedelta(minutes=14),
        )


def test_holes_in_what_was_downloaded_are_refused(history: History, tmp_path: Path) -> None:
    vendor = Vendor(Answers(history, holes=True), tmp_path)
    got = download(vendor, SYMBOLS, first=FIRST, last=LAST, now=OVER)

    with pytest.raises(UsageError, match="expected to begin at the open"):
        read_history(got.files)


def test_actions_are_written_and_read(tmp_path: Path) -> None:
    file = tmp_path / "actions.csv"
    write_actions(file, [DIVIDEND, SPLIT])

    found = read_actions(file)

    assert [replace(each, id="") for each in found] == [
        replace(each, id="") for each in (SPLIT, DIVIDEND)
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("symbol\n", "line 1: expected symbol,ex_date"),
        ("{}\nALDR,2024-03-05,split,1\n", "line 2: expected 6 columns"),
        ("{}\nALDR,2024-03-05,split,1,,\n", "line 2: Expected numbers above 0"),
        ("{}\nALDR,2024-13-05,split,1,2,\n", "line 2: "),
        ("{}\nALDR,2024-03-05,merger,1,2,\n", "line 2: .*merger"),
        ("{}\nALDR,2024-03-05,split,one,2,\n", "line 2: .*one"),
    ],
)
def test_an_action_that_is_none_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "actions.csv"
    file.write_text(text.format(",".join(HEADER)))

    with pytest.raises(UsageError, match=said):
        read_actions(file)
