"""IB's API from the client's side: session, request queue, pacing, line leases, quotes. ib_async lives here only."""
