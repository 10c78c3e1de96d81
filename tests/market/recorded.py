"""Recorded chains of ../shared as quotes, for the tests of the market's rooms."""

from datetime import date
from pathlib import Path

import polars as pl

from desk.market.contracts import last_trading_day, option
from messages.contract import Contract, Quote


def spx_2019(shared: Path, day: date, t: float) -> tuple[list[Quote], pl.DataFrame]:
    """Cboe's snapshot of SPX and SPXW on a day of 2019 as quotes without Greeks, and the rows they come from."""
    rows = pl.read_parquet(shared / "data/chains_eod/spx_cboe_daily_snapshot_2019-04-25_2019-06-13.parquet").filter(
        pl.col("quotedate").dt.date() == day
    )
    columns = ("optionroot", "expiration", "strike", "type", "bid", "ask", "underlying_last")
    quotes = []
    for root, expiration, strike, kind, bid, ask, spot in rows.select(columns).iter_rows():
        trading_class = "SPXW" if root.startswith("SPXW") else "SPX"
        expiry = last_trading_day(trading_class, expiration.date())
        contract = option("SPX", expiry, strike, kind[0].upper(), trading_class)
        quotes.append(Quote(contract, t, bid=bid, ask=ask, underlying=spot))
    return quotes, rows


def yahoo_2026(shared: Path, symbol: str) -> tuple[list[Contract], float]:
    """Every contract of an ETF's chain of 2026-07-14, 15:55 ET, and the ETF's price."""
    rows = pl.read_parquet(shared / "data/chains_eod/yahoo_spy_qqq_iwm_2026-07-14_1555.parquet").filter(
        pl.col("symbol") == symbol
    )
    listed = [
        option(symbol, expiration.replace("-", ""), strike, side[0].upper(), symbol)
        for expiration, strike, side in rows.select("expiration", "strike", "side").iter_rows()
    ]
    return listed, float(rows["underlying_price"][0])
