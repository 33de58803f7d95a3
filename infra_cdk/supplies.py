"""What functions and container are supplied with: the values of their variables, and the things
that rights are given on. Which process gets which is the topology's to say.
"""

from dataclasses import dataclass, replace

import aws_cdk as cdk

from infra_cdk.constructs.rights import Reach
from infra_cdk.constructs.sign_in import OPERATORS
from infra_cdk.deployment import Deployment
from infra_cdk.stacks.data import DataStack
from infra_cdk.stacks.messaging import MessagingStack
from infra_cdk.stacks.web import WebStack
from quantterminal.topology import Need


@dataclass(frozen=True, slots=True)
class Supplies:
    """`variables` by the names of `settings`; secrets stand there by their ids only."""

    reach: Reach
    variables: dict[str, str]

    def with_container(self, *, service_arn: str, path: str) -> "Supplies":
        """The same with the container's service, for the function that switches it."""
        return Supplies(
            replace(self.reach, container_service_arn=service_arn),
            {**self.variables, "QT_CONTAINER_SERVICE": path},
        )


def supplies(
    deployment: Deployment,
    *,
    code_version: str,
    messaging: MessagingStack,
    data: DataStack,
    web: WebStack,
) -> Supplies:
    """Everything that exists before the container and the functions do."""
    secrets = {
        Need.DATABASE: data.ledger.secret,
        Need.CACHE: data.working_state.secret,
        Need.BROKER: data.broker_secret,
        Need.FEED: data.feed_secret,
    }
    reach = Reach(
        queues=messaging.queues,
        bus=messaging.bus,
        alerts=messaging.alerts,
        archive=data.archive,
        secrets=secrets,
        database_arn=data.ledger.instance.instance_arn,
        socket_arns=tuple(web.socket_arns),
        socket_findings=tuple(web.socket_findings),
    )
    urls = {name: queue.queue_url for name, queue in messaging.queues.items()}
    return Supplies(
        reach,
        {
            "QT_CONFIG": deployment.trading_json,
            "QT_CODE_VERSION": code_version,
            "QT_QUEUE_URLS": cdk.Stack.of(messaging).to_json_string(urls),
            "QT_EVENT_BUS": messaging.bus.event_bus_name,
            "QT_ALERT_TOPIC_ARN": messaging.alerts.topic_arn,
            "QT_BUCKET": data.archive.bucket_name,
            "QT_REDIS_URL": data.working_state.url,
            "QT_REDIS_SECRET_ID": secrets[Need.CACHE].secret_arn,
            "QT_DATABASE_SECRET_ID": secrets[Need.DATABASE].secret_arn,
            "QT_BROKER_SECRET_ID": secrets[Need.BROKER].secret_arn,
            "QT_FEED_SECRET_ID": secrets[Need.FEED].secret_arn,
            "QT_OPERATOR_GROUP": OPERATORS,
            "QT_SOCKET_URL": web.socket_url,
            "QT_DATABASE_INSTANCE": data.ledger.instance.instance_identifier,
            "QT_RETENTION_DAYS": str(deployment.table.retention_days),
            "QT_STARTING_CASH": f"{deployment.table.starting_cash:f}",
            **deployment.endpoints,
        },
    )
