"""What the local AWS leaves out of the types that it has, each with its reason in one table.

A completion runs after a resource was made or updated: it carries over what was dropped, and hands
back the attributes that are missing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapters import Made, Properties, called
from ministack.services import lambda_svc, s3, scheduler
from ministack.services.cloudformation import provisioners


@dataclass(frozen=True, slots=True)
class Completion:
    """`finish` takes the physical id and the properties, and gives the missing attributes."""

    reason: str
    finish: Callable[[str, Properties], Properties]


def register() -> None:
    for kind, completion in COMPLETIONS.items():
        handlers = provisioners._RESOURCE_HANDLERS[kind]
        for step, place in (("create", 1), ("update", 2)):
            if step in handlers:
                handlers[step] = _completed(handlers[step], completion, properties_at=place)


def _completed(
    step: Callable[..., Made], completion: Completion, *, properties_at: int
) -> Callable[..., Made]:
    def completed(*arguments: Any) -> Made:
        physical_id, attributes = step(*arguments)
        added = completion.finish(physical_id, arguments[properties_at])
        return physical_id, {**attributes, **added}

    return completed


def _cidr_block(_physical_id: str, properties: Properties) -> Properties:
    return {"CidrBlock": properties["CidrBlock"]}


def _provider_url(physical_id: str, _properties: Properties) -> Properties:
    region = physical_id.partition("_")[0]
    return {"ProviderURL": f"https://cognito-idp.{region}.amazonaws.com/{physical_id}"}


def _time_zone(physical_id: str, properties: Properties) -> Properties:
    made = scheduler._schedules[f"{properties.get('GroupName', 'default')}/{physical_id}"]
    made["ScheduleExpressionTimezone"] = properties.get("ScheduleExpressionTimezone", "UTC")
    return {}


def _network(physical_id: str, properties: Properties) -> Properties:
    made = lambda_svc._functions[physical_id]["config"]
    made["VpcConfig"] = lambda_svc._vpc_config_with_id(properties.get("VpcConfig"))
    return {}


def _object_lock(physical_id: str, properties: Properties) -> Properties:
    lock = properties.get("ObjectLockConfiguration")
    if lock:
        kept = lock["Rule"]["DefaultRetention"]
        body = (
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>"
            f"<DefaultRetention><Mode>{kept['Mode']}</Mode><Days>{kept['Days']}</Days>"
            "</DefaultRetention></Rule></ObjectLockConfiguration>"
        )
        called(lambda text: s3._put_object_lock_configuration(physical_id, text.encode()), body)
    return {}


COMPLETIONS: dict[str, Completion] = {
    "AWS::EC2::VPC": Completion("no CidrBlock, which security groups admit", _cidr_block),
    "AWS::Cognito::UserPool": Completion("no ProviderURL, the tokens' issuer", _provider_url),
    "AWS::Scheduler::Schedule": Completion("the time zone is dropped", _time_zone),
    "AWS::Lambda::Function": Completion("the network is dropped", _network),
    "AWS::S3::Bucket": Completion("the object lock is dropped", _object_lock),
}
