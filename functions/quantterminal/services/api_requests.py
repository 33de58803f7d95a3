"""What a person may ask for over the API, once per idempotency key, always with a reason."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.risk import HaltLevel
from quantterminal.ports.archive import Archive
from quantterminal.ports.ledger import AccountLedger
from quantterminal.ports.telemetry import Telemetry
from quantterminal.services.dashboard import DashboardRuntime
from quantterminal.services.flatten import Flattened, FlattenRuntime, cancel_all, flatten
from quantterminal.services.resume import resume

_SCOPED = re.compile(r"(strategy|symbol):\S{1,50}")
_MAX_REASON = 200
_MAX_KEY = 100
_VERBS = ("halt", "resume", "flatten", "cancel-all")
_REPEATED: dict[str, object] = {
    "changed": False,
    "message": "This request was carried out before",
}


@dataclass(frozen=True, slots=True)
class ApiRuntime:
    dashboard: DashboardRuntime
    accounts: AccountLedger
    flattening: FlattenRuntime
    archive: Archive
    telemetry: Telemetry


def command(
    verb: str, body: Mapping[str, object], *, actor: str, key: str, runtime: ApiRuntime
) -> dict[str, object]:
    """Carry out `halt`, `resume`, `flatten` or `cancel-all`; `message` says what it did. A key acts
    only once.

    After a crash in between, a repeated key acts again where that stops trading, never where it
    resumes it. `body` is {"reason": text, "scope": account (the default), strategy:NAME or
    symbol:NAME}. Raises InvalidValueError that says what was expected.
    """
    reason, scope = _checked(verb, body)
    if not 0 < len(key) <= _MAX_KEY:
        raise InvalidValueError(f"Expected an Idempotency-Key of 1 to {_MAX_KEY} characters")
    desk = runtime.flattening
    account = desk.trading.account
    now = desk.clock.now()
    asked = f"{verb}:{key}"
    if runtime.accounts.is_done(account, name="api", key=asked):
        return _REPEATED
    if verb == "resume" and not runtime.accounts.once(account, name="api", key=asked, at=now):
        return _REPEATED
    payload = {"reason": reason, "actor": actor, "scope": scope}
    runtime.accounts.note(account, kind="operator", ref=verb, payload=payload, at=now)
    runtime.telemetry.record("OperatorCommand", verb=verb, actor=actor, reason=reason)
    answer = _carry_out(verb, scope, actor=actor, reason=reason, key=key, desk=desk)
    runtime.accounts.once(account, name="api", key=asked, at=now)
    return answer


def _carry_out(
    verb: str, scope: str, *, actor: str, reason: str, key: str, desk: FlattenRuntime
) -> dict[str, object]:
    if verb == "halt":
        changed = desk.halts.raise_halt(
            scope, HaltLevel.REDUCE_ONLY, code=HaltCode.OPERATOR, reason=reason, actor=actor
        )
        outcome = "takes no new entries" if changed else "was halted already"
        return {"changed": changed, "message": f"{scope} {outcome}"}
    if verb == "resume":
        changed = resume(scope, actor=actor, reason=reason, desk=desk)
        outcome = "is active again" if changed else "was not halted"
        return {"changed": changed, "message": f"{scope} {outcome}"}
    if verb == "cancel-all":
        cause = f"cancel:{desk.trading.account}:{key}"
        cancel_all(cause, reason="operator", runtime=desk, scope=scope)
        return {"changed": True, "message": f"Canceling all working orders of {scope}"}
    flattened = flatten(actor=actor, reason=reason, runtime=desk, scope=scope, key=key)
    return {"changed": True, "message": _flatten_message(flattened)}


def _flatten_message(flattened: Flattened) -> str:
    said = [f"No new entries; closing {flattened.closing} positions"]
    if flattened.stale:
        said.append(f"the last price is old for {', '.join(flattened.stale)}")
    if flattened.unpriced:
        said.append(f"no price is known for {', '.join(flattened.unpriced)}: close by hand")
    return "; ".join(said)


def _checked(verb: str, body: Mapping[str, object]) -> tuple[str, str]:
    if verb not in _VERBS:
        raise InvalidValueError(f"Expected one of {_VERBS}, was {verb!r}")
    unknown = set(body) - {"reason", "scope"}
    if unknown:
        raise InvalidValueError(f"Expected only reason and scope, found {sorted(unknown)}")
    reason, scope = body.get("reason"), body.get("scope", ACCOUNT)
    if not isinstance(reason, str) or not 0 < len(reason.strip()) <= _MAX_REASON:
        raise InvalidValueError(
            f"Expected a reason of 1 to {_MAX_REASON} characters, was {reason!r}"
        )
    if not isinstance(scope, str) or not (scope == ACCOUNT or _SCOPED.fullmatch(scope)):
        raise InvalidValueError(
            f"Expected a scope of account, strategy:NAME or symbol:NAME, was {scope!r}"
        )
    return reason.strip(), scope
