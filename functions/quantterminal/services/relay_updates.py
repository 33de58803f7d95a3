"""From the broker's order stream to the order-updates queue: one message a fact.

Ids are functions of the fact, so that the same frame twice is one message.
"""

import hashlib

from quantterminal import topology
from quantterminal.domain.events import Message, OrderUpdated, UnreadableFrame
from quantterminal.ports.bus import Outgoing
from quantterminal.ports.clock import Clock
from quantterminal.ports.streams import FrameUnreadable, UpdateSeen


def relayed(account: str, seen: UpdateSeen | FrameUnreadable, clock: Clock) -> Outgoing:
    """The message for the queue, in the group of its symbol; unreadable frames have their own."""
    if isinstance(seen, UpdateSeen):
        return _update(account, seen, clock)
    return _unreadable(account, seen, clock)


def _update(account: str, seen: UpdateSeen, clock: Clock) -> Outgoing:
    update = seen.update
    cumulative = "" if update.execution is None else format(update.execution.cumulative, "f")
    name = f"update:{update.broker_order_id}:{update.event}:{cumulative}:{update.at.isoformat()}"
    message = Message(
        id=name,
        correlation_id=update.client_order_id,
        causation_id=name,
        occurred_at=clock.now(),
        payload=OrderUpdated(
            account=account, update=update, source="stream", received_ns=clock.stamp_ns()
        ),
    )
    return Outgoing(topology.ORDER_UPDATES, f"{account}:{update.symbol}", message)


def _unreadable(account: str, seen: FrameUnreadable, clock: Clock) -> Outgoing:
    name = f"unreadable:{hashlib.sha256(seen.raw.encode()).hexdigest()[:32]}"
    message = Message(
        id=name,
        correlation_id=name,
        causation_id=name,
        occurred_at=clock.now(),
        payload=UnreadableFrame(account=account, raw=seen.raw, problem=seen.problem),
    )
    return Outgoing(topology.ORDER_UPDATES, f"{account}:unreadable", message)
