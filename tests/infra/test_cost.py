"""The price list against the stacks as they are: nothing unpriced, nothing over the budget."""

from decimal import Decimal

import pytest

from cli.cost.estimate import estimate, profile_of
from cli.cost.templates import read_resources
from cli.cost.usage import Profile
from tests.infra.synthesized import Assembly

MOST_ASLEEP = Decimal(30)


def test_the_default_deployment_costs_less_than_a_lunch(paper: Assembly) -> None:
    resources = read_resources(paper.folder)
    assert profile_of(resources) is Profile.MARKET_HOURS

    found = estimate(resources, Profile.MARKET_HOURS)

    items = [f"{item.price.item} {item.dollars}" for item in found.items]
    assert Decimal(20) < found.total_without_market_data <= MOST_ASLEEP, items


def test_round_the_clock_is_estimated_from_the_same_templates(paper: Assembly) -> None:
    found = estimate(read_resources(paper.folder), Profile.ALWAYS)
    assert MOST_ASLEEP < found.total_without_market_data < Decimal(60)


def test_the_other_choices_have_their_prices_too(live: Assembly) -> None:
    resources = read_resources(live.folder)
    assert profile_of(resources) is Profile.ALWAYS

    found = estimate(resources, Profile.ALWAYS)

    items = {item.price.item for item in found.items if item.dollars > 0}
    assert {"NAT gateway", "NAT gateway, data", "Valkey cache.t4g.micro"} <= items


@pytest.mark.parametrize(
    "item", ["Fargate, arm vCPU", "RDS db.t4g.micro", "Valkey serverless, data", "EC2 t4g.nano"]
)
def test_the_machines_are_seen(paper: Assembly, item: str) -> None:
    found = estimate(read_resources(paper.folder), Profile.MARKET_HOURS)
    [line] = [each for each in found.items if each.price.item == item]
    assert line.dollars > 0
    assert len(line.resources) == 1


def test_the_symbols_of_the_deployment_are_those_of_the_estimate(paper: Assembly) -> None:
    usage = estimate(read_resources(paper.folder), Profile.MARKET_HOURS).usage
    assert (usage.symbols, usage.strategies) == (6, 3)
