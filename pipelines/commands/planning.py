"""`sync` and `plan`: arguments, exit codes and what is printed. Not here: how a run is made (`sync.py`)."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entra_emply.errors import SettingsError
from entra_emply.printing import SHORT_ID, console, counted, print_json
from pipelines.commands.importing import importing
from pipelines.commands.installed import environment
from pipelines.commands.options import Json, Kind, example
from pipelines.commands.progress import progress

if TYPE_CHECKING:
    from entra_emply.extraction.dry_run import DryRun

Row = Mapping[str, Any]

planning = typer.Typer()

HELD, ACTIONS_FAILED = 2, 3


@planning.command(epilog=example("entra-emply sync"))
def sync(
    accept_shrink: Annotated[
        list[str] | None, typer.Option(metavar="SOURCE", help="Accept that this source has shrunk, for this run (G5).")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read every list whole, instead of what changed since the last run.")
    ] = False,
) -> int:
    """One complete run now: read, plan, apply. Exit 0: applied or nothing to do; 2: something is held; 3: actions
    failed, are quarantined or cannot be finished, or something was not read; 1: the run failed."""
    with importing():
        from pipelines.commands.alerts import telling  # noqa: PLC0415

    with telling("sync"):
        with progress("Starting") as tell:
            with importing():
                from pipelines.commands.sync import run_sync  # noqa: PLC0415

            report = run_sync(tell, accept_shrink=tuple(accept_shrink or ()), full=full)
        typer.echo(report.summary)
        for line in report.not_done:
            typer.echo(line, err=True)
    if report.troubled:
        return ACTIONS_FAILED
    return HELD if report.held else 0


@planning.command(epilog=example("entra-emply plan --settings draft.yaml"))
def plan(
    settings: Annotated[
        Path | None, typer.Option(help="Plan with this draft instead of the settings in force.")
    ] = None,
    person: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="Show only this person: an address or an id.")
    ] = None,
    kind: Kind = None,
    department: Annotated[
        str | None, typer.Option(metavar="NAME", help="Show only people of this department of Emply.")
    ] = None,
    held: Annotated[bool, typer.Option("--held", help="Show only what is held.")] = False,
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
    """What a sync would do now. Only reads; nothing is changed or recorded anywhere. The plan always covers
    everybody; --person, --kind, --department and --held choose what is shown and written."""
    if offline is not None:
        if settings or person or kind or department or held or as_json or html_file or csv_file:
            raise typer.BadParameter("--offline goes with no other option")
        return _plan_offline(offline)
    with importing():
        from entra_emply.extraction.dry_run import dry_run  # noqa: PLC0415
        from entra_emply.reconciliation.kinds import require_kind  # noqa: PLC0415
        from entra_emply.reconciliation.report.wording import document, part_of  # noqa: PLC0415
        from entra_emply.reconciliation.settings import load  # noqa: PLC0415

    require_kind(kind)
    here = environment()
    chosen = load(here.settings) if settings is None else load(settings, "--settings")
    with progress("Reading Entra and Emply") as tell:
        run = dry_run(here, chosen, tell)
    whole = document(run.plan, run.inputs.now, run.inputs.settings.version)
    among = None if department is None else _in_department(run, department)
    part = part_of(whole, person=person, kind=kind, held=held, among=among)
    written = _write(run, part, html_file, csv_file)
    if as_json:
        print_json(part)
        return 0
    if written:
        count = counted(len(part["actions"]), "action")
        typer.echo(f"Plan {run.plan.plan_id[:SHORT_ID]}: {count}, written to {written}")
    else:
        _show(run, whole, part, draft=settings is not None)
    for line in _remarks(run, whole, part):
        typer.echo(line)
    if settings is not None:
        typer.echo(_is_draft(settings, here.settings))
    return 0


def _in_department(run: "DryRun", department: str) -> frozenset[str]:
    """The ids of the plan's actions about people of this department."""
    from entra_emply.reconciliation.departments import in_department  # noqa: PLC0415

    inputs = run.inputs
    lists = (inputs.emply_users, inputs.emply_employees, inputs.emply_departments)
    return in_department(department, run.plan.actions, *lists)


def _write(run: "DryRun", part: Row, html_file: Path | None, csv_file: Path | None) -> str:
    """Write the part of the plan to the files that are given; their names in words, empty for none."""
    from entra_emply.reconciliation.report.csv import write_csv  # noqa: PLC0415
    from entra_emply.reconciliation.report.html import groups_of, write_html  # noqa: PLC0415
    from entra_emply.reconciliation.report.wording import because  # noqa: PLC0415

    if html_file is not None:
        actions = run.plan.actions
        write_html(html_file, part, run.inputs.names, because(actions), groups_of(actions), run.approval)
    if csv_file is not None:
        write_csv(csv_file, part)
    return " and ".join(str(file) for file in (html_file, csv_file) if file is not None)


def _show(run: "DryRun", whole: Row, part: Row, *, draft: bool) -> None:
    """Print the part of the plan, and what is to be said of the whole."""
    from entra_emply.reconciliation.report.text import show  # noqa: PLC0415
    from entra_emply.reconciliation.report.wording import because  # noqa: PLC0415

    approval = "a draft cannot be approved" if draft else run.approval
    show(whole, run.inputs.names, because(run.plan.actions), console(), approval, part=part)


def _remarks(run: "DryRun", whole: Row, part: Row) -> Iterator[str]:
    """What is not shown of the plan, and what it was made without."""
    if len(part["actions"]) < len(whole["actions"]):
        yield _part(len(part["actions"]), len(whole["actions"]))
    if run.not_read:
        yield run.not_read


def _is_draft(draft: Path, in_force: Path) -> str:
    """That nothing follows the settings that were tried, and how something would."""
    return (
        f"This is a draft: {draft} is not in force, and no sync follows it. To put it into force, replace {in_force} "
        "with it; the next sync makes this plan, and records what is to be approved"
    )


def _part(shown: int, of: int) -> str:
    """How much of a plan is shown."""
    if not shown:
        return f"No action fits; the plan has {counted(of, 'action')}"
    return f"{shown} of {counted(of, 'action')} {'is' if shown == 1 else 'are'} shown"


def _plan_offline(file: Path) -> int:
    """The plans of the examples in `file`, a line each. A line that is not JSON is told of in the end, too."""
    from entra_emply.offline.lines import answers, not_json, read_lines  # noqa: PLC0415

    lines = read_lines(file)
    for answer in answers(list(lines.values())):
        typer.echo(answer)
    wrong = not_json(lines)
    if wrong:
        raise SettingsError(f"{file}, line {', '.join(map(str, wrong))}: is not JSON")
    return 0
