"""API Gateway's right to write the access logs of sockets: one role for a whole account."""

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra_cdk.constructs.acknowledged import acknowledge

_POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"


class SocketLogging(Construct):
    """HTTP APIs log by the log group's policy; WebSocket APIs only with this setting, which is the
    account's and therefore stays when the stack goes.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(_POLICY)],
        )
        role.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        account.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        acknowledge(
            role,
            {
                f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{_POLICY}]": (
                    "The policy that AWS documents for this account setting."
                )
            },
        )
