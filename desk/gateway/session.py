"""The session: its start, ids, accounts and time."""

from __future__ import annotations

from desk.gateway.clients import Client, Context
from desk.gateway.encode import session as encode
from desk.gateway.requests import session as requests
from desk.gateway.services import Handlers

NOTICES = (
    (2104, "Market data farm connection is OK:usfarm"),
    (2104, "Market data farm connection is OK:usopt"),
    (2106, "HMDS data farm connection is OK:ushmds"),
    (2158, "Sec-def data farm connection is OK:secdefil"),
)
"""What IB says of its farms when a session starts."""
IN_USE = "Unable to connect as the client id is already in use. Retry with a unique client id."


class Sessions:
    """Answers what concerns the session; keeps the next order id of every client id there ever was."""

    def __init__(self, context: Context, next_ids: dict[int, int]) -> None:
        self._context = context
        self._next_ids = next_ids
        self._clients: dict[int, Client] = {}

    def handlers(self) -> Handlers:
        """See `Service`."""
        return {
            requests.StartApi: self._start,
            requests.NextId: lambda client, _: self._next_id(client),
            requests.ManagedAccounts: lambda client, _: self._accounts(client),
            requests.CurrentTime: lambda client, _: client.send(encode.current_time(self._context.clock.time())),
            requests.LogLevel: lambda _client, _: None,
            requests.UserInfo: lambda client, request: client.send(encode.user_info(request.request_id)),
        }

    def client(self, client_id: int) -> Client | None:
        """Return who is connected under that id, None when nobody is."""
        return self._clients.get(client_id)

    def leave(self, client: Client) -> None:
        """See `Service`."""
        if client.client_id is not None and self._clients.get(client.client_id) is client:
            del self._clients[client.client_id]

    def _start(self, client: Client, request: requests.StartApi) -> None:
        if client.client_id is not None:
            client.error(-1, 321, "Error validating request.-'bK' : cause - The API has been started already")
            return
        if request.client_id in self._clients:
            client.error(-1, 326, IN_USE)
            client.close()
            return
        client.client_id = request.client_id
        self._clients[request.client_id] = client
        self._accounts(client)
        self._next_id(client)
        for code, text in NOTICES:
            client.error(-1, code, text)

    def _accounts(self, client: Client) -> None:
        client.send(encode.managed_accounts(self._context.settings.account))

    def _next_id(self, client: Client) -> None:
        assert client.client_id is not None
        client.send(encode.next_valid_id(self._next_ids.get(client.client_id, 1)))
