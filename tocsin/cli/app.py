"""The application: all groups of commands under one name, and what becomes of errors."""

import sys
from importlib.metadata import version as version_of
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from broker.errors import BrokerError
from tocsin import environment
from tocsin.cli.output import FULL, print_everywhere, report_error, report_full, report_unexpected
from tocsin.exits import Exit, exit_of


class Reporting(TyperGroup):
    """Turns errors into words and exit codes: never a traceback for a user's mistake."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except BrokerError as error:
            if ctx.params.get("debug") or environment.wants_debug():
                raise
            report_error(error)
            raise typer.Exit(exit_of(error)) from None
        except KeyboardInterrupt:
            typer.echo("stopped", err=True)
            raise typer.Exit(Exit.INTERRUPTED) from None


app = typer.Typer(
    name="tocsin",
    cls=Reporting,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="Share reports on precursors: publish them signed, receive what you may see, prove what was said.",
    epilog="Example: tocsin publish seizures.csv --as NL/customs --folder exercise",
)


def main() -> None:
    """Run the command line."""
    print_everywhere()
    try:
        app()
    except Exception as error:
        if isinstance(error, BrokerError) or environment.wants_debug() or "--debug" in sys.argv:
            raise
        if isinstance(error, OSError) and error.errno in FULL:
            report_full(error)
            sys.exit(Exit.CONFIGURATION)
        report_unexpected(error)
        sys.exit(Exit.INTERNAL)


def _show_version(value: bool) -> None:  # noqa: FBT001 - typer hands it over by place
    if value:
        typer.echo(f"tocsin {version_of('tocsin')}, Python {sys.version.split()[0]}")
        raise typer.Exit


@app.callback()
def _start(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show unexpected errors whole, with data in them.")] = False,
) -> None:
    """Come here before every command."""
