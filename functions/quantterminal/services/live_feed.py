"""One beat of the live sockets: the whole picture to who has just come, the changes to the others.

All sockets hear the same sequence of ticks, so a picture is made once a second, however many look,
and not at all while nobody does.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from quantterminal.domain.errors import PermanentError, RetryableError
from quantterminal.domain.view import Dashboard, Hello, Tick
from quantterminal.domain.view_changes import changes
from quantterminal.ports.live import ConnectionRegistry, Listening, Push
from quantterminal.ports.queue_gauge import QueueGauge
from quantterminal.ports.telemetry import Telemetry
from quantterminal.services.dashboard import (
    DashboardRuntime,
    FiguresByStrategy,
    dashboard,
    figures_of_today,
    hello,
)
from quantterminal.services.queue_watch import Queued, QueueWatch

# API Gateway takes 128 kB a message; a character of JSON is at most a few bytes of it.
MOST_CHARACTERS = 100_000
FIGURES_EVERY = 10
QUEUES_EVERY = 30  # while nothing waits: SQS is paid by the question
_FEWEST_ORDERS = 10
_FEWEST_POINTS = 50
_PATIENCE = 10  # beats in which a socket that was announced may still be shaking hands


@dataclass(frozen=True, slots=True)
class LiveRuntime:
    dashboard: DashboardRuntime
    connections: ConnectionRegistry
    push: Push
    telemetry: Telemetry
    queues: QueueGauge
    most_characters: int = MOST_CHARACTERS


class LiveFeed:
    """Call `beat` each second, from one thread at a time."""

    def __init__(self, runtime: LiveRuntime) -> None:
        self._runtime = runtime
        self._sequence = 0
        self._shown: Dashboard | None = None
        self._figures: FiguresByStrategy = {}
        self._figures_age = FIGURES_EVERY
        self._queues = QueueWatch(runtime.queues)
        self._queued: Queued | None = None
        self._queued_age = QUEUES_EVERY
        self._greeted: frozenset[str] = frozenset()
        self._missed: dict[str, int] = {}

    def beat(self) -> int:
        """Send one message to every socket; how many there are.

        Raises RetryableError when ledger or registry cannot be read: the sockets stay silent then,
        which the pages notice. A socket that cannot be reached gets the whole picture next time.
        """
        listening = self._entitled(self._runtime.connections.connections())
        if not listening:
            self._shown, self._greeted, self._missed = None, frozenset(), {}
            return 0
        before, picture = self._shown, self._picture()
        self._sequence += 1
        greeted = self._greeted & listening if before is not None else frozenset()
        reached = set()
        if before is not None and greeted:
            tick = self._encode(Tick(self._sequence, picture.at, changes(before, picture)))
            if len(tick) <= self._runtime.most_characters:
                reached = self._send(greeted, tick)
            else:
                greeted = frozenset()
        new = listening - greeted
        if new:
            reached |= self._send(new, self._greeting(picture))
        self._shown, self._greeted = picture, frozenset(reached)
        return len(listening)

    def _entitled(self, known: Listening) -> frozenset[str]:
        """Those that may still listen. The others are closed, and come again with a new ticket."""
        now = self._runtime.dashboard.clock.now()
        ended = {each for each, until in known.items() if until is not None and until <= now}
        for socket in sorted(ended):
            try:
                self._runtime.push.close(socket)
            except (RetryableError, PermanentError) as problem:
                self._runtime.telemetry.record("LiveCloseFailed", problem=str(problem))
                continue
            self._runtime.connections.remove(socket)
        return frozenset(known) - ended

    def _picture(self) -> Dashboard:
        runtime = self._runtime.dashboard
        if self._figures_age >= FIGURES_EVERY:
            self._figures = figures_of_today(runtime=runtime)
            self._figures_age = 0
        self._figures_age += 1
        if self._queued_age >= QUEUES_EVERY or (self._queued is not None and self._queued.messages):
            self._queued = self._queues.look(runtime.clock.now())
            self._queued_age = 0
        self._queued_age += 1
        return dashboard(self._figures, runtime=runtime, queued=self._queued)

    def _greeting(self, picture: Dashboard) -> str:
        whole = hello(self._sequence, runtime=self._runtime.dashboard, picture=picture)
        return fitting(whole, self._encode, most=self._runtime.most_characters)

    def _encode(self, message: Hello | Tick) -> str:
        return self._runtime.dashboard.encode(message)

    def _send(self, sockets: frozenset[str], text: str) -> set[str]:
        """Those that took it."""
        reached = set()
        for socket in sorted(sockets):
            try:
                exists = self._runtime.push.send(socket, text)
            except (RetryableError, PermanentError) as problem:
                self._runtime.telemetry.record("LivePushFailed", problem=str(problem))
                continue
            if exists:
                reached.add(socket)
                self._missed.pop(socket, None)
            else:
                self._miss(socket)
        return reached

    def _miss(self, socket: str) -> None:
        """A socket is announced before its handshake is over, so that it may not exist yet."""
        missed = self._missed.get(socket, 0) + 1
        self._missed[socket] = missed
        if socket in self._greeted or missed >= _PATIENCE:
            self._missed.pop(socket)
            self._runtime.connections.remove(socket)


def fitting(whole: Hello, encode: Callable[[Hello], str], *, most: int) -> str:
    """The text of a hello that has at most `most` characters, shortened where it has to be: of
    orders, events and curve the newest stay.
    """
    text = encode(whole)
    while len(text) > most:
        shorter = _shorter(whole)
        if shorter == whole:
            raise PermanentError(f"Expected a hello of {most} characters, was {len(text)}")
        whole = shorter
        text = encode(whole)
    return text


def _shorter(whole: Hello) -> Hello:
    picture = whole.dashboard
    orders = max(len(picture.orders) // 2, _FEWEST_ORDERS)
    events = max(len(picture.alerts) // 2, _FEWEST_ORDERS)
    points = max(len(whole.curve) // 2, _FEWEST_POINTS)
    return replace(
        whole,
        dashboard=replace(picture, orders=picture.orders[:orders], alerts=picture.alerts[:events]),
        curve=whole.curve[-points:],
        complete=False,
    )
