"""The broker's order stream as a socket: handshake, frames in order, and what can happen to them.

There is no replay: what is said while nobody listens is lost.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from tests.simulation.chaos import Chaos
from tests.simulation.faults import Fault
from tests.simulation.loop import SECOND, Loop

_AUTHORIZED = b'{"stream":"authorization","data":{"status":"authorized","action":"authenticate"}}'
_REFUSED = b'{"stream":"authorization","data":{"status":"unauthorized","action":"authenticate"}}'
_LISTENING = b'{"stream":"listening","data":{"streams":["trade_updates"]}}'
GARBAGE = (
    b'{"stream":"trade_updates","data":null}',
    b"<html>Bad Gateway</html>",
    b'{"stream":"trade_updates","data":{"event":"transmogrified","order":{}}}',
    b"\xff\xfe\x00",
    b'{"stream":"nobody_listens","data":{}}',
    b"[]",
    b"<!-- " + b"a frame of a megabyte " * 50_000,
)
"""What no client can understand; none of it is an event."""


class Listener(Protocol):
    """The process at the other end: its session, and what it does with a frame or a hang-up."""

    session: Any

    def receive(self, frame: bytes) -> None: ...

    def closed(self) -> float: ...


@dataclass(slots=True)
class StreamSocket:
    """`container` answers the process that is alive, None while there is none. `keys` answers the
    key id and secret that the broker takes now.
    """

    loop: Loop
    chaos: Chaos
    container: Callable[[], Listener | None]
    keys: Callable[[], tuple[str, str]] = lambda: ("key", "secret")
    connection: int = 0
    is_listening: bool = False
    _last_us: int = 0
    _silent_since: float | None = 0.0

    def silence(self) -> float:
        """For how many seconds nobody has listened."""
        return 0.0 if self._silent_since is None else self.loop.seconds - self._silent_since

    def connect_soon(self, delay: float) -> None:
        """The container opens a socket after that many seconds, and shakes hands."""
        self.connection += 1
        number = self.connection
        self.loop.after(delay, lambda: self._open(number))

    def drop(self) -> None:
        """The socket is gone, without a word to the container."""
        self.connection += 1
        if self.is_listening:
            self._silent_since = self.loop.seconds
        self.is_listening = False

    def cut(self) -> None:
        """The socket breaks; the container sees it and connects again."""
        container = self.container()
        if container is None:
            return
        self.drop()
        self.loop.tell("order stream cut")
        self.connect_soon(max(container.closed(), 0.05))

    def publish(self, frame: bytes, symbol: str) -> None:
        """One event of the broker on its way."""
        if not self.is_listening:
            return
        happens = self.chaos.happens
        if happens(Fault.STREAM_CUT, symbol):
            self.cut()
            return
        if happens(Fault.FRAME_DROPPED, symbol):
            return
        if happens(Fault.FRAME_GARBAGE, symbol):
            self._send(GARBAGE[self.loop.tape.pick("kind of frame", len(GARBAGE))])
        if happens(Fault.STATUS_UNHEARD_OF, symbol):
            self._send(_with_unheard_of_status(frame))
            return
        if happens(Fault.FRAME_DELAYED, symbol):
            delay = self.loop.tape.seconds("overtaken frame", 0.5, 20.0)
            self._deliver_at(self.loop.now_us + round(delay * SECOND), frame)
            return
        self._send(frame)
        if happens(Fault.FRAME_TWICE, symbol):
            self._send(frame)

    def _open(self, number: int) -> None:
        container = self.container()
        if container is None or number != self.connection:
            return
        container.session.connected(self.loop.seconds)
        said = [json.loads(frame) for frame in container.session.to_send()]
        self.loop.after(
            self.loop.tape.seconds("handshake", 0.02, 0.4), lambda: self._shake(number, said)
        )

    def _shake(self, number: int, said: list[dict[str, Any]]) -> None:
        container = self.container()
        if container is None or number != self.connection:
            return
        if not any(_shows(each, self.keys()) for each in said):
            container.receive(_REFUSED)
            self.cut()
            return
        container.receive(_AUTHORIZED)
        wanted = [json.loads(frame) for frame in container.session.to_send()]
        if any(each["action"] == "listen" for each in wanted):
            self.is_listening = True
            self._silent_since = None
            container.receive(_LISTENING)

    def _send(self, frame: bytes) -> None:
        """In order, as TCP delivers."""
        wait = self.loop.tape.seconds("frame", 0.002, 0.15)
        self._last_us = max(self._last_us + 1, self.loop.now_us + round(wait * SECOND))
        self._deliver_at(self._last_us, frame)

    def _deliver_at(self, at_us: int, frame: bytes) -> None:
        number = self.connection
        self.loop.at(at_us, lambda: self._deliver(number, frame))

    def _deliver(self, number: int, frame: bytes) -> None:
        container = self.container()
        if container is not None and number == self.connection:
            container.receive(frame)


def _shows(message: dict[str, Any], keys: tuple[str, str]) -> bool:
    data = message.get("data", {})
    return (data.get("key_id"), data.get("secret_key")) == keys


def _with_unheard_of_status(frame: bytes) -> bytes:
    """The same event, of an order whose status no client has a word for yet."""
    message = json.loads(frame)
    message["data"]["order"]["status"] = "contemplated"
    return json.dumps(message).encode()
