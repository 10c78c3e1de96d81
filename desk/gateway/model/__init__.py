"""The fitted market: a volatility surface, spreads and underlying paths that stand in where nothing was recorded."""
