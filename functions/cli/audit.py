"""`qt audit verify`: the journal of a run on this machine, or of the ledger that the environment
names as it does for any process of the system.
"""

import os
from pathlib import Path
from typing import Any

from local.errors import UsageError
from local.run_folder import newest_run, read_environment
from quantterminal import bootstrap
from quantterminal.domain.errors import ConfigurationError, PermanentError, RetryableError
from quantterminal.services.audit import Audit, audit


def verify(run_dir: Path | None) -> Audit:
    """The audit of `run_dir`'s ledger, of the environment's where it names one, else of the newest
    run below the current folder.

    Raises UsageError when there is none, or it cannot be read.
    """
    if run_dir is not None or not os.environ.get("QT_CONFIG"):
        found = run_dir or newest_run()
        if found is None:
            raise UsageError(
                "Expected a run on this machine or QT_CONFIG in the environment, was neither"
            )
        os.environ.update(read_environment(found))
    try:
        return audit(runtime=bootstrap.audit_runtime())
    except (RetryableError, PermanentError, ConfigurationError) as problem:
        raise UsageError(f"The journal cannot be read: {problem}") from problem


def summary(found: Audit) -> dict[str, Any]:
    """One JSON object; `anchors` is null when the archive could not be read."""
    return {
        "account": found.account,
        "rows": found.rows,
        "anchors": found.anchors,
        "whole": not found.findings,
        "findings": [
            {
                "position": each.position,
                "subject": each.subject,
                "expected": each.expected,
                "found": each.found,
            }
            for each in found.findings
        ],
    }


def lines(found: Audit) -> list[str]:
    anchors = "archive not readable" if found.anchors is None else f"{found.anchors} anchors"
    head = f"{found.account}: {found.rows} rows, {anchors}"
    if not found.findings:
        return [f"{head}: whole, and equal to the ledger's books"]
    more = len(found.findings) - 1
    rest = [f"and {more} more; --json lists all"] if more else []
    return [f"{head}: BROKEN", found.findings[0].text, *rest]
