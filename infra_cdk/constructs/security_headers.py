"""What a browser may do with the page: the same words as the one-machine host says them with."""

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

# A report is one file that opens offline: its style is in it, and it may run nothing.
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'; sandbox"
)
_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
_OTHERS = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": _PERMISSIONS,
}


def page_policy(sign_in_host: str) -> str:
    """Own files only; the sign-in's token endpoint is the one other place that is spoken to."""
    return (
        f"default-src 'self'; connect-src 'self' https://{sign_in_host}; base-uri 'none';"
        " object-src 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def page_headers(scope: Construct, *, sign_in_host: str) -> cloudfront.ResponseHeadersPolicy:
    return _headers(scope, "PageHeaders", page_policy(sign_in_host))


def report_headers(scope: Construct) -> cloudfront.ResponseHeadersPolicy:
    return _headers(scope, "ReportHeaders", REPORT_POLICY)


def _headers(scope: Construct, name: str, policy: str) -> cloudfront.ResponseHeadersPolicy:
    return cloudfront.ResponseHeadersPolicy(
        scope,
        name,
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                content_security_policy=policy, override=True
            ),
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            frame_options=cloudfront.ResponseHeadersFrameOptions(
                frame_option=cloudfront.HeadersFrameOption.DENY, override=True
            ),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
            ),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=cdk.Duration.days(365),
                include_subdomains=True,
                override=True,
            ),
        ),
        custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
            custom_headers=[
                cloudfront.ResponseCustomHeader(header=header, value=value, override=True)
                for header, value in _OTHERS.items()
            ]
        ),
    )
