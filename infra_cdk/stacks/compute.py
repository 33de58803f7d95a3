"""The functions and what wakes them: queues, bus rules, schedules."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as event_targets
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.building import Building
from infra_cdk.constructs.acknowledged import acknowledge
from infra_cdk.constructs.code_bundle import code
from infra_cdk.constructs.log_retention import retention
from infra_cdk.constructs.python_function import Footing, PythonFunction
from infra_cdk.constructs.rights import Reach
from infra_cdk.constructs.timed_invocation import TimedInvocations, cloud_knocks, knocks
from infra_cdk.deployment import Deployment
from infra_cdk.stacks.messaging import MessagingStack
from infra_cdk.stacks.network import NetworkStack
from infra_cdk.supplies import Supplies
from quantterminal import topology


class ComputeStack(cdk.Stack):
    """Every function of the topology with its triggers; holds no state of its own."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        building: Building,
        network: NetworkStack,
        messaging: MessagingStack,
        supplies: Supplies,
        **options: Any,
    ) -> None:
        super().__init__(scope, construct_id, **options)
        self._deployment = deployment
        self._messaging = messaging
        self._variables = supplies.variables
        self.undelivered = self._undelivered_queue()
        footing = Footing(
            code=code(building),
            architecture=building.architecture,
            placement=network.functions,
            log_retention=retention(deployment.table.log_days),
            undelivered=self.undelivered,
        )
        self.made = {
            spec.name: self._make(spec, footing, supplies.reach) for spec in topology.FUNCTIONS
        }
        self.functions = {name: each.function for name, each in self.made.items()}
        self._consume_queues()
        self._listen_to_bus()
        self._keep_schedule()
        self.ledger_step = self._prepare_ledger()

    def _make(self, spec: topology.Function, footing: Footing, reach: Reach) -> PythonFunction:
        told = ("QT_CONFIG", "QT_CODE_VERSION", *spec.variables)
        environment = {name: self._variables[name] for name in told}
        if topology.Need.DATABASE in spec.needs:
            environment["PGSSLMODE"] = "require"
        made = PythonFunction(
            self,
            spec.name,
            spec=spec,
            footing=footing,
            environment=environment,
            is_called_asynchronously=spec.name in _CALLED_ASYNCHRONOUSLY,
        )
        reach.grant(spec, made.role)
        return made

    def _undelivered_queue(self) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            "Undelivered",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        acknowledge(
            queue,
            dict.fromkeys(
                ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"),
                "It is itself where what cannot be delivered ends.",
            ),
        )
        return queue

    def _consume_queues(self) -> None:
        for spec in topology.QUEUES:
            consumer = self.functions[spec.consumer]
            consumer.add_event_source(
                sources.SqsEventSource(
                    self._messaging.queues[spec.name],
                    batch_size=spec.batch_size,
                    max_concurrency=spec.max_concurrency,
                    report_batch_item_failures=True,
                )
            )
            acknowledge(
                consumer,
                {
                    "Serverless-LambdaEventSourceMappingDestination": "An SQS mapping has none:"
                    " the queue's own dead-letter queue takes what fails.",
                },
            )

    def _listen_to_bus(self) -> None:
        for spec in topology.BUS_RULES:
            target = event_targets.LambdaFunction(
                self.functions[spec.function],
                dead_letter_queue=self.undelivered,
                max_event_age=cdk.Duration.hours(1),
                retry_attempts=5,
            )
            events.Rule(
                self,
                f"bus-{spec.name}",
                event_bus=self._messaging.bus,
                event_pattern=events.EventPattern(detail_type=list(spec.events)),
                targets=[target],
            )

    def _keep_schedule(self) -> None:
        sleeps = self._deployment.sleeps
        timed = {
            name: TimedInvocations(
                self,
                f"times-{name}",
                function=self.functions[name],
                undelivered_arn=self.undelivered.queue_arn,
            )
            for name in dict.fromkeys(
                each.function for each in (*topology.SCHEDULES, *topology.CLOUD_SCHEDULES)
            )
        }
        for spec in topology.SCHEDULES:
            timed[spec.function].add(spec.name, *knocks(spec, sleeps=sleeps))
        for extra in topology.CLOUD_SCHEDULES:
            if sleeps or not extra.only_where_it_sleeps:
                timed[extra.function].add(extra.name, cloud_knocks(extra), extra.payload)

    def _prepare_ledger(self) -> cdk.CustomResource:
        """Migrations as a step of the deploy: done again whenever the code changes, before any
        function that writes the ledger gets its new code; a failure takes the deploy back.
        """
        migrate = self.functions["migrate"]
        step = cdk.CustomResource(
            self,
            "LedgerStep",
            service_token=migrate.function_arn,
            properties={"CodeVersion": self._variables["QT_CODE_VERSION"]},
        )
        patience_s = topology.function("migrate").timeout_s + 30
        step.node.default_child.add_property_override("ServiceTimeout", patience_s)
        step.node.add_dependency(self.made["migrate"])
        for spec in topology.FUNCTIONS:
            if topology.Need.DATABASE in spec.needs and spec.name != "migrate":
                self.functions[spec.name].node.add_dependency(step)
        return step


_CALLED_ASYNCHRONOUSLY = frozenset(
    each.function for each in (*topology.SCHEDULES, *topology.CLOUD_SCHEDULES, *topology.BUS_RULES)
)
