"""The one way a Lambda is made here."""

from collections.abc import Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.constructs.acknowledged import acknowledge
from infra_cdk.constructs.placement import Placement
from quantterminal import topology

METRICS_NAMESPACE = "QuantTerminal"
_INTERFACES = [
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
]
_PINNED = "The lock and its bytecode are made for 3.13; the next minor comes with a new lock."
_ACCEPTED = {
    "AwsSolutions-L1": _PINNED,
    "Serverless-LambdaLatestVersion": _PINNED,
    "Serverless-LambdaTracing": "Correlation ids in logs and metrics follow a bar to its fill; the"
    " tracing library is at the end of its support and doubles the cold start.",
}
_WAITED_FOR = {
    "Serverless-LambdaDLQ": "It is never called asynchronously: a queue has its own dead letters,"
    " and an API's caller sees the failure."
}


@dataclass(frozen=True, slots=True)
class Footing:
    """What all functions of one deployment stand on."""

    code: lambda_.Code
    architecture: lambda_.Architecture
    placement: Placement
    log_retention: logs.RetentionDays
    undelivered: sqs.IQueue


class PythonFunction(Construct):
    """A function of the topology: Python 3.13, JSON logs, a role of its own.

    The role may write its own log, and, beside PostgreSQL and Valkey, hold its network interfaces.
    Every further right is granted in `rights`. What calls it without waiting finds a queue for
    events that failed three times.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        spec: topology.Function,
        footing: Footing,
        environment: Mapping[str, str],
        is_called_asynchronously: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(
            self,
            "Log",
            retention=footing.log_retention,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.log_group.grant_write(self.role)
        in_network = spec.is_in_network
        acknowledge(self, _ACCEPTED if is_called_asynchronously else _ACCEPTED | _WAITED_FOR)
        if in_network:
            self._allow_interfaces()
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=footing.architecture,
            handler=spec.handler,
            code=footing.code,
            role=self.role,
            memory_size=spec.memory_mb,
            timeout=cdk.Duration.seconds(spec.timeout_s),
            logging_format=lambda_.LoggingFormat.JSON,
            log_group=self.log_group,
            dead_letter_queue=footing.undelivered if is_called_asynchronously else None,
            vpc=footing.placement.vpc if in_network else None,
            vpc_subnets=footing.placement.selection if in_network else None,
            security_groups=[footing.placement.group] if in_network else None,
            environment={
                **environment,
                "POWERTOOLS_SERVICE_NAME": spec.name,
                "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
                "POWERTOOLS_LOG_LEVEL": "INFO",
            },
        )

    def _allow_interfaces(self) -> None:
        self.role.add_to_principal_policy(
            iam.PolicyStatement(sid="Interfaces", actions=_INTERFACES, resources=["*"])
        )
        acknowledge(
            self.role,
            {
                "AwsSolutions-IAM5[Resource::*]": "Lambda makes the network interfaces with this"
                " role, and asks for exactly these actions on every resource."
            },
        )
