"""What an answer to an order means, by status, code and message together.

Alpaca's codes are not unique (40310000 has five meanings, 40010001 two), so a word is only given
where all three agree; everything else is UNKNOWN_REJECTION. A rejection is a proof that nothing was
accepted; an answer that proves nothing is ambiguous.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from quantterminal.adapters.alpaca.codec import parse
from quantterminal.domain.errors import (
    AmbiguousError,
    MessageError,
    OrderRejectedError,
    QuantTerminalError,
    RetryableError,
)
from quantterminal.ports.broker import Refusal

_LONGEST_RESET_S = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Rejection:
    word: str
    statuses: frozenset[int]
    codes: frozenset[int]
    pattern: str


def _rejection(word: str, status: int, code: int, pattern: str) -> _Rejection:
    return _Rejection(word, frozenset({status}), frozenset({code}), pattern)


_ASSET_CODES = frozenset({40410000, 42210000, 40010001})
_REJECTIONS = (
    _rejection(Refusal.DUPLICATE, 422, 40010001, "client_order_id must be unique"),
    _rejection("INSUFFICIENT_BUYING_POWER", 403, 40310000, "insufficient buying power"),
    _rejection("INSUFFICIENT_QUANTITY", 403, 40310000, "insufficient qty"),
    # 422/42210000 with the same words was seen in 2024
    _Rejection(
        Refusal.WASH_TRADE,
        frozenset({403, 422}),
        frozenset({40310000, 42210000}),
        "wash trade",
    ),
    _rejection("OPPOSITE_SIDE_OPEN", 403, 40310000, "order is open"),
    _rejection("NOT_FRACTIONABLE", 403, 40310000, "is not fractionable"),
    _rejection("SUSPENDED_BY_USER", 403, 40310000, "rejected by user request"),
    _rejection("PATTERN_DAY_TRADING", 403, 40310100, "pattern day trading"),
    _rejection("SUB_PENNY", 422, 42210000, "sub-penny"),
    _rejection("FRACTIONAL_RULES", 422, 42210000, "fractional orders must"),
    _rejection("EXTENDED_HOURS_RULES", 422, 42210000, "extended hours order"),
    _rejection("NOT_ALLOWED_FOR_ACCOUNT", 422, 40010001, "not allowed for account"),
    _Rejection(
        Refusal.NOT_TRADABLE,
        frozenset({403, 422}),
        frozenset({40310000, 42210000, 40010001}),
        r"asset .*(not tradable|not active|inactive)",
    ),
    _rejection("INVALID_REQUEST", 400, 40010000, "request body format is invalid"),
    _Rejection("UNKNOWN_ASSET", frozenset({404, 422}), _ASSET_CODES, r"asset .*not found"),
)


def refused_submit(answer: Answer, *, unix_now: float) -> QuantTerminalError:
    """The error that a non-2xx answer to a submit stands for.

    OrderRejectedError: proven refused. RetryableError: not accepted for its rate. AmbiguousError:
    a time-out or a failure behind the front door, where the order may have landed.
    """
    if answer.status == 429:
        return rate_limited(answer, unix_now=unix_now)
    if not 400 <= answer.status < 500 or answer.status in (408, 499):
        return AmbiguousError(f"Submit: expected 200, was {answer.status} {answer.body[:200]!r}")
    code, message = _error_body(answer.body)
    text = f"Submit refused: {answer.status} {code} {message}"
    return OrderRejectedError(text, code=_word(answer.status, code, message))


def refuses_keys(answer: Answer) -> bool:
    """Whether the broker turned the keys down, not the request; the body may be HTML.

    A 403 with a code is about an order, one without is about who asks.
    """
    if answer.status == 401:
        return True
    return answer.status == 403 and _error_body(answer.body)[0] is None


def rate_limited(answer: Answer, *, unix_now: float) -> RetryableError:
    """429 with the wait that `X-RateLimit-Reset` (unix seconds) asks for, at most a minute."""
    wait = None
    try:
        reset = float(answer.headers.get("X-RateLimit-Reset", ""))
        wait = min(max(reset - unix_now, 0.0), _LONGEST_RESET_S)
    except ValueError:
        wait = None
    return RetryableError("The broker's rate limit is reached (429)", retry_after_s=wait)


def _word(status: int, code: int | None, message: str) -> str:
    if status == 401:  # the body may be HTML
        return Refusal.UNAUTHORIZED
    for each in _REJECTIONS:
        if status in each.statuses and code in each.codes and re.search(each.pattern, message):
            return each.word
    return Refusal.UNKNOWN


def _error_body(body: bytes) -> tuple[int | None, str]:
    try:
        fields = parse(body)
    except MessageError:
        fields = None
    if not isinstance(fields, dict):
        return None, body[:200].decode("utf-8", errors="replace")
    code = fields.get("code")
    return code if isinstance(code, int) else None, str(fields.get("message", ""))
