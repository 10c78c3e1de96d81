"""A condor on SPX of about two months, sold when VIX jumps."""
