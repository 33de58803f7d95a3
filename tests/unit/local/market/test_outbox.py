import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import ClientSession, WSMsgType, web

from local.market.outbox import Outbox, opened_outbox

PATIENCE_S = 10


async def conversation(
    talk: Callable[[Outbox], Awaitable[None]], *, limit: int = 20_000
) -> tuple[list[str], int | None]:
    """The texts that a client got from what `talk` put, and the close code that ended it."""

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async with opened_outbox(request, socket) as outbox:
            outbox._limit = limit
            await talk(outbox)
            async for _ in socket:
                pass
        return socket

    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        address = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        async with (
            asyncio.timeout(PATIENCE_S),
            ClientSession() as session,
            session.ws_connect(address) as client,
        ):
            texts = [message.data async for message in client if message.type is WSMsgType.TEXT]
            return texts, client.close_code
    finally:
        await runner.cleanup()


def test_frames_leave_in_order_before_the_close_frame() -> None:
    async def talk(outbox: Outbox) -> None:
        for number in range(50):
            outbox.put(str(number))
        outbox.close(1008, "enough")

    texts, code = asyncio.run(conversation(talk))

    assert texts == [str(number) for number in range(50)]
    assert code == 1008


def test_a_dropped_connection_has_no_close_frame() -> None:
    async def talk(outbox: Outbox) -> None:
        outbox.put("last words")
        outbox.drop()

    texts, code = asyncio.run(conversation(talk))

    assert texts == ["last words"]
    assert code == 1006


def test_a_client_that_falls_behind_is_cut_and_holds_nobody_up() -> None:
    flushed: list[bool] = []

    async def talk(outbox: Outbox) -> None:
        for number in range(12):
            outbox.put(str(number))
        await outbox.flush(PATIENCE_S)
        flushed.append(outbox.is_closed)

    texts, code = asyncio.run(conversation(talk, limit=10))

    assert texts == []
    assert code == 1006
    assert flushed == [True]
