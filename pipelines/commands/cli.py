"""`entra-emply`: the command line. Here: arguments, exit codes and what is printed; the work is done elsewhere.

Imports are inside the commands where they are slow: `--help` and `plan` do not wait for Dagster.
"""

import getpass
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer.exceptions import TyperException

from entra_emply.errors import EntraEmplyError, SettingsError
from entra_emply.printing import console, print_json
from pipelines.commands.benchmark import benchmark
from pipelines.commands.importing import importing
from pipelines.commands.options import Churn, EmplyOpenApi, Json, Port, Seed, Users, example
from pipelines.commands.progress import progress

if TYPE_CHECKING:
    from entra_emply.environment import Environment
    from entra_emply.ledger.ledger import Ledger

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Keeps Emply People in step with Microsoft Entra ID.",
)
app.add_typer(benchmark, name="benchmark")

FAILED, HELD, ACTIONS_FAILED, INTERRUPTED = 1, 2, 3, 130


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


@app.command(epilog=example("entra-emply demo --users 500 --seed 7"))
def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop after the first sync was applied.")] = False,
    users: Users = 200,
    seed: Seed = 1,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The Dagster UI's port; else 3000 or any free one.")
    ] = None,
    churn: Churn = False,
) -> None:
    """A whole working installation on this machine and nothing else."""
    from pipelines.commands.demo import run_demo  # noqa: PLC0415

    run_demo(once=once, users=users, seed=seed, port=port, churn=churn)


@app.command(epilog=example("entra-emply sandbox --users 200 --port 8443 --env-file sandbox.env"))
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
    graph_ms: Annotated[float, typer.Option(min=0, metavar="N", help="Time each answer of Graph takes.")] = 0,
    emply_ms: Annotated[float, typer.Option(min=0, metavar="N", help="Time each answer of Emply takes.")] = 0,
    page_ms: Annotated[float, typer.Option(min=0, metavar="N", help="What a page of 999 takes besides.")] = 0,
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


@app.command(epilog=example("entra-emply sync"))
def sync(
    accept_shrink: Annotated[
        list[str] | None, typer.Option(metavar="SOURCE", help="Accept that this source has shrunk, for this run (G5).")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read every list whole, instead of what changed since the last run.")
    ] = False,
) -> int:
    """One complete run now: read, plan, apply. Exit 0: applied or nothing to do; 2: something is held; 3: actions
    failed or are quarantined, or something was not read; 1: the run failed."""
    with importing():
        from pipelines.commands.alerts import telling  # noqa: PLC0415

    with telling("sync"):
        with progress("Starting") as tell:
            with importing():
                from pipelines.commands.sync import run_sync  # noqa: PLC0415

            report = run_sync(tell, accept_shrink=tuple(accept_shrink or ()), full=full)
        typer.echo(report.summary)
    if report.troubled:
        return ACTIONS_FAILED
    return HELD if report.held else 0


@app.command(epilog=example("entra-emply plan --settings draft.yaml"))
def plan(
    settings: Annotated[
        Path | None, typer.Option(help="Plan with this draft instead of the settings in force.")
    ] = None,
    as_json: Json = False,
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the plan as one HTML file, too.")
    ] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write the plan's actions as one CSV file, too.")
    ] = None,
    offline: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Plan the examples in this file (- for standard input) instead of the live systems: one JSON object "
            "a line in, one plan a line out.",
        ),
    ] = None,
) -> int:
    """What a sync would do now. Only reads; nothing is changed or recorded anywhere."""
    if offline is not None:
        if settings or as_json or html_file or csv_file:
            raise typer.BadParameter("--offline goes with no other option")
        return _plan_offline(offline)
    with importing():
        from entra_emply.extraction.dry_run import dry_run  # noqa: PLC0415
        from entra_emply.reconciliation.report.csv import write_csv  # noqa: PLC0415
        from entra_emply.reconciliation.report.html import groups_of  # noqa: PLC0415
        from entra_emply.reconciliation.report.text import show, write_html  # noqa: PLC0415
        from entra_emply.reconciliation.report.wording import document, names_of  # noqa: PLC0415
        from entra_emply.reconciliation.settings import load  # noqa: PLC0415

    environment = _environment()
    in_force = load(environment.settings) if settings is None else load(settings, "--settings")
    with progress("Reading Entra and Emply") as tell:
        run = dry_run(environment, in_force, tell)
    made = document(run.plan, run.inputs.now, run.inputs.settings.version)
    if html_file is not None:
        write_html(html_file, made, names_of(run.inputs), groups_of(run.plan.actions), run.approval)
    if csv_file is not None:
        write_csv(csv_file, made)
    written = " and ".join(str(file) for file in (html_file, csv_file) if file is not None)
    if as_json:
        print_json(made)
    elif written:
        typer.echo(f"Plan {run.plan.plan_id[:12]}: {len(run.plan.actions)} actions, written to {written}")
    else:
        show(made, names_of(run.inputs), console(), run.approval)
    if run.not_read and not as_json:
        typer.echo(run.not_read)
    return 0


def _plan_offline(file: Path) -> int:
    """The plans of the examples in `file`, a line each. A line that is not JSON is told of in the end, too."""
    from entra_emply.extraction.offline import answers, not_json, read_lines  # noqa: PLC0415

    lines = read_lines(file)
    for answer in answers(lines):
        typer.echo(answer)
    wrong = not_json(lines)
    if wrong:
        raise SettingsError(f"{file}, line {', '.join(map(str, wrong))}: is not JSON")
    return 0


@app.command(epilog=example('entra-emply approve 3f9c12ab --kind set_roles --by "Ada" --reason "reorganisation"'))
def approve(
    plan: Annotated[
        str,
        typer.Argument(help="The id of the newest plan, as `sync` and `plan` name it, or its first characters."),
    ],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who approves.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why.")],
    kind: Annotated[str | None, typer.Option(help="Only actions of this kind, such as set_roles.")] = None,
    domain: Annotated[str | None, typer.Option(help="Only people with an address in this domain.")] = None,
    group: Annotated[
        str | None, typer.Option(help="Only people of this group; also approves that it was emptied.")
    ] = None,
    person: Annotated[str | None, typer.Option(help="Only this person: an address or an id.")] = None,
) -> None:
    """Release held actions of the newest plan. The next run applies them."""
    from entra_emply.extraction.dry_run import recorded_id  # noqa: PLC0415

    with _ledger() as ledger:
        named = recorded_id(_environment(), ledger, plan)
        released = ledger.approve(named, kind=kind, domain=domain, group=group, person=person, by=by, reason=reason)
    typer.echo(f"{len(released)} actions approved for 72 hours; the next run applies them")


@app.command(
    epilog=example('entra-emply refuse 3f9c12ab --person ann.holm@contoso.com --by "Ada" --reason "two people"')
)
def refuse(
    plan: Annotated[str, typer.Argument(help="The id of the newest plan, or its first characters.")],
    person: Annotated[str, typer.Option(metavar="EMAIL", help="Whose link it is: an address or an id.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who refuses.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why.")],
) -> None:
    """Refuse a held link by another address (M3b): it is not the same person. It is not planned again."""
    from entra_emply.extraction.dry_run import recorded_id  # noqa: PLC0415

    with _ledger() as ledger:
        ledger.refuse(recorded_id(_environment(), ledger, plan), person=person, by=by, reason=reason)
    typer.echo("The link is refused: the next run treats them as two people")


@app.command(epilog=example('entra-emply release 81d0… --by "Ada"'))
def release(
    action: Annotated[str, typer.Argument(help="The id of a quarantined action.")],
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who lets it go again; else the account that runs this.")
    ] = None,
) -> None:
    """Let a quarantined action be tried again."""
    with _ledger() as ledger:
        ledger.release(action, _account() if by is None else by)
    typer.echo("The next run tries it again")


@app.command(epilog=example("entra-emply explain megan.jordan@contoso.com"))
def explain(
    email: Annotated[str, typer.Argument(help="An e-mail, a username, a sign-in name or an id.")],
    as_json: Json = False,
    live: Annotated[
        bool, typer.Option("--live", help="Read this person now (of Emply the lists), not what the last run read.")
    ] = False,
    missing: Annotated[
        str | None,
        typer.Option("--why-not", help="What would have to be different: role:TITLE, login, photo or calendar:NAME."),
    ] = None,
) -> None:
    """Everything the pipeline knows and decides about one person, rule by rule, in sentences. Only reads."""
    with importing():
        from entra_emply.person.stored import explain as stored  # noqa: PLC0415
        from entra_emply.person.stored import explain_live  # noqa: PLC0415
        from entra_emply.person.text import show_explanation, show_why_not  # noqa: PLC0415
        from entra_emply.reconciliation.explain.why_not import Wish  # noqa: PLC0415

    wish = None if missing is None else Wish.parsed(missing)
    with progress("Reading this person"):
        document = (explain_live if live else stored)(_environment(), _whom(email), wish)
    if as_json:
        print_json(document)
    elif wish is not None and document["people"]:
        show_why_not(document, console())
    else:
        show_explanation(document, console())


@app.command(epilog=example("entra-emply history megan.jordan@contoso.com"))
def history(
    email: Annotated[str | None, typer.Argument(help="An e-mail or an id; without it, everybody.")] = None,
    as_json: Json = False,
) -> None:
    """What was planned, approved and applied, by whom and when; newest first. Only reads."""
    from pipelines.commands.history import history as happened  # noqa: PLC0415
    from pipelines.commands.history import show_history  # noqa: PLC0415

    with progress("Asking the ledger"):
        events = happened(_environment(), None if email is None else _whom(email))
    if as_json:
        print_json(events)
    else:
        show_history(events, console())


@app.command(epilog=example("entra-emply alerts --test"))
def alerts(
    test: Annotated[bool, typer.Option("--test", help="Send each receiver a test instead.")] = False,
) -> int:
    """Tell whoever ALERT_URLS names what fails, waits or ends, as the daemon does by itself. Exit 1: somebody was not
    reached."""
    from pipelines.commands.alerts import send, send_test  # noqa: PLC0415

    if not _environment().alert_urls:
        raise SettingsError("ALERT_URLS is not set: nobody is told (docs/alerts.md)")
    if test:
        with progress("Sending"):
            taken = send_test()
        for receiver, took in taken.items():
            typer.echo(f"{receiver}: {'taken' if took else 'not taken'}")
        return 0 if all(taken.values()) else FAILED
    with progress("Sending"):
        sent, waiting = send()
    typer.echo(f"{sent} sent, {waiting} not taken yet")
    return FAILED if waiting else 0


@app.command(epilog=example("entra-emply doctor"))
def doctor(as_json: Json = False, emply_openapi: EmplyOpenApi = None) -> int:
    """Settings, credentials, each permission, each operation of Emply, database, clock: what is wrong, and what to do.
    Changes nothing. Exit 0: all well; 1: something failed."""
    from dataclasses import asdict  # noqa: PLC0415

    from entra_emply.doctor.doctor import doctor as examined  # noqa: PLC0415
    from entra_emply.doctor.doctor import show_checks  # noqa: PLC0415

    with progress("Looking at everything"):
        checks = examined(_environment(), emply_openapi)
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        show_checks(checks, console())
    return FAILED if any(check.status == "failed" for check in checks) else 0


@app.command("console", epilog=example("entra-emply console --port 3100"))
def serve_console(
    host: Annotated[
        str, typer.Option(help="Where it listens. Others than this machine need CONSOLE_URL: a sign-in with Entra.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any free one.")] = 3100,
) -> None:
    """The operators' web page: plans and approvals, people, failures, findings. Prints the address to open. Ctrl-C ends
    it."""
    from entra_emply.console.serving import serve  # noqa: PLC0415

    serve(_environment(), host, port, lambda text: print(text, flush=True))  # noqa: T201 (read by whoever started it)


def _environment() -> "Environment":
    from entra_emply.environment import Environment  # noqa: PLC0415

    return Environment.load()


@contextmanager
def _ledger() -> Iterator["Ledger"]:
    """The ledger of this installation."""
    from entra_emply.ledger.installed import existing_ledger  # noqa: PLC0415

    with progress("Asking the ledger"), existing_ledger(_environment()) as ledger:
        yield ledger


def _whom(asked: str) -> str:
    """What somebody is asked for by. Raises SettingsError where it is blank: nobody is called so."""
    if not asked.strip():
        raise SettingsError("EMAIL is blank: expected an e-mail, a username, a sign-in name or an id")
    return asked


def _account() -> str:
    """The name of the account that runs this command. Raises SettingsError where it has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # 3.13 raises OSError, earlier ones what they come across
        raise SettingsError("this account has no name: say who you are with --by NAME") from None


if __name__ == "__main__":
    main()
