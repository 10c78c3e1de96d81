"""What IB's errors about an order mean for it. Texts and circumstances: IB's message codes, and reports of users."""

from __future__ import annotations

NOTES = frozenset({399, 404, 10349, *range(2100, 2200)})
"""Warnings about an order that is taken all the same; 10349 is one although ib_async calls the order cancelled."""

REFUSALS = frozenset(
    {103, 110, 200, 201, 203, 312, 320, 321, 382, 383, 387, 388, 391, 434, 460, 463, 478, 481}
    | {10002, 10058, 10311, 10318, 10330}
)
"""Errors that end an order of which IB has not said a word before."""

KEPT = frozenset({105, 110, 201, 321, 329, 434, 10318, 10330})
"""Errors about the change of a working order: it works on as it was."""

CANCEL_DOUBTS = frozenset({135, 161, 10147, 10148})
"""Errors about a cancel. The order may be alive, filled, or never have been there."""

DUPLICATE = 103
"""The number has been used before."""
