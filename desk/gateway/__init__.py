"""The paper gateway: IB's wire protocol, contracts, market data, limits and latencies. Knows nothing of actors or ib/."""
