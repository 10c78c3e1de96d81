"""The vocabulary: frozen values that actors exchange, a file per conversation. Standard library only."""
