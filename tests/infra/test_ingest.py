from typing import Any

import pytest

from infra_cdk.building import ROOT
from quantterminal import topology
from tests.infra.synthesized import Assembly, Template


@pytest.fixture
def ingest(paper: Assembly) -> Template:
    return paper["Ingest"]


@pytest.fixture
def container(ingest: Template) -> dict[str, Any]:
    [container] = ingest.only("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    assert isinstance(container, dict)
    return container


def test_there_is_never_a_second_task_and_none_at_first(ingest: Template) -> None:
    service = ingest.only("AWS::ECS::Service")
    deploying = service["DeploymentConfiguration"]
    assert service["DesiredCount"] == 0
    assert deploying["MaximumPercent"] == 100
    assert deploying["MinimumHealthyPercent"] == 0
    assert deploying["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert service["EnableExecuteCommand"] is False


def test_the_task_is_small_and_arm(ingest: Template) -> None:
    task = ingest.only("AWS::ECS::TaskDefinition")
    assert (task["Cpu"], task["Memory"]) == (
        str(topology.INGEST.cpu),
        str(topology.INGEST.memory_mb),
    )
    assert task["RuntimePlatform"]["CpuArchitecture"] == "ARM64"


def test_the_container_can_change_nothing_on_its_disk(container: dict[str, Any]) -> None:
    assert container["ReadonlyRootFilesystem"] is True
    assert container["User"] == "10001"
    assert "Secrets" not in container


def test_the_container_is_asked_for_its_health(container: dict[str, Any]) -> None:
    assert (
        f"127.0.0.1:{topology.INGEST.health_port}/health" in container["HealthCheck"]["Command"][-1]
    )


def test_the_container_has_no_public_address(ingest: Template) -> None:
    network = ingest.only("AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "DISABLED"
    assert all("PrivateSubnet" in ingest.text(each) for each in network["Subnets"])


def test_the_image_is_made_from_its_own_files_only(paper: Assembly) -> None:
    [staged] = [
        each for each in paper.folder.glob("asset.*") if (each / "ingest_container").exists()
    ]
    files = {
        str(each.relative_to(staged).parent / each.name)
        for each in staged.rglob("*")
        if each.is_file()
    }
    assert {name.split("/")[0] for name in files} == {"functions", "ingest_container"}
    assert {name.split("/")[1] for name in files if name.startswith("functions/")} == {
        "quantterminal",
        "quantzoo",
    }
    copied = (ROOT / "ingest_container" / "Dockerfile").read_text()
    for line in copied.splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            assert (staged / line.split()[1]).exists(), line
