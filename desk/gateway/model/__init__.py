"""The fitted market: a volatility surface, spreads and underlying paths that stand in where nothing was recorded."""

from pathlib import Path

from desk.gateway.model.market import FittedMarket
from desk.gateway.model.source import FittedSource

__all__ = ["SHIPPED", "FittedMarket", "FittedSource"]

SHIPPED = Path(__file__).resolve().parents[3] / "data" / "market" / "spx-2019.npz"
