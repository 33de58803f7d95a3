"""The last things of a run that ends: rest, one reconciliation, the day's report and trade log."""

from datetime import datetime

from local.pipeline import Pipeline
from local.settling import Player
from quantterminal import topology
from quantterminal.domain.sessions import new_york_date, session_on

_END_OF_DAY = ("reports", "trade_log")


def finish(pipeline: Pipeline, player: Player) -> None:
    """Bring the pipeline to rest and do the day's last work, also when the data ended early."""
    player.settle()
    now = pipeline.market_state()["now"]
    pipeline.invoke("reconcile", {"time": now})
    player.settle()
    for schedule in topology.SCHEDULES:
        if schedule.function in _END_OF_DAY and not _is_done(schedule, pipeline, now=now):
            pipeline.invoke(schedule.function, {**schedule.payload, "time": now, "force": True})
    player.settle()


def _is_done(schedule: topology.Schedule, pipeline: Pipeline, *, now: str) -> bool:
    """Whether it was knocked after the close of the day that the data ended on."""
    session = session_on(new_york_date(datetime.fromisoformat(now)))
    fired = pipeline.fired().get(schedule.name)
    return session is not None and fired is not None and fired >= session.close
