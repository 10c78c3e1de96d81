"""A condor on SPX that expires the same day, sold in the morning's first calm."""
