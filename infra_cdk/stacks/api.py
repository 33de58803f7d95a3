"""Who may come in, and what answers: the sign-in, the routes and the live socket.

Every route needs a token of the sign-in; what changes something also needs the operators' group,
which the `api` function checks. The live socket needs a one-time ticket from such a route.
"""

import json
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra_cdk.constructs.acknowledged import acknowledge
from infra_cdk.constructs.log_retention import retention
from infra_cdk.constructs.sign_in import SignIn
from infra_cdk.constructs.socket_logging import SocketLogging
from infra_cdk.deployment import Deployment
from infra_cdk.stacks.compute import ComputeStack
from infra_cdk.stacks.web import SOCKET_STAGE, WebStack

GET, POST = apigateway.HttpMethod.GET, apigateway.HttpMethod.POST
ROUTES = (
    (GET, "/api/dashboard"),
    (GET, "/api/curve/{span}"),
    (GET, "/api/bars/{symbol}"),
    (GET, "/api/reports"),
    (GET, "/api/reports/{name}"),
    (GET, "/api/visitor"),
    (POST, "/api/halt"),
    (POST, "/api/resume"),
    (POST, "/api/flatten"),
    (POST, "/api/cancel"),
    (POST, "/api/close"),
    (POST, "/api/cancel-all"),
    (POST, "/api/ticket"),
)
# One trader looks at one page; whoever asks more often than this is nobody.
REQUESTS_PER_S, BURST = 20, 40
# Never the query: a ticket stands there.
LOGGED = {
    "at": "$context.requestTime",
    "request": "$context.requestId",
    "route": "$context.routeKey",
    "status": "$context.status",
    "from": "$context.identity.sourceIp",
    "error": "$context.error.messageString",
}


class ApiStack(cdk.Stack):
    """Stateful only in its user pool, which is kept when the stack goes."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        compute: ComputeStack,
        web: WebStack,
        **options: Any,
    ) -> None:
        super().__init__(scope, construct_id, **options)
        self._compute = compute
        # by their ids, so that what hangs on them is made here and not in the Web stack
        self._http_api = apigateway.HttpApi.from_http_api_attributes(
            self, "HttpApi", http_api_id=web.http_api.api_id
        )
        self._socket_api = apigateway.WebSocketApi.from_web_socket_api_attributes(
            self, "SocketApi", web_socket_id=web.socket_api.api_id
        )
        self.sign_in = SignIn(self, "SignIn", prefix=web.sign_in_prefix, page_url=web.url)
        self._log = logs.LogGroup(
            self,
            "AccessLog",
            retention=retention(deployment.table.log_days),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self._answer_requests()
        self._answer_sockets()

    def _answer_requests(self) -> None:
        authorizer = authorizers.HttpJwtAuthorizer(
            "Tokens",
            self.sign_in.issuer,
            jwt_audience=[self.sign_in.client.user_pool_client_id],
        )
        answers = integrations.HttpLambdaIntegration("Answers", self._compute.functions["api"])
        for method, path in ROUTES:
            apigateway.HttpRoute(
                self,
                f"{method.value}{path}",
                http_api=self._http_api,
                route_key=apigateway.HttpRouteKey.with_(path, method),
                integration=answers,
                authorizer=authorizer,
                authorization_scopes=["openid"],
            )
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self._http_api,
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=REQUESTS_PER_S, burst_limit=BURST),
        )
        self._log_access(stage)

    def _answer_sockets(self) -> None:
        """A ticket at the door, and nothing behind it but looking."""
        live = self._compute.functions["live"]
        door = authorizers.WebSocketLambdaAuthorizer(
            "Tickets",
            self._compute.functions["authorize"],
            identity_source=["route.request.querystring.ticket"],
        )
        for key in ("$connect", "$disconnect", "$default"):
            apigateway.WebSocketRoute(
                self,
                f"Socket{key}",
                web_socket_api=self._socket_api,
                route_key=key,
                integration=integrations.WebSocketLambdaIntegration(f"Live{key}", live),
                authorizer=door if key == "$connect" else None,
            )
        stage = apigateway.WebSocketStage(
            self,
            "SocketStage",
            web_socket_api=self._socket_api,
            stage_name=SOCKET_STAGE,
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=REQUESTS_PER_S, burst_limit=BURST),
        )
        self._log_access(stage)
        stage.node.add_dependency(SocketLogging(self, "SocketLogging"))
        acknowledge(
            self,
            {
                "AwsSolutions-APIG4": "A connection is authorized once, when it is opened: the"
                " other two routes belong to one that was.",
            },
        )

    def _log_access(self, stage: apigateway.HttpStage | apigateway.WebSocketStage) -> None:
        resource = stage.node.default_child
        resource.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=self._log.log_group_arn, format=json.dumps(LOGGED)
        )
