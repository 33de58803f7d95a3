"""Takes a replay through its data as fast as the pipeline can follow.

The market stands still between two steps. The next step is taken only when the container has seen
the present one, the queues are empty, and the ledger knows of every order what the broker knows, so
that the results never depend on the speed of the machine. A process that dies in between is waited
for; then everything is asked again.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from local.books import broker_orders
from local.errors import PipelineStuckError
from local.json_http import RemoteError
from local.pipeline import ContainerHealth, Pipeline, Step
from local.settling import Settling

_POLL_S = 0.001
_RETRY_S = 0.05
_SOFT_S = 0.5
_HEALTHY_WITHIN_S = 90.0
# A reconciliation of books that agree sends nothing.
_QUIET_SCHEDULES = frozenset({"reconcile"})
_NOT_WORKING = frozenset({"filled", "canceled", "expired", "rejected", "replaced"})


class Conductor:
    """Plays the data to its end, on a thread of its own; `stop` ends it between two steps."""

    def __init__(self, pipeline: Pipeline, *, on_step: Callable[[Step], None]) -> None:
        self._pipeline = pipeline
        self._on_step = on_step
        self._stopping = threading.Event()
        self._disturbed = threading.Event()
        self._disturbed.set()
        self._has_failures = False
        self._working = True
        self._matched_events = -1
        self._events_wanted = 0
        self._updates_from = (0, 0)
        self._published = self._published_before = -1

    def stop(self) -> None:
        self._stopping.set()

    def disturb(self) -> None:
        """A process was started again: nothing that was known about it holds any more."""
        self._disturbed.set()

    def play(self) -> None:
        """Return at the end of the data, or when stopped.

        Raises PipelineStuckError when the pipeline does not come to rest.
        """
        self._settle_down()
        while not self._stopping.is_set():
            step = self._pipeline.step()
            if step.kind == "end":
                # the last minutes may have met no connection: they are fetched when there is one
                self._settle_down()
                return
            self._follow(step)
            self._on_step(step)

    def settle(self) -> None:
        """Drain until nothing is left and ledger and broker say the same of every order."""
        self._keep_trying(self._drain_and_compare)

    def _follow(self, step: Step) -> None:
        self._events_wanted += step.sent
        self._keep_trying(lambda: self._wait_for_container(step))
        if step.kind == "settle" and self._is_quiet(step):
            self._keep_trying(self._knock_only)
        elif step.kind in ("settle", "idle") or step.updates or self._working:
            self.settle()

    def _is_quiet(self, step: Step) -> bool:
        """Nobody can have sent a message since the last rest: a minute without bars and orders."""
        has_news = step.updates or self._published != self._published_before
        return not (has_news or self._working or self._has_failures)

    def _knock_only(self) -> None:
        """Schedules go on in quiet minutes; only when one of them acts are the queues looked at."""
        if set(self._pipeline.drain(queues=()).fired) - _QUIET_SCHEDULES:
            self._drain_and_compare()

    def _keep_trying(self, attempt: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            if self._disturbed.is_set():
                self._settle_down()
            try:
                attempt()
            except RemoteError:
                self._disturbed.set()
                continue
            if not self._disturbed.is_set():
                return

    def _settle_down(self) -> None:
        """Wait until pump and container are up and live, and begin to count from there."""
        deadline = time.monotonic() + _HEALTHY_WITHIN_S
        self._disturbed.clear()
        while not self._stopping.is_set():
            try:
                health = self._pipeline.container()
                if health.is_live and self._pipeline.pump_is_up():
                    break
            except RemoteError:
                time.sleep(_RETRY_S)
            if time.monotonic() > deadline:
                raise PipelineStuckError(
                    "Expected container and pump to be up and connected within"
                    f" {_HEALTHY_WITHIN_S:.0f} s, they were not (logs: container.log, pump.log)"
                )
            time.sleep(_RETRY_S)
        else:
            return
        self._has_failures = True
        self._matched_events = self._published_before = -1
        self._count_from(health)

    def _count_from(self, health: ContainerHealth) -> None:
        events = self._pipeline.market_state()["broker"]["events"]
        self._events_wanted = health.events_seen
        self._updates_from = (health.updates_seen, events)

    def _wait_for_container(self, step: Step) -> None:
        """Until it has worked off what the feed sent, and its timed duties up to this step.

        Events that a cut connection swallowed are waited for only shortly: they come over REST once
        it is connected again, and that is waited for.
        """
        soft_deadline = time.monotonic() + _SOFT_S
        deadline = time.monotonic() + _HEALTHY_WITHIN_S
        while not (self._stopping.is_set() or self._disturbed.is_set()):
            health = self._pipeline.container()
            if health.events_seen < self._events_wanted and time.monotonic() > soft_deadline:
                self._events_wanted = health.events_seen
                self._disturbed.set()
                return
            if health.events_seen >= self._events_wanted and health.clock_seen >= step.now:
                self._published = health.published
                return
            if time.monotonic() > deadline:
                raise PipelineStuckError(
                    f"Expected the container to reach {step.now.isoformat()}, was at"
                    f" {health.clock_seen.isoformat()} after {_HEALTHY_WITHIN_S:.0f} s"
                    " (log: container.log)"
                )
            time.sleep(_POLL_S)

    def _drain_and_compare(self) -> None:
        """One full settling: what handlers cause is followed up until nothing moves."""
        settling = Settling(self._pipeline)
        is_first = True
        while not (self._stopping.is_set() or self._disturbed.is_set()):
            events = self._wait_for_updates()
            drained = self._pipeline.drain(schedules=is_first)
            is_first = False
            self._has_failures |= drained.failures > 0
            if drained.handled:
                settling.moved()
            state = self._pipeline.market_state()
            if state["broker"]["events"] != events:
                continue
            if self._is_at_rest(state, settling):
                self._published_before = self._published
                return
            settling.reconcile_now_and_then()
            time.sleep(_RETRY_S)

    def _wait_for_updates(self) -> int:
        """Until the container has handed on what the broker has said, or nothing more comes."""
        events: int = self._pipeline.market_state()["broker"]["events"]
        seen_from, events_from = self._updates_from
        deadline = time.monotonic() + _SOFT_S
        while events != self._matched_events and not self._stopping.is_set():
            seen = self._pipeline.container().updates_seen
            if seen - seen_from >= events - events_from:
                break
            if time.monotonic() > deadline:
                self._updates_from = (seen, events)
                break
            time.sleep(_POLL_S)
        return events

    def _is_at_rest(self, state: Mapping[str, Any], settling: Settling) -> bool:
        if self._has_failures:
            if not settling.queues_are_empty():
                return False
            self._has_failures = False
        events = state["broker"]["events"]
        if events == self._matched_events:
            return True
        if not settling.orders_agree(state):
            return False
        self._matched_events = events
        statuses = {order.status for order in broker_orders(state).values()}
        self._working = not statuses <= _NOT_WORKING
        return True
