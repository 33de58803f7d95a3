"""What reconcile, execution and the broker's answers say about orders, books and limits.

The metrics are named like the events and measures of the services that record them; `A01` and so on
are the names of the reliability catalogue. Each alarm costs money, so what halts trading by itself
is left to the alarm of the halt, unless the catalogue wants it by its own name.
"""

from infra_cdk.alarms.model import Alarm, Severity, ours

# A01, A02, A03: each halts by itself.
INVARIANTS = (
    Alarm(
        "duplicate-order",
        "One intent is two orders at the broker",
        ours("DuplicateOrder", "reconcile"),
        threshold=1,
        severity=Severity.P1,
        runbook="broken-invariant",
        faults=("F01", "F03", "F04", "F15", "F31"),
    ),
    Alarm(
        "orphan-order",
        "An order of ours has no approved intent",
        ours("OrphanOrder", "reconcile"),
        threshold=1,
        severity=Severity.P1,
        runbook="broken-invariant",
        faults=("F32", "F38", "F43"),
    ),
    Alarm(
        "orders-out-vs-intents-in",
        "More orders have left than intents came in",
        ours("OrdersOutMinusIntentsIn", "execution", "Maximum"),
        threshold=1,
        severity=Severity.P1,
        runbook="broken-invariant",
        faults=("F31", "F33", "F43"),
    ),
)

# A05, A07, A09, A28: what a pass of reconcile measures.
BOOKS = (
    Alarm(
        "cash-drift-large",
        "Cash is more than 50 dollars off",
        ours("CashDrift", "reconcile", "Maximum"),
        threshold=5000,
        severity=Severity.P1,
        runbook="position-drift",
        comparison=">",
        faults=("F19", "F22"),
    ),
    Alarm(
        "order-stuck",
        "The broker only holds an order for five minutes",
        ours("OrderStuckAge", "reconcile", "Maximum"),
        threshold=300,
        severity=Severity.P1,
        runbook="order-stuck",
        comparison=">",
        faults=("F13", "F14", "F20"),
    ),
    Alarm(
        "missed-fills",
        "Three fills in an hour were found that the stream did not tell",
        ours("MissedFillFoundByRest", "reconcile"),
        threshold=3,
        severity=Severity.P1,
        runbook="missed-fill",
        period_s=3600,
        faults=("F07", "F08", "F11", "F23"),
    ),
    Alarm(
        "snapshot-implausible",
        "The broker's snapshot contradicts our books without a fill",
        ours("SnapshotImplausible", "reconcile"),
        threshold=1,
        severity=Severity.P1,
        runbook="snapshot-implausible",
        faults=("F22",),
    ),
)

# A18, A19, A20.
ANSWERS = (
    Alarm(
        "reject-rate",
        "Five orders were rejected in ten minutes",
        ours("OrderRejected", "execution"),
        threshold=5,
        severity=Severity.P1,
        runbook="rejections",
        period_s=600,
        faults=("F05", "F16", "F17", "F18"),
    ),
    Alarm(
        "rate-limit-headroom-reconcile",
        "Less than 30 % of the broker's rate limit is left, reconcile sees",
        ours("RateLimitHeadroom", "reconcile", "Minimum"),
        threshold=30,
        severity=Severity.P2,
        runbook="rate-limit",
        comparison="<",
        faults=("F06",),
    ),
    Alarm(
        "lock-contention",
        "A decision lost every race for the account and had to wait",
        ours("LockContended", "risk"),
        threshold=1,
        severity=Severity.P1,
        runbook="lock-contention",
        faults=("F33", "F39"),
    ),
)
