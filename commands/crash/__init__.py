"""The crash matrix: a desk killed again and again beside a gateway that runs on, and their two books compared."""
