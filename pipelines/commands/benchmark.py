"""`entra-emply benchmark`: its commands' arguments and output. What is measured, and how, is in `benchmarks`.

Imports are inside the commands, as in `cli`.
"""

from typing import Annotated

import typer

from entra_emply.printing import counted, print_json
from pipelines import configuration
from pipelines.commands.options import Users, example
from pipelines.commands.progress import progress

benchmark = typer.Typer(no_args_is_help=True, help="What the README's figures come from.")


@benchmark.command("read", epilog=example("entra-emply benchmark read"))
def benchmark_read() -> None:
    """Read the configured tenant's users, groups and memberships and both Emply lists; JSON."""
    from benchmarks.read import benchmark_read as measure  # noqa: PLC0415
    from entra_emply.environment import Environment  # noqa: PLC0415

    with progress("Reading the lists again and again"):
        measured = measure(Environment.load())
    print_json(measured)


@benchmark.command("plan", epilog=example("entra-emply benchmark plan --users 1000000"))
def benchmark_plan(users: Users = 100_000) -> None:
    """Join, rules and plan over so many synthetic people, without HTTP; JSON."""
    from benchmarks.plan import benchmark_plan as measure  # noqa: PLC0415

    with progress(f"Planning for {counted(users, 'person', 'people')}"):
        measured = measure(users)
    print_json(measured)


@benchmark.command("explain", epilog=example("entra-emply benchmark explain --users 100000"))
def benchmark_explain(users: Users = 100_000) -> None:
    """The command explain in a company of so many people, from stored frames; JSON."""
    from benchmarks.explain import benchmark_explain as measure  # noqa: PLC0415

    with progress(f"Explaining some of {counted(users, 'person', 'people')}"):
        measured = measure(users)
    print_json(measured)


@benchmark.command("sync", epilog=example("entra-emply benchmark sync --users 300 --graph-ms 80 --emply-ms 120"))
def benchmark_sync(
    users: Users = 200,
    calendars: Annotated[bool, typer.Option("--calendars", help="With pictures and calendars, too.")] = False,
    graph_ms: Annotated[float, typer.Option("--graph-ms", min=0, help="Milliseconds of each answer of Graph.")] = 0,
    emply_ms: Annotated[float, typer.Option("--emply-ms", min=0, help="Milliseconds of each answer of Emply.")] = 0,
    page_ms: Annotated[float, typer.Option("--page-ms", min=0, help="What a page of 999 rows takes besides.")] = 0,
) -> None:
    """Whole runs against a sandbox: the first, an unchanged one, one with one person changed, one with 1 %; JSON.

    Of each: seconds, and of these the processor's; requests by service, how many were under way at a time, how many
    seconds they lasted from the first to the last, and at_limit, the share of the time in which Emply's limit let no
    more of them pass; and reading, the seconds in which each source was read, Entra's users, groups and members
    together as `directory`.
    """
    from benchmarks.sync import benchmark_sync as measure  # noqa: PLC0415

    with progress(f"Syncs of {counted(users, 'person', 'people')}"):
        delays = {"graph_ms": graph_ms, "emply_ms": emply_ms, "page_ms": page_ms}
        measured = measure(users, configuration.SETTINGS, calendars=calendars, delays=delays)
    print_json(measured)


@benchmark.command("mailboxes", epilog=example("entra-emply benchmark mailboxes --mailboxes 10000 --delay 50"))
def benchmark_mailboxes(
    mailboxes: Annotated[int, typer.Option("--mailboxes", min=1, help="How many mailboxes there are.")] = 10_000,
    events: Annotated[int, typer.Option("--events", min=0, help="How many events each of them has.")] = 5,
    delay: Annotated[int, typer.Option("--delay", min=0, help="Milliseconds that each batch is held up.")] = 0,
) -> None:
    """Read photos, calendars and events of so many mailboxes from a sandbox, whole and by delta; JSON."""
    from benchmarks.mailboxes import benchmark_mailboxes as measure  # noqa: PLC0415

    with progress(f"Reading {counted(mailboxes, 'mailbox', 'mailboxes')}"):
        measured = measure(mailboxes, events, delay)
    print_json(measured)
