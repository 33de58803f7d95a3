import re

import pytest

from quantterminal import settings, topology
from tests.project_files import ROOT, project_files

INFRA_PAGE = ROOT / "infra_cdk" / "README.md"
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def pages() -> list[str]:
    return [name for name in project_files() if name.endswith(".md")]


def test_links_inside_the_project_lead_somewhere() -> None:
    broken = [
        f"{page}: {target}"
        for page in pages()
        for target in LINK.findall((ROOT / page).read_text())
        if "://" not in target and not ((ROOT / page).parent / target).exists()
    ]
    assert broken == []


def test_make_targets_of_the_pages_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    promised = {
        target
        for page in pages()
        for target in re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / page).read_text(), re.MULTILINE)
    }
    assert promised <= targets


@pytest.mark.parametrize(
    "name",
    [
        *(each.name for each in topology.FUNCTIONS),
        *(each.name for each in topology.QUEUES),
        *(each.name for each in topology.SCHEDULES),
        *settings.VARIABLES,
    ],
)
def test_the_page_of_the_stacks_names_everything_it_builds_or_still_owes(name: str) -> None:
    assert f"`{name}`" in INFRA_PAGE.read_text()
