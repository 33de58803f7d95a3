"""PostgreSQL, the ledger: private, encrypted, TLS only, restorable to any second of a week."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_rds as rds
from constructs import Construct

from infra_cdk.constructs.acknowledged import acknowledge
from infra_cdk.constructs.placement import Placement
from infra_cdk.deployment import Deployment

NAME = "quantterminal"
BACKUP_DAYS = 7


class LedgerDatabase(Construct):
    """One small instance; its secret holds host, port, dbname, username and password."""

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, placement: Placement
    ) -> None:
        super().__init__(scope, construct_id)
        engine = rds.DatabaseInstanceEngine.postgres(
            version=rds.PostgresEngineVersion.of("17", "17")
        )
        self.instance = rds.DatabaseInstance(
            self,
            "Instance",
            engine=engine,
            instance_type=ec2.InstanceType("t4g.micro"),
            vpc=placement.vpc,
            vpc_subnets=placement.selection,
            security_groups=[placement.group],
            publicly_accessible=False,
            multi_az=False,
            database_name=NAME,
            credentials=rds.Credentials.from_generated_secret(NAME),
            parameter_group=rds.ParameterGroup(
                self, "Parameters", engine=engine, parameters={"rds.force_ssl": "1"}
            ),
            allocated_storage=deployment.table.database_storage_gb,
            max_allocated_storage=deployment.table.database_storage_gb * 2,
            storage_type=rds.StorageType.GP3,
            storage_encrypted=True,
            backup_retention=cdk.Duration.days(BACKUP_DAYS),
            copy_tags_to_snapshot=True,
            deletion_protection=deployment.is_live,
            removal_policy=cdk.RemovalPolicy.SNAPSHOT,
            auto_minor_version_upgrade=True,
            # on a working day, while the instance of a sleeping deployment is up (UTC)
            preferred_backup_window="21:15-21:45",
            preferred_maintenance_window="Fri:21:50-Fri:22:20",
        )
        self.secret = self.instance.secret
        self._acknowledge(deployment)

    def _acknowledge(self, deployment: Deployment) -> None:
        reasons = {
            "AwsSolutions-RDS3": "A second zone doubles the price; the broker is the final truth,"
            " and a restore to the last second is part of the runbook.",
            "AwsSolutions-RDS11": "The port is private and its group admits two callers only.",
        }
        if not deployment.is_live:
            reasons["AwsSolutions-RDS10"] = (
                "Paper trading is torn down at will; a final snapshot is kept."
            )
        acknowledge(self.instance, reasons)
        acknowledge(
            self,
            {
                "AwsSolutions-SMG4": "Rotation needs a function that runs while the instance"
                " sleeps; the runbook rotates by hand, and the code reads it at each connect.",
            },
        )
