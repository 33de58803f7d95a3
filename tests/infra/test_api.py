import json

import pytest

from infra_cdk.stacks.api import ROUTES
from local.web_host.guard import DOCUMENT_POLICY, SECURITY_HEADERS
from tests.infra.synthesized import Assembly, Template
from tests.infra.test_iam import rights


@pytest.fixture
def api(paper: Assembly) -> Template:
    return paper["Api"]


@pytest.fixture
def web(paper: Assembly) -> Template:
    return paper["Web"]


def test_every_route_asks_for_a_token_of_the_sign_in(api: Template) -> None:
    routes = api.of_type("AWS::ApiGatewayV2::Route").values()
    of_http = {each["RouteKey"]: each for each in routes if "/" in each["RouteKey"]}
    assert set(of_http) == {f"{method.value} {path}" for method, path in ROUTES}
    for route in of_http.values():
        authorizer = api.resources[route["AuthorizerId"]["Ref"]]["Properties"]
        assert route["AuthorizationType"] == "JWT"
        assert authorizer["AuthorizerType"] == "JWT"
        assert [api.text(each) for each in authorizer["JwtConfiguration"]["Audience"]] == [
            "<SignInPoolPage>"
        ]


def test_the_socket_asks_for_a_ticket_at_its_door(api: Template) -> None:
    routes = {each["RouteKey"]: each for each in api.of_type("AWS::ApiGatewayV2::Route").values()}
    door = api.resources[routes["$connect"]["AuthorizerId"]["Ref"]]["Properties"]
    assert routes["$connect"]["AuthorizationType"] == "CUSTOM"
    assert door["IdentitySource"] == ["route.request.querystring.ticket"]
    assert "authorize" in json.dumps(door["AuthorizerUri"])


def test_stages_are_throttled_and_logged_without_the_ticket(api: Template) -> None:
    stages = api.of_type("AWS::ApiGatewayV2::Stage").values()
    assert {each["StageName"] for each in stages} == {"$default", "live"}
    for stage in stages:
        assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 20
        assert "query" not in stage["AccessLogSettings"]["Format"].lower()


def test_nobody_signs_up_and_everybody_has_a_second_factor(api: Template) -> None:
    pool = api.only("AWS::Cognito::UserPool")
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["MfaConfiguration"] == "ON"
    assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 14


def test_the_page_signs_in_by_code_without_a_secret_and_for_minutes(api: Template) -> None:
    client = api.only("AWS::Cognito::UserPoolClient")
    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["AccessTokenValidity"] == 15
    assert client["TokenValidityUnits"]["AccessToken"] == "minutes"
    assert client["EnableTokenRevocation"] is True
    assert client["RefreshTokenRotation"]["Feature"] == "ENABLED"


def test_operators_are_a_group_that_the_function_knows(paper: Assembly, api: Template) -> None:
    built = paper["Compute"].named("AWS::Lambda::Function", "api/Function/")
    group = api.only("AWS::Cognito::UserPoolGroup")["GroupName"]
    assert built["Environment"]["Variables"]["QT_OPERATOR_GROUP"] == group


def test_one_origin_serves_page_api_and_socket(web: Template) -> None:
    distribution = web.only("AWS::CloudFront::Distribution")["DistributionConfig"]
    paths = {each["PathPattern"]: each for each in distribution["CacheBehaviors"]}
    assert set(paths) == {"/api/*", "/live"}
    assert {each["ViewerProtocolPolicy"] for each in paths.values()} == {"https-only"}
    assert distribution["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert "Logging" in distribution


def test_the_pages_bucket_is_read_by_the_distribution_only(web: Template) -> None:
    assert len(web.of_type("AWS::CloudFront::OriginAccessControl")) == 1
    page = web.named("AWS::S3::Bucket", "Page/Resource")
    assert set(page["PublicAccessBlockConfiguration"].values()) == {True}
    allowed = [
        statement
        for policy in web.of_type("AWS::S3::BucketPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert {json.dumps(each["Principal"]) for each in allowed} <= {
        json.dumps({"Service": "cloudfront.amazonaws.com"}),
        json.dumps({"Service": "logging.s3.amazonaws.com"}),
    }


def headers(web: Template, name: str) -> dict[str, str]:
    policy = web.named("AWS::CloudFront::ResponseHeadersPolicy", name)[
        "ResponseHeadersPolicyConfig"
    ]
    security = policy["SecurityHeadersConfig"]
    own = {each["Header"]: each["Value"] for each in policy["CustomHeadersConfig"]["Items"]}
    return {
        **own,
        "content-security-policy": web.text(
            security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        ),
        "x-frame-options": security["FrameOptions"]["FrameOption"],
        "referrer-policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "x-content-type-options": "nosniff" if security["ContentTypeOptions"]["Override"] else "",
    }


def test_the_page_is_as_guarded_as_on_one_machine(web: Template) -> None:
    found = headers(web, "PageHeaders")
    policy = found.pop("content-security-policy").split("; ")
    local = dict(SECURITY_HEADERS)
    assert set(local.pop("content-security-policy").split("; ")) <= set(policy)
    assert [each for each in policy if "https://" in each] == [policy[1]]
    assert policy[1].startswith("connect-src 'self' https://")
    assert found == local


def test_reports_are_as_guarded_as_on_one_machine(web: Template) -> None:
    assert headers(web, "ReportHeaders")["content-security-policy"] == DOCUMENT_POLICY


def test_the_page_comes_with_what_it_needs_to_sign_in(live: Assembly) -> None:
    deployed = live["Page"].only("Custom::CDKBucketDeployment")
    assert len(deployed["SourceObjectKeys"]) == 2


def test_only_the_container_speaks_to_the_sockets_and_to_these_alone(paper: Assembly) -> None:
    speakers = [
        (role, resource)
        for role, action, resource in rights(paper)
        if action == "execute-api:ManageConnections"
    ]
    assert {role for role, _ in speakers} == {"Ingest/TaskRole"}
    places = sorted(resource.partition("/live/")[2] for _, resource in speakers)
    assert places == ["DELETE/@connections/*", "POST/@connections/*"]
