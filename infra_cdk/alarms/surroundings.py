"""Database, cache, API, the switches and what runs away."""

from infra_cdk.alarms.model import Alarm, Metric, Severity, Silence


def of_database() -> list[Alarm]:
    limits = [
        ("database-busy", "CPUUtilization", ">", 90, 3, "has no processor time left"),
        ("database-full", "FreeStorageSpace", "<", 2 * 1024**3, 1, "has less than 2 GB left"),
        (
            "database-connections",
            "DatabaseConnections",
            ">",
            55,
            2,
            "is running out of connections",
        ),
    ]
    return [
        Alarm(
            name,
            f"PostgreSQL {what}",
            Metric("AWS/RDS", metric, "database", "Average"),
            threshold=threshold,
            comparison=comparison,
            severity=Severity.P2,
            runbook="database",
            period_s=300,
            periods=periods,
            faults=("F40",),
        )
        for name, metric, comparison, threshold, periods, what in limits
    ]


def of_the_rest() -> list[Alarm]:
    return [
        Alarm(
            "power-silent",
            "The function that switches container and database is not called any more",
            Metric("AWS/Lambda", "Invocations", "function:power"),
            threshold=1,
            comparison="<",
            severity=Severity.P1,
            runbook="power-silent",
            period_s=900,
            silence=Silence.IS_THE_FAULT,
            faults=("F37",),
        ),
        Alarm(
            "runaway",
            "Strategies are called ten times as often as minutes pass",
            Metric("AWS/Lambda", "Invocations", "function:strategy"),
            threshold=50,
            severity=Severity.P1,
            runbook="runaway",
            period_s=300,
            faults=("F31",),
        ),
        Alarm(
            "api-errors",
            "The API fails",
            Metric("AWS/ApiGateway", "5xx", "http api"),
            threshold=5,
            severity=Severity.P2,
            runbook="api-errors",
            period_s=300,
            faults=("F46",),
        ),
        Alarm(
            "api-refusals",
            "Somebody is refused at the API again and again",
            Metric("AWS/ApiGateway", "4xx", "http api"),
            threshold=20,
            comparison=">",
            severity=Severity.P2,
            runbook="api-refusals",
            period_s=300,
            faults=("F46",),
        ),
    ]


SERVERLESS_CACHE = (
    Alarm(
        "cache-throttled",
        "Valkey refuses commands",
        Metric("AWS/ElastiCache", "ThrottledCmds", "cache"),
        threshold=1,
        severity=Severity.P1,
        runbook="cache",
        faults=("F38",),
    ),
    Alarm(
        "cache-full",
        "Valkey has used 70 % of its memory",
        Metric("AWS/ElastiCache", "BytesUsedForCache", "cache", "Maximum"),
        threshold=0.7 * 1024**3,
        comparison=">",
        severity=Severity.P2,
        runbook="cache",
        period_s=300,
        faults=("F38",),
    ),
)
NODE_CACHE = (
    Alarm(
        "cache-evicts",
        "Valkey forgets what it was told",
        Metric("AWS/ElastiCache", "Evictions", "cache"),
        threshold=1,
        severity=Severity.P1,
        runbook="cache",
        faults=("F38",),
    ),
    Alarm(
        "cache-full",
        "Valkey has used 70 % of its memory",
        Metric("AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "cache", "Maximum"),
        threshold=70,
        comparison=">",
        severity=Severity.P2,
        runbook="cache",
        period_s=300,
        faults=("F38",),
    ),
)
