"""`approve`, `refuse` and `release`: what a person decides. Not here: what that changes (`entra_emply.ledger`)."""

import getpass
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from entra_emply.errors import SettingsError
from entra_emply.printing import SHORT_ID, console, counted
from pipelines.commands.installed import environment, ledger
from pipelines.commands.options import Domain, Kind, Person, Reason, Yes, example

if TYPE_CHECKING:
    from entra_emply.ledger.approvals import Wanted

approving = typer.Typer()


@approving.command(epilog=example('entra-emply approve 3f9c12ab --kind set_roles --by "Ada" --reason "reorganisation"'))
def approve(
    plan: Annotated[
        str,
        typer.Argument(
            help="The id of the newest plan, as `sync` and `plan` name it, or of one of its actions, as `history` "
            "does; or its first characters."
        ),
    ],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who approves.")],
    reason: Reason,
    kind: Kind = None,
    domain: Domain = None,
    group: Annotated[
        str | None, typer.Option(help="Only people of this group; also approves that it was emptied.")
    ] = None,
    person: Person = None,
    department: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only people of this department of Emply, by its title.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Approve held actions of the newest plan. Shows them, and on a terminal asks first. The next run applies them."""
    from entra_emply.decisions.department import actions_of_department  # noqa: PLC0415
    from entra_emply.decisions.recorded_plan import recorded_id  # noqa: PLC0415
    from entra_emply.ledger import approvals  # noqa: PLC0415
    from entra_emply.ledger.which import Which  # noqa: PLC0415
    from entra_emply.storage.frame_store import FrameStore  # noqa: PLC0415

    approvals.require_filled(by=by, reason=reason, department=department)
    with ledger() as found:
        named, store = recorded_id(environment(), found, plan), FrameStore(environment().frames_url)
        ids = None if department is None else actions_of_department(store, found, department)
        which = Which(kind=kind, domain=domain, group=group, person=person, action_ids=ids)
        wanted = found.read(approvals.would_approve, named, which)
    asks = bool(wanted.approved) and not yes and sys.stdin.isatty() and sys.stdout.isatty()
    if asks:
        _show(wanted)
        if not typer.confirm("Approve?"):
            typer.echo("Nothing was approved")
            raise typer.Exit(1)
    with ledger() as found:
        freed = found.write(approvals.approve, named, which, by=by, reason=reason)
    typer.echo(_told(wanted, len(freed)))
    if wanted.approved and not asks:
        _show(wanted)


def _show(wanted: "Wanted") -> None:
    """The actions that an approval covers, as a plan shows them."""
    from entra_emply.person.names import names_of_last_run  # noqa: PLC0415
    from entra_emply.reconciliation.report.text import show_actions  # noqa: PLC0415
    from entra_emply.reconciliation.report.wording import held_because  # noqa: PLC0415

    actions = [row | {name: row[name].split() for name in ("held_by", "held_because")} for row in wanted.actions]
    because = {row["action_id"]: held_because(row["held_by"], row["held_because"]) for row in actions}
    show_actions(actions, names_of_last_run(environment()), because, console())
    people = {row["entra_id"] or row["emply_user_id"] or row["subject"] for row in wanted.actions}
    typer.echo(f"\n{counted(len(actions), 'action')} of {counted(len(people), 'person', 'people')}")


def _told(wanted: "Wanted", freed: int) -> str:
    """What came of an approval."""
    if not wanted.approved:
        again = "Nothing left to approve: all of it is approved already"
        return again if wanted.again else "Recorded: this group may be empty"
    if not freed:
        waiting = counted(len(wanted.approved), "approval")
        return f"{waiting} recorded, to take effect once the link of the same person is approved"
    them = "it" if freed == 1 else "them"
    return f"{counted(freed, 'action')} approved for 72 hours; the next run applies {them}"


@approving.command(
    epilog=example('entra-emply refuse 3f9c12ab --person ann.holm@contoso.com --by "Ada" --reason "two people"')
)
def refuse(
    plan: Annotated[str, typer.Argument(help="The id of the newest plan, or its first characters.")],
    person: Annotated[str, typer.Option(metavar="EMAIL", help="Whose link it is: an address or an id.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who refuses.")],
    reason: Reason,
) -> None:
    """Refuse a held link by another address (M3b): the two are different people. The link is not planned again."""
    from entra_emply.decisions.recorded_plan import recorded_id  # noqa: PLC0415
    from entra_emply.ledger import approvals  # noqa: PLC0415

    with ledger() as found:
        found.write(approvals.refuse, recorded_id(environment(), found, plan), person=person, by=by, reason=reason)
    typer.echo("The link is refused: the next run treats them as two people")


@approving.command(epilog=example('entra-emply release 81d0f3… --by "Ada"'))
def release(
    action: Annotated[str, typer.Argument(help="The id of a quarantined action, or its first characters.")],
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who releases it; by default the account that runs this command.")
    ] = None,
) -> None:
    """Let a quarantined action be tried again."""
    from entra_emply.ledger import approvals, history  # noqa: PLC0415

    with ledger() as found:
        released = found.write(approvals.release, action, _account() if by is None else by)
        about = found.read(history.action_named, released)
    whose = f" of {about['subject']}" if about and about["subject"] else ""
    typer.echo(f"The next run tries the action {released[:SHORT_ID]}{whose} again")


def _account() -> str:
    """The name of the account that runs this command. Raises SettingsError where it has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # 3.13 raises OSError, earlier ones what they come across
        raise SettingsError("this account has no name: say who you are with --by NAME") from None
