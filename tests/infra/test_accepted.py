"""The findings of cdk-nag that are accepted: making the templates fails on any other."""

from tests.infra.synthesized import Assembly

SHORTEST_REASON = 25
# By deployment: a new acceptance has to be looked at here, and the numbers should only fall.
MOST = {"paper": 108, "live": 121}


def test_every_acceptance_has_its_reason(paper: Assembly, live: Assembly) -> None:
    for assembly in (paper, live):
        for rule, construct, reason in assembly.accepted:
            assert len(reason) >= SHORTEST_REASON, f"{rule} on {construct}"
            assert reason[0].isupper(), f"{rule} on {construct}"
            assert reason.endswith("."), f"{rule} on {construct}"


def test_acceptances_only_become_fewer(paper: Assembly, live: Assembly) -> None:
    assert len(paper.accepted) == MOST["paper"]
    assert len(live.accepted) == MOST["live"]


def test_what_is_accepted_for_everything_is_short(paper: Assembly) -> None:
    """An acceptance on a whole stack would hide what is added later."""
    of_stacks = {(rule, path) for rule, path, _ in paper.accepted if "/" not in path}
    assert of_stacks == {("AwsSolutions-APIG4", "Api")}
