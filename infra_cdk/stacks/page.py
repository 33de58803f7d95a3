"""The built page in its bucket, with what it must know to sign in."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from infra_cdk.constructs.acknowledged import acknowledge
from infra_cdk.stacks.api import ApiStack
from infra_cdk.stacks.web import WebStack

_REASON = (
    "The function that copies the files is the CDK's own; it runs at a deploy only, on the"
    " page's bucket and the assets' bucket, and on distributions because AWS knows no other way."
)
_BASIC = "service-role/AWSLambdaBasicExecutionRole"
_FINDINGS = (
    "AwsSolutions-L1",
    "Serverless-LambdaDLQ",
    "Serverless-LambdaLatestVersion",
    "Serverless-LambdaTracing",
    "AwsSolutions-IAM5[Resource::*]",
    f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{_BASIC}]",
    *(
        f"AwsSolutions-IAM5[Action::s3:{each}*]"
        for each in ("Abort", "DeleteObject", "GetBucket", "GetObject", "List")
    ),
)


class PageStack(cdk.Stack):
    """Copies files; `sign-in.json` names the user pool's client and host, nothing secret."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        files: Path,
        web: WebStack,
        api: ApiStack,
        **options: Any,
    ) -> None:
        super().__init__(scope, construct_id, **options)
        sign_in = {
            "client_id": api.sign_in.client.user_pool_client_id,
            "host": web.sign_in_host,
        }
        deployment.BucketDeployment(
            self,
            "Files",
            sources=[
                # the built page says that nobody signs in; here it is told who does
                deployment.Source.asset(str(files), exclude=["sign-in.json"]),
                deployment.Source.json_data("sign-in.json", sign_in),
            ],
            destination_bucket=web.page,
            distribution=web.distribution,
            distribution_paths=["/", "/index.html", "/sign-in.json"],
            retain_on_delete=False,
        )
        self._acknowledge(web)

    def _acknowledge(self, web: WebStack) -> None:
        page = self.resolve(web.export_value(web.page.bucket_arn))["Fn::ImportValue"]
        assets = f"arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-{self.region}"
        acknowledge(self, dict.fromkeys((*_FINDINGS, *_resources(page, assets)), _REASON))


def _resources(*buckets: str) -> list[str]:
    return [f"AwsSolutions-IAM5[Resource::{each}/*]" for each in buckets]
