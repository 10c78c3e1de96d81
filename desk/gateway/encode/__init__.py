"""What the gateway says: one function per message, with the layout of the server version it is said in."""
