"""The composition root: the only package that knows concrete adapters.

Nothing is built at import, and vendors that a function does not use are never imported by it.
"""

from quantterminal.bootstrap.cloud import (
    backfill_runtime,
    connection_registry,
    maintenance_runtime,
    operator_group,
    power_runtime,
    prepare_ledger,
    ticket_desk,
)
from quantterminal.bootstrap.container import container_runtime
from quantterminal.bootstrap.functions import (
    api_runtime,
    audit_runtime,
    edge,
    execution_runtime,
    inspect_cache,
    notify_runtime,
    reconcile_runtime,
    reports_runtime,
    risk_runtime,
    session_runtime,
    strategy_runtime,
    trade_log_runtime,
    trading_in_force,
    updates_runtime,
)
from quantterminal.bootstrap.parts import Edge

__all__ = [
    "Edge",
    "api_runtime",
    "audit_runtime",
    "backfill_runtime",
    "connection_registry",
    "container_runtime",
    "edge",
    "execution_runtime",
    "inspect_cache",
    "maintenance_runtime",
    "notify_runtime",
    "operator_group",
    "power_runtime",
    "prepare_ledger",
    "reconcile_runtime",
    "reports_runtime",
    "risk_runtime",
    "session_runtime",
    "strategy_runtime",
    "ticket_desk",
    "trade_log_runtime",
    "trading_in_force",
    "updates_runtime",
]
