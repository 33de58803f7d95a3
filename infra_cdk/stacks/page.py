"""The built page in its bucket, with what it must know to sign in."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from infra_cdk.stacks.api import ApiStack
from infra_cdk.stacks.web import WebStack


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
                deployment.Source.asset(str(files)),
                deployment.Source.json_data("sign-in.json", sign_in),
            ],
            destination_bucket=web.page,
            distribution=web.distribution,
            distribution_paths=["/", "/index.html", "/sign-in.json"],
            retain_on_delete=False,
        )
