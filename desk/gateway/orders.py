"""Orders: this gateway has an empty book and takes none."""

from __future__ import annotations

from desk.gateway.clients import Client
from desk.gateway.encode import executions
from desk.gateway.encode import orders as encode
from desk.gateway.exchange.model import OrderRequest
from desk.gateway.requests import orders as requests
from desk.gateway.services import Handlers


class Orders:
    """Refuses orders by IB's errors, and answers every question about them with an empty list.

    An order's id counts as used all the same: the next valid id of its client goes past it.
    """

    def __init__(self, next_ids: dict[int, int]) -> None:
        self._next_ids = next_ids

    def handlers(self) -> Handlers:
        """See `Service`."""
        return {
            OrderRequest: self._place,
            requests.CancelOrder: self._cancel,
            requests.GlobalCancel: lambda _client, _: None,
            requests.AutoOpenOrders: lambda _client, _: None,
            requests.OpenOrders: lambda client, _: client.send(encode.open_order_end()),
            requests.AllOpenOrders: lambda client, _: client.send(encode.open_order_end()),
            requests.CompletedOrders: lambda client, _: client.send(encode.completed_orders_end()),
            requests.Executions: lambda client, request: client.send(executions.executions_end(request.request_id)),
        }

    def leave(self, client: Client) -> None:
        """See `Service`."""

    def _place(self, client: Client, request: OrderRequest) -> None:
        assert client.client_id is not None
        self._next_ids[client.client_id] = max(self._next_ids.get(client.client_id, 1), request.order_id + 1)
        client.error(request.order_id, 201, "Order rejected - reason:This account has no trading permissions.")

    @staticmethod
    def _cancel(client: Client, request: requests.CancelOrder) -> None:
        client.error(request.order_id, 10147, f"OrderId {request.order_id} that needs to be cancelled is not found.")
