"""Queues and functions: what the cloud itself measures."""

from infra_cdk.alarms.model import Alarm, Metric, Severity
from quantterminal import topology

_MONEY_PATH = tuple(each.name for each in topology.FUNCTIONS if each.on_latency_path)
# What the catalogue pages for: an order or a fact about one that waits.
_URGENT_QUEUES = (topology.ORDERS, topology.ORDER_UPDATES)
_OLDEST_S = {topology.BARS: 30, topology.SIGNALS: 15, topology.ORDERS: 5, topology.ORDER_UPDATES: 5}


def of_queues() -> list[Alarm]:
    dead = [
        Alarm(
            f"dead-letters-{queue.name}",
            f"A message of {queue.name} failed {topology.MAX_RECEIVES} times",
            Metric(
                "AWS/SQS", "ApproximateNumberOfMessagesVisible", f"dead:{queue.name}", "Maximum"
            ),
            threshold=1,
            severity=Severity.P1 if queue.name in _URGENT_QUEUES else Severity.P2,
            runbook="dead-letters",
            faults=("F32", "F34", "F35"),
        )
        for queue in topology.QUEUES
    ]
    waiting = [
        Alarm(
            f"waiting-{queue.name}",
            f"The oldest message of {queue.name} waits too long",
            Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", f"queue:{queue.name}", "Maximum"),
            threshold=_OLDEST_S[queue.name],
            severity=Severity.P1,
            runbook="waiting-messages",
            comparison=">",
            periods=2,
            faults=("F33", "F35", "F36"),
        )
        for queue in topology.QUEUES
    ]
    undelivered = Alarm(
        "undelivered",
        "A scheduled call or a business event could not be delivered",
        Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "undelivered", "Maximum"),
        threshold=1,
        severity=Severity.P2,
        runbook="dead-letters",
        period_s=300,
        faults=("F37", "F45"),
    )
    return [*dead, *waiting, undelivered]


def of_functions() -> list[Alarm]:
    errors = [
        Alarm(
            f"errors-{each.name}",
            f"Function {each.name} fails",
            Metric("AWS/Lambda", "Errors", f"function:{each.name}"),
            threshold=3 if each.on_latency_path else 1,
            severity=Severity.P1 if each.on_latency_path else Severity.P2,
            runbook="function-errors",
            period_s=300,
            faults=("F32", "F40"),
        )
        for each in topology.FUNCTIONS
    ]
    throttles = [
        Alarm(
            f"throttles-{name}",
            f"Function {name} is throttled",
            Metric("AWS/Lambda", "Throttles", f"function:{name}"),
            threshold=1,
            severity=Severity.P1,
            runbook="function-throttles",
            faults=("F35",),
        )
        for name in _MONEY_PATH
    ]
    slow = [
        Alarm(
            f"slow-{name}",
            f"Function {name} needs more than half of its time-out",
            Metric("AWS/Lambda", "Duration", f"function:{name}", "Maximum"),
            threshold=topology.function(name).timeout_s * 500,
            severity=Severity.P2,
            runbook="slow-functions",
            comparison=">",
            period_s=300,
            faults=("F33",),
        )
        for name in _MONEY_PATH
    ]
    return [*errors, *throttles, *slow]
