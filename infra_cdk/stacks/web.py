"""What a browser reaches: one distribution in front of the page, the API and the live socket.

One origin for all three, so that the page's policy can be `self` and nothing needs CORS. Who may
come in is decided behind it, in the Api stack.
"""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra_cdk.constructs.acknowledged import acknowledge
from infra_cdk.constructs.log_bucket import LogBucket
from infra_cdk.constructs.security_headers import page_headers, report_headers
from infra_cdk.deployment import Deployment

SOCKET_STAGE = "live"


class WebStack(cdk.Stack):
    """The distribution, the page's bucket, and the two APIs as addresses, still without routes."""

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, **options: Any
    ) -> None:
        super().__init__(scope, construct_id, **options)
        self.sign_in_prefix = f"quantterminal-{deployment.table.stage}-{self.account}"
        self.sign_in_host = f"{self.sign_in_prefix}.auth.{self.region}.amazoncognito.com"
        logs = LogBucket(self, "AccessLogs").bucket
        self.page = s3.Bucket(
            self,
            "Page",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            server_access_logs_bucket=logs,
            server_access_logs_prefix="page/",
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.http_api = apigateway.HttpApi(
            self, "HttpApi", create_default_stage=False, disable_execute_api_endpoint=False
        )
        self.socket_api = apigateway.WebSocketApi(self, "SocketApi")
        self._name_the_sockets()
        self.distribution = self._distribution(logs)
        self.url = f"https://{self.distribution.distribution_domain_name}"
        cdk.CfnOutput(self, "Url", value=self.url, description="The dashboard")

    def _name_the_sockets(self) -> None:
        """Where messages to open sockets go and where they are ended: as URL, as ARNs, and as
        cdk-nag spells these rights.
        """
        api = self.socket_api.api_id
        places = [f"{SOCKET_STAGE}/{verb}/@connections/*" for verb in ("POST", "DELETE")]
        self.socket_url = (
            f"https://{api}.execute-api.{self.region}.{self.url_suffix}/{SOCKET_STAGE}"
        )
        self.socket_arns = [
            self.format_arn(service="execute-api", resource=api, resource_name=place)
            for place in places
        ]
        name = self.resolve(self.export_value(api))["Fn::ImportValue"]
        arn = f"arn:<AWS::Partition>:execute-api:{self.region}:<AWS::AccountId>:{name}"
        self.socket_findings = [f"AwsSolutions-IAM5[Resource::{arn}/{place}]" for place in places]

    def _distribution(self, logs: s3.Bucket) -> cloudfront.Distribution:
        page = origins.S3BucketOrigin.with_origin_access_control(self.page)
        made = cloudfront.Distribution(
            self,
            "Distribution",
            comment="QuantTerminal",
            default_root_object="index.html",
            default_behavior=cloudfront.BehaviorOptions(
                origin=page,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                response_headers_policy=page_headers(self, sign_in_host=self.sign_in_host),
                compress=True,
            ),
            additional_behaviors=self._behind(),
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            log_bucket=logs,
            log_file_prefix="distribution/",
        )
        acknowledge(
            made,
            {
                "AwsSolutions-CFR1": "A trader travels; signing in is what decides.",
                "AwsSolutions-CFR2": "A web firewall costs more than all the rest; everything but"
                " the static page needs a signed-in person, and the APIs are throttled.",
                "AwsSolutions-CFR4": "Without a domain of one's own the default certificate sets"
                " the viewers' TLS version; the origins are spoken to over TLS 1.2.",
            },
        )
        return made

    def _behind(self) -> dict[str, cloudfront.BehaviorOptions]:
        """The APIs: never cached, every header but Host handed on."""
        never = {
            "viewer_protocol_policy": cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            "allowed_methods": cloudfront.AllowedMethods.ALLOW_ALL,
            "cache_policy": cloudfront.CachePolicy.CACHING_DISABLED,
            "origin_request_policy": (cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER),
        }
        host = f"execute-api.{self.region}.{self.url_suffix}"
        http = origins.HttpOrigin(
            f"{self.http_api.api_id}.{host}",
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
        )
        socket = origins.HttpOrigin(
            f"{self.socket_api.api_id}.{host}",
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
        )
        headers = report_headers(self)
        return {
            "/api/*": cloudfront.BehaviorOptions(
                origin=http, response_headers_policy=headers, **never
            ),
            # the stage has the path's name, so that the path needs no rewriting
            f"/{SOCKET_STAGE}": cloudfront.BehaviorOptions(origin=socket, **never),
        }
