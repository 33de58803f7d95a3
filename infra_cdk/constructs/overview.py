"""One screen that says how trading is doing, without alarms to read."""

from collections.abc import Callable

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra_cdk.alarms.model import NAMESPACE, Metric
from infra_cdk.alarms.trading import HALT_NAMESPACE
from quantterminal import topology

_MINUTE_S = 60


def overview(
    scope: Construct, *, stage: str, metric: Callable[[Metric, int], cloudwatch.Metric]
) -> cloudwatch.Dashboard:
    """The dashboard of one deployment; `metric` finds a metric's dimensions."""

    def graph(title: str, *shown: Metric) -> cloudwatch.GraphWidget:
        return cloudwatch.GraphWidget(
            title=title, width=8, left=[metric(each, _MINUTE_S) for each in shown]
        )

    rows = [
        [
            graph(
                "Bar to order, ms",
                *(
                    Metric(NAMESPACE, "BarToOrderLatency", "service:execution", each)
                    for each in ("p50", "p99")
                ),
            ),
            graph("Feed age, s", Metric(NAMESPACE, "FeedAge", "service:ingest", "Maximum")),
            graph("Halts", Metric(HALT_NAMESPACE, "HaltRaised")),
        ],
        [
            graph(
                "Oldest message, s",
                *(
                    Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", f"queue:{q.name}", "Maximum")
                    for q in topology.QUEUES
                ),
            ),
            graph(
                "Failures",
                *(
                    Metric("AWS/Lambda", "Errors", f"function:{f.name}")
                    for f in topology.FUNCTIONS
                    if f.on_latency_path
                ),
            ),
            graph("PostgreSQL, %", Metric("AWS/RDS", "CPUUtilization", "database", "Average")),
        ],
    ]
    return cloudwatch.Dashboard(
        scope,
        "Overview",
        dashboard_name=f"quantterminal-{stage}",
        default_interval=cdk.Duration.hours(8),
        widgets=rows,
    )
