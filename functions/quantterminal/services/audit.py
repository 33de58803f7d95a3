"""Whether the journal is whole, and whether it alone leads to the books that the ledger shows.

The end of the chain is kept in the archive each evening, where nothing is changed: a tail that was
cut off later, or a chain that was written anew, no longer has it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.errors import InvalidValueError, PermanentError, RetryableError
from quantterminal.domain.journal import Anchor, Finding, verify
from quantterminal.domain.replay import compare, replay
from quantterminal.ports.archive import Archive
from quantterminal.ports.journal import Journal

_SUFFIX = ".anchor.json"
_CONTENT_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class AuditRuntime:
    """What the audit works with."""

    trading: TradingConfig
    journal: Journal
    archive: Archive


@dataclass(frozen=True, slots=True)
class Audit:
    """What was looked at and what is wrong; `findings` come chain first, then row by row.

    `anchors` is None when the archive could not be read.
    """

    account: str
    rows: int
    anchors: int | None
    findings: Sequence[Finding]


def audit(*, runtime: AuditRuntime) -> Audit:
    """Verify the chain against its anchors, replay it, and compare with the tables.

    The books are compared only where the chain stands: a broken chain leads nowhere. Raises
    RetryableError when the ledger cannot be read now.
    """
    account = runtime.trading.account
    anchors = _anchors(runtime.archive, account)
    material = runtime.journal.material(account)
    findings = verify(material.rows, anchors=anchors or ())
    if not findings:
        replayed = replay(material.rows)
        findings = [*replayed.problems, *compare(replayed, material.books)]
    return Audit(account, len(material.rows), None if anchors is None else len(anchors), findings)


def keep_anchor(
    day: date, *, journal: Journal, archive: Archive, trading: TradingConfig
) -> str | None:
    """Keep the end of the chain beside the day's trade log; its key, None without a journal.

    `trade-log/{account}/{day}.anchor.json`, or `{day}.{n}.anchor.json` (n from 1) beside others.
    Raises RetryableError when ledger or archive cannot answer now: call it again.
    """
    anchor = journal.head(trading.account)
    if anchor is None:
        return None
    fields = {"account": anchor.account, "position": anchor.position, "digest": anchor.digest}
    body = json.dumps(fields).encode()
    base = f"{_folder(trading.account)}{day.isoformat()}"
    for number in count():
        key = f"{base}.{number}{_SUFFIX}" if number else f"{base}{_SUFFIX}"
        if archive.put_once(key, body, _CONTENT_TYPE) or archive.get(key) == body:
            return key
    raise AssertionError("count() does not end")


def _anchors(archive: Archive, account: str) -> list[Anchor] | None:
    try:
        keys = [key for key in archive.list(_folder(account)) if key.endswith(_SUFFIX)]
        return [_anchor(key, archive.get(key)) for key in keys]
    except (RetryableError, PermanentError):
        return None


def _anchor(key: str, body: bytes) -> Anchor:
    try:
        found = json.loads(body)
        return Anchor(str(found["account"]), int(found["position"]), str(found["digest"]))
    except (ValueError, KeyError, TypeError) as problem:
        raise InvalidValueError(f"Expected an anchor under {key}, was {body[:80]!r}") from problem


def _folder(account: str) -> str:
    return f"trade-log/{account}/"
