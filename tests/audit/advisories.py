"""Asks the advisory services whether a locked library is known to be vulnerable.

`python -m tests.audit.advisories` ends with 0 when every library was looked up and none is known
to be vulnerable, 1 when one is, and 3 when a service did not answer: nothing is known then, and
that is never taken for good news. pip-audit by itself calls a library that it could not look up
"skipped" and ends with 0.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.audit.npm import npm
from tests.locks import LOCKS, ROOT

CLEAN, VULNERABLE, NOT_AUDITED = 0, 1, 3
SERVICES = ("osv", "pypi")  # the second is asked where the first does not answer
TIMEOUT_S = 15


class NotAuditedError(Exception):
    """A service did not answer for everything in a lock; the text says what is not known."""


@dataclass(frozen=True, slots=True)
class Advisory:
    """One library that is known to be vulnerable."""

    lock: str
    library: str
    ids: tuple[str, ...]


def read_pip_audit(lock: str, answer: str) -> tuple[Advisory, ...]:
    """What pip-audit's JSON says. Raises NotAuditedError when it looked up less than everything."""
    try:
        dependencies: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError) as problem:
        raise NotAuditedError(f"{lock}: the advisory service did not answer") from problem
    skipped = [each["name"] for each in dependencies if "skip_reason" in each]
    if skipped or not dependencies:
        some = ", ".join(skipped[:3])
        raise NotAuditedError(f"{lock}: {len(skipped)} libraries were not looked up ({some} ...)")
    return tuple(
        Advisory(lock, f"{each['name']} {each['version']}", tuple(v["id"] for v in each["vulns"]))
        for each in dependencies
        if each["vulns"]
    )


def read_npm_audit(lock: str, answer: str) -> tuple[Advisory, ...]:
    """What npm's JSON says; as `read_pip_audit`."""
    try:
        found = json.loads(answer)
        vulnerabilities: dict[str, dict[str, Any]] = found["vulnerabilities"]
    except (ValueError, KeyError, TypeError) as problem:
        raise NotAuditedError(f"{lock}: the advisory service did not answer") from problem
    return tuple(
        Advisory(lock, name, (str(each["severity"]),)) for name, each in vulnerabilities.items()
    )


def audit_python(lock: str) -> tuple[Advisory, ...]:
    """Looks up every pin of a hashed lock. Raises NotAuditedError when no service could."""
    problems = []
    for service in SERVICES:
        command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", service]
        command += ["--require-hashes", "--disable-pip", "--requirement", lock]
        command += ["--format", "json", "--progress-spinner", "off", "--timeout", str(TIMEOUT_S)]
        try:
            return read_pip_audit(lock, _output(command))
        except NotAuditedError as problem:
            problems.append(f"{problem} ({service})")
    raise NotAuditedError("; ".join(problems))


def audit_page() -> tuple[Advisory, ...]:
    """The libraries that reach the browser; what only builds the page is not among them."""
    command = npm("audit", "--omit=dev", "--json", "--fetch-retries=1")
    return read_npm_audit("web/package-lock.json", _output(command))


def audit_everything() -> Iterator[tuple[Advisory, ...] | NotAuditedError]:
    audits = [*((audit_python, (lock.path,)) for lock in LOCKS), (audit_page, ())]
    for audit, arguments in audits:
        try:
            yield audit(*arguments)
        except NotAuditedError as problem:
            yield problem


def _output(command: list[str]) -> str:
    """Standard output alone: both tools end with 1 for good and for bad reasons."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout


def report(results: Iterator[tuple[Advisory, ...] | NotAuditedError]) -> int:
    """Says what was found, one line each, and returns the exit status."""
    code = CLEAN
    for result in results:
        if isinstance(result, NotAuditedError):
            sys.stderr.write(f"audit: NOT AUDITED: {result}\n")
            code = code or NOT_AUDITED
            continue
        for each in result:
            sys.stderr.write(f"audit: {each.lock}: {each.library}: {', '.join(each.ids)}\n")
            code = VULNERABLE
    said = {CLEAN: "nothing known", VULNERABLE: "VULNERABLE", NOT_AUDITED: "NOT AUDITED"}
    sys.stderr.write(f"audit: {said[code]}\n")
    return code


if __name__ == "__main__":
    sys.exit(report(audit_everything()))
