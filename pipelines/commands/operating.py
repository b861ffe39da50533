"""`alerts`, `doctor` and `console`: for operators of an installation. Not here: what is told (`alerts.py`), looked
at (`entra_emply.doctor`) or served (`entra_emply.console`).
"""

from typing import Annotated

import typer

from entra_emply.errors import SettingsError
from entra_emply.printing import console, print_json
from pipelines.commands.installed import environment
from pipelines.commands.options import EmplyOpenApi, Json, example
from pipelines.commands.progress import progress

operating = typer.Typer()


@operating.command(epilog=example("entra-emply alerts --test"))
def alerts(
    test: Annotated[bool, typer.Option("--test", help="Send each receiver a test instead.")] = False,
) -> int:
    """Send alerts to the addresses in ALERT_URLS about what fails, waits for an approval or expires, as the daemon does
    by itself. Exit 1: somebody was not reached."""
    from pipelines.commands.alerts import send, send_test  # noqa: PLC0415

    if not environment().alert_urls:
        raise SettingsError("ALERT_URLS is not set: nobody is told (docs/alerts.md)")
    if test:
        with progress("Sending"):
            taken = send_test()
        for receiver, took in taken.items():
            typer.echo(f"{receiver}: {'taken' if took else 'not taken'}")
        return int(not all(taken.values()))
    with progress("Sending"):
        sent, waiting = send()
    typer.echo(f"{sent} sent, {waiting} still waiting")
    return int(waiting > 0)


@operating.command(epilog=example("entra-emply doctor"))
def doctor(as_json: Json = False, emply_openapi: EmplyOpenApi = None) -> int:
    """Settings, credentials, each permission, each operation of Emply, database, clock: what is wrong, and what to do.
    Changes nothing. Exit 0: all well; 1: something failed."""
    from dataclasses import asdict  # noqa: PLC0415

    from entra_emply.doctor.doctor import doctor as examined  # noqa: PLC0415
    from entra_emply.doctor.doctor import show_checks  # noqa: PLC0415

    with progress("Looking at everything"):
        checks = examined(environment(), emply_openapi)
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        show_checks(checks, console())
    return int(any(check.status == "failed" for check in checks))


@operating.command("console", epilog=example("entra-emply console --port 3100"))
def serve_console(
    host: Annotated[
        str,
        typer.Option(
            help="Where it listens. Any address but this machine's own needs CONSOLE_URL, and people then sign in "
            "with Entra."
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any free one.")] = 3100,
) -> None:
    """The operators' web page: plans and approvals, people, failures, findings. Prints the address to open. Ctrl-C ends
    it."""
    from entra_emply.console.serving import serve  # noqa: PLC0415

    serve(environment(), host, port, lambda text: print(text, flush=True))  # noqa: T201 (read where it was started)
