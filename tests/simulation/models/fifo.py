"""SQS FIFO queues as AWS documents them, in virtual time, behind the calls of boto3's client.

Deduplication lasts five minutes, whether or not the message is still there. A group is locked while
one of its messages is in flight. A receive counts even when its answer is lost. A message that was
received too often goes to the dead-letter queue, and its group goes on without it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ReadTimeoutError

DEDUPLICATION_S = 300.0
MOST_AT_ONCE = 10


@dataclass(slots=True)
class Stored:
    """One message. `hidden_until` is 0 while nobody holds it, `taken_at` when it was last handed
    out.
    """

    sequence: int
    message_id: str
    body: str
    group: str
    once: str
    sent_at: float
    receives: int = 0
    receipt: str = ""
    hidden_until: float = 0.0
    taken_at: float = 0.0


@dataclass(slots=True)
class FifoQueue:
    """One queue. `now` answers seconds; `arrived` is called when something may be received,
    `accepted` with the body of each message that is kept.
    """

    name: str
    visibility_s: float
    max_receives: int
    now: Callable[[], float]
    arrived: Callable[[], None] = lambda: None
    accepted: Callable[[str], None] = lambda _body: None
    dead: list[Stored] = field(default_factory=list)
    _groups: dict[str, list[Stored]] = field(default_factory=dict)
    _receipts: dict[str, Stored] = field(default_factory=dict)
    _recent: dict[str, Stored] = field(default_factory=dict)
    _sequence: int = 0

    def send(self, body: str, *, group: str, once: str) -> str:
        """The message's id; with a known deduplication id that of the first one, and no more."""
        now = self.now()
        known = self._recent.get(once)
        if known is not None and now - known.sent_at < DEDUPLICATION_S:
            return known.message_id
        self._sequence += 1
        message_id = f"{self.name}-{self._sequence}"
        stored = Stored(self._sequence, message_id, body, group, once, now)
        self._recent[once] = stored
        self._groups.setdefault(group, []).append(stored)
        self.accepted(body)
        self.arrived()
        return message_id

    def receive(self, most: int) -> list[Stored]:
        """Up to `most` messages, oldest group first; they are hidden from now on."""
        now, taken = self.now(), []
        for group in self._ready(now):
            for stored in self._groups[group][:]:
                if len(taken) == min(most, MOST_AT_ONCE):
                    return taken
                if self._take(stored, now):
                    taken.append(stored)
        return taken

    def delete(self, receipt: str) -> bool:
        """False when the receipt is no longer the message's: somebody else has it by now."""
        stored = self._receipts.pop(receipt, None)
        if stored is None or stored.receipt != receipt or stored.hidden_until <= self.now():
            return False
        self._remove(stored)
        self.arrived()
        return True

    def hide(self, receipt: str, seconds: float) -> bool:
        """Change when a held message comes back."""
        stored = self._receipts.get(receipt)
        if stored is None or stored.receipt != receipt or stored.hidden_until <= self.now():
            return False
        stored.hidden_until = self.now() + seconds
        return True

    def sent(self) -> list[Stored]:
        """Every message that was taken so far, whatever became of it."""
        return list(self._recent.values())

    def depth(self) -> int:
        return sum(len(group) for group in self._groups.values())

    def next_return(self) -> float | None:
        """When the next held message comes back, None when none is held."""
        now = self.now()
        held = [
            stored.hidden_until
            for group in self._groups.values()
            for stored in group
            if stored.hidden_until > now
        ]
        return min(held, default=None)

    def _ready(self, now: float) -> list[str]:
        """Groups with a message and none in flight, the one that waits longest first."""
        ready = [
            (stored[0].sequence, group)
            for group, stored in self._groups.items()
            if stored and not any(each.hidden_until > now for each in stored)
        ]
        return [group for _, group in sorted(ready)]

    def _take(self, stored: Stored, now: float) -> bool:
        stored.receives += 1
        if stored.receives > self.max_receives:
            self._remove(stored)
            self.dead.append(stored)
            return False
        stored.receipt = f"{stored.message_id}#{stored.receives}"
        stored.hidden_until = now + self.visibility_s
        stored.taken_at = now
        self._receipts[stored.receipt] = stored
        return True

    def _remove(self, stored: Stored) -> None:
        group = self._groups[stored.group]
        group.remove(stored)
        if not group:
            del self._groups[stored.group]


class SqsCalls:
    """The two calls of boto3's client that the adapters make, on the models of the queues."""

    def __init__(self, queues: dict[str, FifoQueue]) -> None:
        self._queues = {url(name): queue for name, queue in queues.items()}

    def send(self, queue_url: str, entries: list[dict[str, str]], *, most: int) -> dict[str, Any]:
        """As `send_message_batch`, of which only the first `most` entries are accepted."""
        for entry in entries[:most]:
            self._queues[queue_url].send(
                entry["MessageBody"],
                group=entry["MessageGroupId"],
                once=entry["MessageDeduplicationId"],
            )
        refused = [{"Id": entry["Id"], "Message": "internal error"} for entry in entries[most:]]
        return {"Failed": refused}

    def hide(self, queue_url: str, receipt: str, seconds: int) -> None:
        """As `change_message_visibility`."""
        queue = self._queues[queue_url]
        if queue.hide(receipt, seconds):
            queue.arrived()


def url(name: str) -> str:
    return f"https://sqs.local/{name}.fifo"


def arn(name: str) -> str:
    return f"arn:aws:sqs:us-east-1:123456789012:{name}.fifo"


def timed_out() -> Exception:
    return ReadTimeoutError(endpoint_url="https://sqs.local")


def as_received(stored: Stored) -> dict[str, Any]:
    """The message as `receive_message` tells it."""
    return {
        "MessageId": stored.message_id,
        "ReceiptHandle": stored.receipt,
        "Body": stored.body,
        "MD5OfBody": hashlib.md5(stored.body.encode(), usedforsecurity=False).hexdigest(),
        "Attributes": {
            "ApproximateReceiveCount": str(stored.receives),
            "MessageGroupId": stored.group,
        },
    }
