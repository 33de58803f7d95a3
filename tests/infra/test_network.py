from typing import Any

import pytest

from tests.infra.synthesized import Assembly, Template

PORTS = {443: "the Internet", 5432: "PostgreSQL", 6379: "Valkey"}


@pytest.fixture
def network(paper: Assembly) -> Template:
    return paper["Network"]


def group(template: Template, name: str) -> dict[str, Any]:
    return template.named("AWS::EC2::SecurityGroup", f"{name}/Resource")


def rules(template: Template, kind: str, name: str) -> list[tuple[str, int]]:
    """(other group, port) of the rules between groups of the group called `name`."""
    found = template.of_type(f"AWS::EC2::SecurityGroup{kind}").values()
    other = "DestinationSecurityGroupId" if kind == "Egress" else "SourceSecurityGroupId"
    return sorted(
        (template.text(each[other]), each["FromPort"])
        for each in found
        if template.text(each["GroupId"]) == f"<{name}.GroupId>"
    )


@pytest.mark.parametrize("caller", ["Functions", "Container"])
def test_callers_reach_database_cache_and_https_and_nothing_else(
    network: Template, caller: str
) -> None:
    [anywhere] = group(network, caller)["SecurityGroupEgress"]
    assert (anywhere["CidrIp"], anywhere["FromPort"], anywhere["ToPort"]) == ("0.0.0.0/0", 443, 443)
    assert rules(network, "Egress", caller) == [
        ("<Cache.GroupId>", 6379),
        ("<Database.GroupId>", 5432),
    ]
    assert "SecurityGroupIngress" not in group(network, caller)
    assert rules(network, "Ingress", caller) == []


@pytest.mark.parametrize(("target", "port"), [("Database", 5432), ("Cache", 6379)])
def test_data_is_reached_by_its_two_callers_only(network: Template, target: str, port: int) -> None:
    assert rules(network, "Ingress", target) == [
        ("<Container.GroupId>", port),
        ("<Functions.GroupId>", port),
    ]
    assert "SecurityGroupIngress" not in group(network, target)


def test_nothing_is_open_to_the_internet(paper: Assembly, live: Assembly) -> None:
    for assembly in (paper, live):
        for template in assembly.templates.values():
            open_rules = [
                rule
                for each in template.of_type("AWS::EC2::SecurityGroup").values()
                for rule in each.get("SecurityGroupIngress", [])
                if rule.get("CidrIp") == "0.0.0.0/0" or "CidrIpv6" in rule
            ]
            assert open_rules == []


def test_the_way_out_is_an_instance_or_a_gateway(paper: Assembly, live: Assembly) -> None:
    assert paper["Network"].only("AWS::EC2::Instance")["InstanceType"] == "t4g.nano"
    assert paper["Network"].of_type("AWS::EC2::NatGateway") == {}
    assert len(live["Network"].of_type("AWS::EC2::NatGateway")) == 1
    assert live["Network"].of_type("AWS::EC2::Instance") == {}


def test_the_nat_instance_is_hardened(network: Template) -> None:
    instance = network.only("AWS::EC2::Instance")
    assert instance["MetadataOptions"] == {"HttpTokens": "required"}
    assert instance["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    nat = group(network, "Vpc/NatSecurityGroup")
    assert [each["CidrIp"] for each in nat["SecurityGroupIngress"]] == ["10.0.0.0/16"]


def test_archives_are_reached_without_the_way_out(network: Template) -> None:
    endpoint = network.only("AWS::EC2::VPCEndpoint")
    assert endpoint["VpcEndpointType"] == "Gateway"
    assert "s3" in network.text(endpoint["ServiceName"])


def test_zones_are_not_asked_for(network: Template) -> None:
    zones = {
        network.text(each["AvailabilityZone"])
        for each in network.of_type("AWS::EC2::Subnet").values()
    }
    assert len(zones) == 2
    assert all("Fn::GetAZs" in zone for zone in zones)
