"""The deployed schedules, knocked by the market's clock instead of the clock on the wall.

The local Scheduler goes by real time, so for a replay its schedules are switched off; what is
invoked, and with what, is read from their deployed targets.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.pump.scheduler import Due

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"


@dataclass(frozen=True, slots=True)
class DeployedSchedule:
    """One schedule as it was deployed; `spec` is its name in the topology."""

    name: str
    spec: str
    expression: str
    time_zone: str
    state: str
    function_arn: str
    payload: Mapping[str, str]
    retry: Mapping[str, int]
    raw: Mapping[str, Any]


def deployed_schedules(scheduler: Any) -> list[DeployedSchedule]:
    pages = scheduler.get_paginator("list_schedules").paginate()
    names = [each["Name"] for page in pages for each in page["Schedules"]]
    return [_read(scheduler.get_schedule(Name=name)) for name in names]


def switch(scheduler: Any, schedules: list[DeployedSchedule], *, state: str) -> None:
    """ENABLED or DISABLED; everything else stays as it was deployed."""
    kept = (
        "Name",
        "Description",
        "ScheduleExpression",
        "ScheduleExpressionTimezone",
        "FlexibleTimeWindow",
        "Target",
        "GroupName",
    )
    for each in schedules:
        scheduler.update_schedule(
            **{name: each.raw[name] for name in kept if name in each.raw}, State=state
        )


def scheduled_event(payload: Mapping[str, str], due: Due) -> dict[str, str]:
    """What the Scheduler would send for that instant."""
    at = due.at.isoformat()
    return {name: at if value == SCHEDULED_TIME else value for name, value in payload.items()}


def _read(raw: Mapping[str, Any]) -> DeployedSchedule:
    target = raw["Target"]
    return DeployedSchedule(
        name=raw["Name"],
        spec=raw.get("Description", ""),
        expression=raw["ScheduleExpression"],
        time_zone=raw.get("ScheduleExpressionTimezone", "UTC"),
        state=raw["State"],
        function_arn=target["Arn"],
        payload=json.loads(target["Input"]),
        retry=target.get("RetryPolicy", {}),
        raw=raw,
    )
