"""The one wire form of messages: versioned JSON, money as strings, instants as RFC 3339.

`{"v": 1, "type": "SubmitOrder", "id": ..., "correlation_id": ..., "causation_id": ...,
"occurred_at": ..., "payload": {...}}`
"""

from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from quantterminal.domain import events
from quantterminal.domain.errors import InvalidValueError, MessageError

VERSION = 1

_PAYLOADS: dict[str, type] = {
    each.__name__: each
    for each in (
        events.MinuteClosed,
        events.AssessSignal,
        events.SubmitOrder,
        events.SweepOrders,
        events.CancelOrders,
        events.OrderUpdated,
        events.UnreadableFrame,
        events.BusinessEvent,
    )
}


class _Envelope(msgspec.Struct, frozen=True):
    v: int
    type: str
    id: str
    correlation_id: str
    causation_id: str
    occurred_at: datetime
    payload: msgspec.Raw


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_PAYLOAD_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(kind) for name, kind in _PAYLOADS.items()
}
_ENCODER = msgspec.json.Encoder(decimal_format="string")


def encode(message: events.Message) -> str:
    return _ENCODER.encode(as_dict(message)).decode()


def as_dict(message: events.Message) -> dict[str, Any]:
    """The message as JSON-ready values, for carriers that want an object."""
    return {
        "v": VERSION,
        "type": type(message.payload).__name__,
        "id": message.id,
        "correlation_id": message.correlation_id,
        "causation_id": message.causation_id,
        "occurred_at": message.occurred_at,
        "payload": message.payload,
    }


def decode(text: str | bytes) -> events.Message:
    """The message of a text. Raises MessageError that says what was expected and found."""
    try:
        envelope = _ENVELOPE.decode(text)
        if envelope.v != VERSION:
            raise MessageError(f"Expected message version {VERSION}, was {envelope.v}")
        decoder = _PAYLOAD_DECODERS.get(envelope.type)
        if decoder is None:
            raise MessageError(f"Expected a type of {sorted(_PAYLOADS)}, was {envelope.type!r}")
        message = events.Message(
            id=envelope.id,
            correlation_id=envelope.correlation_id,
            causation_id=envelope.causation_id,
            occurred_at=envelope.occurred_at,
            payload=decoder.decode(envelope.payload),
        )
        _require_sound(message)
    except (msgspec.MsgspecError, InvalidValueError, UnicodeError, RecursionError) as problem:
        raise MessageError(f"Expected a message of version {VERSION}: {problem}") from problem
    return message


def _require_sound(value: object, where: str = "message") -> None:
    """What JSON's types let through: instants without a zone, money that is no number.

    Bars are not looked into, they check themselves.
    """
    if isinstance(value, datetime) and value.tzinfo is None:
        raise InvalidValueError(f"expected an instant with its zone in {where}, was {value}")
    if isinstance(value, Decimal) and not value.is_finite():
        raise InvalidValueError(f"expected a number in {where}, was {value}")
    if is_dataclass(value):
        for each in fields(value):
            _require_sound(getattr(value, each.name), f"{where}.{each.name}")
