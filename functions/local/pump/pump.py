"""Moves messages from queues to handlers, as Lambda's event source mappings and EventBridge's rules
and schedules do in the cloud.

At real-time speeds each source has a thread of its own, so that a function has one environment. At
`max` nothing moves by itself: the conductor asks for a drain, and one thread empties the queues in
the order of the pipeline, so that a replay never depends on the machine's speed.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from local.pump.event_source import Handled
from local.pump.lambda_function import LambdaFunction
from local.pump.scheduler import Due, Scheduler, scheduled_event
from quantterminal import topology
from quantterminal.domain.errors import RetryableError
from quantterminal.ports.clock import Clock

_log = logging.getLogger(__name__)

# Queues that handlers of this very process fill: looked at as soon as one of them returns.
_FED_HERE = (topology.SIGNALS, topology.ORDERS)
# Short polls: a long one that a killed pump leaves behind would still be given the next message,
# and hide it from its successor for the whole visibility time-out.
_POLL_S = 0.1
_POLL_FED_HERE_S = 0.25
_SCHEDULE_POLL_S = 0.05
_AFTER_TROUBLE_S = 0.5


class Source(Protocol):
    name: str

    def poll(self) -> Handled: ...

    def depth(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Drained:
    """What one drain did: messages handled and failed, schedules fired."""

    handled: Handled
    fired: tuple[str, ...]


class Pump:
    """All sources in the order of the pipeline, the functions behind them, and the schedules."""

    def __init__(
        self,
        sources: Sequence[Source],
        functions: Mapping[str, LambdaFunction],
        *,
        scheduler: Scheduler,
        clock: Clock,
    ) -> None:
        self._sources = tuple(sources)
        self._functions = functions
        self._scheduler = scheduler
        self._clock = clock
        self._total = Handled()
        self._stopping = threading.Event()
        self._nudges = {source.name: threading.Event() for source in sources}
        self._one_drain = threading.Lock()
        self._counting = threading.Lock()

    def drain(self, names: Sequence[str] | None = None, *, schedules: bool = True) -> Drained:
        """Fire what is due, then empty the named sources (all by default), over and over in their
        order, until each has been found empty after the last handler has run.
        """
        chosen = [each for each in self._sources if names is None or each.name in names]
        with self._one_drain:
            fired = self._scheduler.fire_due(self._clock.now(), self._knock) if schedules else []
            total = self._empty(chosen)
        self._count(total)
        return Drained(total, tuple(due.schedule.name for due in fired))

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        """Call one function now, as an operator would."""
        return self._functions[name].invoke(event)

    def depths(self) -> dict[str, int]:
        """Messages that wait or are in flight, by source."""
        return {source.name: source.depth() for source in self._sources}

    def fired(self) -> dict[str, str]:
        """When each schedule was last knocked for, in market time."""
        return {name: at.isoformat() for name, at in self._scheduler.fired().items()}

    def counted(self) -> Handled:
        return self._total

    def start(self) -> list[threading.Thread]:
        """Real-time mode: a thread for each source and one for the schedules."""
        loops = [
            threading.Thread(target=self._follow, args=(source,), name=source.name, daemon=True)
            for source in self._sources
        ]
        loops.append(threading.Thread(target=self._keep_schedule, name="schedules", daemon=True))
        for loop in loops:
            loop.start()
        return loops

    def stop(self) -> None:
        self._stopping.set()
        for nudge in self._nudges.values():
            nudge.set()

    def _empty(self, sources: Sequence[Source]) -> Handled:
        total = Handled()
        to_look_at = list(sources)
        while to_look_at:
            again: list[Source] = []
            for source in to_look_at:
                found = _drained(source)
                if found.messages:
                    # only what was found empty before this handler ran can have more by now
                    again = [each for each in sources if each is not source]
                elif source in again:
                    again.remove(source)
                total += found
            to_look_at = again
        return total

    def _follow(self, source: Source) -> None:
        nudge = self._nudges[source.name]
        fed_here = source.name in _FED_HERE
        while not self._stopping.is_set():
            nudge.clear()
            try:
                handled = source.poll()
            except (BotoCoreError, ClientError):
                _log.exception("queue %s cannot be read, trying again", source.name)
                self._stopping.wait(_AFTER_TROUBLE_S)
                continue
            if handled.messages:
                self._count(handled)
                self._nudge_all()
            else:
                nudge.wait(_POLL_FED_HERE_S if fed_here else _POLL_S)

    def _keep_schedule(self) -> None:
        while not self._stopping.wait(_SCHEDULE_POLL_S):
            try:
                if self._scheduler.fire_due(self._clock.now(), self._knock):
                    self._nudge_all()
            except Exception as problem:  # noqa: BLE001 - process edge: the other knocks go on
                is_known = isinstance(problem, RetryableError)
                said = "a scheduled function failed, it is called again: %s"
                _log.error(said, problem, exc_info=not is_known)
                self._stopping.wait(_AFTER_TROUBLE_S)

    def _knock(self, due: Due) -> None:
        self._functions[due.schedule.function].invoke(scheduled_event(due))

    def _nudge_all(self) -> None:
        for name in _FED_HERE:
            if name in self._nudges:
                self._nudges[name].set()

    def _count(self, handled: Handled) -> None:
        with self._counting:
            self._total += handled


def _drained(source: Source) -> Handled:
    found = Handled()
    while (handled := source.poll()).messages:
        found += handled
    return found
