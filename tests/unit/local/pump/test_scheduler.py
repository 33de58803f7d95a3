from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from local.pump.scheduler import Due, Scheduler, latest_instant, scheduled_event
from quantterminal.topology import Schedule

OPEN = Schedule("open", "session", {"action": "open"}, at=(time(9, 30),))
CLOSE = Schedule("close", "session", {"action": "close"}, at=(time(13, 0), time(16, 0)))
MINUTE = Schedule("reconcile", "reconcile", {}, every_minute=True)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def names(due: list[Due]) -> list[str]:
    return [each.schedule.name for each in due]


def scheduler(folder: Path, *schedules: Schedule, started: str) -> Scheduler:
    return Scheduler(schedules, started=at(started), memory=folder / "schedules.json")


@pytest.mark.parametrize(
    ("now", "instant"),
    [
        ("2024-03-04T14:29:59", "2024-03-01T14:30:00"),  # Monday before the open: Friday's
        ("2024-03-04T14:30:00", "2024-03-04T14:30:00"),
        ("2024-03-10T18:00:00", "2024-03-08T14:30:00"),  # Sunday: Friday's
        ("2024-03-11T13:30:00", "2024-03-11T13:30:00"),  # summer time has begun
    ],
)
def test_instants_are_new_yorks_on_weekdays(now: str, instant: str) -> None:
    assert latest_instant(OPEN, at(now)) == at(instant)


def test_a_minute_is_knocked_for_once(tmp_path: Path) -> None:
    clock = scheduler(tmp_path, MINUTE, started="2024-03-04T14:29:00")
    fired: list[datetime] = []

    for seconds in range(0, 180, 20):
        now = at("2024-03-04T14:29:00") + timedelta(seconds=seconds)
        clock.fire_due(now, lambda due: fired.append(due.at))

    assert fired == [at(f"2024-03-04T14:{minute}:00") for minute in (29, 30, 31)]


@pytest.mark.parametrize(
    ("now", "count"),
    [
        ("2024-03-04T13:59:59", 0),  # 8:59 in New York
        ("2024-03-04T14:00:00", 1),
        ("2024-03-04T21:59:59", 1),
        ("2024-03-04T22:00:00", 0),  # 17:00
        ("2024-03-09T15:00:00", 0),  # a Saturday
    ],
)
def test_minutes_are_those_of_the_working_day(tmp_path: Path, now: str, count: int) -> None:
    clock = scheduler(tmp_path, MINUTE, started="2024-03-04T10:00:00")

    assert len(clock.due(at(now))) == count


def test_of_missed_instants_only_the_latest_is_made_up_for(tmp_path: Path) -> None:
    clock = scheduler(tmp_path, OPEN, CLOSE, started="2024-03-04T14:00:00")

    due = clock.due(at("2024-03-04T21:30:00"))

    assert [(each.schedule.name, each.at) for each in due] == [
        ("open", at("2024-03-04T14:30:00")),
        ("close", at("2024-03-04T21:00:00")),
    ]


def test_a_run_that_begins_within_a_session_opens_it(tmp_path: Path) -> None:
    clock = scheduler(tmp_path, OPEN, CLOSE, started="2024-03-04T17:00:00")

    assert names(clock.due(at("2024-03-04T17:00:00"))) == ["open"]


def test_yesterday_is_past(tmp_path: Path) -> None:
    clock = scheduler(tmp_path, OPEN, CLOSE, started="2024-03-05T13:00:00")

    assert clock.due(at("2024-03-05T13:00:00")) == []


def test_a_knock_that_fails_is_due_again(tmp_path: Path) -> None:
    clock = scheduler(tmp_path, OPEN, started="2024-03-04T14:30:00")

    def broken(_due: Due) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        clock.fire_due(at("2024-03-04T14:30:00"), broken)

    assert names(clock.due(at("2024-03-04T14:30:01"))) == ["open"]


def test_a_restarted_pump_does_not_knock_again(tmp_path: Path) -> None:
    first = scheduler(tmp_path, OPEN, started="2024-03-04T14:00:00")
    first.fire_due(at("2024-03-04T14:30:00"), lambda _due: None)

    second = scheduler(tmp_path, OPEN, started="2024-03-04T14:00:00")

    assert second.due(at("2024-03-04T14:31:00")) == []
    assert second.fired() == {"open": at("2024-03-04T14:30:00")}


def test_the_event_is_the_payload_and_the_instant() -> None:
    due = Due(OPEN, at("2024-03-04T14:30:00"))

    assert scheduled_event(due) == {"action": "open", "time": "2024-03-04T14:30:00+00:00"}
