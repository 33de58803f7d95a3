"""What was deployed, found from the outside: names of the topology -> physical resources."""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from local.processes.local_aws import LocalAwsAddress
from quantterminal import topology

PREFIX = "QuantTerminal-"


class Inventory:
    """Asks the local AWS, through the same clients as an operator's tools would use."""

    def __init__(self, address: LocalAwsAddress) -> None:
        self._address = address
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._address.client(service)
        return self._clients[service]

    @property
    def stacks(self) -> dict[str, Mapping[str, Any]]:
        """Living stacks of ours by name."""
        found = self.client("cloudformation").describe_stacks()["Stacks"]
        return {each["StackName"]: each for each in found if each["StackName"].startswith(PREFIX)}

    def resources(self, kind: str = "") -> Iterator[tuple[str, str, str]]:
        """Stack, logical id and physical id of every living resource, or those of one type."""
        listing = self.client("cloudformation").get_paginator("list_stack_resources")
        for stack in self.stacks:
            for page in listing.paginate(StackName=stack):
                for each in page["StackResourceSummaries"]:
                    if not kind or each["ResourceType"] == kind:
                        yield stack, each["LogicalResourceId"], each["PhysicalResourceId"]

    def template_resources(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        """(stack, logical id) -> the resource as the deployed template has it."""
        client, found = self.client("cloudformation"), {}
        for stack in self.stacks:
            answer = client.get_template(StackName=stack, TemplateStage="Original")
            body = answer["TemplateBody"]
            template = json.loads(body) if isinstance(body, str) else body
            for logical, each in template["Resources"].items():
                found[stack, logical] = each
        return found

    def one(self, kind: str) -> str:
        """The physical id of the only resource of that type."""
        [(_, _, physical)] = self.resources(kind)
        return physical

    def output(self, name: str) -> str:
        """The value of the only output of that name, in whatever stack."""
        values = [
            output["OutputValue"]
            for stack in self.stacks.values()
            for output in stack.get("Outputs", [])
            if output["OutputKey"] == name
        ]
        [value] = values
        return str(value)

    def forget(self) -> None:
        """Ask again for what a deploy may have changed."""
        for name in ("functions", "queue_urls"):
            self.__dict__.pop(name, None)

    @cached_property
    def functions(self) -> dict[str, Mapping[str, Any]]:
        """Configuration of our functions by topology name."""
        pages = self.client("lambda").get_paginator("list_functions").paginate()
        return {
            each["Handler"].split(".")[1]: each
            for page in pages
            for each in page["Functions"]
            if each["Handler"].startswith("handlers.")
        }

    def variables(self, function: str) -> dict[str, str]:
        return dict(self.functions[function]["Environment"]["Variables"])

    @cached_property
    def queue_urls(self) -> dict[str, str]:
        """As the functions are told them, in the order of the topology."""
        told = json.loads(self.variables("risk")["QT_QUEUE_URLS"])
        return {queue.name: told[queue.name] for queue in topology.QUEUES}

    def queue(self, url: str) -> dict[str, str]:
        answer = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return dict(answer["Attributes"])

    def queue_url_of(self, arn: str) -> str:
        name = arn.rsplit(":", 1)[-1]
        url: str = self.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        return url

    def dead_letters(self, name: str) -> int:
        """Messages in the dead-letter queue of a topology queue."""
        redrive = json.loads(self.queue(self.queue_urls[name])["RedrivePolicy"])
        dead = self.queue(self.queue_url_of(redrive["deadLetterTargetArn"]))
        return int(dead["ApproximateNumberOfMessages"])

    def depth(self, name: str) -> int:
        """Messages of a topology queue that wait, are in flight or are delayed."""
        found = self.queue(self.queue_urls[name])
        kinds = ("", "NotVisible", "Delayed")
        return sum(int(found[f"ApproximateNumberOfMessages{kind}"]) for kind in kinds)

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """The function's answer. Raises RuntimeError with its error."""
        answer = self.client("lambda").invoke(
            FunctionName=self.functions[function]["FunctionName"], Payload=json.dumps(dict(event))
        )
        payload = answer["Payload"].read()
        if "FunctionError" in answer:
            raise RuntimeError(f"{function}: {payload.decode()}")
        return json.loads(payload or b"null")
