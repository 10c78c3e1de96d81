"""Faults on request: what IB and the way to it do wrong, each by name, at a time or on a message of one's choice."""
