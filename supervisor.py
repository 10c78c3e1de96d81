"""The desk's command line: `python supervisor.py` runs config.toml; every other word is a command."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

# Several OpenBLAS threads that spin on busy cores make small products slower by orders of magnitude.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

app = typer.Typer(
    name="supervisor.py",
    help="An unattended options desk for Interactive Brokers. Without a command: run what config.toml says.",
    epilog="Try: supervisor.py · supervisor.py collect --json · supervisor.py chain SPY · supervisor.py list",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
market_app = typer.Typer(help="Make markets for the paper gateway.", no_args_is_help=True)
config_app = typer.Typer(help="Look at config.toml.", no_args_is_help=True)
app.add_typer(market_app, name="market")
app.add_typer(config_app, name="config")
lake_app = typer.Typer(help="Look after a lake.", no_args_is_help=True)
app.add_typer(lake_app, name="lake")

ConfigFile = Annotated[Path, typer.Option("--config", help="The topology.", show_default=True)]
Data = Annotated[Path | None, typer.Option("--data", help="Data folder; default: what the config says.")]
Lake = Annotated[Path | None, typer.Option("--lake", help="A lake; default: the latest run's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Host = Annotated[
    str | None, typer.Option(help="Address of TWS or IB Gateway; connects there instead of the paper gateway.")
]
Port = Annotated[int | None, typer.Option(help="7497 TWS paper, 7496 TWS live, 4002 Gateway paper, 4001 Gateway live.")]
ClientId = Annotated[str | None, typer.Option(help='A number, or "random" (100-999).')]
Day = Annotated[str | None, typer.Option(help="Simulated trading day, YYYY-MM-DD.")]
Speed = Annotated[float | None, typer.Option(help="Simulated market seconds per second, at most.")]
Market = Annotated[str | None, typer.Option(help="fitted, fitted:PATH or lake:PATH.")]
CONFIG = Path("config.toml")


@app.command()
def run(
    strategies: Annotated[
        list[str] | None, typer.Argument(help="Only these strategies; default: all configured.")
    ] = None,
    *,
    config: ConfigFile = CONFIG,
    data: Data = None,
    host: Host = None,
    port: Port = None,
    client_id: ClientId = None,
    day: Day = None,
    start: Annotated[str | None, typer.Option(help="Simulated: exchange time to start at, HH:MM.")] = None,
    until: Annotated[str | None, typer.Option(help="Exchange time to end at, HH:MM.")] = None,
    for_: Annotated[float | None, typer.Option("--for", help="End after so many minutes of market time.")] = None,
    speed: Speed = None,
    market: Market = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start anew instead of resuming a run that was stopped.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Run the desk until Ctrl+C or, on a simulated clock, the end of its window.

    Examples: supervisor.py run dte0_ic · supervisor.py run --day 2019-05-07 --speed 20 · supervisor.py run --port 7497
    """
    from commands.options import Options
    from commands.run import run_desk

    options = Options(config, data, host, port, client_id, day, start, until, for_, speed, market)
    raise typer.Exit(run_desk(options, strategies or [], fresh=fresh, as_json=json))


@app.command()
def collect(
    symbols: Annotated[list[str] | None, typer.Argument(help="Only these symbols; default: all configured.")] = None,
    *,
    config: ConfigFile = CONFIG,
    data: Data = None,
    host: Host = None,
    port: Port = None,
    client_id: ClientId = None,
    day: Day = None,
    at: Annotated[str | None, typer.Option(help="Simulated: exchange time of the cycle, HH:MM.")] = None,
    speed: Speed = None,
    market: Market = None,
    json: AsJson = False,
) -> None:
    """Run exactly one collection cycle and print it. Exit code 0 if anything was collected, 1 if nothing.

    Examples: supervisor.py collect SPY · supervisor.py collect --market lake:data/imported --day 2026-07-14
    """
    from commands.collect import collect_once
    from commands.options import Options

    options = Options(config, data, host, port, client_id or "random", day, at, None, None, speed, market)
    raise typer.Exit(collect_once(options, symbols or [], as_json=json))


@app.command()
def status(*, config: ConfigFile = CONFIG, data: Data = None, json: AsJson = False) -> None:
    """Show the health of a running desk. Exit code 0 if it is healthy, 1 if not."""
    from commands.look import show_status

    raise typer.Exit(show_status(config, data, as_json=json))


app.command("health", help="The same as `status`.")(status)


@app.command()
def halt(
    *,
    flatten: Annotated[bool, typer.Option("--flatten", help="Close every open position at market, too.")] = False,
    reason: Annotated[str, typer.Option(help="Why; `status` shows it.")] = "",
    config: ConfigFile = CONFIG,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Block new entries at once and across restarts, whether a desk runs or not. `resume` lifts it.

    Examples: supervisor.py halt · supervisor.py halt --flatten --reason "quotes look wrong"
    """
    from commands.halting import halt_desk

    raise typer.Exit(halt_desk(config, data, reason, flatten=flatten, as_json=json))


@app.command()
def resume(*, config: ConfigFile = CONFIG, data: Data = None, json: AsJson = False) -> None:
    """Lift a halt."""
    from commands.halting import resume_desk

    raise typer.Exit(resume_desk(config, data, as_json=json))


@app.command()
def settle(
    position: Annotated[str | None, typer.Argument(help="The position; default: list those that are open.")] = None,
    price: Annotated[float | None, typer.Argument(help="What closing it cost, in dollars per share.")] = None,
    *,
    quantity: Annotated[int | None, typer.Option(help="How many condors; default: all that are open.")] = None,
    commission: Annotated[float, typer.Option(help="Dollars of commission for all of it.")] = 0.0,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what was written down last about it.")] = False,
    config: ConfigFile = CONFIG,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Write down that a position was closed outside of the desk, by hand in TWS for instance. Nothing is sent.

    Examples: supervisor.py settle · supervisor.py settle monthly_ic-20190513T194500-2 1.25 --commission 2.6
    """
    from commands.settling import Closed, list_open, settle_position, take_back

    if position is None:
        raise typer.Exit(list_open(config, data, as_json=json))
    if undo:
        raise typer.Exit(take_back(position, config, data, as_json=json))
    if price is None:
        raise typer.BadParameter("say what closing it cost, in dollars per share", param_hint="PRICE")
    raise typer.Exit(settle_position(Closed(position, price, quantity, commission), config, data, as_json=json))


@app.command()
def preflight(
    *,
    config: ConfigFile = CONFIG,
    data: Data = None,
    host: Host = None,
    port: Port = None,
    client_id: ClientId = None,
    day: Day = None,
    at: Annotated[str | None, typer.Option(help="Simulated: exchange time of the look, HH:MM.")] = None,
    market: Market = None,
    json: AsJson = False,
) -> None:
    """Would today's run work? Tries everything that it needs, places nothing. Exit code 0 if it would, 1 if not.

    Examples: supervisor.py preflight · supervisor.py preflight --port 4002 --json
    """
    from commands.options import Options
    from commands.preflight import check_today

    options = Options(config, data, host, port, client_id, day, at, market=market)
    raise typer.Exit(check_today(options, as_json=json))


@app.command("list")
def list_(*, json: AsJson = False) -> None:
    """List the strategies with their parameters."""
    from commands.look import list_strategies

    list_strategies(as_json=json)


@app.command()
def summary(
    strategy: Annotated[str | None, typer.Argument(help="The name of an instance; default: all.")] = None,
    *,
    config: ConfigFile = CONFIG,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Show what a strategy's trades came to, and what it still holds; also while the desk runs.

    Examples: supervisor.py summary · supervisor.py summary dte0_ic --json
    """
    from commands.summary import show_summary

    raise typer.Exit(show_summary(strategy, config, data, as_json=json))


@app.command()
def why(
    strategy: Annotated[str, typer.Argument(help="The name of an instance.")],
    *,
    last: Annotated[int | None, typer.Option(min=1, help="So many polls; default: all of the newest day.")] = None,
    at: Annotated[str | None, typer.Option(help="The poll at this time, ISO 8601, or the last before it.")] = None,
    config: ConfigFile = CONFIG,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Explain a strategy's polls: what it did, or every veto by name with its numbers.

    Examples: supervisor.py why dte0_ic · supervisor.py why dte0_ic --at 2019-05-13T09:46
    """
    from commands.why import explain_polls

    raise typer.Exit(explain_polls(strategy, last, at, config, data, as_json=json))


@app.command()
def chain(
    symbol: Annotated[str, typer.Argument(help="SPY, QQQ, IWM, SPX, …")],
    *,
    at: Annotated[str | None, typer.Option(help="As of this time, ISO 8601; default: the latest.")] = None,
    expiry: Annotated[str | None, typer.Option(help="One expiry, YYYYMMDD.")] = None,
    config: ConfigFile = CONFIG,
    data: Data = None,
    lake: Lake = None,
    json: AsJson = False,
) -> None:
    """Show a recorded chain.

    Examples: supervisor.py chain SPY · supervisor.py chain SPX --lake data/imported --at 2019-05-13T16:00-04:00
    """
    from commands.look import show_chain

    raise typer.Exit(show_chain(symbol, at, expiry, config, data, lake, as_json=json))


@app.command()
def stats(
    *,
    date: Annotated[str | None, typer.Option(help="Rows by symbol of one day, YYYY-MM-DD.")] = None,
    expiry: Annotated[str | None, typer.Option(help="Of this expiry only, YYYYMMDD.")] = None,
    config: ConfigFile = CONFIG,
    data: Data = None,
    lake: Lake = None,
    json: AsJson = False,
) -> None:
    """Show what the lake holds."""
    from commands.look import show_stats

    raise typer.Exit(show_stats(date, expiry, config, data, lake, as_json=json))


@app.command()
def iv(
    symbol: Annotated[str, typer.Argument(help="SPY, QQQ, IWM, SPX, …")],
    *,
    days: Annotated[int, typer.Option(min=1, help="Recorded days back.")] = 60,
    config: ConfigFile = CONFIG,
    data: Data = None,
    lake: Lake = None,
    json: AsJson = False,
) -> None:
    """Show the daily at-the-money implied volatility of a symbol."""
    from commands.look import show_iv

    raise typer.Exit(show_iv(symbol, days, config, data, lake, as_json=json))


@app.command()
def export(
    symbols: Annotated[list[str] | None, typer.Argument(help="Only these symbols; default: all in the lake.")] = None,
    *,
    out: Annotated[Path, typer.Option(help="The folder to write.")] = Path("export"),
    start: Annotated[str | None, typer.Option(help="First day, YYYY-MM-DD.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day, YYYY-MM-DD.")] = None,
    config: ConfigFile = CONFIG,
    data: Data = None,
    lake: Lake = None,
    json: AsJson = False,
) -> None:
    """Export features and targets for model training, without look-ahead, with a data card.

    Example: supervisor.py export SPY --out training --lake data/imported
    """
    from commands.exporting import export_lake

    raise typer.Exit(export_lake(out, symbols or [], start, end, config, data, lake, as_json=json))


@lake_app.command("audit")
def lake_audit(
    day: Annotated[str | None, typer.Argument(help="The day, YYYY-MM-DD, or `all`; default: the newest.")] = None,
    *,
    config: ConfigFile = CONFIG,
    data: Data = None,
    lake: Lake = None,
    json: AsJson = False,
) -> None:
    """Prove for a day, or for all of them, that ledger and rows agree. Exit code 0 if they do, 1 if not."""
    from commands.audit import audit_lake

    raise typer.Exit(audit_lake(day, config, data, lake, as_json=json))


@app.command("import")
def import_(
    file: Annotated[Path | None, typer.Argument(help="CSV or Parquet file, or a folder of them.")] = None,
    *,
    profile: Annotated[str | None, typer.Option(help="A profile's name, or the path of your own TOML.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Symbol of a file that does not name it.")] = None,
    list_profiles: Annotated[bool, typer.Option("--list-profiles", help="List the profiles.")] = False,
    config: ConfigFile = CONFIG,
    data: Data = None,
    lake: Annotated[
        Path | None, typer.Option(help="The lake to import into; default: imported/ in the data folder.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Bring a data vendor's files into a lake.

    Example: supervisor.py import --profile yahoo chains.parquet
    """
    from commands.importing import import_files

    raise typer.Exit(import_files(file, profile, symbol, config, data, lake, list_profiles=list_profiles, as_json=json))


@app.command()
def simulate(
    *,
    first: Annotated[str | None, typer.Option("--from", help="First day, YYYY-MM-DD; default: the config's.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day, YYYY-MM-DD; default: the first.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of everything random in the market.")] = None,
    market: Market = None,
    config: ConfigFile = CONFIG,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Run the desk over a range of days in virtual time, as fast as the machine can, and print what each came to.

    Exit code 1 if a slot is not accounted for or a position is not explained.
    Example: supervisor.py simulate --from 2019-05-13 --to 2019-05-17
    """
    from commands.look import to_day
    from commands.options import Options
    from commands.simulate import simulate_days

    options = Options(config, data, day=first, market=market)
    ends = to_day(last) if last else None
    raise typer.Exit(simulate_days(options, ends, seed, as_json=json))


@app.command()
def gateway(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0: a free one.")] = 4002,
    host: Annotated[
        str, typer.Option(help="The address to listen on; others than 127.0.0.1 are open to the net.")
    ] = "127.0.0.1",
    market: Market = None,
    day: Day = None,
    start: Annotated[str | None, typer.Option(help="Exchange time to start at, HH:MM.")] = None,
    speed: Annotated[float, typer.Option(help="Market seconds per second.")] = 1.0,
    real: Annotated[bool, typer.Option("--real", help="The wall's time instead of a simulated day.")] = False,
    journal: Annotated[
        Path | None, typer.Option(help="Folder of the journal; a killed gateway goes on from it.")
    ] = None,
    fault: Annotated[
        list[str] | None, typer.Option(help='A fault, such as "drop after=30"; as often as wanted.')
    ] = None,
    control: Annotated[int | None, typer.Option(help="Port for arming faults while it runs; 0: a free one.")] = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Serve the paper gateway alone, for any client of IB's API, until Ctrl+C.

    Examples: supervisor.py gateway --port 4002 · supervisor.py gateway --speed 10 --fault "drop after=30"
    """
    from commands.gateway import serve_alone
    from commands.options import Options

    options = Options(config, day=day, start=start, speed=speed, market=market)
    raise typer.Exit(serve_alone(options, port, host, journal, fault or [], control, real=real))


@app.command("crash-matrix")
def crash_matrix(
    kills: Annotated[int, typer.Argument(min=1, help="How many desks to kill.")] = 40,
    *,
    seed: Annotated[int, typer.Option(help="Which boundaries and moments are hit in which order.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Gateways at a time, each with its desks.")] = 2,
    data: Annotated[
        Path | None, typer.Option(help="Empty folder for books and logs; default: a temporary one.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Kill desks around their orders and compare their logs with the gateway's book. Exit code 1 if they differ.

    Example: supervisor.py crash-matrix 40
    """
    from commands.crash_matrix import crash_matrix as kill_desks

    raise typer.Exit(kill_desks(kills, seed, jobs, data, as_json=json))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def compat(context: typer.Context) -> None:
    """Run four unmodified IB clients against the paper gateway, a line per client and step."""
    from compat.__main__ import main as run_clients

    raise typer.Exit(run_clients(context.args))


@market_app.command("fit")
def market_fit(
    *,
    lake: Annotated[Path | None, typer.Option(help="The lake to fit; default: imported/ in the data folder.")] = None,
    out: Annotated[Path | None, typer.Option(help="The file to write.")] = None,
    config: ConfigFile = CONFIG,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Fit a market (volatility surfaces, spreads, daily bars) to recorded SPX chains."""
    from commands.fitting import fit_market

    raise typer.Exit(fit_market(lake, out, config, data, as_json=json))


@config_app.command("check")
def config_check(
    path: Annotated[Path, typer.Argument(help="The file to check.")] = CONFIG, *, json: AsJson = False
) -> None:
    """Check a config and list every mistake in it. Exit code 0 if there is none, 2 if there is."""
    from commands.look import check_config

    raise typer.Exit(check_config(path, as_json=json))


def main() -> None:
    """Run the command line; a mistake that a person can mend ends with exit code 2 and says how."""
    arguments = sys.argv[1:]
    if not arguments or (arguments[0].startswith("-") and arguments[0] != "--help"):
        arguments = ["run", *arguments]
    try:
        app(arguments)
    except Exception as error:  # the one place that turns the rooms' errors into words
        from commands.errors import explain

        text = explain(error)
        if text is None:
            raise
        typer.echo(text, err=True)
        raise SystemExit(2) from error


if __name__ == "__main__":
    main()
