"""Where things are and who may speak to whom."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra_cdk.constructs.log_retention import retention
from infra_cdk.constructs.nat import WayOut, nat_gateway, nat_instance
from infra_cdk.constructs.placement import HTTPS, POSTGRES, VALKEY, Placement
from infra_cdk.deployment import Deployment, Nat

ZONES = 2
CIDR = "10.0.0.0/16"


class NetworkStack(cdk.Stack):
    """Two zones, public subnets that hold nothing but the way out, private ones for the rest."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        nat_image: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(scope, construct_id, **options)
        provider = _way_out(deployment.table.nat, nat_image)
        inner = ec2.SubnetType.PRIVATE_WITH_EGRESS
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=ZONES,
            ip_addresses=ec2.IpAddresses.cidr(CIDR),
            nat_gateways=0 if provider is None else 1,
            nat_gateway_provider=None if provider is None else provider.provider,
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24
                ),
                ec2.SubnetConfiguration(
                    name="Private",
                    subnet_type=inner if provider else ec2.SubnetType.PRIVATE_ISOLATED,
                    cidr_mask=20,
                ),
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)
            },
        )
        if provider is not None:
            provider.finish(CIDR)
        self._log_refusals(deployment.table.log_days)
        self._make_groups()

    @property
    def availability_zones(self) -> list[str]:
        """The region's first two, as CloudFormation finds them: the CDK would ask an account."""
        return [cdk.Fn.select(number, cdk.Fn.get_azs()) for number in range(ZONES)]

    def _make_groups(self) -> None:
        self.functions = self._place("Functions", "Functions beside PostgreSQL and Valkey")
        self.container = self._place("Container", "The ingest container")
        self.database = self._place("Database", "PostgreSQL")
        self.cache = self._place("Cache", "Valkey")
        for caller in (self.functions, self.container):
            caller.group.add_egress_rule(
                ec2.Peer.any_ipv4(), ec2.Port.tcp(HTTPS), "AWS, the broker and the feed"
            )
            for target, port in ((self.database, POSTGRES), (self.cache, VALKEY)):
                caller.group.add_egress_rule(target.group, ec2.Port.tcp(port))
                target.group.add_ingress_rule(caller.group, ec2.Port.tcp(port))

    def _place(self, name: str, description: str) -> Placement:
        group = ec2.SecurityGroup(
            self, name, vpc=self.vpc, description=description, allow_all_outbound=False
        )
        return Placement(self.vpc, self.vpc.private_subnets or self.vpc.isolated_subnets, group)

    def _log_refusals(self, days: int) -> None:
        """Refused packets only: accepted ones would cost more than they tell."""
        group = logs.LogGroup(
            self,
            "Refused",
            retention=retention(days),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.vpc.add_flow_log(
            "FlowLog",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )


def _way_out(nat: Nat, image: str | None) -> WayOut | None:
    match nat:
        case Nat.INSTANCE:
            return nat_instance(image)
        case Nat.GATEWAY:
            return nat_gateway()
        case Nat.NONE:
            return None
