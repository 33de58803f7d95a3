import json
from datetime import UTC, datetime

import pytest

from local.web_host.gateway import HttpRequest, connection_event, http_answer, http_event
from local.web_host.guard import refusal

AT = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)


def request(**changes: object) -> HttpRequest:
    values: dict[str, object] = {
        "method": "POST",
        "path": "/api/halt",
        "query": "",
        "headers": {"host": "127.0.0.1:8420", "user-agent": "test"},
        "body": b"",
        "peer": "127.0.0.1",
        "at": AT,
        "request_id": "r",
        **changes,
    }
    return HttpRequest(**values)  # type: ignore[arg-type]  # assembled for the test


def test_a_request_becomes_an_http_api_event() -> None:
    event = http_event(request(query="a=1&b=", body=b'{"reason": "x"}'))

    assert event["version"] == "2.0"
    assert event["routeKey"] == "POST /api/halt"
    assert event["rawPath"] == "/api/halt"
    assert event["rawQueryString"] == "a=1&b="
    assert event["queryStringParameters"] == {"a": "1", "b": ""}
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["requestContext"]["time"] == "04/Mar/2024:15:00:00 +0000"
    assert json.loads(event["body"]) == {"reason": "x"}
    assert event["isBase64Encoded"] is False


def test_a_body_that_is_not_text_is_encoded() -> None:
    event = http_event(request(body=b"\xff\xfe"))

    assert event["isBase64Encoded"] is True
    assert event["body"] == "//4="


def test_a_connection_becomes_a_websocket_event() -> None:
    event = connection_event("CONNECT", connection_id="c", headers={}, query="ticket=1", at=AT)

    assert event["requestContext"]["routeKey"] == "$connect"
    assert event["requestContext"]["eventType"] == "CONNECT"
    assert event["queryStringParameters"] == {"ticket": "1"}


def test_answers_are_mapped_as_the_gateway_maps_them() -> None:
    plain = http_answer({"statusCode": 404, "headers": {"Content-Type": "text/html"}, "body": "x"})
    encoded = http_answer({"statusCode": 200, "body": "//4=", "isBase64Encoded": True})
    bare = http_answer({"a": 1})

    assert (plain.status, plain.body) == (404, b"x")
    assert plain.headers["content-type"] == "text/html"
    assert encoded.body == b"\xff\xfe"
    assert (bare.status, bare.body) == (200, b'{"a": 1}')


@pytest.mark.parametrize(
    ("method", "path", "headers", "passes"),
    [
        ("GET", "/", {"host": "127.0.0.1:8420"}, True),
        ("GET", "/", {"host": "localhost:8420"}, True),
        ("GET", "/", {"host": "evil.example:8420"}, False),
        ("GET", "/", {"host": "127.0.0.1:9999"}, False),
        ("GET", "/", {}, False),
        ("POST", "/api/halt", {"host": "127.0.0.1:8420"}, False),
        (
            "POST",
            "/api/halt",
            {"host": "127.0.0.1:8420", "origin": "http://evil.example"},
            False,
        ),
        (
            "POST",
            "/api/halt",
            {"host": "127.0.0.1:8420", "origin": "http://127.0.0.1:8420"},
            True,
        ),
        ("GET", "/live", {"host": "127.0.0.1:8420"}, False),
        ("GET", "/live", {"host": "127.0.0.1:8420", "origin": "null"}, False),
        (
            "GET",
            "/live",
            {"host": "localhost:8420", "origin": "http://localhost:8420"},
            True,
        ),
    ],
)
def test_only_our_own_page_passes(
    method: str, path: str, headers: dict[str, str], *, passes: bool
) -> None:
    reason = refusal(method=method, path=path, headers=headers, port=8420)

    assert (reason is None) is passes
