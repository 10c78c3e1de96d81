"""IB's own client with every callback kept, for a scenario that waits for them."""

import inspect
import threading
import time

from ibapi.client import EClient
from ibapi.wrapper import EWrapper


class Recorder(EWrapper):
    """Keeps every callback with its arguments."""

    def __init__(self):
        super().__init__()
        self.news = threading.Condition()
        self.seen = []

    def note(self, name, arguments):
        """Keep one call."""
        with self.news:
            self.seen.append((name, arguments))
            self.news.notify_all()

    def wait(self, name, true=lambda *_: True, since=0, seconds=30):
        """Return the arguments of the first such call after the first `since` calls; TimeoutError."""
        ends = time.monotonic() + seconds
        with self.news:
            while True:
                for called, arguments in self.seen[since:]:
                    if called == name and true(*arguments):
                        return arguments
                left = ends - time.monotonic()
                if left <= 0 or not self.news.wait(left):
                    raise TimeoutError(name)

    def all(self, name, since=0):
        """Return the arguments of every such call."""
        with self.news:
            return [arguments for called, arguments in self.seen[since:] if called == name]


def _recording(name):
    def call(self, *arguments, **named):
        self.note(name, (*arguments, *named.values()))

    return call


for _name, _ in inspect.getmembers(EWrapper, inspect.isfunction):
    if not _name.startswith("_") and _name != "logAnswer":
        setattr(Recorder, _name, _recording(_name))


class Client(EClient):
    """A client whose reading thread tells when it dies of something."""

    def __init__(self, wrapper):
        super().__init__(wrapper)
        self.death = None

    def run(self):
        """See `EClient`."""
        try:
            super().run()
        except Exception as error:
            self.death = error
