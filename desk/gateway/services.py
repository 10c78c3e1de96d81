"""What the parts of a gateway have in common: each answers its own kinds of request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from desk.gateway.clients import Client

Handlers = dict[type, Callable[[Client, Any], None]]


class Service(Protocol):
    """A part of the gateway."""

    def handlers(self) -> Handlers:
        """Return what to do for each type of request."""

    def leave(self, client: Client) -> None:
        """Forget a client that has gone."""


@runtime_checkable
class Subscriptions(Protocol):
    """A part of the gateway that keeps on sending what a client has subscribed to."""

    def lose(self, client: Client) -> None:
        """Forget every subscription of a client, without a word but for bars that were kept up to date (10182)."""
