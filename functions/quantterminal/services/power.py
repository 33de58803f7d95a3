"""When container and database run: the holiday gate in front of the switches.

A schedule only knocks. Switching on needs a session that is still to come or running today;
switching off needs that none is. A person may force either.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quantterminal.domain.errors import MessageError
from quantterminal.domain.sessions import new_york_date, session_at, session_on
from quantterminal.ports.clock import Clock
from quantterminal.ports.power import Plant
from quantterminal.ports.telemetry import Telemetry


class PowerAction(StrEnum):
    """What can be asked for. WATCH switches nothing: it measures whether the market is open."""

    CONTAINER_UP = "container-up"
    CONTAINER_DOWN = "container-down"
    DATABASE_UP = "database-up"
    DATABASE_DOWN = "database-down"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class PowerRuntime:
    plant: Plant
    clock: Clock
    telemetry: Telemetry


def power(action: str, *, force: bool, runtime: PowerRuntime) -> bool:
    """Carry out `action` if the calendar or a person says so; whether anything was asked for.

    Raises MessageError for an action that does not exist, RetryableError when the switch did not
    answer.
    """
    try:
        wanted = PowerAction(action)
    except ValueError as problem:
        names = ", ".join(PowerAction)
        raise MessageError(f"Expected an action of {names}, was {action!r}") from problem
    now = runtime.clock.now()
    if wanted is PowerAction.WATCH:
        is_open = session_at(now) is not None
        runtime.telemetry.measure("MarketOpen", float(is_open), "Count")
        return False
    if not (force or _is_time_for(wanted, now)):
        return False
    _switch(wanted, runtime.plant)
    runtime.telemetry.record("PowerSwitched", action=wanted.value, forced=force)
    return True


def _is_time_for(action: PowerAction, now: datetime) -> bool:
    session = session_on(new_york_date(now))
    is_still_needed = session is not None and now < session.close
    switches_on = action in (PowerAction.CONTAINER_UP, PowerAction.DATABASE_UP)
    return is_still_needed if switches_on else not is_still_needed


def _switch(action: PowerAction, plant: Plant) -> None:
    match action:
        case PowerAction.CONTAINER_UP:
            plant.run_containers(1)
        case PowerAction.CONTAINER_DOWN:
            plant.run_containers(0)
        case PowerAction.DATABASE_UP:
            plant.start_database()
        case PowerAction.DATABASE_DOWN:
            plant.stop_database()
