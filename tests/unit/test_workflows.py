"""The workflows as data: what they may do, what they run, and that they hold no secret."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.deploy.commands import app as deploy_app
from tests.project_files import ROOT

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
EVERY_FILE = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
ACTIONS = {
    "actions/checkout": "11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2",
    "actions/setup-python": "0b93645e9fea7318ecaed2b359559ac225c90a2b # v5.3.0",
    "aws-actions/configure-aws-credentials": "e3dd6a429d7300a6a4c196c26e071d42e0343502 # v4.0.2",
}
# Job -> what it may do beyond reading the code.
RIGHTS = {
    "diff": {"id-token": "write", "pull-requests": "write"},
    "deploy": {"id-token": "write"},
}


def workflow(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())
    return loaded


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = workflow(path)["jobs"]
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(path).values():
        yield from job["steps"]


def deploy_job() -> dict[str, Any]:
    return jobs(ROOT / ".github" / "workflows" / "deploy.yml")["deploy"]


@EVERY_FILE
def test_actions_are_pinned_to_a_commit_and_say_which_release_it_is(path: Path) -> None:
    used = re.findall(r"uses: (\S+?)@(.+)", path.read_text())
    assert used
    assert [f"{name}@{pin}" for name, pin in used if ACTIONS.get(name) != pin] == []


@EVERY_FILE
def test_a_job_may_do_what_it_needs_and_no_more(path: Path) -> None:
    everywhere = workflow(path)["permissions"]
    assert everywhere in ({}, {"contents": "read"})
    for name, job in jobs(path).items():
        rights = job.get("permissions", everywhere)
        assert rights == {"contents": "read", **RIGHTS.get(name, {})}


@EVERY_FILE
def test_who_may_enter_aws_stands_behind_an_environment(path: Path) -> None:
    for job in jobs(path).values():
        if "id-token" in job.get("permissions", {}):
            assert job["environment"]
            assert "vars.AWS_" in job["if"]


@EVERY_FILE
def test_there_are_no_secrets(path: Path) -> None:
    text = path.read_text()
    assert "secrets." not in text
    assert "secrets:" not in text
    assert "AWS_ACCESS_KEY" not in text


@EVERY_FILE
def test_no_script_is_made_of_what_others_have_written(path: Path) -> None:
    """Titles and branches of strangers reach a shell as variables, or not at all."""
    assert [step["run"] for step in steps(path) if "${{" in step.get("run", "")] == []


@EVERY_FILE
def test_a_checkout_leaves_no_token_behind(path: Path) -> None:
    checkouts = [
        each for each in steps(path) if each.get("uses", "").startswith("actions/checkout")
    ]
    assert checkouts
    assert all(each["with"]["persist-credentials"] is False for each in checkouts)


@EVERY_FILE
def test_every_job_ends_some_day(path: Path) -> None:
    assert all(job["timeout-minutes"] <= 60 for job in jobs(path).values())


@EVERY_FILE
def test_what_the_workflows_run_is_there(path: Path) -> None:
    scripts = "\n".join(step.get("run", "") for step in steps(path))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = {
        target
        for line in re.findall(r"^make (?:--directory \S+ )?([a-z -]+)$", scripts, re.MULTILINE)
        for target in line.split()
    }
    assert called <= targets
    commands = {
        each.name or getattr(each.callback, "__name__", "")
        for each in deploy_app.registered_commands
    }
    assert set(re.findall(r"qt deploy ([a-z]+)", scripts)) <= commands


def test_a_deploy_follows_tests_synthesis_and_audit() -> None:
    every = jobs(ROOT / ".github" / "workflows" / "deploy.yml")
    assert set(every["deploy"]["needs"]) == {"synth", "audit"}
    assert every["synth"]["needs"] == "test"
    assert every["deploy"]["environment"] == "paper"


def test_a_deploy_takes_its_steps_in_the_safe_order() -> None:
    runs = "\n".join(step.get("run", "") for step in deploy_job()["steps"])
    order = ["deploy window", "deploy previous", "deploy hold", "deploy wake", "$CDK deploy"]
    order += ["deploy smoke", "deploy release", "worktree add", "deploy rest"]
    places = [runs.index(step) for step in order]
    assert places == sorted(places)


def test_the_market_is_asked_before_the_account_is_entered() -> None:
    names = [step.get("run", step.get("uses", "")) for step in deploy_job()["steps"]]
    window = next(i for i, each in enumerate(names) if "deploy window" in each)
    entered = next(i for i, each in enumerate(names) if "configure-aws-credentials" in each)
    assert window < entered


def test_a_failure_after_the_hold_goes_back_and_the_database_sleeps_whatever_happens() -> None:
    by_name = {step.get("name"): step for step in deploy_job()["steps"]}
    assert by_name["Go back"]["if"] == "${{ failure() && steps.hold.outcome == 'success' }}"
    assert by_name["Let the database sleep again"]["if"].startswith("${{ always() &&")
