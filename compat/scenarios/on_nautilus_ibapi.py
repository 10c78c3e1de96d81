"""The scenario of nautilus_ibapi, IB's current client as nautilus_trader packages it."""

from official_steps import main

main(new=True)
