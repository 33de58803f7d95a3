"""Knocks on functions by the market's clock, as EventBridge Scheduler does by the real one.

An instant is fired once; of several that were missed (the clock jumped over a night, or the pump
was down) only the latest of each schedule is made up for. Which instants have been fired is kept in
a file, so that a restarted pump does not begin again.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from quantterminal.domain.sessions import NEW_YORK
from quantterminal.topology import Schedule

_SATURDAY = 5
_WORKING_HOURS = range(9, 17)
_LOOK_BACK = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Due:
    """One knock: the schedule, and the instant that it was meant for (UTC)."""

    schedule: Schedule
    at: datetime


class Scheduler:
    """Remembers what has been fired; `started` is the market time at which the run began.

    What was due earlier on the day of the start is made up for, once: a run that begins in the
    middle of a session still opens it.
    """

    def __init__(self, schedules: Sequence[Schedule], *, started: datetime, memory: Path) -> None:
        day = started.astimezone(NEW_YORK).replace(hour=0, minute=0, second=0, microsecond=0)
        self._schedules = tuple(schedules)
        self._memory = memory
        self._since = day.astimezone(UTC)
        self._fired = _recall(memory)

    def due(self, now: datetime) -> list[Due]:
        """What is to be knocked at `now`, in the order of the instants, then of the topology."""
        found = []
        for schedule in self._schedules:
            latest = latest_instant(schedule, now)
            known = self._fired.get(schedule.name, self._since)
            if latest is not None and latest > known:
                found.append(Due(schedule, latest))
        return sorted(found, key=lambda due: due.at)

    def remember(self, due: Due) -> None:
        """Call it after the knock: a crash in between knocks again, and handlers bear that."""
        self._fired[due.schedule.name] = due.at
        text = json.dumps({name: at.isoformat() for name, at in self._fired.items()})
        temporary = self._memory.with_suffix(".new")
        temporary.write_text(text)
        temporary.replace(self._memory)

    def fired(self) -> Mapping[str, datetime]:
        """The newest instant of each schedule that was knocked for."""
        return dict(self._fired)

    def fire_due(self, now: datetime, invoke: Callable[[Due], Any]) -> list[Due]:
        """Knock for everything that is due; what `invoke` raises ends the round, unremembered."""
        fired = []
        for due in self.due(now):
            invoke(due)
            self.remember(due)
            fired.append(due)
        return fired


def latest_instant(schedule: Schedule, now: datetime) -> datetime | None:
    """The newest instant of `schedule` that is not after `now`, None when there is none lately."""
    if schedule.every_minute:
        return _latest_working_minute(now)
    today = now.astimezone(NEW_YORK).date()
    instants = (
        datetime.combine(today - timedelta(days=back), at, NEW_YORK).astimezone(UTC)
        for back in range(_LOOK_BACK.days + 1)
        for at in schedule.at
        if (today - timedelta(days=back)).weekday() < _SATURDAY
    )
    return max((instant for instant in instants if instant <= now), default=None)


def _latest_working_minute(now: datetime) -> datetime | None:
    """Every minute means every minute of a weekday from 9 to 17, as where the cloud's parts sleep
    at night. None outside of it: what was missed yesterday evening is of no use now.
    """
    local = now.astimezone(NEW_YORK)
    if local.weekday() >= _SATURDAY or local.hour not in _WORKING_HOURS:
        return None
    return now.astimezone(UTC).replace(second=0, microsecond=0)


def scheduled_event(due: Due) -> dict[str, str]:
    """What the function is called with: the schedule's payload and the instant it is meant for."""
    return {**due.schedule.payload, "time": due.at.isoformat()}


def _recall(memory: Path) -> dict[str, datetime]:
    if not memory.exists():
        return {}
    found = json.loads(memory.read_text())
    return {name: datetime.fromisoformat(at) for name, at in found.items()}
