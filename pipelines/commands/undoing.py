"""`undo`: asking that what was applied is restored, and taking that back. Not here: what can be restored
(`entra_emply.decisions.undo`).
"""

import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from entra_emply.printing import console, counted, line
from pipelines.commands.importing import importing
from pipelines.commands.installed import environment, ledger
from pipelines.commands.options import Domain, Kind, Person, Reason, Yes, example
from pipelines.commands.progress import progress

if TYPE_CHECKING:
    import pandas as pd

    from entra_emply.ledger.which import Which
    from entra_emply.reconciliation.undoable import Undoable

undoing = typer.Typer()

_SHOWN = 40
"""Of what cannot be undone so many are told."""


@undoing.command(
    epilog=example('entra-emply undo 3f9c12ab --person ann.holm@contoso.com --by "Ada" --reason "wrong group"')
)
def undo(
    plan: Annotated[
        str,
        typer.Argument(help="The id of a plan that was applied, or of one of its actions; or its first characters."),
    ],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who asks.")],
    reason: Reason,
    kind: Kind = None,
    domain: Domain = None,
    group: Annotated[str | None, typer.Option(help="Only people of this group.")] = None,
    person: Person = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take back what was asked for and is not approved yet.")
    ] = False,
    yes: Yes = False,
) -> int:
    """Ask that roles taken, fields changed and logins deactivated in the last 30 days are restored. Shows what can be
    and what cannot, and why; on a terminal asks first. The next run plans it, held until it is approved. Exit 1:
    nothing can be undone, or nothing that was asked for can be withdrawn."""
    with importing():
        from entra_emply.decisions.undo import what_to_undo  # noqa: PLC0415
        from entra_emply.extraction.settings_in_force import load_in_force  # noqa: PLC0415
        from entra_emply.ledger import approvals, undo_requests  # noqa: PLC0415
        from entra_emply.ledger.which import Which  # noqa: PLC0415
        from entra_emply.storage.frame_store import FrameStore  # noqa: PLC0415

    approvals.require_filled(by=by, reason=reason)
    which = Which(kind=kind, domain=domain, group=group, person=person)
    if withdraw:
        return _withdraw(plan, which, by=by, reason=reason, yes=yes)
    run = FrameStore(environment().frames_url).require_last()
    settings = load_in_force(environment())
    with ledger() as found, progress("Asking the rules"):
        what = what_to_undo(settings, run, found, plan, which)
    _show(what, console())
    if not what.possible:
        typer.echo("Nothing can be undone")
        return 1
    if not (yes or _agrees("Ask for this?")):
        typer.echo("Nothing was asked for")
        return 1
    with ledger() as found:
        asked = found.write(undo_requests.ask, what.possible, by=by, reason=reason)
    them = "it, held until it is" if asked == 1 else "them, held until they are"
    typer.echo(f"{counted(asked, 'undo')} asked for, for 72 hours; the next run plans {them} approved")
    return 0


def _withdraw(plan: str, which: "Which", *, by: str, reason: str, yes: bool) -> int:
    """Take back those of a plan's requests that fit and are not approved. Shows them; on a terminal asks first."""
    from entra_emply.ledger import approvals, undo_requests  # noqa: PLC0415

    with ledger() as found:
        which, asked = found.read(approvals.understood, which), found.read(undo_requests.asked, plan)
    asked = asked[which.fits(asked)]
    free = asked[~asked["approved"]]
    _show_asked(free, console())
    if len(free) < len(asked):
        them = "it" if len(asked) - len(free) == 1 else "them"
        typer.echo(f"{counted(len(asked) - len(free), 'undo')} approved already: the next run does {them}")
    if free.empty:
        typer.echo("Nothing can be withdrawn")
        return 1
    if not (yes or _agrees("Withdraw this?")):
        typer.echo("Nothing was withdrawn")
        return 1
    with ledger() as found:
        withdrawn = found.write(undo_requests.withdraw, free["action_id"].tolist(), by=by, reason=reason)
    typer.echo(f"{counted(withdrawn, 'undo')} withdrawn: no run plans {'it' if withdrawn == 1 else 'them'} any more")
    return 0


def _agrees(question: str) -> bool:
    """What the person at the terminal answers; yes where nobody sits at one."""
    return not (sys.stdin.isatty() and sys.stdout.isatty()) or typer.confirm(question)


def _show_asked(asked: "pd.DataFrame", to: Console) -> None:
    """What was asked for, by whom and why."""
    from entra_emply.person.names import names_of_last_run  # noqa: PLC0415
    from entra_emply.reconciliation.report.wording import changes  # noqa: PLC0415

    names = names_of_last_run(environment())
    for row in asked.to_dict("records"):
        request = {str(name): value for name, value in row.items()}
        line(to, ": ".join([str(request["subject"]), *changes(request, names)]), 2)
        line(to, f"asked for by {request['by']}: {request['reason']}", 6, "dim")


def _show(what: "Undoable", to: Console) -> None:
    """What is restored, as a plan shows it; below it what is not, and why."""
    from entra_emply.person.names import names_of_last_run  # noqa: PLC0415
    from entra_emply.reconciliation.report.text import show_actions  # noqa: PLC0415
    from entra_emply.reconciliation.report.wording import changes, held_because  # noqa: PLC0415

    names = names_of_last_run(environment())
    because = {row["action_id"]: held_because(["G8"], ["undoes"]) for row in what.possible}
    show_actions(what.possible, names, because, to)
    people = {row["emply_user_id"] for row in what.possible}
    if what.possible:
        to.print(f"\n{counted(len(what.possible), 'action')} of {counted(len(people), 'person', 'people')}")
    told = [(": ".join([str(row["subject"]), *changes(row, names)]), row["why"]) for row in what.refused]
    if told:
        to.print(f"\nNot undone ({len(told)})")
    for about, why in told[:_SHOWN]:
        line(to, f"{about}: {why}", 2)
    for why, number in Counter(why for _, why in told[_SHOWN:]).items():
        line(to, f"… and {number} more: {why}", 2)
