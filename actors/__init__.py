"""One thin file per actor: a message in, a call into the desk, a message out."""
