"""A queue of the topology with its dead-letter queue."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.constructs.acknowledged import acknowledge
from quantterminal import topology


class FifoQueue(Construct):
    """A FIFO queue, encrypted and reachable over TLS only, and where its poison goes.

    An order that waits is never thrown away by hand: purging is denied to everybody.
    Deduplication is by our message ids, never by content: two equal bodies may be two events.
    The names are CloudFormation's own, so that a replacement never collides with its predecessor.
    """

    def __init__(self, scope: Construct, construct_id: str, *, spec: topology.Queue) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            fifo=True,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        acknowledge(
            self.dead_letters,
            {"Serverless-SQSRedrivePolicy": "It is itself where dead letters end."},
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            fifo=True,
            content_based_deduplication=False,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=cdk.Duration.seconds(topology.visibility_timeout_s(spec)),
            retention_period=cdk.Duration.days(4),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=topology.MAX_RECEIVES
            ),
        )
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                sid="NobodyEmptiesIt",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["sqs:PurgeQueue"],
                resources=[self.queue.queue_arn],
            )
        )
