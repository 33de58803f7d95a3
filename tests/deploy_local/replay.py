"""One recorded hour through what was deployed: queues, mappings, rules, schedules and functions.

The market and the container are the ones of `qt run`, and so is the conductor; but nobody pumps
here: the event source mappings of the local AWS move the messages, and a step is over when they
have come to rest.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from local.books import OrderState
from local.conductor import Conductor
from local.ending import finish
from local.errors import PipelineStuckError
from local.json_http import JsonClient
from local.pipeline import Drained, Pipeline
from local.pump.scheduler import Due, Scheduler
from quantterminal import topology
from tests.deploy_local.fleet import Fleet
from tests.deploy_local.inventory import Inventory
from tests.deploy_local.knocks import DeployedSchedule, scheduled_event

_REST_S = 120.0
_POLL_S = 0.002


class DeployedPipeline(Pipeline):
    """Drains by waiting until the deployed mappings have nothing left to do."""

    def __init__(
        self,
        *,
        market: JsonClient,
        container: JsonClient,
        ledger_orders: Callable[[], Mapping[str, OrderState]],
        inventory: Inventory,
        fleet: Fleet,
        schedules: Sequence[DeployedSchedule],
        memory: Path,
    ) -> None:
        super().__init__(
            market=market, container=container, pump=market, ledger_orders=ledger_orders
        )
        self._inventory = inventory
        self._fleet = fleet
        self._schedules = {each.spec: each for each in schedules}
        started = datetime.fromisoformat(self.market_state()["now"])
        self._scheduler = Scheduler(topology.SCHEDULES, started=started, memory=memory)

    def drain(self, *, queues: Sequence[str] | None = None, schedules: bool = True) -> Drained:
        before = self._fleet.counted()[1]
        fired = []
        if schedules:
            now = datetime.fromisoformat(self.market_state()["now"])
            fired = self._scheduler.fire_due(now, self._knock)
        if queues is None:
            self._wait_for_rest()
        handled = self._fleet.counted()[1] - before - len(fired)
        return Drained(handled, 0, tuple(due.schedule.name for due in fired))

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        return self._inventory.invoke(function, event)

    def fired(self) -> dict[str, datetime]:
        return dict(self._scheduler.fired())

    def depths(self) -> dict[str, int]:
        """In the direction in which messages travel, so that none slips past the count."""
        found = {name: self._inventory.depth(name) for name in self._inventory.queue_urls}
        return {name: depth for name, depth in found.items() if depth}

    def pump_is_up(self) -> bool:
        return True

    def _knock(self, due: Due) -> None:
        schedule = self._schedules[due.schedule.name]
        self.invoke(due.schedule.function, scheduled_event(schedule.payload, due))

    def _wait_for_rest(self) -> None:
        deadline = time.monotonic() + _REST_S
        while True:
            running, ended = self._fleet.counted()
            depths = self.depths()
            if not running and not depths and self._fleet.counted() == (0, ended):
                return
            if time.monotonic() > deadline:
                raise PipelineStuckError(
                    f"Expected the deployed mappings to come to rest within {_REST_S:.0f} s, left"
                    f" were {depths or 'executions'}; {self._fleet.problems[-3:]}"
                )
            time.sleep(_POLL_S)


def play(pipeline: DeployedPipeline) -> None:
    """To the end of the data, the day's last work included."""
    conductor = Conductor(pipeline, on_step=lambda _step: None)
    conductor.play()
    finish(pipeline, conductor)


def container_variables(task: Mapping[str, Any]) -> dict[str, str]:
    """The environment of the deployed task's one container."""
    [container] = task["containerDefinitions"]
    return {each["name"]: each["value"] for each in container["environment"]}
