from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime
from typing import Any, get_args, get_type_hints

import pytest

from quantterminal.domain.events import BusinessEvent, EventName, Message, Payload, SubmitOrder
from quantterminal.topology import BUS_RULES

PAYLOADS = get_args(Payload)


@pytest.mark.parametrize("kind", [*PAYLOADS, Message])
def test_messages_are_frozen_and_slotted(kind: Any) -> None:
    assert kind.__dataclass_params__.frozen
    assert "__slots__" in vars(kind)


@pytest.mark.parametrize("kind", PAYLOADS)
def test_every_payload_begins_with_the_account_it_is_about(kind: Any) -> None:
    first = fields(kind)[0]
    assert (first.name, get_type_hints(kind)["account"]) == ("account", str)
    assert not first.kw_only


def test_a_message_cannot_be_changed() -> None:
    payload = SubmitOrder("main", "intent", "order")
    message = Message("m1", "c1", "b1", datetime(2024, 3, 4, tzinfo=UTC), payload)

    with pytest.raises(FrozenInstanceError):
        message.id = "m2"  # type: ignore[misc]  # the assignment is what is tested


def test_a_name_of_an_event_is_its_member_in_one_word() -> None:
    for name in EventName:
        assert name.value == "".join(part.title() for part in name.name.split("_"))


def test_what_is_routed_to_a_function_is_an_event() -> None:
    routed = {event for rule in BUS_RULES for event in rule.events}
    assert routed <= {name.value for name in EventName}


def test_an_event_shares_its_fields_with_nobody() -> None:
    first, second = (BusinessEvent("main", EventName.GAP_FOUND, text) for text in "ab")
    assert first.fields == {}
    assert first.fields is not second.fields
