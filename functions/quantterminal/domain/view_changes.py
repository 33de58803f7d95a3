"""What is different between two pictures of the account, so that a second costs little to send."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from quantterminal.domain.view import KEYS, Changes, Dashboard, Gone


def changes(before: Dashboard, after: Dashboard) -> Changes:
    """What brings a page that shows `before` to `after`.

    Both are pictures of the same account: mode, account, source and speed do not change in between.
    """
    found = dict(_changed(before, after))
    gone = tuple(_gone(before, after))
    if gone:
        found["gone"] = gone
    return Changes(**found)


def _changed(before: Dashboard, after: Dashboard) -> Iterator[tuple[str, Any]]:
    for name in (each.name for each in fields(Changes) if each.name != "gone"):
        old, new = getattr(before, name), getattr(after, name)
        if old == new:
            continue
        if name in KEYS:
            known = {getattr(row, KEYS[name]): row for row in old}
            new = tuple(row for row in new if known.get(getattr(row, KEYS[name])) != row)
        if new or name not in KEYS:
            yield name, new


def _gone(before: Dashboard, after: Dashboard) -> Iterator[Gone]:
    for name, key in KEYS.items():
        left = {getattr(row, key) for row in getattr(after, name)}
        missing = [
            str(found) for row in getattr(before, name) if (found := getattr(row, key)) not in left
        ]
        if missing:
            yield Gone(name, tuple(missing))
