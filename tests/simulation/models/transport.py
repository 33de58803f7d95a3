"""The way to the broker: the real client's transport, where requests and answers can get lost."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import urllib3

from quantterminal.adapters.alpaca.refusals import Answer
from tests.simulation.chaos import Chaos, crash_faults
from tests.simulation.faults import Fault
from tests.simulation.loop import Crash, Loop
from tests.simulation.models.broker import ModelBroker, Reply, refused

_POST_FAULTS = (
    *crash_faults(),
    Fault.POST_NOT_SENT,
    Fault.POST_LOST,
    Fault.POST_UNKNOWN,
    Fault.POST_LATE,
    Fault.POST_LIMITED,
    Fault.POST_REFUSED,
)
_READ_FAULTS = (*crash_faults(), Fault.READ_FAILED, Fault.READ_LIMITED)
_LATENCY = (0.01, 0.25)
_TIMEOUT_S = 4.0
_LATEST_S = 60.0


@dataclass(slots=True)
class Wire:
    """`sent` is told of each order that starts to leave, before anything can happen to it."""

    loop: Loop
    chaos: Chaos
    broker: ModelBroker
    sent: Callable[[dict[str, str]], None]

    def request(self, method: str, target: str, body: bytes | None) -> Answer:
        """What `AlpacaBroker` asks its transport; raises urllib3's errors."""
        effect = (
            f"broker {method} {target.split('?', maxsplit=1)[0].split('/order-', maxsplit=1)[0]}"
        )
        if method == "POST":
            return self._post(effect, target, body or b"{}")
        fault = self.chaos.fault_of(effect, _READ_FAULTS)
        if fault is None:
            return self._ask(effect, method, target, body)
        self.chaos.note(fault, effect)
        if fault is Fault.READ_FAILED:
            self.loop.pause(_LATENCY[1])
            return Answer(503, {}, b"<html>Service Unavailable</html>")
        if fault is Fault.READ_LIMITED:
            self.loop.pause(_LATENCY[0])
            return _answer(self.broker.limited())
        return self._common(fault, effect, lambda: self._ask(effect, method, target, body))

    def _post(self, effect: str, target: str, body: bytes) -> Answer:
        order = msgspec.json.decode(body)
        fault = self.chaos.fault_of(effect, _POST_FAULTS)
        self.sent(order)
        if fault is None:
            return self._ask(effect, "POST", target, body)
        self.chaos.note(fault, effect)
        if fault is Fault.POST_NOT_SENT:
            self.loop.pause(_LATENCY[0])
            raise urllib3.exceptions.NewConnectionError(None, "connection refused")  # type: ignore[arg-type]  # no pool
        if fault is Fault.POST_LIMITED:
            self.loop.pause(_LATENCY[0])
            return _answer(self.broker.limited())
        if fault is Fault.POST_REFUSED:
            self.loop.pause(_LATENCY[1])
            self.broker.refused_ids.add(order["client_order_id"])
            return _answer(refused(self.broker))
        if fault is Fault.POST_UNKNOWN:
            self._ask(effect, "POST", target, body)
            self.loop.pause(_TIMEOUT_S)
            return Answer(504, {}, b"<html>504 Gateway Time-out</html>")
        if fault in (Fault.POST_LOST, Fault.POST_LATE):
            if fault is Fault.POST_LATE:
                late = self.loop.tape.seconds("late arrival", 0.5, _LATEST_S)
                self.loop.after(late, lambda: self.broker.accept(order))
            self.loop.pause(_TIMEOUT_S)
            raise urllib3.exceptions.ReadTimeoutError(None, target, "read timed out")  # type: ignore[arg-type]  # no pool
        return self._common(fault, effect, lambda: self._ask(effect, "POST", target, body))

    def _common(self, fault: Fault, effect: str, ask: Callable[[], Answer]) -> Answer:
        if fault is Fault.CRASH_BEFORE:
            raise Crash(f"before {effect}")
        if fault is Fault.SLOW:
            self.loop.pause(self.loop.tape.seconds("slow broker", 0.5, 3.5))
            return ask()
        ask()
        raise Crash(f"after {effect}")

    def _ask(self, effect: str, method: str, target: str, body: bytes | None) -> Answer:
        """There and back: something may come in between on both ways."""
        there = self.loop.tape.seconds(effect, *_LATENCY)
        self.loop.pause(there)
        self.loop.tell(f"{self.loop.actor().process.name} {effect}")
        answer = _answer(self.broker.answer(method, target, body))
        self.loop.pause(self.loop.tape.seconds(f"answer to {effect}", *_LATENCY))
        return answer


def _answer(reply: Reply) -> Answer:
    status, headers, body = reply
    return Answer(status, headers, b"" if body is None else msgspec.json.encode(body))
