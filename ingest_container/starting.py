"""Writes down that the container has begun, beside everything else: nothing depends on it."""

from ingest_container.waiting import PatientThread
from quantterminal.services.container_runtime import ContainerRuntime


async def note_start(runtime: ContainerRuntime) -> None:
    """Returns when it is written, however long the ledger is away."""
    if runtime.note_start is None:
        return
    thread = PatientThread("start", draw=runtime.draw, telemetry=runtime.telemetry)
    await thread.until_done(runtime.note_start, still=lambda: True)
