"""Orders: the log that is synced before the wire, the ledger, the ladder, limits. Pure but for the log's files."""
