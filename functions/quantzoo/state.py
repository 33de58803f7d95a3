"""Attributes to JSON values and back, exactly.

A strategy is saved after each bar and may go on in another process, so what comes back has to be
what was there: floats to the last bit, tuples as tuples, the length limit of a deque. A value that
cannot promise this is refused with the name of its attribute; nothing is dropped silently.

Saved as they are: None, bool, str, int, float, list, and dict with str keys. Saved under a `$` tag:
tuple, deque, date, datetime in UTC, indicators, integers beyond 2**53, infinities and NaN (JSON
readers disagree on those). Everything else is refused, and so is one object under two names, which
would come back as two.
"""

import math
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from quantterminal.domain.errors import InvalidValueError

_EXACT_IN_JSON = 2**53
_KINDS = (
    "None, bool, int, float, str, list, tuple, deque, dict with str keys, date, datetime in UTC "
    "or an indicator"
)
_registered: dict[str, "type[Stateful]"] = {}


class Stateful:
    """An object whose attributes are its whole state. Indicators extend it.

    A subclass keeps every attribute within what this module saves; it needs no code for it.
    """

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        _registered[_key(cls)] = cls

    def save(self) -> dict[str, Any]:
        """The whole state as JSON values."""
        return encode_attributes(type(self).__name__, vars(self))

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of `save`: replaces every attribute, the period included."""
        attributes = decode_attributes(state)
        vars(self).clear()
        vars(self).update(attributes)


def encode_attributes(owner: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """`attributes` as JSON values.

    Raises InvalidValueError naming `owner.attribute` for a value that could not come back equal.
    """
    seen: dict[int, str] = {}
    return {name: _encode(value, f"{owner}.{name}", seen) for name, value in attributes.items()}


def decode_attributes(state: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `encode_attributes`; raises InvalidValueError for an unknown tag."""
    return {name: _decode(value) for name, value in state.items()}


def _encode(value: Any, path: str, seen: dict[int, str]) -> Any:
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        return value if abs(value) <= _EXACT_IN_JSON else {"$int": str(value)}
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if kind is tuple:
        return {"$tuple": _encode_items(value, path, seen)}
    if kind is date or (kind is datetime and value.tzinfo is UTC):
        return {f"${kind.__name__}": value.isoformat()}
    if kind not in (list, dict, deque) and not isinstance(value, Stateful):
        raise InvalidValueError(
            f"{path}: expected {_KINDS}, because nothing else is saved between bars; was {value!r}"
        )
    return _encode_mutable(value, path, seen)


def _encode_mutable(value: Any, path: str, seen: dict[int, str]) -> Any:
    if id(value) in seen:
        raise InvalidValueError(
            f"{path}: expected an object of its own, was the same as {seen[id(value)]}; "
            "after a restart they would be two"
        )
    seen[id(value)] = path
    if isinstance(value, list):
        return _encode_items(value, path, seen)
    if isinstance(value, deque):
        return {"$deque": _encode_items(value, path, seen), "maxlen": value.maxlen}
    if isinstance(value, dict):
        return _encode_dict(value, path, seen)
    attributes = {name: _encode(item, f"{path}.{name}", seen) for name, item in vars(value).items()}
    return {"$indicator": _key(type(value)), "attributes": attributes}


def _encode_items(values: Any, path: str, seen: dict[int, str]) -> list[Any]:
    return [_encode(value, f"{path}[{index}]", seen) for index, value in enumerate(values)]


def _encode_dict(value: dict[Any, Any], path: str, seen: dict[int, str]) -> dict[str, Any]:
    for key in value:
        if type(key) is not str or key.startswith("$"):
            raise InvalidValueError(f"{path}: expected str keys without a leading $, was {key!r}")
    return {key: _encode(item, f"{path}[{key!r}]", seen) for key, item in value.items()}


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    tag = next((key for key in value if key.startswith("$")), None)
    if tag is None:
        return decode_attributes(value)
    if tag not in _DECODERS:
        raise InvalidValueError(f"Expected a tag of {sorted(_DECODERS)}, was {tag!r}")
    return _DECODERS[tag](value)


def _decode_deque(value: Mapping[str, Any]) -> deque[Any]:
    return deque((_decode(item) for item in value["$deque"]), maxlen=value["maxlen"])


def _decode_indicator(value: Mapping[str, Any]) -> Stateful:
    cls = _registered.get(value["$indicator"])
    if cls is None:
        raise InvalidValueError(
            f"Expected an indicator class that is imported, was {value['$indicator']!r}"
        )
    restored = cls.__new__(cls)
    restored.restore(value["attributes"])
    return restored


_DECODERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "$int": lambda value: int(value["$int"]),
    "$float": lambda value: float(value["$float"]),
    "$tuple": lambda value: tuple(_decode(item) for item in value["$tuple"]),
    "$date": lambda value: date.fromisoformat(value["$date"]),
    "$datetime": lambda value: datetime.fromisoformat(value["$datetime"]),
    "$deque": _decode_deque,
    "$indicator": _decode_indicator,
}


def _key(cls: type) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"
