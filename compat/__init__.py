"""IB's clients, unmodified, each in an environment of its own, against the paper gateway."""
