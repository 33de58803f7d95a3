"""One message a fact, with an id that the fact decides."""

from dataclasses import replace

from quantterminal import topology
from quantterminal.adapters.alpaca import codec
from quantterminal.adapters.memory.clock import MemoryClock
from quantterminal.domain.events import OrderUpdated, UnreadableFrame
from quantterminal.ports.streams import FrameUnreadable, UpdateSeen
from quantterminal.services.relay_updates import relayed
from tests.unit.quantterminal.adapters.alpaca.sample_orders import (
    ORDER_ID,
    fill_update,
    new_update,
)
from tests.unit.quantterminal.services.sample_bars import OPEN


def test_a_fill_goes_to_the_group_of_its_symbol_under_the_order_s_correlation() -> None:
    seen = UpdateSeen(codec.trade_update(fill_update()))

    outgoing = relayed("acct", seen, MemoryClock(OPEN))

    assert (outgoing.queue, outgoing.group) == (topology.ORDER_UPDATES, "acct:AAPL")
    message = outgoing.message
    assert message.id == f"update:{ORDER_ID}:fill:10:2024-03-04T15:01:05.500000+00:00"
    assert message.correlation_id == seen.update.client_order_id
    assert message.occurred_at == OPEN
    assert isinstance(message.payload, OrderUpdated)
    assert message.payload.update == seen.update


def test_the_same_fact_is_the_same_message_and_another_is_not() -> None:
    update = codec.trade_update(new_update())
    clock = MemoryClock(OPEN)

    ids = [
        relayed("acct", UpdateSeen(each), clock).message.id
        for each in (update, update, replace(update, at=OPEN))
    ]

    assert ids[0] == ids[1] != ids[2]


def test_an_unreadable_frame_has_a_group_of_its_own() -> None:
    seen = FrameUnreadable("<html>", "Expected JSON")

    outgoing = relayed("acct", seen, MemoryClock(OPEN))

    assert outgoing.group == "acct:unreadable"
    assert outgoing.message.payload == UnreadableFrame("acct", "<html>", "Expected JSON")
    assert outgoing.message.id == relayed("acct", seen, MemoryClock(OPEN)).message.id
