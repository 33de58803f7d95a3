"""Virtual time: one heap of events, and actors that give way at every effect.

An actor is a greenlet: real services run in it as in a thread of their own, but it is switched only
where it waits, so that one thread runs everything and the same draws give the same run.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

from tests.simulation.tape import Tape

SECOND = 1_000_000
_LOOKS_EACH_S = 0.02


class Crash(BaseException):
    """The end of a process; no business code may catch it."""


class SessionTooLongError(Exception):
    """Far more events than a session of this length can have: something runs in circles."""


@dataclass(slots=True)
class Process:
    """The memory that a crash takes away: `parts` are the runtimes built in it, of `release`."""

    name: str
    release: str = ""
    parts: Any = None
    is_alive: bool = True
    on_end: Callable[[], None] = lambda: None

    def end(self) -> None:
        if self.is_alive:
            self.is_alive = False
            self.parts = None
            self.on_end()


class Actor(greenlet):
    """One thread of a process. `deadline` (microseconds) ends it, as Lambda ends a function.

    `role` names it in labels (`execution`), `effects` counts what it has done to the world.
    """

    def __init__(
        self, loop: "Loop", process: Process, role: str, body: Callable[[], object]
    ) -> None:
        super().__init__(parent=loop.hub)
        self.process = process
        self.role = role
        self.flow = role
        self.deadline: int | None = None
        self.effects = 0
        self.answer: object = None
        self.crashed = False
        self._body = body
        self._loop = loop

    def begins(self, flow: str) -> None:
        """What it does from now on is the flow of that name; its effects are counted anew."""
        self.flow = flow
        self.effects = 0

    def run(self) -> None:
        self._loop.actors[id(self)] = self
        try:
            self.answer = self._body()
        except Crash as crash:
            self.crashed = True
            self._loop.tell(f"{self.process.name} ends: {crash}")
            self.process.end()
        except GreenletExit:
            self.crashed = True
        finally:
            self._loop.actors.pop(id(self), None)


@dataclass(slots=True)
class Loop:
    """`now_us` counts microseconds from `start`. `tell` writes one line of the trace."""

    start: datetime
    tape: Tape
    tell_line: Callable[[int, str], None]
    shuffles: bool = False
    now_us: int = 0
    events: int = 0
    most_events: int = 2_000_000
    hub: greenlet = field(default_factory=getcurrent)
    actors: dict[int, Actor] = field(default_factory=dict)
    _heap: list[tuple[int, int, Callable[[], object]]] = field(default_factory=list)
    _pushed: int = 0

    @property
    def now(self) -> datetime:
        return self.start + timedelta(microseconds=self.now_us)

    @property
    def seconds(self) -> float:
        return self.now_us / SECOND

    def tell(self, line: str) -> None:
        self.tell_line(self.now_us, line)

    def after(self, seconds: float, what: Callable[[], object]) -> None:
        self.at(self.now_us + max(0, round(seconds * SECOND)), what)

    def at(self, when_us: int, what: Callable[[], object]) -> None:
        self._pushed += 1
        heapq.heappush(self._heap, (when_us, self._pushed, what))

    def run(self, until_us: int) -> None:
        """Everything that is due up to that time."""
        while self._heap and self._heap[0][0] <= until_us:
            self.events += 1
            if self.events > self.most_events:
                raise SessionTooLongError(f"Expected at most {self.most_events} events")
            when, _, what = heapq.heappop(self._heap)
            if self.shuffles and self._heap and self._heap[0][0] == when:
                what = self._one_of_the_ready(when, what)
            self.now_us = when
            what()
        self.now_us = max(self.now_us, until_us)

    def spawn(
        self, process: Process, role: str, body: Callable[[], object], *, limit_s: float = 0
    ) -> Actor:
        """A new actor, started now; it ends with a crash after `limit_s` seconds, 0 for never."""
        actor = Actor(self, process, role, body)
        if limit_s:
            actor.deadline = self.now_us + round(limit_s * SECOND)
        self.at(self.now_us, actor.switch)
        return actor

    def actor(self) -> Actor:
        """The one that is running."""
        current = getcurrent()
        if not isinstance(current, Actor):
            raise TypeError("Expected to be in an actor, was in the loop")
        return current

    def pause(self, seconds: float) -> None:
        """The running actor waits, others go on. Raises Crash when its process ends meanwhile."""
        actor = self.actor()
        when = self.now_us + max(0, round(seconds * SECOND))
        is_late = actor.deadline is not None and when > actor.deadline
        if actor.deadline is not None and is_late:
            when = actor.deadline
        self.at(when, actor.switch)
        self.hub.switch()
        if not actor.process.is_alive:
            raise Crash("its process ended")
        if is_late:
            raise Crash("timed out")

    def wait(self, holds: Callable[[], bool], seconds: float) -> bool:
        """The running actor waits for the condition, at most that long; whether it holds."""
        until = self.now_us + round(seconds * SECOND)
        while not holds():
            if self.now_us >= until:
                return False
            self.pause(min(_LOOKS_EACH_S, (until - self.now_us) / SECOND))
        return True

    def park(self) -> None:
        """The running actor waits until somebody calls its `switch` from an event."""
        actor = self.actor()
        self.hub.switch()
        if not actor.process.is_alive:
            raise Crash("its process ended")

    def close(self) -> None:
        """End every actor that still waits."""
        for actor in list(self.actors.values()):
            actor.throw(GreenletExit)

    def _one_of_the_ready(self, when: int, first: Callable[[], object]) -> Callable[[], object]:
        ready = [first]
        numbers = [0]
        while self._heap and self._heap[0][0] == when:
            _, number, what = heapq.heappop(self._heap)
            ready.append(what)
            numbers.append(number)
        chosen = ready.pop(self.tape.pick("who comes first", len(ready)))
        for what in ready:
            self._pushed += 1
            heapq.heappush(self._heap, (when, self._pushed, what))
        return chosen
