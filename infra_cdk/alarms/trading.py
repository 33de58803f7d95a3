"""What trading itself says, and what it means when it says nothing."""

from dataclasses import dataclass

from infra_cdk.alarms.model import NAMESPACE, Alarm, Metric, Severity, Silence, ours

# Functions that raise halts, whose logs the halts are counted from.
HALTING = ("strategy", "execution", "order_updates", "reconcile", "api")


@dataclass(frozen=True, slots=True)
class HaltCount:
    """Halts by their code, which no metric of the processes carries: counted from the logs."""

    metric: str
    codes: tuple[str, ...]


HALT_COUNTS = (
    HaltCount("HaltRaised", ()),
    HaltCount("DailyLossHalt", ("DAILY_LOSS",)),
    HaltCount("DrawdownHalt", ("DRAWDOWN",)),
)
HALT_NAMESPACE = f"{NAMESPACE}/Halts"


_HALTING_FAULTS = ("F09", "F10", "F12", "F24", "F34", "F36", "F41", "F44")


def of_silence() -> list[Alarm]:
    """Raised together as `silent-in-session`, and only while the market is open."""
    watched = [
        (
            "container-heartbeat",
            "The ingest container gives no sign of life",
            ours("ContainerHeartbeat", "ingest"),
            ("<", 1),
            "container-silent",
            ("F26", "F32"),
        ),
        (
            "feed-stale",
            "No market data for a minute while the market is open",
            ours("FeedAge", "ingest", "Maximum"),
            (">", 60),
            "feed-stale",
            ("F25", "F27", "F29"),
        ),
        (
            "order-stream-down",
            "The broker's order stream is not live, so no order leaves",
            ours("OrderStreamLive", "ingest", "Maximum"),
            ("<", 1),
            "order-stream-down",
            ("F07", "F08", "F10"),
        ),
        (
            "reconcile-heartbeat",
            "Our books have not been compared with the broker's",
            ours("Reconciled", "reconcile"),
            ("<", 1),
            "reconcile-silent",
            ("F06", "F40"),
        ),
    ]
    return [
        Alarm(
            name,
            text,
            metric,
            threshold=threshold,
            comparison=comparison,
            severity=Severity.NONE,
            runbook=runbook,
            periods=2,
            silence=Silence.IS_THE_FAULT,
            only_in_session=True,
            faults=faults,
        )
        for name, text, metric, (comparison, threshold), runbook, faults in watched
    ]


def of_trading() -> list[Alarm]:
    halted = [
        ("halt-raised", "HaltRaised", "Trading is halted", "halt-raised", _HALTING_FAULTS),
        ("daily-loss", "DailyLossHalt", "The day's loss limit is reached", "daily-loss", ("F44",)),
        ("drawdown", "DrawdownHalt", "The drawdown limit is reached", "drawdown", ("F44",)),
    ]
    return [
        *(
            Alarm(
                name,
                text,
                Metric(HALT_NAMESPACE, metric),
                threshold=1,
                severity=Severity.P1,
                runbook=runbook,
                faults=faults,
            )
            for name, metric, text, runbook, faults in halted
        ),
        Alarm(
            "position-drift",
            "Positions or cash differ from the broker's",
            ours("ReconcileFailed", "reconcile"),
            threshold=1,
            severity=Severity.P1,
            runbook="position-drift",
            faults=("F07", "F19", "F22"),
        ),
        Alarm(
            "external-order",
            "An order that this system did not send",
            ours("ExternalOrder", "order_updates"),
            threshold=1,
            severity=Severity.P1,
            runbook="external-order",
            faults=("F21",),
        ),
        Alarm(
            "submit-unknown",
            "Nobody knows whether an order has arrived",
            ours("SubmitUnknown", "execution"),
            threshold=1,
            severity=Severity.P2,
            runbook="submit-unknown",
            faults=("F01", "F02", "F03"),
        ),
        Alarm(
            "order-abandoned",
            "An order was given up without knowing its fate",
            ours("OrderAbandoned", "execution"),
            threshold=1,
            severity=Severity.P1,
            runbook="submit-unknown",
            faults=("F02", "F03"),
        ),
    ]
