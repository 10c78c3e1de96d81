"""The paper gateway: IB's wire protocol, contracts, quotes, limits and latencies. Knows nothing of actors or ib/."""
