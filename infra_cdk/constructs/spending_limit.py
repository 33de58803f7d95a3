"""The month's budget: told early, and one approval away from switching the database off.

Nothing is switched off without a person: a system with open positions is not stopped to save money.
"""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra_cdk.constructs.acknowledged import acknowledge
from infra_cdk.deployment import DeploymentTable

_WARN_PERCENT, _ACT_PERCENT = 80, 150


class SpendingLimit(Construct):
    """Costs of the whole account: a filter by tag counts nothing until the tag is activated."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        table: DeploymentTable,
        topic: sns.Topic,
        database: rds.DatabaseInstance,
    ) -> None:
        super().__init__(scope, construct_id)
        self._topic = topic
        name = f"quantterminal-{table.stage}"
        budget = budgets.CfnBudget(
            self,
            "Budget",
            budget={
                "budgetName": name,
                "budgetType": "COST",
                "timeUnit": "MONTHLY",
                "budgetLimit": {"amount": table.monthly_budget_usd, "unit": "USD"},
            },
            notifications_with_subscribers=[
                self._notification("ACTUAL", _WARN_PERCENT),
                self._notification("FORECASTED", 100),
            ],
        )
        action = budgets.CfnBudgetsAction(
            self,
            "StopDatabase",
            budget_name=name,
            action_type="RUN_SSM_DOCUMENTS",
            approval_model="MANUAL",
            notification_type="ACTUAL",
            action_threshold={"type": "PERCENTAGE", "value": _ACT_PERCENT},
            definition={
                "ssmActionDefinition": {
                    "subtype": "STOP_RDS_INSTANCES",
                    "region": cdk.Aws.REGION,
                    "instanceIds": [database.instance_identifier],
                }
            },
            execution_role_arn=self._role(database).role_arn,
            subscribers=[{"type": "SNS", "address": topic.topic_arn}],
        )
        action.node.add_dependency(budget)

    def _notification(self, kind: str, percent: int) -> dict[str, Any]:
        return {
            "notification": {
                "notificationType": kind,
                "comparisonOperator": "GREATER_THAN",
                "threshold": percent,
                "thresholdType": "PERCENTAGE",
            },
            "subscribers": [{"subscriptionType": "SNS", "address": self._topic.topic_arn}],
        }

    def _role(self, database: rds.DatabaseInstance) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("budgets.amazonaws.com"))
        document = f"arn:aws:ssm:{cdk.Aws.REGION}::automation-definition/AWS-StopRdsInstance:*"
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["rds:StopDBInstance", "rds:DescribeDBInstances"],
                resources=[database.instance_arn],
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(actions=["ssm:StartAutomationExecution"], resources=[document])
        )
        acknowledge(
            role,
            {
                "AwsSolutions-IAM5[Resource::arn:aws:ssm:<AWS::Region>::automation-definition/"
                "AWS-StopRdsInstance:*]": "The document's versions are AWS's.",
            },
        )
        return role
