"""What messages pass through: the queues, the bus of business events, the operator's topic."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra_cdk.constructs.acknowledged import acknowledge
from infra_cdk.constructs.fifo_queue import FifoQueue
from infra_cdk.deployment import Deployment
from quantterminal import topology

ARCHIVE_DAYS = 30


class MessagingStack(cdk.Stack):
    """Outlives every function that reads from it or writes to it."""

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, **options: Any
    ) -> None:
        super().__init__(scope, construct_id, **options)
        made = {spec.name: FifoQueue(self, spec.name, spec=spec) for spec in topology.QUEUES}
        self.queues = {name: each.queue for name, each in made.items()}
        self.dead_letters = {name: each.dead_letters for name, each in made.items()}
        self.bus = events.EventBus(self, "Bus")
        events.Archive(
            self,
            "BusArchive",
            source_event_bus=self.bus,
            event_pattern=events.EventPattern(account=[self.account]),
            description="Every business event, to be looked at or played again",
            retention=cdk.Duration.days(ARCHIVE_DAYS),
        )
        self.alerts = sns.Topic(self, "Alerts", enforce_ssl=True)
        self._let_aws_alert()
        if deployment.table.alert_email:
            self.alerts.add_subscription(
                subscriptions.EmailSubscription(deployment.table.alert_email)
            )
            acknowledge(
                self.alerts,
                {
                    "Serverless-SNSRedrivePolicy": "What an address does not take in hours is too"
                    " old to be told; the alarm stays raised in CloudWatch.",
                },
            )
        else:
            cdk.Annotations.of(self).add_warning(
                "deployment.alert_email names nobody: alarms will be raised and no one told"
            )
        cdk.CfnOutput(self, "AlertTopicArn", value=self.alerts.topic_arn)

    def _let_aws_alert(self) -> None:
        """Alarms and budgets publish by themselves, without any code of ours on the way."""
        self.alerts.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsAndBudgets",
                principals=[
                    iam.ServicePrincipal("cloudwatch.amazonaws.com"),
                    iam.ServicePrincipal("budgets.amazonaws.com"),
                ],
                actions=["sns:Publish"],
                resources=[self.alerts.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
