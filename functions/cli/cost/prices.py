"""Unit prices as data: AWS's list prices of us-east-1 and the market-data plan, each with its date.

Nothing here is fetched. `as_of` is the month in which somebody last compared a price with its
source; a price that has moved since is wrong until its line is edited. An allowance is what AWS
gives every account each month without end (the twelve months of a new account are not counted); it
is given once per account, whatever else runs there.
"""

from dataclasses import dataclass
from decimal import Decimal

REGION = "us-east-1"
_AWS = "https://aws.amazon.com"


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per `unit`, beyond `allowance` units a month."""

    item: str
    unit: str
    dollars: Decimal
    source: str
    as_of: str
    allowance: Decimal = Decimal(0)


def _aws(
    item: str, unit: str, dollars: str, page: str, *, as_of: str = "2026-11", allowance: str = "0"
) -> Price:
    return Price(item, unit, Decimal(dollars), f"{_AWS}/{page}/pricing/", as_of, Decimal(allowance))


_MILLION = "0.000001"

PRICES: dict[str, Price] = {
    "fargate-arm-vcpu": _aws("Fargate, arm vCPU", "vCPU-h", "0.03238", "fargate"),
    "fargate-arm-memory": _aws("Fargate, arm memory", "GB-h", "0.00356", "fargate"),
    "fargate-x86-vcpu": _aws("Fargate, x86 vCPU", "vCPU-h", "0.04048", "fargate", as_of="2025-01"),
    "fargate-x86-memory": _aws(
        "Fargate, x86 memory", "GB-h", "0.004445", "fargate", as_of="2025-01"
    ),
    "ipv4": _aws("public IPv4 address", "h", "0.005", "vpc"),
    "nat-gateway": _aws("NAT gateway", "h", "0.045", "vpc"),
    "nat-gateway-data": _aws("NAT gateway, data", "GB", "0.045", "vpc"),
    "interface-endpoint": _aws(
        "VPC interface endpoint, per zone", "h", "0.01", "privatelink", as_of="2025-01"
    ),
    "ec2-t4g.nano": _aws("EC2 t4g.nano", "h", "0.0042", "ec2"),
    "ec2-t4g.micro": _aws("EC2 t4g.micro", "h", "0.0084", "ec2", as_of="2025-01"),
    "ebs-gp3": _aws("EBS gp3", "GB-month", "0.08", "ebs", as_of="2025-01"),
    "ebs-gp2": _aws("EBS gp2", "GB-month", "0.10", "ebs", as_of="2025-01"),
    "zone-crossing": _aws("traffic between zones, both ends", "GB", "0.02", "ec2", as_of="2025-01"),
    "rds-db.t4g.micro": _aws("RDS db.t4g.micro", "h", "0.016", "rds/postgresql"),
    "rds-db.t4g.small": _aws("RDS db.t4g.small", "h", "0.032", "rds/postgresql", as_of="2025-01"),
    "rds-storage": _aws("RDS storage", "GB-month", "0.115", "rds/postgresql"),
    "valkey-serverless": _aws("Valkey serverless, data", "GB-h", "0.084", "elasticache"),
    "valkey-ecpu": _aws(
        "Valkey serverless, requests", "ECPU", "0.0000000023", "elasticache", as_of="2026-06"
    ),
    "valkey-cache.t4g.micro": _aws("Valkey cache.t4g.micro", "h", "0.0128", "elasticache"),
    "lambda-arm-compute": _aws(
        "Lambda, arm compute", "GB-s", "0.0000133334", "lambda", allowance="400000"
    ),
    "lambda-requests": _aws(
        "Lambda, requests", "request", "0.0000002", "lambda", allowance="1000000"
    ),
    "sqs-requests": _aws("SQS FIFO, requests", "request", "0.0000005", "sqs", allowance="1000000"),
    "sns-publishes": _aws(
        "SNS, publishes", "request", "0.0000005", "sns", as_of="2026-06", allowance="1000000"
    ),
    "bus-events": _aws("EventBridge, own events", "event", _MILLION, "eventbridge"),
    "archive-events": _aws("EventBridge archive", "GB", "0.123", "eventbridge", as_of="2025-01"),
    "schedules": _aws(
        "Scheduler, calls", "call", _MILLION, "eventbridge", as_of="2025-01", allowance="14000000"
    ),
    "socket-messages": _aws("WebSocket API, messages", "message", _MILLION, "api-gateway"),
    "socket-minutes": _aws(
        "WebSocket API, connection", "minute", "0.00000025", "api-gateway", as_of="2026-06"
    ),
    "http-requests": _aws(
        "HTTP API, requests", "request", _MILLION, "api-gateway", as_of="2026-06"
    ),
    "logs": _aws("CloudWatch logs, taken in", "GB", "0.50", "cloudwatch", allowance="5"),
    "metrics": _aws("CloudWatch metrics", "metric-month", "0.30", "cloudwatch", allowance="10"),
    "alarms": _aws("CloudWatch alarms", "metric", "0.10", "cloudwatch", allowance="10"),
    "composite-alarms": _aws(
        "CloudWatch composite alarms", "alarm", "0.50", "cloudwatch", as_of="2026-06"
    ),
    "dashboards": _aws(
        "CloudWatch dashboards", "dashboard", "3.00", "cloudwatch", as_of="2026-06", allowance="3"
    ),
    "secrets": _aws("Secrets Manager", "secret", "0.40", "secrets-manager"),
    "kms-keys": _aws("KMS keys", "key", "1.00", "kms", as_of="2025-01"),
    "s3-storage": _aws("S3 storage", "GB-month", "0.023", "s3", as_of="2025-01"),
    "s3-writes": _aws("S3, writes", "request", "0.000005", "s3", as_of="2025-01"),
    "image-storage": _aws("ECR, images", "GB-month", "0.10", "ecr", as_of="2025-01"),
    "page-transfer": _aws(
        "CloudFront, transfer", "GB", "0.085", "cloudfront", as_of="2026-06", allowance="1024"
    ),
    "sign-in": _aws(
        "Cognito essentials, users", "user", "0.015", "cognito", as_of="2025-01", allowance="10000"
    ),
    "sign-in-plus": _aws("Cognito plus, users", "user", "0.02", "cognito", as_of="2025-01"),
    "budgets-with-actions": _aws(
        "Budgets with actions",
        "budget-month",
        "3.00",
        "aws-cost-management/aws-budgets",
        as_of="2025-01",
        allowance="2",
    ),
}

# A real-time feed over the WebSocket is in no cheaper plan for stocks.
MARKET_DATA = Price(
    "Massive (Polygon) Stocks Advanced, real time",
    "month",
    Decimal(199),
    "https://massive.com/pricing",
    "2026-05",
)
