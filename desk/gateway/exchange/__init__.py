"""The paper exchange: orders, matching, executions, positions and cash, without any input or output of its own."""
