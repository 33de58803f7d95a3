"""The deploy step of the ledger: its schema and its account, before new code may write.

CloudFormation calls it as a custom resource and waits for an answer at a one-time address; a deploy
whose migration fails is rolled back. Called by hand it only answers.
"""

import json
import traceback
from typing import Any

import urllib3

from quantterminal import bootstrap
from quantterminal.domain.errors import PermanentError

_LONGEST_REASON = 1000
_ANSWER_S = 10.0


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """`applied` names the migrations that were applied now. Deleting the stack changes nothing."""
    if "ResponseURL" not in event:
        return {"applied": bootstrap.prepare_ledger()}
    try:
        applied = [] if event["RequestType"] == "Delete" else bootstrap.prepare_ledger()
    except Exception as problem:  # noqa: BLE001 - process edge: CloudFormation waits for a word
        traceback.print_exc()
        _answer(event, "FAILED", f"{type(problem).__name__}: {problem}")
        return {"applied": []}
    _answer(event, "SUCCESS", f"applied: {', '.join(applied) or 'nothing new'}")
    return {"applied": applied}


def _answer(event: dict[str, Any], status: str, reason: str) -> None:
    body = {
        "Status": status,
        "Reason": reason[:_LONGEST_REASON],
        "PhysicalResourceId": event.get("PhysicalResourceId", "ledger"),
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    # The address is signed for an empty content type.
    answer = urllib3.PoolManager().request(
        "PUT",
        event["ResponseURL"],
        body=json.dumps(body).encode(),
        headers={"content-type": ""},
        timeout=_ANSWER_S,
        retries=3,
    )
    if answer.status >= 300:
        raise PermanentError(f"Expected CloudFormation to take the answer, was {answer.status}")
