"""One file per command of supervisor.py, and the composition they share: config in, desk up, desk down."""
