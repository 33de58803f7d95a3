"""What API Gateway makes of requests and answers: HTTP API payload format 2.0, WebSocket events.

Pure mapping; nothing here knows a socket.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

STAGE = "$default"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as it came; `headers` have lower-case names."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    peer: str
    at: datetime
    request_id: str


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def http_event(request: HttpRequest) -> dict[str, Any]:
    """The event that an HTTP API with Lambda proxy integration sends (format 2.0)."""
    route = f"{request.method} {request.path}"
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": dict(request.headers),
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": request.headers.get("host", ""),
            "domainPrefix": "local",
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.peer,
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": request.request_id,
            "routeKey": route,
            "stage": STAGE,
            "time": request.at.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(request.at.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if request.query:
        event["queryStringParameters"] = dict(parse_qsl(request.query, keep_blank_values=True))
    if request.body:
        event.update(_body(request.body))
    return event


def connection_event(
    kind: str, *, connection_id: str, headers: Mapping[str, str], query: str, at: datetime
) -> dict[str, Any]:
    """A WebSocket API's event; `kind` is CONNECT or DISCONNECT."""
    event: dict[str, Any] = {
        "headers": dict(headers),
        "requestContext": {
            "routeKey": f"${kind.lower()}",
            "eventType": kind,
            "connectionId": connection_id,
            "apiId": "local",
            "stage": "live",
            "domainName": headers.get("host", ""),
            "requestTimeEpoch": int(at.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(parse_qsl(query, keep_blank_values=True))
    return event


def http_answer(returned: Any) -> HttpAnswer:
    """What the client gets for a handler's return value; without a statusCode it is JSON, 200."""
    if not isinstance(returned, dict) or "statusCode" not in returned:
        data = json.dumps(returned).encode()
        return HttpAnswer(200, {"content-type": "application/json"}, data)
    text = returned.get("body") or ""
    body = base64.b64decode(text) if returned.get("isBase64Encoded") else text.encode()
    headers = {name.lower(): str(value) for name, value in (returned.get("headers") or {}).items()}
    for name, values in (returned.get("multiValueHeaders") or {}).items():
        headers[name.lower()] = ",".join(str(value) for value in values)
    headers.setdefault("content-type", "application/json")
    return HttpAnswer(int(returned["statusCode"]), headers, body)


def _body(body: bytes) -> dict[str, Any]:
    try:
        return {"body": body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
