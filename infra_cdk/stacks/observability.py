"""What is watched and who is told: alarms, dashboard and budget."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra_cdk.alarms import MARKET_CLOSED, SILENT_IN_SESSION, alarms
from infra_cdk.alarms.model import Alarm, Metric, Severity
from infra_cdk.alarms.trading import HALT_COUNTS, HALT_NAMESPACE, HALTING, HaltCount
from infra_cdk.constructs.overview import overview
from infra_cdk.constructs.spending_limit import SpendingLimit
from infra_cdk.deployment import Deployment
from infra_cdk.stacks.compute import ComputeStack
from infra_cdk.stacks.data import DataStack
from infra_cdk.stacks.messaging import MessagingStack
from infra_cdk.stacks.web import WebStack

PAGE = "infra_cdk/README.md"
_COMPARISONS = {
    ">": cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    ">=": cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    "<": cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
}
_MISSING = {
    "breaching": cloudwatch.TreatMissingData.BREACHING,
    "notBreaching": cloudwatch.TreatMissingData.NOT_BREACHING,
}


class ObservabilityStack(cdk.Stack):
    """Reads everything and changes nothing; it may be made anew at any time."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        messaging: MessagingStack,
        data: DataStack,
        compute: ComputeStack,
        web: WebStack,
        **options: Any,
    ) -> None:
        super().__init__(scope, construct_id, **options)
        self._stage = deployment.table.stage
        self._tell = actions.SnsAction(messaging.alerts)
        self._dimensions = _dimensions(messaging, data, compute, web)
        for count in HALT_COUNTS:
            for name in HALTING:
                self._count_halts(count, name, compute.made[name].log_group)
        specs = alarms(serverless_cache=data.working_state.is_serverless)
        made = {spec.name: self._alarm(spec) for spec in (*specs, MARKET_CLOSED)}
        silent = [made[spec.name] for spec in specs if spec.only_in_session]
        self._combine(silent, made[MARKET_CLOSED.name])
        overview(self, stage=self._stage, metric=self._metric)
        SpendingLimit(
            self,
            "Spending",
            table=deployment.table,
            topic=messaging.alerts,
            database=data.ledger.instance,
        )

    def _alarm(self, spec: Alarm) -> cloudwatch.Alarm:
        made = cloudwatch.Alarm(
            self,
            spec.name,
            alarm_name=self._name(spec.severity, spec.name),
            alarm_description=_description(spec.text, spec),
            metric=self._metric(spec.metric, spec.period_s),
            threshold=spec.threshold,
            comparison_operator=_COMPARISONS[spec.comparison],
            evaluation_periods=spec.periods,
            datapoints_to_alarm=spec.periods,
            treat_missing_data=_MISSING[spec.silence.value],
        )
        if spec.severity is not Severity.NONE:
            made.add_alarm_action(self._tell)
        return made

    def _combine(self, silent: list[cloudwatch.Alarm], closed: cloudwatch.Alarm) -> None:
        """One alarm for whatever falls silent while the market is open."""
        alarmed = cloudwatch.AlarmState.ALARM
        rule = cloudwatch.AlarmRule
        combined = cloudwatch.CompositeAlarm(
            self,
            SILENT_IN_SESSION,
            composite_alarm_name=self._name(Severity.P1, SILENT_IN_SESSION),
            alarm_description="Something is silent while the market is open; the alarms below say"
            f" what. Runbook: {PAGE}#{SILENT_IN_SESSION}",
            alarm_rule=rule.all_of(
                rule.any_of(*(rule.from_alarm(each, alarmed) for each in silent)),
                rule.not_(rule.from_alarm(closed, alarmed)),
            ),
        )
        combined.add_alarm_action(self._tell)

    def _count_halts(self, count: HaltCount, name: str, group: logs.LogGroup) -> None:
        raised = logs.FilterPattern.string_value("$.event", "=", "HaltRaised")
        pattern = (
            logs.FilterPattern.all(
                raised, *(logs.FilterPattern.string_value("$.code", "=", c) for c in count.codes)
            )
            if count.codes
            else raised
        )
        logs.MetricFilter(
            self,
            f"{count.metric}-{name}",
            log_group=group,
            filter_pattern=pattern,
            metric_namespace=HALT_NAMESPACE,
            metric_name=count.metric,
            metric_value="1",
        )

    def _metric(self, spec: Metric, period_s: int) -> cloudwatch.Metric:
        kind, _, name = spec.of.partition(":")
        dimensions = {"service": name} if kind == "service" else self._dimensions[spec.of]
        return cloudwatch.Metric(
            namespace=spec.namespace,
            metric_name=spec.name,
            dimensions_map=dimensions,
            statistic=spec.statistic,
            period=cdk.Duration.seconds(period_s),
        )

    def _name(self, severity: Severity, name: str) -> str:
        return f"quantterminal-{self._stage}-{severity.value}-{name}"


def _dimensions(
    messaging: MessagingStack, data: DataStack, compute: ComputeStack, web: WebStack
) -> dict[str, dict[str, str]]:
    return {
        "": {},
        **{f"queue:{n}": {"QueueName": q.queue_name} for n, q in messaging.queues.items()},
        **{f"dead:{n}": {"QueueName": q.queue_name} for n, q in messaging.dead_letters.items()},
        **{
            f"function:{n}": {"FunctionName": f.function_name} for n, f in compute.functions.items()
        },
        "undelivered": {"QueueName": compute.undelivered.queue_name},
        "database": {"DBInstanceIdentifier": data.ledger.instance.instance_identifier},
        "cache": data.working_state.dimensions,
        "http api": {"ApiId": web.http_api.api_id},
    }


def _description(text: str, spec: Alarm) -> str:
    faults = f" Faults: {', '.join(spec.faults)}." if spec.faults else ""
    return f"{text}. Owner: {spec.owner}. Runbook: {PAGE}#{spec.runbook}.{faults}"
