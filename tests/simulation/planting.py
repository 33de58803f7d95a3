"""Bugs planted on purpose: a piece of the product's text is replaced while a block runs.

The mutated module is compiled, and the code of each of its functions is put into the function that
everybody has imported already. So a planted bug reaches every caller, product code has no switch
for it, and a text that has moved on makes the planting fail instead of silently planting nothing.
"""

import importlib
import inspect
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any


class PlantingError(Exception):
    """The text to replace is not there exactly once, or the replacement changes no function."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """`old` stands exactly once in the module's source and becomes `new`."""

    module: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Planted:
    """One bug: a stable name, what it is in a sentence, and how the text changes."""

    name: str
    what: str
    replacements: tuple[Replacement, ...]


@contextmanager
def planted(bug: Planted) -> Iterator[None]:
    """The product with that bug while the block runs. Raises PlantingError when it cannot be."""
    with ExitStack() as stack:
        for name in dict.fromkeys(each.module for each in bug.replacements):
            in_module = [each for each in bug.replacements if each.module == name]
            stack.enter_context(_replaced(importlib.import_module(name), in_module))
        yield


@contextmanager
def _replaced(module: ModuleType, replacements: Sequence[Replacement]) -> Iterator[None]:
    functions = dict(_functions(module))
    text = inspect.getsource(module)
    for each in replacements:
        text, before = _mutated(text, each), text
        if not _changes(_compiled(module, before), _compiled(module, text), among=functions):
            raise PlantingError(f"Expected {each.old!r} to be part of a function")
    changed = [
        (functions[name], code)
        for name, code in _compiled(module, text).items()
        if name in functions and _differs(functions[name].__code__, code)
    ]
    originals = [(function, function.__code__) for function, _ in changed]
    try:
        for function, code in changed:
            function.__code__ = code
        yield
    finally:
        for function, code in originals:
            function.__code__ = code


def _mutated(text: str, replacement: Replacement) -> str:
    found = text.count(replacement.old)
    if found != 1:
        raise PlantingError(
            f"Expected {replacement.old!r} once in {replacement.module}, was there {found} times"
        )
    return text.replace(replacement.old, replacement.new)


def _compiled(module: ModuleType, text: str) -> dict[str, CodeType]:
    return dict(_codes(compile(text, str(module.__file__), "exec")))


def _changes(
    before: Mapping[str, CodeType], after: Mapping[str, CodeType], *, among: Collection[str]
) -> bool:
    return any(
        name not in before or _differs(before[name], code)
        for name, code in after.items()
        if name in among
    )


def _codes(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each.co_qualname, each
            yield from _codes(each)


def _functions(owner: ModuleType | type) -> Iterator[tuple[str, FunctionType]]:
    """Functions and methods that are defined in the module, by their qualified names."""
    module = owner.__name__ if isinstance(owner, ModuleType) else owner.__module__
    for each in vars(owner).values():
        if inspect.isclass(each) and each.__module__ == module:
            yield from _functions(each)
        for function in _unwrapped(each):
            if function.__module__ == module:
                yield function.__code__.co_qualname, function


def _unwrapped(value: Any) -> Iterator[FunctionType]:
    if isinstance(value, FunctionType):
        yield inspect.unwrap(value)
    elif isinstance(value, staticmethod | classmethod):
        yield from _unwrapped(value.__func__)
    elif isinstance(value, property):
        yield from (each for each in (value.fget, value.fset) if isinstance(each, FunctionType))


def _differs(one: CodeType, other: CodeType) -> bool:
    """Whether two codes do something else; lines that only moved do not count."""
    return _essence(one) != _essence(other)


def _essence(code: CodeType) -> tuple[object, ...]:
    constants = tuple(
        _essence(each) if isinstance(each, CodeType) else (type(each), each)
        for each in code.co_consts
    )
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_exceptiontable
