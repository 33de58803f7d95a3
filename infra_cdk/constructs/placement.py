"""Where a thing lives in the network, and through which ports it is spoken to."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2

HTTPS, POSTGRES, VALKEY = 443, 5432, 6379


@dataclass(frozen=True, slots=True)
class Placement:
    """Private subnets of one network, and the security group of the thing that lives there."""

    vpc: ec2.Vpc
    subnets: Sequence[ec2.ISubnet]
    group: ec2.SecurityGroup

    @property
    def selection(self) -> ec2.SubnetSelection:
        return ec2.SubnetSelection(subnets=list(self.subnets))

    @property
    def subnet_ids(self) -> list[str]:
        return [each.subnet_id for each in self.subnets]
