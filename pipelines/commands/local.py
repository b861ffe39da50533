"""`demo` and `sandbox`: an installation, or both systems alone, on this machine. Not here: what runs (`demo.py`)."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

import typer

from entra_emply.errors import SettingsError
from pipelines.commands.options import Churn, Port, Seed, Users, example
from pipelines.commands.progress import progress

local = typer.Typer()


@local.command(epilog=example("entra-emply demo --users 500 --seed 7"))
def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop after the first sync was applied.")] = False,
    users: Users = 200,
    seed: Seed = 1,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The Dagster UI's port; else 3000 or any free one.")
    ] = None,
    churn: Churn = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget the history of an earlier demo in this folder, and start over.")
    ] = False,
) -> None:
    """A whole working installation on this machine and nothing else."""
    from pipelines.commands.demo import run_demo  # noqa: PLC0415

    run_demo(once=once, users=users, seed=seed, port=port, churn=churn, fresh=fresh)


@local.command(epilog=example("entra-emply sandbox --users 200 --port 8443 --env-file sandbox.env"))
def sandbox(
    scenario: Annotated[Path | None, typer.Option(help="A scenario (JSON) to start from.")] = None,
    users: Annotated[int | None, typer.Option(min=1, help="Make up a company of so many people.")] = None,
    seed: Seed = 1,
    port: Port = 0,
    env_file: Annotated[
        Path | None, typer.Option(help="Write the environment a client needs here, once ready.")
    ] = None,
    churn: Churn = False,
    emply_style: Annotated[
        Literal["skip_take", "whole"], typer.Option(help="Emply as v1 is known, or whole lists and objects as in API2.")
    ] = "skip_take",
    emply_auth: Annotated[Literal["key", "bearer"], typer.Option(help="Emply's key, or an API2 token.")] = "key",
    emply_events: Annotated[
        Literal["by_calendar", "all"], typer.Option(help="Whether Emply has a list of all events, too.")
    ] = "by_calendar",
    graph_ms: Annotated[
        float, typer.Option(min=0, metavar="N", help="Milliseconds that each answer of Graph takes.")
    ] = 0,
    emply_ms: Annotated[
        float, typer.Option(min=0, metavar="N", help="Milliseconds that each answer of Emply takes.")
    ] = 0,
    page_ms: Annotated[float, typer.Option(min=0, metavar="N", help="Milliseconds more for a page of 999 rows.")] = 0,
) -> None:
    """Entra, Graph and Emply on this machine, over HTTPS."""
    from sandbox.churn import SECONDS  # noqa: PLC0415
    from sandbox.server import run  # noqa: PLC0415
    from sandbox.state import ScenarioError  # noqa: PLC0415

    if scenario is not None and users is not None:
        raise typer.BadParameter("--scenario and --users exclude each other")
    with ExitStack() as until_ready:

        def ready(environment: dict[str, str]) -> None:
            until_ready.close()
            typer.echo(f"The sandbox serves {environment['SANDBOX_URL']}")

        until_ready.enter_context(progress("Making the people"))
        try:
            run(
                scenario=scenario,
                users=users,
                seed=seed,
                port=port,
                env_file=env_file,
                churn=SECONDS if churn else None,
                ready=ready,
                emply_style=emply_style,
                emply_auth=emply_auth,
                emply_events=emply_events,
                graph_ms=graph_ms,
                emply_ms=emply_ms,
                page_ms=page_ms,
            )
        except ScenarioError as error:
            raise SettingsError(str(error)) from None
        except OSError as error:
            what = f"--port {port}" if error.filename is None else error.filename
            raise SettingsError(f"{what}: {error.strerror}") from None
