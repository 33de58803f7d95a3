"""Adds up a month: every resource by its rule, allowances taken off, rounded up to the cent."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Any

from cli.cost.catalog import BILLED, reason_to_be_free
from cli.cost.errors import UnpricedError
from cli.cost.prices import MARKET_DATA, PRICES, Price
from cli.cost.templates import Resource, plain_text
from cli.cost.usage import Assumption, Profile, Usage, make_usage

_CENT = Decimal("0.01")
# For templates whose trading configuration cannot be read before the deploy.
_MOST_SYMBOLS, _MOST_STRATEGIES = 50, 3
_WITHOUT_RESOURCE = "no resource of its own"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the bill: `quantity` of the price's unit before its allowance, and dollars."""

    price: Price
    quantity: Decimal
    dollars: Decimal
    resources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FreeType:
    type: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A month in one profile; `items` are the dearest first."""

    usage: Usage
    items: tuple[Item, ...]
    free: tuple[FreeType, ...]

    @property
    def profile(self) -> Profile:
        return self.usage.profile

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        return tuple(self.usage.assumptions.values())

    @property
    def total_without_market_data(self) -> Decimal:
        return sum((item.dollars for item in self.items), start=Decimal("0.00"))

    @property
    def total(self) -> Decimal:
        return self.total_without_market_data + MARKET_DATA.dollars


def estimate(resources: Sequence[Resource], profile: Profile) -> Estimate:
    """The month of these resources.

    Raises UnpricedError that names every resource without a price or a reason to be free.
    """
    symbols, strategies = _traded(resources)
    usage = make_usage(profile, symbols=symbols, strategies=strategies)
    quantities: dict[str, Decimal] = defaultdict(Decimal)
    causes: dict[str, list[str]] = defaultdict(list)
    for resource in _billed(resources):
        for use in BILLED[resource.type](resource, usage):
            quantities[use.price] += use.quantity
            causes[use.price].append(f"{resource.stack}/{resource.name}")
    if causes:
        quantities["metrics"] += usage["metrics"]
    items = [_item(name, quantities[name], causes[name]) for name in quantities]
    return Estimate(
        usage=usage,
        items=tuple(sorted(items, key=lambda item: (-item.dollars, item.price.item))),
        free=_free(resources),
    )


def profile_of(resources: Iterable[Resource]) -> Profile:
    """The profile that the templates were synthesized for: only a sleeping one is switched off."""
    knocks = (each for each in resources if each.type == "AWS::Scheduler::Schedule")
    inputs = " ".join(plain_text(each.properties.get("Target", {}).get("Input")) for each in knocks)
    return Profile.MARKET_HOURS if "container-down" in inputs else Profile.ALWAYS


def _billed(resources: Sequence[Resource]) -> list[Resource]:
    unknown = sorted(
        f"{each.type} ({each.stack}/{each.name})"
        for each in resources
        if each.type not in BILLED and reason_to_be_free(each.type) is None
    )
    if unknown:
        raise UnpricedError(
            "Expected a price, or a reason to be free, for every resource, found none for:"
            f" {', '.join(unknown)}; add them to cli/cost/catalog.py"
        )
    return [each for each in resources if each.type in BILLED]


def _item(name: str, quantity: Decimal, causes: list[str]) -> Item:
    price = PRICES[name]
    billed = max(quantity - price.allowance, Decimal(0))
    dollars = (billed * price.dollars).quantize(_CENT, rounding=ROUND_UP)
    return Item(price, quantity, dollars, tuple(dict.fromkeys(causes)) or (_WITHOUT_RESOURCE,))


def _free(resources: Sequence[Resource]) -> tuple[FreeType, ...]:
    counted = Counter(each.type for each in resources)
    reasons = ((kind, count, reason_to_be_free(kind)) for kind, count in sorted(counted.items()))
    return tuple(FreeType(kind, count, why) for kind, count, why in reasons if why is not None)


def _traded(resources: Iterable[Resource]) -> tuple[int, int]:
    """How many symbols and strategies the functions are configured with."""
    for resource in resources:
        variables: dict[str, Any] = resource.properties.get("Environment", {})
        if resource.type == "AWS::Lambda::Function" and isinstance(variables, dict):
            text = plain_text(variables.get("Variables", {}).get("QT_CONFIG"))
            if text:
                found = json.loads(text)
                return len(found["symbols"]), len(found["strategies"])
    return _MOST_SYMBOLS, _MOST_STRATEGIES
