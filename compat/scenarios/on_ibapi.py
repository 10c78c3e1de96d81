"""The scenario of ibapi 9.81, the last of IB's own that is on the package index."""

from official_steps import main

main(new=False)
