"""Valkey, the working state: TLS and a password, serverless or one small node.

It may be lost at any instant, so it has no copies and no snapshots.
"""

import json

from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra_cdk.constructs.acknowledged import acknowledge
from infra_cdk.constructs.placement import VALKEY, Placement
from infra_cdk.deployment import Deployment, Valkey

USER = "quantterminal"
# Everything on data, nothing that administers: no FLUSHALL, no CONFIG, no KEYS.
_MAY = "on ~* &* +@all -@admin -@dangerous"
MOST_GB = 1
MOST_ECPU_PER_S = 5000


class WorkingState(Construct):
    """`url` is what QT_REDIS_URL holds; user and password are in `secret`."""

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, placement: Placement
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = f"quantterminal-{deployment.table.stage}"
        self._placement = placement
        self.is_serverless = deployment.table.valkey is Valkey.SERVERLESS
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description="User and password of the working state",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"username": USER}),
                generate_string_key="password",
                exclude_punctuation=True,
                password_length=48,
            ),
        )
        acknowledge(
            self.secret,
            {"AwsSolutions-SMG4": "The cache is made anew in minutes, with another password."},
        )
        users = self._users()
        host = self._serverless(users) if self.is_serverless else self._node(users)
        self.url = f"rediss://{host}:{VALKEY}/0"

    def _users(self) -> elasticache.CfnUserGroup:
        password = self.secret.secret_value_from_json("password").unsafe_unwrap()
        user = elasticache.CfnUser(
            self,
            "User",
            engine="valkey",
            user_id=f"{self._name}-user",
            user_name=USER,
            access_string=_MAY,
            authentication_mode={"Type": "password", "Passwords": [password]},
        )
        group = elasticache.CfnUserGroup(
            self,
            "Users",
            engine="valkey",
            user_group_id=f"{self._name}-users",
            user_ids=[user.user_id],
        )
        group.add_resource_dependency(user)
        return group

    def _serverless(self, users: elasticache.CfnUserGroup) -> str:
        usage = elasticache.CfnServerlessCache
        cache = elasticache.CfnServerlessCache(
            self,
            "Cache",
            engine="valkey",
            major_engine_version="8",
            serverless_cache_name=self._name,
            cache_usage_limits=usage.CacheUsageLimitsProperty(
                data_storage=usage.DataStorageProperty(unit="GB", maximum=MOST_GB),
                ecpu_per_second=usage.ECPUPerSecondProperty(maximum=MOST_ECPU_PER_S),
            ),
            security_group_ids=[self._placement.group.security_group_id],
            subnet_ids=self._placement.subnet_ids,
            user_group_id=users.ref,
        )
        self.dimensions = {"clusterId": self._name}
        return cache.attr_endpoint_address

    def _node(self, users: elasticache.CfnUserGroup) -> str:
        subnets = elasticache.CfnSubnetGroup(
            self,
            "Subnets",
            description="Where Valkey may be",
            subnet_ids=self._placement.subnet_ids,
        )
        parameters = elasticache.CfnParameterGroup(
            self,
            "Parameters",
            cache_parameter_group_family="valkey8",
            description="Refuses writes rather than forgetting an order",
            properties={"maxmemory-policy": "noeviction"},
        )
        cache = elasticache.CfnReplicationGroup(
            self,
            "Cache",
            engine="valkey",
            engine_version="8.0",
            replication_group_id=self._name,
            replication_group_description="Working state",
            cache_node_type="cache.t4g.micro",
            num_cache_clusters=1,
            automatic_failover_enabled=False,
            multi_az_enabled=False,
            at_rest_encryption_enabled=True,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            cache_parameter_group_name=parameters.ref,
            cache_subnet_group_name=subnets.ref,
            security_group_ids=[self._placement.group.security_group_id],
            user_group_ids=[users.ref],
        )
        self.dimensions = {"CacheClusterId": f"{self._name}-001"}
        acknowledge(
            cache,
            {
                "AwsSolutions-AEC4": "One node: it is rebuilt from ledger and broker, and orders"
                " wait meanwhile.",
                "AwsSolutions-AEC5": "The port is private and its group admits two callers only.",
                "AwsSolutions-AEC6": "Users with passwords stand in for the single token.",
            },
        )
        return cache.attr_primary_end_point_address
