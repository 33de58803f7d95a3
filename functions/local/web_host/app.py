"""Serves the built page, the REST API through its handler, and the live socket, on loopback."""

import asyncio
import logging
import mimetypes
import uuid
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from local.pump.lambda_function import LambdaFunction
from local.web_host.gateway import (
    HttpRequest,
    connection_event,
    http_answer,
    http_event,
)
from local.web_host.guard import DOCUMENT_POLICY, SECURITY_HEADERS, refusal

_log = logging.getLogger(__name__)

_MOST_SOCKETS = 16
_MOST_BODY = 256 * 1024
_NOT_BUILT = "The page has not been built: run `make run`, or `npm run build` in web/.\n"


@dataclass(frozen=True, slots=True)
class Backend:
    """The two functions behind the page."""

    api: LambdaFunction
    live: LambdaFunction


class WebHost:
    """The aiohttp application of one port."""

    def __init__(self, backend: Backend, *, dist: Path, port: int) -> None:
        self._backend = backend
        self._dist = dist.resolve()
        self._port = port
        # One thread each, as Lambda gives each function one environment.
        self._api_thread = ThreadPoolExecutor(1, thread_name_prefix="api")
        self._live_thread = ThreadPoolExecutor(1, thread_name_prefix="live")
        self._sockets: dict[str, web.WebSocketResponse] = {}

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._guarded], client_max_size=_MOST_BODY)
        app.router.add_route("*", "/api/{path:.*}", self._call_api)
        app.router.add_get("/live", self._live)
        app.router.add_post("/live/@connections/{connection_id}", self._push)
        app.router.add_delete("/live/@connections/{connection_id}", self._end)
        app.router.add_get("/{path:.*}", self._page)
        app.on_shutdown.append(self._close_sockets)
        return app

    @web.middleware
    async def _guarded(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        reason = refusal(
            method=request.method, path=request.path, headers=_headers(request), port=self._port
        )
        if reason is not None:
            return web.Response(status=403, text=f"{reason}\n", headers=SECURITY_HEADERS)
        return await handler(request)

    async def _call_api(self, request: web.Request) -> web.Response:
        event = http_event(
            HttpRequest(
                method=request.method,
                path=request.path,
                query=request.query_string,
                headers=_headers(request),
                body=await request.read(),
                peer=request.remote or "",
                at=datetime.now(UTC),
                request_id=str(uuid.uuid4()),
            )
        )
        loop = asyncio.get_running_loop()
        try:
            returned = await loop.run_in_executor(self._api_thread, self._backend.api.invoke, event)
        except Exception:  # noqa: BLE001 - process edge: as API Gateway answers a failed Lambda
            _log.exception("%s %s failed", request.method, request.path)
            return web.json_response(
                {"message": "Internal Server Error"}, status=500, headers=SECURITY_HEADERS
            )
        answer = http_answer(returned)
        return web.Response(
            status=answer.status, body=answer.body, headers=_api_headers(answer.headers)
        )

    async def _live(self, request: web.Request) -> web.StreamResponse:
        if len(self._sockets) >= _MOST_SOCKETS:
            return web.Response(status=503, text="Too many live connections\n")
        connection_id = uuid.uuid4().hex
        refused = await self._tell("CONNECT", request, connection_id)
        if refused is not None:
            return refused
        socket = web.WebSocketResponse(heartbeat=20.0)
        await socket.prepare(request)
        self._sockets[connection_id] = socket
        try:
            async for message in socket:
                if message.type is WSMsgType.ERROR:
                    break
        finally:
            del self._sockets[connection_id]
            await self._tell("DISCONNECT", request, connection_id)
        return socket

    async def _push(self, request: web.Request) -> web.Response:
        """API Gateway's back channel: a message to one socket, 410 when there is none."""
        socket = self._sockets.get(request.match_info["connection_id"])
        if socket is None or socket.closed:
            return web.Response(status=410, headers={"x-amzn-errortype": "GoneException"})
        try:
            await socket.send_str(await request.text())
        except ConnectionError:
            return web.Response(status=410, headers={"x-amzn-errortype": "GoneException"})
        return web.Response()

    async def _end(self, request: web.Request) -> web.Response:
        """The same channel's end of one socket."""
        socket = self._sockets.get(request.match_info["connection_id"])
        if socket is None or socket.closed:
            return web.Response(status=410, headers={"x-amzn-errortype": "GoneException"})
        await socket.close()
        return web.Response(status=204)

    async def _tell(
        self, kind: str, request: web.Request, connection_id: str
    ) -> web.Response | None:
        """The function's word on a connection: None when it may come, else the answer."""
        event = connection_event(
            kind,
            connection_id=connection_id,
            headers=_headers(request),
            query=request.query_string,
            at=datetime.now(UTC),
        )
        loop = asyncio.get_running_loop()
        try:
            returned = await loop.run_in_executor(
                self._live_thread, self._backend.live.invoke, event
            )
        except Exception:  # noqa: BLE001 - process edge: as API Gateway answers a failed Lambda
            _log.exception("%s failed", kind)
            return web.Response(status=502)
        status = int((returned or {}).get("statusCode", 200))
        return None if status == 200 else web.Response(status=status)

    async def _page(self, request: web.Request) -> web.Response:
        found = self._file(request.match_info["path"])
        if found is None:
            known = (self._dist / "index.html").is_file()
            text = "Not found\n" if known else _NOT_BUILT
            return web.Response(status=404, text=text, headers=SECURITY_HEADERS)
        kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        is_asset = found.parent != self._dist
        cache = "public, max-age=31536000, immutable" if is_asset else "no-store"
        data = await asyncio.to_thread(found.read_bytes)
        headers = {**SECURITY_HEADERS, "content-type": kind, "cache-control": cache}
        return web.Response(body=data, headers=headers)

    def _file(self, path: str) -> Path | None:
        wanted = (self._dist / (path or "index.html")).resolve()
        return wanted if wanted.is_relative_to(self._dist) and wanted.is_file() else None

    async def _close_sockets(self, _app: web.Application) -> None:
        for socket in list(self._sockets.values()):
            await socket.close(code=1001)


def _headers(request: web.Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _api_headers(given: Mapping[str, str]) -> dict[str, Any]:
    headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
    if given.get("content-type", "").startswith("text/html"):
        headers["content-security-policy"] = DOCUMENT_POLICY
    return {**headers, **given}
