"""Two brokers behind one set of controls: the simulation's model, and the local broker server.

A scenario talks to either through the real adapter and the real stream session, and moves it by
`trade`, `settle` and the other controls. What it returns holds no ids, so that it can be compared.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from websockets.sync.client import ClientConnection, connect

from quantterminal.adapters.alpaca.client import AlpacaBroker
from quantterminal.adapters.alpaca.session import AlpacaSession
from quantterminal.ports.streams import SessionState, StreamEvent, UpdateSeen
from tests.contract.market_process import PATIENCE_S, MarketProcess
from tests.contract.test_alpaca_client import broker_at
from tests.simulation.chaos import Chaos
from tests.simulation.faults import Fault
from tests.simulation.loop import SECOND, Loop, Process
from tests.simulation.models.broker import ModelBroker
from tests.simulation.models.stream import StreamSocket
from tests.simulation.models.transport import Wire
from tests.simulation.swarm import calm
from tests.simulation.tape import Tape

CASH = Decimal(100_000)
KEYS = ("key", "secret")
_OPENS = datetime(2024, 3, 4, 9, 30, tzinfo=ZoneInfo("America/New_York"))
_MODEL_PRICE = Decimal("101.30")


class Venue(Protocol):
    """What a scenario needs. `updates` are the stream's so far, in order."""

    updates: list[UpdateSeen]

    def broker(self, *keys: str) -> Any:
        """A new adapter, with the right keys unless others are given."""
        ...

    def price(self) -> Decimal: ...

    def settle(self) -> None:
        """Time passes, and the stream has told what there is to tell."""
        ...

    def trade(self) -> None:
        """As `settle`, and whatever is marketable fills."""
        ...

    def act(self, kind: str, symbol: str, *, shares: int, cash: str) -> None: ...

    def make_untradable(self, symbol: str) -> None: ...

    def listen(self) -> None:
        """Connect the stream session, with a handshake."""
        ...

    def hang_up(self) -> None: ...

    def limit_once(self) -> None:
        """The next order is over the limit."""
        ...

    def lose_next_answer(self) -> None:
        """The next order is accepted, and the answer is a gateway's time-out."""
        ...


class _InActor:
    """The adapter, each of whose calls runs to its end as an actor of the loop."""

    def __init__(self, loop: Loop, broker: AlpacaBroker) -> None:
        self._loop = loop
        self._broker = broker

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._broker, name)

        def call(*args: Any) -> Any:
            def body() -> Any:
                answer = method(*args)
                return list(answer) if isinstance(answer, Iterator) else answer

            actor = self._loop.spawn(Process("venue"), "venue", body)
            while not actor.dead:
                self._loop.run(self._loop.now_us + SECOND)
            return actor.answer

        return call


class ModelVenue:
    """The model, moved by hand."""

    def __init__(self) -> None:
        self.updates: list[UpdateSeen] = []
        self.session = AlpacaSession(key_id=KEYS[0], secret_key=KEYS[1], draw=lambda: 0.0)
        self.loop = Loop(_OPENS + timedelta(minutes=2), Tape(1, {}), lambda _at, _line: None)
        self.chaos = Chaos(self.loop, calm(1))
        self.model = ModelBroker(
            self.loop, self.chaos, CASH, symbols=frozenset({"AAA", "BBB"}), is_by_hand=True
        )
        self.model.books.price = {"AAA": _MODEL_PRICE, "BBB": _MODEL_PRICE}.get
        self.wire = Wire(self.loop, self.chaos, self.model, lambda _order: None)
        self.stream = StreamSocket(self.loop, self.chaos, lambda: self)
        self.model.publish = self.stream.publish

    def broker(self, *keys: str) -> Any:
        line = self.wire.line()
        line.keys = (keys[0], keys[1]) if keys else line.keys
        return _InActor(
            self.loop,
            AlpacaBroker(
                base_url="https://broker.local",
                key_id=line.keys[0],
                secret_key=line.keys[1],
                draw=lambda: 0.0,
                sleep=self.loop.pause,
                unix_now=self._unix_now,
                transport=line.request,
            ),
        )

    def _unix_now(self) -> float:
        return self.loop.now.timestamp()

    def price(self) -> Decimal:
        return _MODEL_PRICE

    def settle(self) -> None:
        self.loop.run(self.loop.now_us + 60 * SECOND)

    def trade(self) -> None:
        self.settle()
        for order in self.model.books.open_orders():
            buys = order.side == "buy"
            if order.limit >= _MODEL_PRICE if buys else order.limit <= _MODEL_PRICE:
                self.model.fill(order, order.left, _MODEL_PRICE)
        self.settle()

    def act(self, kind: str, symbol: str, *, shares: int, cash: str) -> None:
        self.model.act(kind, symbol, shares=shares, cash=cash)

    def make_untradable(self, symbol: str) -> None:
        self.model.stop(symbol)

    def listen(self) -> None:
        self.stream.connect_soon(0.01)
        self.settle()

    def hang_up(self) -> None:
        self.stream.drop()
        self.session.closed(self.loop.seconds, None)

    def limit_once(self) -> None:
        self.chaos.planted["venue", 1] = Fault.POST_LIMITED

    def lose_next_answer(self) -> None:
        self.chaos.planted["venue", 1] = Fault.POST_UNKNOWN

    # the listener at the other end of the model's stream

    def receive(self, frame: bytes) -> None:
        self.updates += _updates(self.session.receive(frame, self.loop.seconds))

    def closed(self) -> float:
        self.session.closed(self.loop.seconds, 1006)
        return self.session.connect_delay()


class ServerVenue:
    """The broker server in a process of its own, over loopback."""

    def __init__(self, market: MarketProcess) -> None:
        self.updates: list[UpdateSeen] = []
        self.session = AlpacaSession(key_id=KEYS[0], secret_key=KEYS[1], draw=lambda: 0.0)
        self._market = market
        self._open = ExitStack()
        self._socket: ClientConnection | None = None
        market.step_to("minute", times=2)

    def broker(self, *keys: str) -> Any:
        changes = {"key_id": keys[0], "secret_key": keys[1]} if keys else {}
        return broker_at(self._market.broker, **changes)

    def price(self) -> Decimal:
        return Decimal(str(self._market.call("GET", "/broker/prices")[1]["AAA"]))

    def settle(self) -> None:
        self._market.step()
        self._hear()

    def trade(self) -> None:
        self._market.step_to("minute", times=2)
        self._hear()

    def act(self, kind: str, symbol: str, *, shares: int, cash: str) -> None:
        body = {"activity_type": kind, "symbol": symbol, "qty": str(shares), "net_amount": cash}
        status, answer = self._market.call("POST", "/broker/activity", body)
        assert status == 200, answer

    def make_untradable(self, symbol: str) -> None:
        self._market.call("POST", "/broker/untradable", [symbol])

    def listen(self) -> None:
        address = f"ws://{self._market.broker}/stream"
        self._socket = self._open.enter_context(connect(address, open_timeout=PATIENCE_S))
        self.session.connected(0.0)
        while self.session.state is not SessionState.LIVE:
            for frame in self.session.to_send():
                self._socket.send(frame)
            self._receive(self._socket.recv(PATIENCE_S))

    def hang_up(self) -> None:
        self._open.close()
        self._socket = None
        self.session.closed(0.0, None)

    def limit_once(self) -> None:
        self._market.fault("http_429")

    def lose_next_answer(self) -> None:
        self._market.fault("submit_504_after")

    def _hear(self) -> None:
        """Everything that was sent before a marker that the server answers in its order."""
        if self._socket is None:
            return
        self._socket.send("[]")
        while True:
            frame = self._socket.recv(PATIENCE_S)
            if json.loads(frame)["stream"] == "error":
                return
            self._receive(frame)

    def _receive(self, frame: str | bytes) -> None:
        self.updates += _updates(self.session.receive(frame, 0.0))


def _updates(events: Any) -> list[UpdateSeen]:
    seen: list[StreamEvent] = list(events)
    return [each for each in seen if isinstance(each, UpdateSeen)]
