"""The wire form of the live socket's frames: `{"type": "hello" | "tick", ...}`."""

from dataclasses import fields

import msgspec

from quantterminal.domain.view import Hello, Tick

_ENCODER = msgspec.json.Encoder(decimal_format="string")


def encode_frame(frame: Hello | Tick) -> str:
    content = {each.name: getattr(frame, each.name) for each in fields(frame)}
    return _ENCODER.encode({"type": type(frame).__name__.lower()} | content).decode()
