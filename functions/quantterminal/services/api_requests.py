"""What a person may ask for over the API, once per idempotency key, always with a reason."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.events import CancelOrders, Message
from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.risk import HaltLevel
from quantterminal.ports.archive import Archive
from quantterminal.ports.bus import Outgoing
from quantterminal.ports.ledger import AccountLedger, OrderLedger
from quantterminal.ports.telemetry import Telemetry
from quantterminal.services.close_position import close_position
from quantterminal.services.dashboard import DashboardRuntime
from quantterminal.services.flatten import Flattened, FlattenRuntime, cancel_all, flatten
from quantterminal.services.resume import resume
from quantterminal.topology import ORDERS

_SCOPED = re.compile(r"(strategy|symbol):\S{1,50}")
_MAX_REASON = 200
_MAX_KEY = 100
_REPEATED: dict[str, object] = {
    "changed": False,
    "message": "This request was carried out before",
}


@dataclass(frozen=True, slots=True)
class ApiRuntime:
    dashboard: DashboardRuntime
    accounts: AccountLedger
    orders: OrderLedger
    flattening: FlattenRuntime
    archive: Archive
    telemetry: Telemetry


@dataclass(frozen=True, slots=True)
class Request:
    """A checked request. `subject` is what it is about: a scope, an order, a symbol.

    `quantity` is whole shares, None means all.
    """

    actor: str
    reason: str
    key: str
    at: datetime
    subject: str = ACCOUNT
    quantity: int | None = None


def command(
    verb: str, body: Mapping[str, object], *, actor: str, key: str, runtime: ApiRuntime
) -> dict[str, object]:
    """Carry out one of `VERBS`; `message` says what it did. A key acts only once.

    After a crash in between, a repeated key acts again where that stops trading or asks for the
    same orders, never where it resumes. `body` holds "reason" and what the verb is about: "scope"
    (halt, resume, flatten, cancel-all: account, strategy:NAME or symbol:NAME, the account when
    absent), "order" (cancel), "symbol" and perhaps "quantity" (close). Raises InvalidValueError
    that says what was expected.
    """
    if verb not in VERBS:
        raise InvalidValueError(f"Expected one of {tuple(VERBS)}, was {verb!r}")
    if not 0 < len(key) <= _MAX_KEY:
        raise InvalidValueError(f"Expected an Idempotency-Key of 1 to {_MAX_KEY} characters")
    account, now = runtime.flattening.trading.account, runtime.flattening.clock.now()
    request = _checked(verb, body, actor=actor, key=key, at=now)
    asked = f"{verb}:{key}"
    if runtime.accounts.is_done(account, name="api", key=asked):
        return _REPEATED
    if verb == "resume" and not runtime.accounts.once(account, name="api", key=asked, at=now):
        return _REPEATED
    payload = {"reason": request.reason, "actor": actor, "scope": request.subject}
    runtime.accounts.note(account, kind="operator", ref=verb, payload=payload, at=now)
    runtime.telemetry.record("OperatorCommand", verb=verb, actor=actor, reason=request.reason)
    answer = VERBS[verb](request, runtime)
    runtime.accounts.once(account, name="api", key=asked, at=now)
    return answer


def _halt(request: Request, runtime: ApiRuntime) -> dict[str, object]:
    changed = runtime.flattening.halts.raise_halt(
        request.subject,
        HaltLevel.REDUCE_ONLY,
        code=HaltCode.OPERATOR,
        reason=request.reason,
        actor=request.actor,
    )
    outcome = "takes no new entries" if changed else "was halted already"
    return _told(f"{request.subject} {outcome}", changed=changed)


def _resume(request: Request, runtime: ApiRuntime) -> dict[str, object]:
    changed = resume(
        request.subject, actor=request.actor, reason=request.reason, desk=runtime.flattening
    )
    outcome = "is active again" if changed else "was not halted"
    return _told(f"{request.subject} {outcome}", changed=changed)


def _flatten(request: Request, runtime: ApiRuntime) -> dict[str, object]:
    flattened = flatten(
        actor=request.actor,
        reason=request.reason,
        runtime=runtime.flattening,
        scope=request.subject,
        key=request.key,
    )
    return _told(_flatten_message(flattened))


def _flatten_message(flattened: Flattened) -> str:
    said = [f"No new entries; closing {flattened.closing} positions"]
    if flattened.stale:
        said.append(f"the last price is old for {', '.join(flattened.stale)}")
    if flattened.unpriced:
        said.append(f"no price is known for {', '.join(flattened.unpriced)}: close by hand")
    return "; ".join(said)


def _cancel_all(request: Request, runtime: ApiRuntime) -> dict[str, object]:
    cause = f"cancel:{runtime.flattening.trading.account}:{request.key}"
    cancel_all(cause, reason="operator", runtime=runtime.flattening, scope=request.subject)
    return _told(f"Canceling all working orders of {request.subject}")


def _cancel(request: Request, runtime: ApiRuntime) -> dict[str, object]:
    account, order_id = runtime.flattening.trading.account, request.subject
    order = runtime.orders.order(order_id)
    if order is None:
        raise InvalidValueError(f"Expected an order of this account, was {order_id[:60]!r}")
    if not order.status.is_working:
        return _told(f"{order_id} is {order.status} already", changed=False)
    cause = f"cancel:{account}:{request.key}"
    message = Message(
        id=f"{cause}:{order_id}",
        correlation_id=cause,
        causation_id=cause,
        occurred_at=request.at,
        payload=CancelOrders(account, reason="operator", client_order_id=order_id),
    )
    runtime.flattening.bus.send([Outgoing(ORDERS, f"{account}:cancel", message)])
    return _told(f"Asked the broker to cancel {order_id}")


def _close(request: Request, runtime: ApiRuntime) -> dict[str, object]:
    shares = close_position(
        request.subject,
        request.quantity,
        key=request.key,
        runtime=runtime.flattening,
    )
    return _told(f"Closing {shares:f} {request.subject}")


VERBS: dict[str, Callable[[Request, ApiRuntime], dict[str, object]]] = {
    "halt": _halt,
    "resume": _resume,
    "flatten": _flatten,
    "cancel": _cancel,
    "cancel-all": _cancel_all,
    "close": _close,
}
# What a request of each verb is about: the field of its body, and the other fields it may have.
_SUBJECTS = {
    "halt": ("scope", ()),
    "resume": ("scope", ()),
    "flatten": ("scope", ()),
    "cancel": ("order", ()),
    "cancel-all": ("scope", ()),
    "close": ("symbol", ("quantity",)),
}


def _told(message: str, *, changed: bool = True) -> dict[str, object]:
    return {"changed": changed, "message": message}


def _checked(
    verb: str, body: Mapping[str, object], *, actor: str, key: str, at: datetime
) -> Request:
    about, others = _SUBJECTS[verb]
    unknown = set(body) - {"reason", about, *others}
    if unknown:
        allowed = " and ".join(("reason", about, *others))
        raise InvalidValueError(f"Expected only {allowed}, found {sorted(unknown)}")
    reason = _text(body.get("reason"), "a reason")
    subject = _text(body.get(about, ACCOUNT if about == "scope" else None), f"{about}: a name")
    if about == "scope" and not (subject == ACCOUNT or _SCOPED.fullmatch(subject)):
        raise InvalidValueError(
            f"Expected a scope of account, strategy:NAME or symbol:NAME, was {subject!r}"
        )
    return Request(actor, reason, key, at, subject, _shares(body.get("quantity")))


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _MAX_REASON:
        raise InvalidValueError(f"Expected {what} of 1 to {_MAX_REASON} characters, was {value!r}")
    return value.strip()


def _shares(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidValueError(f"Expected whole shares above 0 as quantity, was {value!r}")
    return value
