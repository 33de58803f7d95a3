"""What the stacks of one stage hold in the account, by their physical names."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from local.errors import LocalRunError

# The client of a service by its name; boto3.client, or the local AWS's.
Aws = Callable[[str], Any]

FUNCTION = "AWS::Lambda::Function"
MAPPING = "AWS::Lambda::EventSourceMapping"
QUEUE = "AWS::SQS::Queue"
TASK = "AWS::ECS::TaskDefinition"
DATABASE = "AWS::RDS::DBInstance"
ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")


class NotDeployedError(LocalRunError):
    """The account holds no stack, or no such part, of this stage."""


_VERSION, _SERVICE = "QT_CODE_VERSION", "POWERTOOLS_SERVICE_NAME"


@dataclass(frozen=True, slots=True)
class DeployedFunction:
    """One of our functions: its name in the topology, and in the account."""

    service: str
    name: str
    version: str
    variables: dict[str, str]


def reader_of(mapping: dict[str, Any]) -> str:
    """The name of the function that an event source mapping calls."""
    return str(mapping["FunctionArn"]).rpartition(":")[2]


class Parts:
    """Reads the account once for each question; nothing is kept between two."""

    def __init__(self, aws: Aws, stage: str) -> None:
        self.aws = aws
        self._prefix = f"QuantTerminal-{stage}-"
        self._found: dict[str, list[str]] = {}
        for kind, name in self._resources():
            self._found.setdefault(kind, []).append(name)

    def of(self, *kinds: str) -> tuple[str, ...]:
        """Physical names of everything of these types."""
        return tuple(name for kind in kinds for name in self._found.get(kind, []))

    def functions(self) -> tuple[DeployedFunction, ...]:
        """Our functions; the CDK's own, which carry no version, are left out."""
        client = self.aws("lambda")
        found = []
        for name in self.of(FUNCTION):
            configuration = client.get_function_configuration(FunctionName=name)
            variables = configuration.get("Environment", {}).get("Variables", {})
            if _SERVICE in variables:
                found.append(
                    DeployedFunction(
                        service=variables[_SERVICE],
                        name=name,
                        version=variables.get(_VERSION, ""),
                        variables=variables,
                    )
                )
        return tuple(sorted(found, key=lambda each: each.service))

    def function(self, service: str) -> DeployedFunction:
        """Raises NotDeployedError when that function is not deployed."""
        for each in self.functions():
            if each.service == service:
                return each
        raise NotDeployedError(f"Expected the function {service} in the stacks {self._prefix}*")

    def task_versions(self) -> tuple[str, ...]:
        """The versions that the container's task definitions start with."""
        client = self.aws("ecs")
        return tuple(
            str(pair["value"])
            for arn in self.of(TASK)
            for container in client.describe_task_definition(taskDefinition=arn)["taskDefinition"][
                "containerDefinitions"
            ]
            for pair in container.get("environment", [])
            if pair["name"] == _VERSION
        )

    def _resources(self) -> Iterator[tuple[str, str]]:
        client = self.aws("cloudformation")
        for stack in self._stacks(client):
            for page in client.get_paginator("list_stack_resources").paginate(StackName=stack):
                for each in page["StackResourceSummaries"]:
                    yield each["ResourceType"], each.get("PhysicalResourceId", "")

    def _stacks(self, client: Any) -> list[str]:
        names = [
            stack["StackName"]
            for page in client.get_paginator("describe_stacks").paginate()
            for stack in page["Stacks"]
            if stack["StackName"].startswith(self._prefix)
        ]
        if not names:
            raise NotDeployedError(
                f"Expected stacks named {self._prefix}* in the account, found none"
            )
        return names
