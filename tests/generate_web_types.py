"""Prints `web/src/api/messages.ts` from the dataclasses of `quantterminal.domain.view`.

Run `PYTHONPATH=functions python tests/generate_web_types.py > web/src/api/messages.ts` after a
change of the view; `tests/unit/web/test_messages_contract.py` fails while the two differ.

Beside the types it prints `SHAPES`, the same facts as data: the page checks every message against
it at the door, because a type alone is forgotten at run time.
"""

import inspect
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from quantterminal.domain import view

MESSAGES = {"hello": view.Hello, "tick": view.Tick}
# Records of which only the fields that say something are sent.
SPARSE = (view.Changes,)

HEADER = """\
// Generated from quantterminal/domain/view.py by tests/generate_web_types.py: do not edit.

/** A moment as ISO 8601 in UTC. */
export type Instant = string;
"""


def typescript(annotation: Any) -> str:
    """The TypeScript type of a field; raises for what the wire has no agreed form for."""
    if get_origin(annotation) is tuple:
        item, ellipsis = get_args(annotation)
        if ellipsis is not Ellipsis:
            raise TypeError(f"Expected tuple[X, ...], was {annotation!r}")
        return f"readonly {typescript(item)}[]"
    if get_origin(annotation) is UnionType:
        return " | ".join(typescript(each) for each in get_args(annotation))
    if is_dataclass(annotation) and isinstance(annotation, type):
        return annotation.__name__
    return {
        str: "string",
        bool: "boolean",
        int: "number",
        float: "number",
        datetime: "Instant",
        NoneType: "null",
    }[annotation]


def shape(annotation: Any) -> str:
    """The same as one string that the page's checker reads: `[]` a list, `?` may be null."""
    if get_origin(annotation) is tuple:
        return f"{shape(get_args(annotation)[0])}[]"
    if get_origin(annotation) is UnionType:
        known, _null = get_args(annotation)
        return f"{shape(known)}?"
    return typescript(annotation)


def present(annotation: Any) -> Any:
    """The type of a field that is left out instead of being None."""
    known, _null = get_args(annotation)
    return known


def records() -> list[type]:
    """All dataclasses of the view in the order of the file."""
    return [
        value
        for value in vars(view).values()
        if isinstance(value, type) and is_dataclass(value) and value.__module__ == view.__name__
    ]


def interface(record: type) -> Iterator[str]:
    text = inspect.getdoc(record) or ""
    if not text.startswith(f"{record.__name__}("):
        yield "/** " + " ".join(text.split()).replace("`", "") + " */"
    yield f"export interface {record.__name__} {{"
    for kind in (kind for kind, message in MESSAGES.items() if message is record):
        yield f'  readonly type: "{kind}";'
    hints = get_type_hints(record)
    for each in fields(record):
        if record in SPARSE:
            yield f"  readonly {each.name}?: {typescript(present(hints[each.name]))};"
        else:
            yield f"  readonly {each.name}: {typescript(hints[each.name])};"
    yield "}"
    yield ""


def shapes() -> Iterator[str]:
    yield "/** What a record must hold; X[] is a list of X, X? may be null, X~ may be absent. */"
    yield "export const SHAPES = {"
    for record in records():
        hints = get_type_hints(record)
        yield f"  {record.__name__}: {{"
        for each in fields(record):
            form = shape(hints[each.name])
            if record in SPARSE:
                form = f"{shape(present(hints[each.name]))}~"
            yield f'    {each.name}: "{form}",'
        yield "  },"
    yield "} as const;"


def keys() -> Iterator[str]:
    yield "/** The lists of a picture whose rows are told one by one, and what names a row. */"
    yield "export const KEYS = {"
    yield from (f'  {name}: "{key}",' for name, key in view.KEYS.items())
    yield "} as const;"
    yield ""


def source() -> str:
    """The whole TypeScript file."""
    lines = [HEADER]
    for record in records():
        lines.extend(interface(record))
    names = " | ".join(message.__name__ for message in MESSAGES.values())
    lines.extend([f"export type Message = {names};", ""])
    lines.extend(keys())
    lines.extend(shapes())
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(source())
