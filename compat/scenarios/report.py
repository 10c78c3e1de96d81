"""What a scenario tells: one JSON line per step. It runs in a client's own environment, so it needs nothing else."""

import json
import logging
import sys
import time
import traceback

SPX, SPY = 416904, 756733


class Complaints(logging.Handler):
    """Keeps what a client's decoder complains about, and every exception that is logged."""

    def __init__(self, *decoders):
        super().__init__(logging.WARNING)
        self._decoders = decoders
        self.kept = []
        logging.getLogger().addHandler(self)

    def emit(self, record):
        """See `logging.Handler`."""
        if record.name in self._decoders or record.exc_info:
            self.kept.append(f"{record.name}: {record.getMessage()[:300]}")


class Report:
    """Runs steps and tells how each went."""

    def __init__(self):
        self.failed = 0

    def begin(self):
        """Return the time a step begins at."""
        return time.perf_counter()

    def passed(self, step, began, detail):
        """Tell that a step went well."""
        self._tell(step, began, detail, ok=True)

    def broke(self, step, began):
        """Tell that a step ended in the exception under way."""
        self.failed += 1
        kind, error, _ = sys.exc_info()
        traceback.print_exc()
        self._tell(step, began, f"{kind.__name__}: {error}", ok=False)

    def _tell(self, step, began, detail, *, ok):
        line = {"step": step, "ok": ok, "seconds": round(time.perf_counter() - began, 2), "detail": detail}
        print(json.dumps(line), flush=True)


def condor_legs(rows, spot):
    """Return put and call strikes of a condor around `spot`: outer put, inner put, inner call, outer call.

    `rows` are (strike, right, contract id) of one expiry; the wings are about 25 points wide.
    """
    puts = {strike: number for strike, right, number in rows if right == "P"}
    calls = {strike: number for strike, right, number in rows if right == "C"}

    def near(of, target):
        return min(of, key=lambda strike: abs(strike - target))

    inner_put, inner_call = near(puts, spot - 30), near(calls, spot + 30)
    outer_put = near({k: v for k, v in puts.items() if k < inner_put}, inner_put - 25)
    outer_call = near({k: v for k, v in calls.items() if k > inner_call}, inner_call + 25)
    return [puts[outer_put], puts[inner_put], calls[inner_call], calls[outer_call]]


def nickel(price, up):
    """Return a price on the combination's grid of 0.05, `up` that many steps above it."""
    return round((int(price / 0.05) + up) * 0.05, 2)


def dime(price):
    """Return a price on the grid of an option above 3.00, two steps above it."""
    return round((int(price * 10) + 2) / 10, 2)
