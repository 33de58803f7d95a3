"""The one long-running task: market data and order updates in, queues out."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra_cdk.building import ROOT, Building
from infra_cdk.constructs.acknowledged import acknowledge
from infra_cdk.constructs.log_retention import retention
from infra_cdk.deployment import Deployment
from infra_cdk.stacks.network import NetworkStack
from infra_cdk.supplies import Supplies
from quantterminal import topology

SPEC = topology.INGEST
# All that the image's file copies, so that nothing else of a checkout travels or changes its hash.
CONTEXT = [
    "*",
    "!functions",
    "!ingest_container",
    "functions/*",
    "!functions/quantterminal",
    "!functions/quantzoo",
    "**/__pycache__",
]


class IngestStack(cdk.Stack):
    """One Fargate task at most: the feed allows one connection, so a deploy stops the old one
    before it starts the new one. It is made with no task; `power` starts it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        building: Building,
        network: NetworkStack,
        supplies: Supplies,
        **options: Any,
    ) -> None:
        super().__init__(scope, construct_id, **options)
        self.log_group = logs.LogGroup(
            self,
            "Log",
            retention=retention(deployment.table.log_days),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        cluster = ecs.Cluster(self, "Cluster", vpc=network.vpc)
        acknowledge(
            cluster,
            {"AwsSolutions-ECS4": "Container Insights costs more than the one task it looks at."},
        )
        task = self._task(building, supplies.variables)
        supplies.reach.grant(SPEC, task.task_role)
        self.service = ecs.FargateService(
            self,
            "Service",
            cluster=cluster,
            task_definition=task,
            desired_count=0,
            min_healthy_percent=0,
            max_healthy_percent=100,
            availability_zone_rebalancing=ecs.AvailabilityZoneRebalancing.DISABLED,
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            enable_execute_command=False,
            assign_public_ip=False,
            vpc_subnets=network.container.selection,
            security_groups=[network.container.group],
        )
        self.service_path = f"{cluster.cluster_name}/{self.service.service_name}"

    def _task(self, building: Building, variables: dict[str, str]) -> ecs.FargateTaskDefinition:
        machine = {
            lambda_.Architecture.ARM_64.name: ecs.CpuArchitecture.ARM64,
            lambda_.Architecture.X86_64.name: ecs.CpuArchitecture.X86_64,
        }[building.architecture.name]
        role = iam.Role(
            self, "TaskRole", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com")
        )
        task = ecs.FargateTaskDefinition(
            self,
            "Task",
            cpu=SPEC.cpu,
            memory_limit_mib=SPEC.memory_mb,
            task_role=role,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=machine, operating_system_family=ecs.OperatingSystemFamily.LINUX
            ),
        )
        task.add_container("ingest", **self._container(building, variables))
        acknowledge(
            task,
            {
                "AwsSolutions-ECS2": "These variables are names and addresses; the secrets stay"
                " where they are and are read by their ids.",
                "AwsSolutions-IAM5[Resource::*]": "A registry's sign-in is for no resource.",
            },
        )
        return task

    def _container(self, building: Building, variables: dict[str, str]) -> dict[str, Any]:
        told = ("QT_CONFIG", "QT_CODE_VERSION", *SPEC.variables)
        health = f"http://127.0.0.1:{SPEC.health_port}/health"
        asks = f"import urllib.request as u; u.urlopen('{health}', timeout=2)"
        return {
            "image": self._image(building),
            "user": "10001",
            "readonly_root_filesystem": True,
            "stop_timeout": cdk.Duration.seconds(30),
            "health_check": ecs.HealthCheck(
                command=["CMD", "python", "-c", asks],
                interval=cdk.Duration.seconds(10),
                timeout=cdk.Duration.seconds(3),
                retries=3,
                start_period=cdk.Duration.seconds(30),
            ),
            "logging": ecs.LogDrivers.aws_logs(stream_prefix=SPEC.name, log_group=self.log_group),
            "environment": {
                **{name: variables[name] for name in told},
                "QT_HEALTH_PORT": str(SPEC.health_port),
                "AWS_DEFAULT_REGION": self.region,
                "PGSSLMODE": "require",
                "POWERTOOLS_SERVICE_NAME": SPEC.name,
                "POWERTOOLS_METRICS_NAMESPACE": "QuantTerminal",
                "POWERTOOLS_LOG_LEVEL": "INFO",
            },
        }

    def _image(self, building: Building) -> ecs.ContainerImage:
        if building.image is not None:
            return ecs.ContainerImage.from_registry(building.image)
        platform = {
            lambda_.Architecture.ARM_64.name: assets.Platform.LINUX_ARM64,
            lambda_.Architecture.X86_64.name: assets.Platform.LINUX_AMD64,
        }[building.architecture.name]
        asset = assets.DockerImageAsset(
            self,
            "Image",
            directory=str(ROOT),
            file="ingest_container/Dockerfile",
            platform=platform,
            exclude=CONTEXT,
            ignore_mode=cdk.IgnoreMode.DOCKER,
        )
        return ecs.ContainerImage.from_docker_image_asset(asset)
