"""The broker's order stream: updates to the queue, recovery on every connection, and the gate.

Orders leave only while the gate is LIVE. It is a lease: it is kept up about once a second while the
socket is up, what was missed has been imported, and updates reach the queue; it falls at once when
the socket does, and by itself when this process dies.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from ingest_container.sockets import BufferFullError, keep_connected
from ingest_container.waiting import PatientThread, drained
from quantterminal.domain.errors import QuantTerminalError, RetryableError
from quantterminal.ports.streams import (
    FrameUnreadable,
    KeysRefused,
    SessionReport,
    SessionState,
    StreamEvent,
    StreamLive,
    UpdateSeen,
)
from quantterminal.ports.watermarks import StreamState
from quantterminal.services.container_runtime import ContainerRuntime
from quantterminal.services.relay_updates import relayed

_MOST_WAITING = 5_000  # then the stream is dropped and recovery reads the rest over REST
_MOST_AT_ONCE = 10
_LEASE_RENEWAL_S = 1.0


@dataclass(frozen=True, slots=True)
class _Recover:
    connection: int


_Item = UpdateSeen | FrameUnreadable | KeysRefused | _Recover
_KEYS_TRIES = 3  # the next refusal asks again


class OrderStream:
    """`updates_seen` counts what has reached the queue, unreadable frames included."""

    def __init__(self, runtime: ContainerRuntime) -> None:
        self._runtime = runtime
        self._session = runtime.stream_session()
        telemetry, draw = runtime.telemetry, runtime.draw
        self._thread = PatientThread("orders", draw=draw, telemetry=telemetry)
        self._gate_thread = PatientThread("gate", draw=draw, telemetry=telemetry)
        self._waiting: asyncio.Queue[_Item] = asyncio.Queue(_MOST_WAITING)
        self._connection = 0
        self._recovered_connection = 0
        self._gate_changed = asyncio.Event()
        self.updates_seen = 0

    @property
    def state(self) -> str:
        return self._session.state.value

    @property
    def gate(self) -> StreamState:
        """What the gate should be now."""
        if self._session.state is SessionState.DOWN:
            return StreamState.DOWN
        recovered = self._recovered_connection == self._connection != 0
        is_live = self._session.state is SessionState.LIVE and not self._session.wants_close
        if is_live and recovered and not self._thread.is_waiting:
            return StreamState.LIVE
        return StreamState.RECONCILING

    async def read(self) -> None:
        """The socket's task."""
        await keep_connected(
            self._session,
            self._runtime.stream_url,
            on_time=self._session.on_time,
            handle=self._enqueue,
        )

    async def work(self) -> None:
        """The worker's task: recovery and updates in the order of their arrival."""
        while True:
            items = await drained(self._waiting, most=_MOST_AT_ONCE)
            for _, group in groupby(items, key=_kind):
                await self._handle(list(group))
            self._gate_changed.set()

    async def keep_gate(self) -> None:
        """The lease's task."""
        while True:
            self._gate_changed.clear()
            await self._gate_thread.call(lambda: self._set_gate(self.gate))
            # not wait_for: in Python 3.11 it can swallow a cancellation
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LEASE_RENEWAL_S):
                    await self._gate_changed.wait()

    async def shut_gate(self) -> None:
        """The last word of a process that ends: no order leaves on what it has said before."""
        await self._gate_thread.call(lambda: self._set_gate(StreamState.DOWN))

    def _set_gate(self, state: StreamState) -> None:
        """A gate that cannot be set expires, which stops the orders: nothing else is needed."""
        try:
            self._runtime.gate.keep(state)
        except RetryableError as problem:
            self._runtime.telemetry.record("gate_not_set", problem=str(problem))

    def _enqueue(self, events: Sequence[StreamEvent]) -> None:
        self._gate_changed.set()
        for event in events:
            if isinstance(event, SessionReport):
                self._runtime.telemetry.record(event.event, **event.fields)
            elif isinstance(event, StreamLive):
                self._connection += 1
                self._put(_Recover(self._connection))
            else:
                self._put(event)

    def _put(self, item: _Item) -> None:
        try:
            self._waiting.put_nowait(item)
        except asyncio.QueueFull:
            self._runtime.telemetry.record("stream_buffer_full", updates=_MOST_WAITING)
            raise BufferFullError from None

    async def _handle(self, items: Sequence[_Item]) -> None:
        """Items of one kind, in order."""
        match items[-1]:
            case _Recover() as wanted:
                await self._recover(wanted)
            case KeysRefused():
                await self._renew_keys()
            case _:
                await self._relay(
                    [each for each in items if isinstance(each, UpdateSeen | FrameUnreadable)]
                )

    async def _renew_keys(self) -> None:
        keys = await self._thread.until_done(
            self._runtime.stream_keys, tries=_KEYS_TRIES, still=lambda: True
        )
        if keys is not None:
            self._session.renew_keys(*keys)

    async def _recover(self, wanted: _Recover) -> None:
        telemetry = self._runtime.telemetry
        telemetry.record("stream_live", connection=wanted.connection)
        if await self._thread.until_done(self._recovery, still=lambda: self._is_current(wanted)):
            self._recovered_connection = wanted.connection
            telemetry.record("orders_recovered", connection=wanted.connection)

    def _is_current(self, wanted: _Recover) -> bool:
        return wanted.connection == self._connection and self._session.state is SessionState.LIVE

    def _recovery(self) -> bool:
        """What cannot be repaired by waiting is tried again all the same: the gate stays shut, and
        an exit would only make a loop of crashes out of it.
        """
        try:
            self._runtime.recover_orders()
        except RetryableError:
            raise
        except QuantTerminalError as problem:
            raise RetryableError(f"Recovery of orders: {problem}") from problem
        return True

    async def _relay(self, seen: Sequence[UpdateSeen | FrameUnreadable]) -> None:
        runtime = self._runtime
        for each in seen:
            if isinstance(each, FrameUnreadable):
                runtime.telemetry.record("order_frame_unreadable", problem=each.problem)
        outgoing = [relayed(runtime.trading.account, each, runtime.clock) for each in seen]
        await self._thread.until_done(lambda: runtime.bus.send(outgoing), still=lambda: True)
        self.updates_seen += len(outgoing)


def _kind(item: _Item) -> type:
    """Recoveries and refusals stand alone; what is relayed goes together."""
    return type(item) if isinstance(item, _Recover | KeysRefused) else UpdateSeen
