"""A condor on SPY, QQQ and IWM of about two months, from the chains that the desk records."""
