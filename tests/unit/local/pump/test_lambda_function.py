import sys
import types
from typing import Any

import pytest

from local.pump.lambda_function import LambdaFunction
from quantterminal import topology


def test_a_handler_is_called_with_what_lambda_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    function = topology.function("strategy")
    module = types.ModuleType("handlers.strategy")
    seen: list[Any] = []

    def handler(event: dict[str, Any], context: Any) -> str:
        seen.append(context)
        return str(event["x"])

    module.handler = handler  # type: ignore[attr-defined]  # a module made for this test
    monkeypatch.setitem(sys.modules, "handlers.strategy", module)

    answer = LambdaFunction(function).invoke({"x": 1})

    (context,) = seen
    assert answer == "1"
    assert context.function_name == "strategy"
    assert context.memory_limit_in_mb == function.memory_mb
    assert context.invoked_function_arn.endswith(":function:strategy")
    assert 0 < context.get_remaining_time_in_millis() <= function.timeout_s * 1000
    assert context.aws_request_id
