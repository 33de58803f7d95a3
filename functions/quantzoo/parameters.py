"""Parameters of strategies: one frozen dataclass per strategy, checked when it is made.

The annotations are the rules: `int`, `float`, `bool` or `str`, and `Annotated[int, Between(1, 60)]`
for a range. An error lists every problem at once and names the parameter, what was expected and
what was found.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from quantterminal.domain.errors import ConfigurationError

_TYPES = (bool, int, float, str)


@dataclass(frozen=True, slots=True)
class Between:
    """The range of a numeric parameter, both ends included."""

    least: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Base of all parameter classes; raises ConfigurationError when a value breaks its rule.

    A subclass is decorated like this one. Whole numbers are taken for floats; nothing else is
    converted, and text is never read as a number.
    """

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is int and _rule(type(self), field.name)[0] is float:
                object.__setattr__(self, field.name, float(value))
        values = as_mapping(self)
        problems = [*_value_problems(type(self), values)] or self.problems()
        if problems:
            raise ConfigurationError(f"{type(self).__name__}: " + "; ".join(problems))

    def problems(self) -> list[str]:
        """What is wrong between the parameters; asked only when each alone is right."""
        return []


P = TypeVar("P", bound=Parameters)


def parameters_from(kind: type[P], values: Mapping[str, Any], *, owner: str) -> P:
    """`kind` made from `values`; the rest takes its defaults.

    Raises ConfigurationError listing every unknown, missing or wrong parameter of `owner`.
    """
    names = [field.name for field in fields(kind)]
    problems = [
        f"{name}: expected one of {names}, was an unknown parameter"
        for name in values
        if name not in names
    ]
    problems += [
        f"{field.name}: expected a value, was missing"
        for field in fields(kind)
        if field.name not in values and field.default is MISSING
    ]
    problems += _value_problems(kind, {name: values[name] for name in names if name in values})
    if problems:
        raise ConfigurationError(f"Parameters of {owner}: " + "; ".join(problems))
    return kind(**values)


def as_mapping(parameters: Parameters) -> dict[str, Any]:
    """Names and values, as JSON values."""
    return {field.name: getattr(parameters, field.name) for field in fields(parameters)}


def _value_problems(kind: type[Parameters], values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        expected, limits = _rule(kind, name)
        problem = _problem(value, expected, limits)
        if problem:
            yield f"{name}: {problem}, was {value!r}"


def _problem(value: Any, expected: type, limits: Between | None) -> str:
    found = type(value)
    if found is not expected and (expected, found) != (float, int):
        return f"expected {expected.__name__}"
    if expected is float and not math.isfinite(value):
        return "expected a finite float"
    if limits is not None and not limits.least <= value <= limits.most:
        return f"expected {limits.least} to {limits.most}"
    return ""


def _rule(kind: type[Parameters], name: str) -> tuple[type, Between | None]:
    return _rules(kind)[name]  # type: ignore[arg-type]  # mypy takes the instances' __hash__


@cache
def _rules(kind: type[Any]) -> dict[str, tuple[type, Between | None]]:
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: _parse_hint(kind, field.name, hints[field.name]) for field in fields(kind)}


def _parse_hint(kind: type, name: str, hint: Any) -> tuple[type, Between | None]:
    expected, limits = hint, None
    if get_origin(hint) is Annotated:
        expected, *marks = get_args(hint)
        limits = next((mark for mark in marks if isinstance(mark, Between)), None)
    if expected not in _TYPES:
        raise ConfigurationError(
            f"{kind.__name__}.{name}: expected bool, int, float or str, was {expected!r}"
        )
    return expected, limits
