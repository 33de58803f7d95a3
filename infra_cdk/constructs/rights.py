"""What a need of the topology allows: actions on resources by their ARNs, and nothing else."""

from dataclasses import dataclass

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from infra_cdk.constructs.acknowledged import acknowledge
from quantterminal.topology import Container, Function, Need

_READ_SECRET = ["secretsmanager:GetSecretValue"]


@dataclass(frozen=True, slots=True)
class Reach:
    """The things that rights are given on."""

    queues: dict[str, sqs.Queue]
    bus: events.IEventBus
    alerts: sns.ITopic
    archive: s3.IBucket
    secrets: dict[Need, secretsmanager.ISecret]
    container_service_arn: str = ""
    database_arn: str = ""
    socket_arns: tuple[str, ...] = ()
    socket_findings: tuple[str, ...] = ()

    def grant(self, spec: Function | Container, role: iam.Role) -> None:
        """Give `role` what `spec` needs."""
        for need in spec.needs:
            if need in self.secrets:
                _allow(role, _READ_SECRET, self.secrets[need].secret_arn)
        if Need.EVENT_BUS in spec.needs:
            _allow(role, ["events:PutEvents"], self.bus.event_bus_arn)
        if Need.ALERTS in spec.needs:
            _allow(role, ["sns:Publish"], self.alerts.topic_arn)
        if spec.sends_to:
            actions = ["sqs:SendMessage"]
            if isinstance(spec, Container):
                actions.append("sqs:GetQueueAttributes")  # the page shows how much waits
            _allow(role, actions, *(self.queues[n].queue_arn for n in spec.sends_to))
        if Need.POWER in spec.needs:
            self._grant_power(role)
        if Need.LIVE_SOCKET in spec.needs:
            _allow(role, ["execute-api:ManageConnections"], *self.socket_arns)
            reason = "A socket has its name only while it is open."
            acknowledge(role, dict.fromkeys(self.socket_findings, reason))
        if isinstance(spec, Function):
            self._grant_archive(spec, role)

    def _grant_power(self, role: iam.Role) -> None:
        _allow(role, ["ecs:UpdateService"], self.container_service_arn)
        _allow(
            role,
            ["rds:StartDBInstance", "rds:StopDBInstance", "rds:DescribeDBInstances"],
            self.database_arn,
        )

    def _grant_archive(self, spec: Function, role: iam.Role) -> None:
        actions = [
            *(["s3:GetObject"] if Need.READS_ARCHIVE in spec.needs else []),
            *(["s3:PutObject"] if Need.WRITES_ARCHIVE in spec.needs else []),
        ]
        if not actions:
            return
        folder = f"{spec.archive_folder}/*"
        _allow(role, actions, self.archive.arn_for_objects(folder))
        if Need.READS_ARCHIVE in spec.needs:
            role.add_to_principal_policy(
                iam.PolicyStatement(
                    actions=["s3:ListBucket"],
                    resources=[self.archive.bucket_arn],
                    conditions={"StringLike": {"s3:prefix": folder}},
                )
            )
        acknowledge(role, {_finding(self.archive, folder): "The days of one folder are its keys."})


def _finding(archive: s3.IBucket, folder: str) -> str:
    """The rule's name for this one right: it spells the ARN as the template imports it."""
    stack = archive.stack
    name = stack.resolve(stack.export_value(archive.bucket_arn))["Fn::ImportValue"]
    return f"AwsSolutions-IAM5[Resource::{name}/{folder}]"


def _allow(role: iam.Role, actions: list[str], *resources: str) -> None:
    role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=list(resources)))
