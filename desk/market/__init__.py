"""What is true of markets without I/O: calendar and sessions, contracts, chain selection, indicators, pricing."""
