"""Who may do what: every right of every role, one line each, as it was last looked at.

`python -m tests.infra.test_iam` writes the file anew; what changes then is what to look at.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from quantterminal import topology
from quantterminal.topology import Need
from tests.infra.synthesized import Assembly, Template, synthesized

EXPECTED = Path(__file__).parent / "iam.expected"
# The only rights on everything, and why: Lambda makes a function's network interfaces with its
# role, and a registry's sign-in is for no resource in particular.
ON_EVERYTHING = {
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ecr:GetAuthorizationToken",
}


def rights(assembly: Assembly) -> list[tuple[str, str, str]]:
    """(role, action, resource), sorted; managed policies stand as actions on everything."""
    return sorted(
        {
            (f"{template.name}/{_role(template, role)}", action, resource)
            for template in assembly.templates.values()
            for role, statement in _statements(template)
            for action, resource in _spread(template, statement)
        }
    )


def _statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    for policy in template.of_type("AWS::IAM::Policy").values():
        for role in policy["Roles"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield role["Ref"], statement
    for name, role in template.of_type("AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
        for managed in role.get("ManagedPolicyArns", []):
            yield name, {"Effect": "Allow", "Action": template.text(managed), "Resource": "managed"}


def _role(template: Template, logical_id: str) -> str:
    return template.paths[logical_id].removesuffix("/Resource").removesuffix("/Role")


def _spread(template: Template, statement: dict[str, Any]) -> Iterator[tuple[str, str]]:
    assert statement["Effect"] == "Allow"
    assert "NotAction" not in statement
    actions, resources = statement["Action"], statement["Resource"]
    for action in actions if isinstance(actions, list) else [actions]:
        for resource in resources if isinstance(resources, list) else [resources]:
            yield action, template.text(resource)


def lines(assembly: Assembly) -> str:
    return "".join(f"{' '.join(each)}\n" for each in rights(assembly))


def test_rights_are_those_that_were_looked_at(paper: Assembly) -> None:
    assert lines(paper) == EXPECTED.read_text()


def test_no_right_is_on_all_actions(paper: Assembly) -> None:
    assert [each for each in rights(paper) if "*" in each[1]] == []


def test_rights_on_everything_are_the_known_ones(paper: Assembly) -> None:
    assert {action for _, action, resource in rights(paper) if resource == "*"} <= ON_EVERYTHING


def test_the_brokers_secret_is_read_where_orders_are_sent_and_compared(paper: Assembly) -> None:
    readers = {role for role, _, resource in rights(paper) if "BrokerSecret" in resource}
    assert readers == {"Compute/execution", "Compute/reconcile", "Ingest/TaskRole"}


def test_the_feeds_secret_is_read_where_bars_are_fetched(paper: Assembly) -> None:
    readers = {role for role, _, resource in rights(paper) if "FeedSecret" in resource}
    assert readers == {"Compute/backfill", "Ingest/TaskRole"}


def test_every_role_that_reads_a_secret_reads_it_and_no_more(paper: Assembly) -> None:
    actions = {a for _, a, resource in rights(paper) if "Secret" in resource}
    assert actions == {"secretsmanager:GetSecretValue"}


def test_only_the_power_function_switches(paper: Assembly) -> None:
    switching = ("ecs:UpdateService", "rds:StartDBInstance")
    assert {role for role, action, _ in rights(paper) if action in switching} == {"Compute/power"}


def test_a_function_sends_to_the_queues_it_is_said_to_send_to(paper: Assembly) -> None:
    for spec in topology.FUNCTIONS:
        queues = {
            resource
            for role, action, resource in rights(paper)
            if role == f"Compute/{spec.name}" and action == "sqs:SendMessage"
        } - {"<Undelivered.Arn>"}
        assert len(queues) == len(spec.sends_to)


def test_only_writers_of_the_archive_write_and_in_their_folder(paper: Assembly) -> None:
    writing = {(r, resource) for r, a, resource in rights(paper) if a == "s3:PutObject"}
    assert writing == {
        (f"Compute/{spec.name}", f"<Data:Archive.Arn>/{spec.archive_folder}/*")
        for spec in topology.FUNCTIONS
        if Need.WRITES_ARCHIVE in spec.needs
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        EXPECTED.write_text(lines(synthesized(Path(folder), {})))


if __name__ == "__main__":
    sys.exit(main())
