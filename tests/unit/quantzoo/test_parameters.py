import math
from dataclasses import FrozenInstanceError, dataclass
from typing import Annotated, Any

import pytest

from quantterminal.domain.errors import ConfigurationError
from quantzoo.parameters import Between, Parameters, as_mapping, parameters_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample(Parameters):
    period: Annotated[int, Between(1, 60)]
    width: Annotated[float, Between(0.5, 3.0)] = 2.0
    loud: bool = False
    label: str = "x"

    def problems(self) -> list[str]:
        return ["label: expected text for loud ones, was empty"] * (self.loud and not self.label)


def test_defaults_fill_what_is_not_given() -> None:
    parameters = parameters_from(Sample, {"period": 5}, owner="sample")

    assert as_mapping(parameters) == {"period": 5, "width": 2.0, "loud": False, "label": "x"}


def test_a_whole_number_is_taken_for_a_float() -> None:
    width = Sample(period=5, width=3).width

    assert width == 3.0
    assert type(width) is float


@pytest.mark.parametrize("period", [1, 60])
def test_the_ends_of_a_range_belong_to_it(period: int) -> None:
    assert Sample(period=period).period == period


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"period": 0}, "period: expected 1 to 60, was 0"),
        ({"period": 61}, "period: expected 1 to 60, was 61"),
        ({"period": 5.0}, "period: expected int, was 5.0"),
        ({"period": True}, "period: expected int, was True"),
        ({"period": "5"}, "period: expected int, was '5'"),
        ({"period": None}, "period: expected int, was None"),
        ({"period": 5, "width": 3.1}, "width: expected 0.5 to 3.0, was 3.1"),
        ({"period": 5, "width": math.nan}, "width: expected a finite float, was nan"),
        ({"period": 5, "width": True}, "width: expected float, was True"),
        ({"period": 5, "loud": 1}, "loud: expected bool, was 1"),
        ({"period": 5, "label": 1}, "label: expected str, was 1"),
        ({"period": 5, "loud": True, "label": ""}, "label: expected text for loud ones"),
        ({}, "period: expected a value, was missing"),
        ({"period": 5, "speed": 1}, "speed: expected one of ['period', 'width', 'loud', 'label']"),
    ],
)
def test_a_wrong_parameter_is_named_with_what_was_expected_and_found(
    values: dict[str, Any], text: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parameters_from(Sample, values, owner="sample")

    assert text in str(caught.value)


def test_all_problems_are_listed_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parameters_from(Sample, {"width": 9.0, "loud": "yes", "speed": 1}, owner="sample")

    assert all(name in str(caught.value) for name in ("width:", "loud:", "speed:", "period:"))


def test_a_parameter_class_made_directly_is_checked_too() -> None:
    with pytest.raises(ConfigurationError, match="Sample: period: expected 1 to 60, was 0"):
        Sample(period=0)


def test_parameters_cannot_be_changed_afterwards() -> None:
    with pytest.raises(FrozenInstanceError):
        Sample(period=5).period = 6  # type: ignore[misc]  # the case under test


def test_a_parameter_of_another_type_is_refused() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Odd(Parameters):
        names: tuple[str, ...] = ()

    with pytest.raises(ConfigurationError, match=r"Odd\.names: expected bool, int, float or str"):
        Odd()
