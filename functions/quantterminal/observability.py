"""Structured logs that are metrics too; implements `ports.telemetry.Telemetry` with Powertools.

Each line is one JSON object in CloudWatch's embedded metric format: the event's name, its fields
and its count (or the measured value). The only dimension is the service: a symbol or an order as a
dimension would cost a metric each. CloudWatch stamps the lines; in a replay, market time is in the
messages, not in the logs.
"""

import traceback

from aws_lambda_powertools.metrics import MetricUnit, single_metric

NAMESPACE = "QuantTerminal"


class PowertoolsTelemetry:
    """Writes to standard output, which is where Lambda and Fargate collect logs."""

    def __init__(self, service: str) -> None:
        self._service = service

    def record(self, event: str, **fields: object) -> None:
        self._emit(event, 1, MetricUnit.Count, level="INFO", fields=fields)

    def measure(self, metric: str, value: float, unit: str) -> None:
        self._emit(metric, value, MetricUnit(unit), level="INFO", fields={})

    def problem(self, event: str, **fields: object) -> None:
        """Like `record`, at level ERROR, with the trace of the exception being handled."""
        trace = {"trace": traceback.format_exc()}
        self._emit(event, 1, MetricUnit.Count, level="ERROR", fields=fields | trace)

    def _emit(
        self, name: str, value: float, unit: MetricUnit, *, level: str, fields: dict[str, object]
    ) -> None:
        with single_metric(
            name=name,
            unit=unit,
            value=value,
            namespace=NAMESPACE,
            default_dimensions={"service": self._service},
        ) as metric:
            metric.add_metadata("level", level)
            metric.add_metadata("event", name)
            for field, content in fields.items():
                metric.add_metadata(f"field_{field}" if field == name else field, str(content))
