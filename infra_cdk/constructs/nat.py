"""The private subnets' way out: a small instance, or AWS's gateway for ten times the price."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_ec2 as ec2

from infra_cdk.constructs.acknowledged import acknowledge

_DISK = {"Encrypted": True, "VolumeSize": 8, "VolumeType": "gp3", "DeleteOnTermination": True}


@dataclass(frozen=True, slots=True)
class WayOut:
    """`finish` is called with the network's addresses once it is built with `provider`."""

    provider: Any
    finish: Callable[[str], None]


def nat_gateway() -> WayOut:
    return WayOut(ec2.NatProvider.gateway(), lambda _cidr: None)


def nat_instance(image: str | None) -> WayOut:
    """`image` is an AMI's id; without it Amazon Linux's newest for arm64 is found at deploy."""
    machine_image = (
        ec2.MachineImage.latest_amazon_linux2023(cpu_type=ec2.AmazonLinuxCpuType.ARM_64)
        if image is None
        else ec2.MachineImage.generic_linux({"us-east-1": image})
    )
    provider = ec2.NatInstanceProviderV2(
        instance_type=ec2.InstanceType("t4g.nano"),
        machine_image=machine_image,
        default_allowed_traffic=ec2.NatTrafficDirection.NONE,
    )
    return WayOut(provider, lambda cidr: _harden(provider, cidr))


def _harden(provider: ec2.NatInstanceProviderV2, cidr: str) -> None:
    """HTTPS from inside, HTTPS to outside, an encrypted disk and metadata by token only."""
    group = provider.security_group
    group.add_ingress_rule(ec2.Peer.ipv4(cidr), ec2.Port.tcp(443), "From inside")
    group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "To AWS, broker and feed")
    # yum's mirrors are reached over HTTP once, at the first boot, to install iptables
    group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(80), "Packages at the first boot")
    for instance in provider.gateway_instances:
        resource = instance.node.default_child
        resource.add_property_override(
            "BlockDeviceMappings", [{"DeviceName": "/dev/xvda", "Ebs": _DISK}]
        )
        resource.add_property_override("MetadataOptions", {"HttpTokens": "required"})
        acknowledge(
            instance,
            {
                "AwsSolutions-EC26": "The disk is encrypted, by an override that the rule misses.",
                "AwsSolutions-EC28": "Detailed monitoring costs more than half of the instance.",
                "AwsSolutions-EC29": "It holds nothing; the stack makes another one.",
            },
        )
