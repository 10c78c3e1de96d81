"""What Pykka lacks: addresses, mailboxes that outlive an incarnation, exit notices, restart policy, two dispatchers."""
