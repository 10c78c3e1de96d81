"""Everything the actors call: one room per subject, imports one way."""
