from datetime import timedelta
from decimal import Decimal

import pytest

from quantterminal.domain.bars import MINUTE
from quantterminal.domain.corporate_actions import ActionKind, CorporateAction
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.events import AssessSignal
from quantterminal.services.evaluate_bar import evaluate_minute
from tests.unit.quantterminal.services.pipeline import OPEN, Eager, Pipeline, minute_closed


def bars_seen(pipeline: Pipeline, symbol: str = "SPY") -> list[str]:
    """What the strategy said on each of its recorded signals."""
    minutes = [OPEN + n * MINUTE for n in range(10)]
    found = [pipeline.evaluations.signals_of(pipeline.account, m, [symbol]) for m in minutes]
    return [signal.reason for signals in found for signal in signals]


def journal_rows(pipeline: Pipeline, kind: str) -> int:
    with pipeline.database.transaction() as connection:
        row = connection.execute(
            "select count(*) as n from journal where account = %s and kind = %s",
            (pipeline.account, kind),
        ).fetchone()
    assert row is not None
    return int(row["n"])


def test_a_minute_sends_one_signal_a_strategy_and_symbol(pipeline: Pipeline) -> None:
    sent = pipeline.minute(1, SPY=101.0, IBM=99.0)

    last = pipeline.signals()[-2:]
    assert sent == 2
    assert [each.payload.signal.symbol for each in last] == ["IBM", "SPY"]
    assert all(isinstance(each.payload, AssessSignal) for each in last)
    assert {each.correlation_id for each in last} == {f"bars:{(OPEN + MINUTE).isoformat()}"}


def test_the_same_minute_again_sends_the_same_and_records_nothing(pipeline: Pipeline) -> None:
    message = minute_closed(1, {"SPY": 101.0}, account=pipeline.account)
    pipeline.evaluate(message)
    rows = journal_rows(pipeline, "minute")
    pipeline.bus._ids.clear()
    first = pipeline.signals()[-1]

    again = pipeline.evaluate(message)

    assert again == 1
    assert pipeline.signals()[-1] == first
    assert journal_rows(pipeline, "minute") == rows
    assert bars_seen(pipeline) == ["bar 1", "bar 2"]


def test_a_bus_that_fails_once_is_made_good_by_redelivery(pipeline: Pipeline) -> None:
    message = minute_closed(1, {"SPY": 101.0}, account=pipeline.account)
    before = len(pipeline.signals())
    pipeline.bus.is_down = True
    with pytest.raises(RetryableError):
        pipeline.evaluate(message)
    pipeline.bus.is_down = False

    pipeline.evaluate(message)

    assert [m.payload.signal.reason for m in pipeline.signals()[before:]] == ["bar 2"]
    assert bars_seen(pipeline) == ["bar 1", "bar 2"]


def test_an_old_copy_of_a_snapshot_never_skips_a_bar(pipeline: Pipeline) -> None:
    """The cache rolls back a few seconds in a fail-over; the ledger's snapshot is the newer one."""
    holding = ("eager", "SPY")
    old = pipeline.snapshots.snapshots(pipeline.account, [holding])
    pipeline.minute(1, SPY=101.0)
    key = f"{{{pipeline.account}}}:snapshot:eager:SPY"
    pipeline.valkey.delete(key)
    pipeline.snapshots.put_snapshots(pipeline.account, old)

    pipeline.minute(2, SPY=102.0)

    assert bars_seen(pipeline) == ["bar 1", "bar 2", "bar 3"]


@pytest.mark.parametrize(
    ("kind", "days", "seen"),
    [
        (ActionKind.SPLIT, 1, ["bar 1"]),
        (ActionKind.SPLIT, 0, ["bar 3"]),
        (ActionKind.SPLIT, 2, ["bar 3"]),
        (ActionKind.DIVIDEND, 1, ["bar 3"]),
    ],
)
def test_f19_a_strategy_starts_over_across_a_split(
    pipeline: Pipeline, kind: ActionKind, days: int, seen: list[str]
) -> None:
    """What it remembers is in the dollars of before; its last bar was yesterday's."""
    pipeline.minute(1, SPY=101.0)
    is_split = kind is ActionKind.SPLIT
    numbers = {"split_from": 1.0, "split_to": 2.0} if is_split else {"cash": 0.5}
    day = OPEN.date() + timedelta(days=days)
    pipeline.actions.keep([CorporateAction("E1", "SPY", kind, day, **numbers)])
    before = len(pipeline.signals())

    pipeline.minute(24 * 60, SPY=50.5)

    assert [m.payload.signal.reason for m in pipeline.signals()[before:]] == seen


def test_a_new_version_starts_over_where_the_old_one_was(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the old one remembers is refused, and the minute is not."""
    pipeline.minute(1, SPY=101.0)
    monkeypatch.setattr(Eager, "version", "2")
    before = len(pipeline.signals())

    pipeline.minute(2, SPY=102.0)
    pipeline.minute(3, SPY=103.0)

    sent = [message.payload.signal for message in pipeline.signals()[before:]]
    assert [(each.version, each.reason) for each in sent] == [("2", "bar 1"), ("2", "bar 2")]
    assert len(pipeline.telemetry.named("strategy_starts_over")) == 1


def test_a_crash_before_the_snapshot_is_cached_changes_no_later_decision(
    pipeline: Pipeline,
) -> None:
    message = minute_closed(1, {"SPY": 101.0}, account=pipeline.account)
    old = pipeline.snapshots.snapshots(pipeline.account, [("eager", "SPY")])
    pipeline.evaluate(message)
    pipeline.valkey.delete(f"{{{pipeline.account}}}:snapshot:eager:SPY")
    pipeline.snapshots.put_snapshots(pipeline.account, old)

    pipeline.evaluate(message)
    pipeline.minute(2, SPY=102.0)

    assert bars_seen(pipeline) == ["bar 1", "bar 2", "bar 3"]


def test_a_flushed_working_state_changes_no_decision(pipeline: Pipeline) -> None:
    pipeline.minute(1, SPY=101.0)
    pipeline.forget_state()

    pipeline.minute(2, SPY=102.0)

    assert bars_seen(pipeline) == ["bar 1", "bar 2", "bar 3"]
    assert pipeline.loaded().marks["SPY"].price == Decimal("102.0")


def test_an_older_minute_that_comes_late_is_not_evaluated_again(pipeline: Pipeline) -> None:
    pipeline.minute(2, SPY=102.0)
    late = minute_closed(1, {"SPY": 101.0}, account=pipeline.account)

    assert pipeline.evaluate(late) == 0
    assert pipeline.loaded().marks["SPY"].price == Decimal("102.0")


def test_only_some_strategies_due_still_sends_the_signals_of_all(pipeline: Pipeline) -> None:
    """Half of a minute was recorded by another message; the answer is that of the whole minute."""
    pipeline.evaluate(minute_closed(1, {"SPY": 101.0}, account=pipeline.account))

    both = pipeline.evaluate(
        minute_closed(1, {"SPY": 101.0, "IBM": 99.0}, account=pipeline.account)
    )

    assert both == 2


def test_two_workers_on_one_minute_record_it_once(pipeline: Pipeline) -> None:
    message = minute_closed(1, {"SPY": 101.0}, account=pipeline.account)
    other = pipeline.connection()
    stale = pipeline.snapshots.snapshots(pipeline.account, [("eager", "SPY")])
    other.evaluate(message)
    pipeline.valkey.delete(f"{{{pipeline.account}}}:snapshot:eager:SPY")
    pipeline.snapshots.put_snapshots(pipeline.account, stale)

    assert evaluate_minute(message, message.payload, runtime=pipeline.strategy) == 1
    assert bars_seen(pipeline) == ["bar 1", "bar 2"]
    other.close()


def test_the_first_minute_begins_the_session(pipeline: Pipeline) -> None:
    books = pipeline.accounts.books(pipeline.account)

    assert books.account.session_day == OPEN.date()
    assert pipeline.loaded().session_day == OPEN.date()


def test_equity_and_high_water_mark_follow_the_bars(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 90, "100.00")
    pipeline.minute(1, SPY=110.0, IBM=100.0)
    pipeline.minute(2, SPY=105.0, IBM=100.0)

    state = pipeline.loaded()
    assert state.equity() == Decimal("100450.0")
    assert state.high_water_mark == Decimal("100900.0")
    assert pipeline.accounts.books(pipeline.account).account.high_water_mark == Decimal("100900.0")


def test_a_minute_without_bars_sends_nothing(pipeline: Pipeline) -> None:
    pipeline.clock.forward(timedelta(minutes=1))

    assert pipeline.evaluate(minute_closed(1, {}, account=pipeline.account)) == 0
