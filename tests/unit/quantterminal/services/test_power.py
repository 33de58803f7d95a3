from datetime import UTC, datetime

import pytest

from quantterminal.adapters.memory.clock import MemoryClock
from quantterminal.adapters.memory.plant import MemoryPlant
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.domain.errors import MessageError
from quantterminal.services.power import PowerRuntime, power

MORNING = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)  # a Tuesday, 9:00 in New York
MIDDAY = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
EVENING = datetime(2026, 11, 24, 21, 30, tzinfo=UTC)
HOLIDAY = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)  # Thanksgiving
HALF_DAY = datetime(2026, 11, 27, 18, 30, tzinfo=UTC)  # 13:30, half an hour after the close
SATURDAY = datetime(2026, 11, 28, 14, 0, tzinfo=UTC)


def runtime_at(now: datetime) -> PowerRuntime:
    return PowerRuntime(MemoryPlant(), MemoryClock(now), MemoryTelemetry())


@pytest.mark.parametrize("action", ["container-up", "database-up"])
@pytest.mark.parametrize(
    ("now", "acts"),
    [(MORNING, True), (MIDDAY, True), (EVENING, False), (HOLIDAY, False), (SATURDAY, False)],
)
def test_it_is_switched_on_only_for_a_session_to_come(
    action: str, now: datetime, *, acts: bool
) -> None:
    assert power(action, force=False, runtime=runtime_at(now)) is acts


@pytest.mark.parametrize("action", ["container-down", "database-down"])
@pytest.mark.parametrize(
    ("now", "acts"),
    [(MORNING, False), (MIDDAY, False), (HALF_DAY, True), (EVENING, True), (HOLIDAY, True)],
)
def test_nothing_is_switched_off_before_the_close(
    action: str, now: datetime, *, acts: bool
) -> None:
    assert power(action, force=False, runtime=runtime_at(now)) is acts


def test_a_person_overrules_the_calendar() -> None:
    runtime = runtime_at(SATURDAY)
    assert power("container-up", force=True, runtime=runtime)
    assert power("database-up", force=True, runtime=runtime)
    assert isinstance(runtime.plant, MemoryPlant)
    assert (runtime.plant.containers, runtime.plant.database_is_on) == (1, True)


def test_switches_do_what_they_are_called() -> None:
    plant = MemoryPlant()
    for now, actions in (
        (MORNING, ("database-up", "container-up")),
        (EVENING, ("container-down",)),
    ):
        for action in actions:
            power(
                action,
                force=False,
                runtime=PowerRuntime(plant, MemoryClock(now), MemoryTelemetry()),
            )
    assert (plant.containers, plant.database_is_on) == (0, True)


@pytest.mark.parametrize(("now", "is_open"), [(MORNING, 0.0), (MIDDAY, 1.0), (HOLIDAY, 0.0)])
def test_watching_measures_and_switches_nothing(now: datetime, is_open: float) -> None:
    runtime = runtime_at(now)
    assert not power("watch", force=True, runtime=runtime)
    assert isinstance(runtime.telemetry, MemoryTelemetry)
    assert isinstance(runtime.plant, MemoryPlant)
    assert ("MarketOpen", is_open, "Count") in runtime.telemetry.measures
    assert runtime.plant.containers == 0


def test_an_unknown_action_is_named() -> None:
    with pytest.raises(MessageError, match="sideways"):
        power("sideways", force=True, runtime=runtime_at(MORNING))
