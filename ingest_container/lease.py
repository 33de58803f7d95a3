"""Keeps the lease of the account's one market-data connection: whoever has it may be connected."""

import asyncio
import contextlib

from ingest_container.waiting import PatientThread
from quantterminal.domain.errors import RetryableError
from quantterminal.services.container_runtime import ContainerRuntime

_RENEW_S = 2.0


class LeaseKeeper:
    """`token` is the fencing token, None while the lease is somebody else's."""

    def __init__(self, runtime: ContainerRuntime) -> None:
        self._runtime = runtime
        self._thread = PatientThread("lease", draw=runtime.draw, telemetry=runtime.telemetry)
        self.token: int | None = None
        self.lost = asyncio.Event()

    async def hold(self) -> None:
        """Returns when the lease is ours; a second container waits here instead of kicking."""
        waiting_was_told = False
        while True:
            token = await self._thread.until_done(
                lambda: self._runtime.lease.keep(self._runtime.holder) or 0, still=lambda: True
            )
            if token:
                break
            if not waiting_was_told:
                self._runtime.telemetry.record("feed_lease_waiting")
                waiting_was_told = True
            await asyncio.sleep(_RENEW_S)
        self._runtime.telemetry.record("feed_lease_held", token=token)
        self._write_as(token)
        self.lost.clear()

    async def keep(self) -> None:
        """The lease's task; sets `lost` when somebody else has it."""
        while True:
            await asyncio.sleep(_RENEW_S)
            if self.token is not None and not await self._thread.call(self._renew):
                self._runtime.telemetry.record("feed_lease_lost")
                self.token = None
                self.lost.set()

    async def release(self) -> None:
        """The last word of a process that ends: the next one need not wait."""
        if self.token is not None:
            await self._thread.call(self._release)

    def _renew(self) -> bool:
        """Whether the lease is still ours; while nobody can be asked it is: the vendor's own limit
        is behind it.
        """
        try:
            token = self._runtime.lease.keep(self._runtime.holder)
        except RetryableError as problem:
            self._runtime.telemetry.record("feed_lease_not_kept", problem=str(problem))
            return True
        if token is not None and token != self.token:
            self._write_as(token)
        return token is not None

    def _write_as(self, token: int) -> None:
        self._runtime.ticks.fence(token)
        self.token = token

    def _release(self) -> None:
        with contextlib.suppress(RetryableError):
            self._runtime.lease.release(self._runtime.holder)
