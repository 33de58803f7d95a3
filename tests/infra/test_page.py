"""The page of the stacks names what they build; `tests/unit/test_docs.py` holds the rest."""

import pytest

from infra_cdk.building import ROOT
from infra_cdk.deployment import DeploymentTable
from quantterminal import settings, topology
from tests.infra.synthesized import Assembly

PAGE = (ROOT / "infra_cdk" / "README.md").read_text()


@pytest.mark.parametrize(
    "name",
    [
        *settings.CLOUD_VARIABLES,
        *DeploymentTable.model_fields,
        *(each.name for each in topology.CLOUD_SCHEDULES),
    ],
)
def test_the_page_names(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_the_page_has_a_line_for_each_stack(live: Assembly) -> None:
    lines = [line.split("|")[1].strip() for line in PAGE.splitlines() if line.startswith("| `")]
    assert {f"`{name}`" for name in live.templates} <= set(lines)
