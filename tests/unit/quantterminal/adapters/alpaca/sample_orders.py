"""Orders, updates and activities in Alpaca's shape, for the tests of this folder."""

from typing import Any

ORDER_ID = "61e69015-8549-4bfd-b9c3-01e75843f47d"


def order(**changes: Any) -> dict[str, Any]:
    return {
        "id": ORDER_ID,
        "client_order_id": "qt1-momentum-202403041501-AAPL-B-0123456789",
        "created_at": "2024-03-04T15:01:01.942282Z",
        "updated_at": "2024-03-04T15:01:02.9421952164Z",
        "submitted_at": "2024-03-04T15:01:01.937734Z",
        "filled_at": None,
        "asset_class": "us_equity",
        "symbol": "AAPL",
        "notional": None,
        "qty": "10",
        "filled_qty": "0",
        "filled_avg_price": None,
        "order_class": "",
        "type": "limit",
        "side": "buy",
        "time_in_force": "gtc",
        "limit_price": "181.52",
        "status": "new",
        "legs": None,
        **changes,
    }


def new_update() -> dict[str, Any]:
    return {
        "event": "new",
        "timestamp": "2024-03-04T15:01:02.0952164Z",
        "execution_id": "aaaa",
        "order": order(),
    }


def fill_update(**changes: Any) -> dict[str, Any]:
    return {
        "event": "fill",
        "timestamp": "2024-03-04T15:01:05.5Z",
        "execution_id": "bbbb",
        "price": "181.50",
        "qty": "6",
        "position_qty": "10",
        "order": order(status="filled", filled_qty="10", filled_avg_price="181.51"),
        **changes,
    }


def fill_activity(**changes: Any) -> dict[str, Any]:
    return {
        "activity_type": "FILL",
        "cum_qty": "10",
        "id": "20240304100105500::2d7be4ff-d1f3-43e9-856a-0f5cf5c5088e",
        "leaves_qty": "0",
        "order_id": ORDER_ID,
        "order_status": "filled",
        "price": "181.50",
        "qty": "6",
        "side": "buy",
        "symbol": "AAPL",
        "transaction_time": "2024-03-04T15:01:05.5Z",
        "type": "fill",
        **changes,
    }
