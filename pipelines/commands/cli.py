"""`entra-emply`: the command line. Here: the commands together, and how they end.

Each subject's commands are in a module of their own: arguments, exit codes and what is printed; the work is done
elsewhere. Imports are inside the commands where they are slow: `--help` and `plan` do not wait for Dagster.
"""

import logging
import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer
from typer.exceptions import TyperException

from entra_emply.errors import EntraEmplyError
from pipelines.commands.approving import approving
from pipelines.commands.benchmark import benchmark
from pipelines.commands.local import local
from pipelines.commands.operating import operating
from pipelines.commands.person import person
from pipelines.commands.planning import planning
from pipelines.commands.undoing import undoing

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Keeps Emply People in step with Microsoft Entra ID.",
)
for commands in (local, planning, approving, undoing, person, operating):
    app.add_typer(commands)
app.add_typer(benchmark, name="benchmark")

FAILED, INTERRUPTED = 1, 130


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"entra-emply {version('entra-emply')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Keeps Emply People in step with Microsoft Entra ID."""


def main() -> None:
    """Run a command. A user's mistake is exit 1 and one line on stderr."""
    logging.getLogger("entra_emply").addHandler(logging.StreamHandler())
    logging.getLogger().addHandler(logging.NullHandler())  # what libraries warn of, a command says in its own words
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except TyperException as error:  # a subclass without a message has printed the help already
        _fail(getattr(error, "format_message", error.__str__)() or "expected a command")
    except EntraEmplyError as error:
        _fail(str(error))
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python writes at its end
        what = error.filename or "what it prints"
        _fail(f"{what} cannot be read or written ({error.strerror or type(error).__name__})")
    else:
        sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str) -> None:
    typer.echo(f"entra-emply: {' '.join(message.split())}", err=True)
    sys.exit(FAILED)


if __name__ == "__main__":
    main()
