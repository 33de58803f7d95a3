"""The way to the broker: the real client's transport, where requests and answers can get lost.

One `Line` is one process's way, with the keys that it holds: the broker may take others by now.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import urllib3

from quantterminal.adapters.alpaca.refusals import Answer
from tests.simulation.chaos import Chaos, crash_faults
from tests.simulation.faults import Fault
from tests.simulation.loop import Crash, Loop
from tests.simulation.models import broker_refusals as refusals
from tests.simulation.models.broker import ModelBroker, Reply

POST_FAULTS = (
    *crash_faults(),
    Fault.POST_NOT_SENT,
    Fault.POST_LOST,
    Fault.POST_UNKNOWN,
    Fault.POST_LATE,
    Fault.POST_LIMITED,
    Fault.POST_REFUSED,
    Fault.POST_UNREADABLE,
)
CANCEL_FAULTS = (*crash_faults(), Fault.READ_FAILED, Fault.READ_LIMITED)
READ_FAULTS = (*CANCEL_FAULTS, Fault.READ_UNREADABLE)
BOOKS_FAULTS = (*READ_FAULTS, Fault.SNAPSHOT_EMPTY)
_EMPTY: dict[str, Any] = {
    "/v2/positions": [],
    "/v2/account": {"cash": "0", "equity": "0", "buying_power": "0"},
}
_LATENCY = (0.01, 0.25)
_TIMEOUT_S = 4.0
_LATEST_S = 60.0

_NO_REFUSAL = (408, 429)  # says nothing about the order


@dataclass(slots=True)
class Wire:
    """`sent` is told of each order that starts to leave, before anything can happen to it."""

    loop: Loop
    chaos: Chaos
    broker: ModelBroker
    sent: Callable[[dict[str, str]], None]

    def line(self) -> "Line":
        """A process's own way to the broker, with the keys that the secret store has now."""
        return Line(self, self.broker.vault)

    def request(
        self, method: str, target: str, body: bytes | None, *, keys: tuple[str, str]
    ) -> Answer:
        """What `AlpacaBroker` asks its transport; raises urllib3's errors."""
        path = target.split("?", maxsplit=1)[0].split("/order-", maxsplit=1)[0]
        effect = f"broker {method} {path}"
        if method == "POST":
            return self._told(body or b"{}", self._post(effect, target, body or b"{}", keys))
        faults = BOOKS_FAULTS if path in _EMPTY else READ_FAULTS
        fault = self.chaos.fault_of(effect, CANCEL_FAULTS if method == "DELETE" else faults)
        if fault is None:
            return self._ask(effect, method, target, body, keys)
        self.chaos.note(fault, effect)
        if fault in crash_faults():
            return self._common(
                fault, effect, lambda: self._ask(effect, method, target, body, keys)
            )
        self.loop.pause(_LATENCY[0])
        return self._misread(fault, path)

    def _told(self, body: bytes, answer: Answer) -> Answer:
        """The broker keeps in mind which orders it has said no to."""
        if 400 <= answer.status < 500 and answer.status not in _NO_REFUSAL:
            self.broker.refused_ids.add(msgspec.json.decode(body)["client_order_id"])
        return answer

    def _misread(self, fault: Fault, path: str) -> Answer:
        match fault:
            case Fault.READ_FAILED:
                return Answer(503, {}, refusals.HTML_UNAVAILABLE)
            case Fault.READ_LIMITED:
                return as_answer(self.broker.limited())
            case Fault.SNAPSHOT_EMPTY:
                return Answer(200, {}, msgspec.json.encode(_EMPTY[path]))
            case _:
                return Answer(200, {}, refusals.HTML_UNAVAILABLE)

    def _post(self, effect: str, target: str, body: bytes, keys: tuple[str, str]) -> Answer:
        order = msgspec.json.decode(body)
        fault = self.chaos.fault_of(effect, POST_FAULTS)
        self.sent(order)

        def ask() -> Answer:
            return self._ask(effect, "POST", target, body, keys)

        if fault is None:
            return ask()
        self.chaos.note(fault, effect)
        match fault:
            case Fault.POST_NOT_SENT:
                self.loop.pause(_LATENCY[0])
                raise urllib3.exceptions.NewConnectionError(None, "connection refused")  # type: ignore[arg-type]  # no pool
            case Fault.POST_LIMITED:
                self.loop.pause(_LATENCY[0])
                return as_answer(self.broker.limited())
            case Fault.POST_REFUSED:
                self.loop.pause(_LATENCY[1])
                return as_answer(self._refusal())
            case Fault.POST_UNKNOWN:
                ask()
                self.loop.pause(_TIMEOUT_S)
                return Answer(504, {}, refusals.HTML_TIMEOUT)
            case Fault.POST_UNREADABLE:
                return Answer(200, {}, ask().body[:40])
            case Fault.POST_LOST | Fault.POST_LATE:
                if fault is Fault.POST_LATE:
                    late = self.loop.tape.seconds("late arrival", 0.5, _LATEST_S)
                    self.loop.after(late, lambda: self.broker.accept(order))
                self.loop.pause(_TIMEOUT_S)
                raise urllib3.exceptions.ReadTimeoutError(None, target, "read timed out")  # type: ignore[arg-type]  # no pool
        return self._common(fault, effect, ask)

    def _refusal(self) -> Reply:
        texts = refusals.ORDER_REFUSALS
        chosen = texts[self.loop.tape.pick("text of a refusal", len(texts))]
        if "wash trade" in chosen.message:
            self.chaos.note(Fault.WASH_TRADE, "broker")
        return chosen.reply()

    def _common(self, fault: Fault, effect: str, ask: Callable[[], Answer]) -> Answer:
        if fault is Fault.CRASH_BEFORE:
            raise Crash(f"before {effect}")
        if fault is Fault.SLOW:
            self.loop.pause(self.loop.tape.seconds("slow broker", 0.5, 3.5))
            return ask()
        ask()
        raise Crash(f"after {effect}")

    def _ask(
        self, effect: str, method: str, target: str, body: bytes | None, keys: tuple[str, str]
    ) -> Answer:
        """There and back: something may come in between on both ways."""
        there = self.loop.tape.seconds(effect, *_LATENCY)
        self.loop.pause(there)
        self.loop.tell(f"{self.loop.actor().process.name} {effect}")
        if keys != self.broker.keys:
            return self._turned_away()
        answer = as_answer(self.broker.answer(method, target, body))
        self.loop.pause(self.loop.tape.seconds(f"answer to {effect}", *_LATENCY))
        return answer

    def _turned_away(self) -> Answer:
        answers = (
            as_answer(refusals.UNAUTHORIZED.reply()),
            Answer(401, {}, refusals.HTML_UNAUTHORIZED),
            Answer(403, {}, refusals.HTML_FORBIDDEN),
        )
        return answers[self.loop.tape.pick("how keys are refused", len(answers))]


@dataclass(slots=True)
class Line:
    """`keys` are those that the process has read; `fresh_keys` reads them again."""

    wire: Wire
    keys: tuple[str, str]

    def request(self, method: str, target: str, body: bytes | None) -> Answer:
        return self.wire.request(method, target, body, keys=self.keys)

    def fresh_keys(self) -> tuple[str, str]:
        self.wire.loop.pause(self.wire.loop.tape.seconds("secret store", 0.005, 0.05))
        self.keys = self.wire.broker.vault
        return self.keys


def as_answer(reply: Reply) -> Answer:
    status, headers, body = reply
    return Answer(status, headers, b"" if body is None else msgspec.json.encode(body))
