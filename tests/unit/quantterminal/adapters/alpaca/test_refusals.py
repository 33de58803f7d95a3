"""The broker's error bodies, each with what it means for an order."""

import json
from typing import Any

import pytest

from quantterminal.adapters.alpaca.refusals import Answer, refused_submit
from quantterminal.domain.errors import AmbiguousError, OrderRejectedError, RetryableError
from tests.project_files import ROOT

BODIES = ROOT.parent / "shared" / "protocols" / "alpaca" / "error_bodies.json"

REJECTIONS = [
    (403, 40310000, "insufficient buying power", "INSUFFICIENT_BUYING_POWER"),
    (
        403,
        40310000,
        "insufficient qty available for order (requested: 70, available: 0)",
        "INSUFFICIENT_QUANTITY",
    ),
    (403, 40310000, "potential wash trade detected. use complex orders", "WASH_TRADE"),
    (422, 42210000, "potential wash trade detected. use complex orders", "WASH_TRADE"),
    (
        403,
        40310000,
        "cannot open a long buy while a short sell order is open",
        "OPPOSITE_SIDE_OPEN",
    ),
    (403, 40310000, 'asset "OCGN" is not fractionable', "NOT_FRACTIONABLE"),
    (403, 40310000, "new orders are rejected by user request", "SUSPENDED_BY_USER"),
    (403, 40310100, "trade denied due to pattern day trading protection", "PATTERN_DAY_TRADING"),
    (422, 40010001, "client_order_id must be unique", "DUPLICATE_CLIENT_ORDER_ID"),
    (422, 40010001, "us_equity orders not allowed for account", "NOT_ALLOWED_FOR_ACCOUNT"),
    (
        422,
        42210000,
        "invalid limit_price 9.123. sub-penny increment does not fulfill minimum pricing criteria",
        "SUB_PENNY",
    ),
    (422, 42210000, "fractional orders must be DAY orders", "FRACTIONAL_RULES"),
    (422, 42210000, "extended hours order must be DAY limit orders", "EXTENDED_HOURS_RULES"),
    (422, 42210000, 'asset "NOPE" not found', "UNKNOWN_ASSET"),
    (404, 40410000, "asset not found for NOPE", "UNKNOWN_ASSET"),
    (400, 40010000, "request body format is invalid", "INVALID_REQUEST"),
    (401, 40110000, "request is not authorized.", "UNAUTHORIZED"),
]


def answer(status: int, body: Any, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, headers, raw)


@pytest.mark.parametrize(("status", "code", "message", "word"), REJECTIONS)
def test_f05_a_body_is_named_by_status_code_and_message(
    status: int, code: int, message: str, word: str
) -> None:
    refusal = refused_submit(answer(status, {"code": code, "message": message}), unix_now=0.0)

    assert isinstance(refusal, OrderRejectedError)
    assert refusal.code == word
    assert message in str(refusal)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (422, {"code": 40310000, "message": "insufficient buying power"}),
        (403, {"code": 40010001, "message": "insufficient buying power"}),
        (403, {"code": 40310000, "message": "a new reason"}),
        (403, {"message": "insufficient buying power"}),
        (403, {"code": 40310000, "message": None}),
        (422, []),
        (422, b"<html>no</html>"),
        (400, b""),
        (411, b"\xff"),
    ],
)
def test_f05_what_does_not_agree_in_all_three_is_an_unknown_rejection(
    status: int, body: Any
) -> None:
    refusal = refused_submit(answer(status, body), unix_now=0.0)

    assert isinstance(refusal, OrderRejectedError)
    assert refusal.code == "UNKNOWN_REJECTION"


def test_unauthorized_may_be_a_page() -> None:
    refusal = refused_submit(answer(401, b"<html>login</html>"), unix_now=0.0)

    assert isinstance(refusal, OrderRejectedError)
    assert refusal.code == "UNAUTHORIZED"


@pytest.mark.parametrize("status", [302, 408, 499, 500, 502, 503, 504, 520])
def test_f01_an_answer_that_proves_nothing_is_ambiguous(status: int) -> None:
    assert isinstance(refused_submit(answer(status, b""), unix_now=0.0), AmbiguousError)


@pytest.mark.parametrize(
    ("reset", "wait"),
    [("1012.5", 12.5), ("900", 0.0), ("99999", 60.0), ("soon", None), (None, None)],
)
def test_f06_a_rate_limit_says_when_to_come_again(reset: str | None, wait: float | None) -> None:
    headers = {} if reset is None else {"X-RateLimit-Reset": reset}

    limited = refused_submit(Answer(429, headers, b"{}"), unix_now=1000.0)

    assert isinstance(limited, RetryableError)
    assert limited.retry_after_s == wait


@pytest.mark.skipif(not BODIES.exists(), reason="the collected bodies are not part of the project")
def test_every_collected_body_about_an_order_has_a_name() -> None:
    submits = [
        (refused_submit(answer(status, body), unix_now=0.0), body)
        for status, body, _ in json.loads(BODIES.read_text())["errors"]
        if status not in (429, 504)
    ]

    unnamed = [
        body["message"]
        for refusal, body in submits
        if isinstance(refusal, OrderRejectedError) and refusal.code == "UNKNOWN_REJECTION"
    ]
    # these three answer other requests than a submit
    assert sorted(unnamed) == [
        "order is not cancelable",
        "order not found for <uuid>",
        "position does not exist",
    ]
