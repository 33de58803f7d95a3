"""The last things of a run that ends: rest, one reconciliation, the day's report and trade log."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from local.json_http import RemoteError
from local.pipeline import Pipeline
from local.settling import Player
from quantterminal import topology
from quantterminal.domain.sessions import new_york_date, session_on

_END_OF_DAY = ("reports", "trade_log")
_TRIES = 10
_RETRY_S = 1.0


def finish(pipeline: Pipeline, player: Player) -> None:
    """Bring the pipeline to rest and do the day's last work, also when the data ended early."""
    player.settle()
    now = pipeline.market_state()["now"]
    _insist(lambda: pipeline.invoke("reconcile", {"time": now}), player)
    player.settle()
    for schedule in topology.SCHEDULES:
        if schedule.function in _END_OF_DAY:
            _insist(partial(_make_up_for, schedule, pipeline, now=now), player)
    player.settle()


def _insist(work: Callable[[], object], player: Player) -> None:
    """Do what may be done twice, again after a process that it needs has come back."""
    for _ in range(_TRIES - 1):
        try:
            work()
        except RemoteError:
            time.sleep(_RETRY_S)
            player.settle()
        else:
            return
    work()


def _make_up_for(schedule: topology.Schedule, pipeline: Pipeline, *, now: str) -> None:
    if not _is_done(schedule, pipeline, now=now):
        pipeline.invoke(schedule.function, {**schedule.payload, "time": now, "force": True})


def _is_done(schedule: topology.Schedule, pipeline: Pipeline, *, now: str) -> bool:
    """Whether it was knocked after the close of the day that the data ended on."""
    session = session_on(new_york_date(datetime.fromisoformat(now)))
    fired = pipeline.fired().get(schedule.name)
    return session is not None and fired is not None and fired >= session.close
