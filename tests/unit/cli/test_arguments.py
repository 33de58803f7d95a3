import pytest

from cli.arguments import spread


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("run --bars a b c --exit", "run --bars a --bars b --bars c --exit"),
        ("run --bars a --bars b", "run --bars a --bars b"),
        ("run --speed max --bars a b", "run --speed max --bars a --bars b"),
        ("run --bars=a --exit", "run --bars=a --exit"),
        ("config check x.toml", "config check x.toml"),
    ],
)
def test_several_values_after_one_flag(typed: str, meant: str) -> None:
    assert spread(typed.split(), {"--bars"}) == meant.split()
