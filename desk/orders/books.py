"""Books, shown to whoever reads them: after every change, and never the same one twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from desk.orders.account import Account
from messages.orders import Book, Order


class Books:
    """Who reads which strategy's book, and what they were shown last. `readers` maps strategies to addresses."""

    def __init__(self, tell: Callable[[str, object], None], readers: Mapping[str, str]) -> None:
        self._tell = tell
        self._readers = {strategy: {address} for strategy, address in readers.items()}
        self._shown: dict[tuple[str, str], Book] = {}

    def subscribe(self, strategy: str, reader: str) -> None:
        """Show a strategy's book to somebody from now on, even if they have seen it."""
        self._readers.setdefault(strategy, set()).add(reader)
        self._shown.pop((strategy, reader), None)

    def unsubscribe(self, strategy: str, reader: str) -> None:
        """Show a strategy's book to somebody no more."""
        self._readers.get(strategy, set()).discard(reader)

    def again(self, strategy: str) -> None:
        """Show a strategy's book even if it has not changed."""
        self._shown = {key: book for key, book in self._shown.items() if key[0] != strategy}

    def show(self, account: Account, day: date, trouble: str, asked: list[Order], *, ready: bool) -> None:
        """Show an account's book to those who read it and have not seen it like that; see `Account.book`."""
        readers = self._readers.get(account.strategy)
        if not readers:
            return
        book = account.book(day, ready=ready, trouble=trouble, asked=asked)
        for reader in readers:
            if self._shown.get((account.strategy, reader)) != book:
                self._shown[account.strategy, reader] = book
                self._tell(reader, book)
