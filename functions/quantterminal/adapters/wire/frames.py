"""The wire form of what the page is sent: messages with their `type`, answers without one."""

from dataclasses import fields

import msgspec

from quantterminal.domain.view import Changes, Hello, Tick
from quantterminal.services.dashboard import View

_ENCODER = msgspec.json.Encoder(decimal_format="string")


def encode_frame(view: View) -> str:
    """The JSON of a view. Of `Changes` only what there is: what is absent is as it was."""
    content = {each.name: getattr(view, each.name) for each in fields(view)}
    if isinstance(view, Tick):
        content["changes"] = _present(view.changes)
    if isinstance(view, Hello | Tick):
        content = {"type": type(view).__name__.lower()} | content
    return _ENCODER.encode(content).decode()


def _present(changes: Changes) -> dict[str, object]:
    values = {each.name: getattr(changes, each.name) for each in fields(changes)}
    return {name: value for name, value in values.items() if value is not None}
