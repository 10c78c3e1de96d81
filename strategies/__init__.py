"""Strategies as plug-ins: a folder each with its parameters, scanner, risk rules and class. Pure decisions, no I/O."""
