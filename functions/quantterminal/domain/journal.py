"""The journal: a chain of rows that tells everything that happened to one account, in order.

Each row's digest covers its content and the digest of the row before it, so that a row that was
changed, removed or moved is found by anyone who reads the chain. A tail that was cut off is found
against an anchor kept elsewhere.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from quantterminal.domain.errors import InvalidValueError

GENESIS = "0" * 64
"""What the first row of an account names as the digest before it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one row says. `payload` is plain JSON: `plain` makes it so.

    `correlation_id` or, where nothing else caused it, `ref` names the cause.
    """

    account: str
    at: datetime
    kind: str
    ref: str
    correlation_id: str
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class JournalRow:
    """An entry at its place: `position` counts 1, 2, 3... without a gap in each account."""

    position: int
    entry: Entry
    previous: str
    digest: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """The last row of an account's chain at some instant, kept where nobody can change it."""

    account: str
    position: int
    digest: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be; `position` is the row that tells, None where none."""

    subject: str
    expected: str
    found: str
    position: int | None = None

    @property
    def text(self) -> str:
        place = "" if self.position is None else f"position {self.position}: "
        return f"{place}{self.subject}: expected {self.expected}, found {self.found}"


def plain(value: object) -> object:
    """`value` as the JSON that reads back as it was written, in PostgreSQL too.

    Decimals become strings without an exponent, instants ISO text in UTC with microseconds. Raises
    InvalidValueError for a float or anything else that JSON may render in two ways.
    """
    if value is None or isinstance(value, bool):
        return value
    for kind, render in _PLAIN:
        if isinstance(value, kind):
            return render(value)
    raise InvalidValueError(f"Expected a value for the journal, was {value!r}")


def digest_of(entry: Entry, *, position: int, previous: str) -> str:
    """SHA-256 over the canonical form of the entry at that place behind `previous`, in hex."""
    content = [
        previous,
        position,
        entry.account,
        _instant_text(entry.at),
        entry.kind,
        entry.ref,
        entry.correlation_id,
        plain(entry.payload),
    ]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def chain(entries: Iterable[Entry], *, after: Anchor | None = None) -> list[JournalRow]:
    """The entries as rows, in that order, behind the last one of their account."""
    position, previous = (0, GENESIS) if after is None else (after.position, after.digest)
    rows = []
    for entry in entries:
        position += 1
        digest = digest_of(entry, position=position, previous=previous)
        rows.append(JournalRow(position, entry, previous, digest))
        previous = digest
    return rows


def verify(rows: Sequence[JournalRow], *, anchors: Iterable[Anchor] = ()) -> list[Finding]:
    """What is wrong with a whole chain, in its order; nothing when it stands.

    `anchors` are what was kept of it elsewhere; each must still be in it.
    """
    findings = []
    position, previous = 0, GENESIS
    for row in rows:
        position += 1
        findings += _check_link(row, position=position, previous=previous)
        position, previous = row.position, row.digest
    digests = {row.position: row.digest for row in rows}
    for anchor in anchors:
        found = digests.get(anchor.position)
        if found != anchor.digest:
            findings.append(
                Finding(
                    "anchored row", anchor.digest, found or _last_of(rows), position=anchor.position
                )
            )
    return findings


def anchor_of(rows: Sequence[JournalRow]) -> Anchor | None:
    """The end of the chain, None when it has not begun."""
    return Anchor(rows[-1].entry.account, rows[-1].position, rows[-1].digest) if rows else None


def _check_link(row: JournalRow, *, position: int, previous: str) -> list[Finding]:
    findings = []
    if row.position != position:
        findings.append(Finding("row", str(position), str(row.position), position=position))
    if row.previous != previous:
        findings.append(Finding("previous digest", previous, row.previous, row.position))
    try:
        digest = digest_of(row.entry, position=row.position, previous=row.previous)
    except InvalidValueError as problem:
        digest = f"a payload of plain values ({problem})"
    if row.digest != digest:
        findings.append(Finding("digest", digest, row.digest, row.position))
    return findings


def _last_of(rows: Sequence[JournalRow]) -> str:
    return f"an end at position {rows[-1].position}" if rows else "no rows"


def _decimal_text(value: Decimal) -> str:
    if not value.is_finite():
        raise InvalidValueError(f"Expected a finite number for the journal, was {value}")
    return format(value, "f")


def _instant_text(at: datetime) -> str:
    if at.tzinfo is None:
        raise InvalidValueError(f"Expected an aware instant for the journal, was {at}")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


# a subclass before its base: an IntEnum, a StrEnum and a datetime are written as what they are
_PLAIN: tuple[tuple[type | tuple[type, ...], Callable[[Any], object]], ...] = (
    (str, str),
    (int, int),
    (Decimal, _decimal_text),
    (datetime, _instant_text),
    (date, date.isoformat),
    (Mapping, lambda value: {str(key): plain(each) for key, each in value.items()}),
    ((list, tuple), lambda value: [plain(each) for each in value]),
)
