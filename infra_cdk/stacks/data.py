"""What is kept: ledger, working state, buckets and the secrets of the operator.

Everything that holds money's history survives its stack: the database as a final snapshot, the
buckets as they are.
"""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra_cdk.constructs.acknowledged import acknowledge
from infra_cdk.constructs.ledger_database import LedgerDatabase
from infra_cdk.constructs.log_bucket import LogBucket
from infra_cdk.constructs.valkey import WorkingState
from infra_cdk.deployment import Deployment, LockMode
from infra_cdk.stacks.network import NetworkStack


class DataStack(cdk.Stack):
    """Stateful; no other stack holds what cannot be made again."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        network: NetworkStack,
        **options: Any,
    ) -> None:
        super().__init__(scope, construct_id, **options)
        self.ledger = LedgerDatabase(
            self, "Ledger", deployment=deployment, placement=network.database
        )
        self.working_state = WorkingState(
            self, "WorkingState", deployment=deployment, placement=network.cache
        )
        self.broker_secret = self._placeholder(
            "BrokerSecret", "The broker's keys: JSON with key_id and secret_key"
        )
        self.feed_secret = self._placeholder("FeedSecret", "The feed's key: JSON with api_key")
        self.archive = self._archive(deployment)

    def _placeholder(self, name: str, description: str) -> secretsmanager.ISecret:
        """A secret without a value: the operator puts it in, and no template ever knows it."""
        made = secretsmanager.CfnSecret(self, name, description=description)
        acknowledge(
            made,
            {"AwsSolutions-SMG4": "The vendor makes these keys; a person replaces them there."},
        )
        cdk.CfnOutput(self, f"{name}Arn", value=made.ref, description=description)
        return secretsmanager.Secret.from_secret_complete_arn(self, f"{name}Reference", made.ref)

    def _archive(self, deployment: Deployment) -> s3.Bucket:
        """Reports and trade log: locked against change from the moment of writing."""
        days = cdk.Duration.days(deployment.table.trade_log_days)
        lock = {
            LockMode.GOVERNANCE: s3.ObjectLockRetention.governance,
            LockMode.COMPLIANCE: s3.ObjectLockRetention.compliance,
        }[deployment.table.trade_log_lock](days)
        return s3.Bucket(
            self,
            "Archive",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_lock_default_retention=lock,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=cdk.RemovalPolicy.RETAIN,
            server_access_logs_bucket=LogBucket(self, "AccessLogs").bucket,
            server_access_logs_prefix="archive/",
            versioned=True,
        )
