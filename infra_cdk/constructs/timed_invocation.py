"""The schedules of the topology in EventBridge Scheduler."""

import json
from datetime import time

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from quantterminal import topology

# A call that is late by more is worth nothing: the Scheduler's own answer is to try for a day.
TOO_LATE_S = 300
_TRIES_MORE = 2
_TIME_ZONE = "America/New_York"


class TimedInvocations(Construct):
    """Invokes one function at the New York times of its schedules, each with its payload and the
    instant that was meant. The role may invoke that function and nothing else.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.IFunction,
        undelivered_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self._function = function
        self._undelivered_arn = undelivered_arn
        self._role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com")
        )
        for action, resource in (
            ("lambda:InvokeFunction", function.function_arn),
            ("sqs:SendMessage", undelivered_arn),
        ):
            self._role.add_to_policy(iam.PolicyStatement(actions=[action], resources=[resource]))

    def add(self, name: str, expressions: list[str], payload: dict[str, str]) -> None:
        """Knock at those instants of New York time."""
        target = scheduler.CfnSchedule.TargetProperty(
            arn=self._function.function_arn,
            role_arn=self._role.role_arn,
            input=json.dumps({**payload, "time": "<aws.scheduler.scheduled-time>"}),
            retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                maximum_event_age_in_seconds=TOO_LATE_S, maximum_retry_attempts=_TRIES_MORE
            ),
            dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                arn=self._undelivered_arn
            ),
        )
        for number, expression in enumerate(expressions, start=1):
            made = scheduler.CfnSchedule(
                self,
                f"{name}-{number}",
                description=name,
                flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
                schedule_expression=expression,
                schedule_expression_timezone=_TIME_ZONE,
                target=target,
            )
            made.node.add_dependency(self._role)


def knocks(spec: topology.Schedule, *, sleeps: bool) -> tuple[list[str], dict[str, str]]:
    """Expressions and payload of a schedule; where the ledger sleeps, every minute means every
    minute of the working day, and of trading days only.
    """
    if not spec.every_minute:
        return [_weekdays_at(at) for at in spec.at], spec.payload
    if sleeps:
        return ["cron(* 9-16 ? * MON-FRI *)"], {**spec.payload, "only_on": "trading days"}
    return ["rate(1 minute)"], spec.payload


def cloud_knocks(spec: topology.CloudSchedule) -> list[str]:
    if spec.every_minutes:
        return [f"rate({spec.every_minutes} minutes)"]
    return [_weekdays_at(at) for at in spec.at]


def _weekdays_at(at: time) -> str:
    return f"cron({at.minute} {at.hour} ? * MON-FRI *)"
