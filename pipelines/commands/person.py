"""`explain` and `history`: arguments, exit codes, what is printed. Not here: what is said (`entra_emply.person`)."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from entra_emply.errors import SettingsError
from entra_emply.printing import console, print_json
from pipelines.commands.importing import importing
from pipelines.commands.installed import environment
from pipelines.commands.options import Json, Kind, example
from pipelines.commands.progress import progress

person = typer.Typer()


def _moment(written: str) -> datetime:
    """A day or a time, in UTC where it does not say otherwise."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise typer.BadParameter(f"{written} is no date: write 2026-11-30, or 2026-11-30T14:30 in UTC") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


@person.command(epilog=example("entra-emply explain megan.jordan@contoso.com"))
def explain(
    email: Annotated[str, typer.Argument(help="An e-mail, a username, a sign-in name, an id, or the id of an action.")],
    everything: Annotated[
        bool, typer.Option("--all", help="With all rules, all questions, and more of the history.")
    ] = False,
    question: Annotated[
        str | None, typer.Option(metavar="NAME", help="Answer this question only; --all names the questions.")
    ] = None,
    as_json: Json = False,
    live: Annotated[
        bool, typer.Option("--live", help="Read this person now (of Emply the lists), not what the last run read.")
    ] = False,
    missing: Annotated[
        str | None,
        typer.Option("--why-not", help="What would have to be different: role:TITLE, login, photo or calendar:NAME."),
    ] = None,
) -> None:
    """What is known of one person, what is planned, what needs attention, and what was done last and why. With --all
    everything that the pipeline knows and decides about them, rule by rule. Only reads."""
    with importing():
        from entra_emply.person.stored import explain as stored  # noqa: PLC0415
        from entra_emply.person.stored import explain_live  # noqa: PLC0415
        from entra_emply.person.text import show_answer, show_explanation, show_why_not  # noqa: PLC0415
        from entra_emply.reconciliation.explain.wishes import Wish  # noqa: PLC0415

    if sum((everything, question is not None, missing is not None)) > 1:
        raise typer.BadParameter("--all, --question and --why-not exclude each other")
    if question is not None:
        _require_question(question)
    wish = None if missing is None else Wish.parsed(missing)
    with progress("Reading this person"):
        document = (explain_live if live else stored)(environment(), _whom(email), wish)
    if as_json:
        print_json(document)
    if not document["people"] and not document["history"]:
        raise SettingsError(document["sentence"])
    if as_json:
        return
    if wish is not None and document["people"]:
        show_why_not(document, console())
    elif question is not None and document["people"]:
        show_answer(document, question, console())
    else:
        show_explanation(document, console(), everything=everything)


@person.command(epilog=example("entra-emply history megan.jordan@contoso.com"))
def history(
    email: Annotated[
        str | None, typer.Argument(help="An e-mail, an id, or the id of an action; without it, everybody.")
    ] = None,
    whom: Annotated[str | None, typer.Option("--person", metavar="EMAIL", help="The same as EMAIL.")] = None,
    kind: Kind = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only what failed, or could not be finished.")] = False,
    held: Annotated[bool, typer.Option("--held", help="Only what was held, and who approved it.")] = False,
    since: Annotated[
        datetime | None, typer.Option(parser=_moment, metavar="DATE", help="Not before this date or time (UTC).")
    ] = None,
    plan: Annotated[str | None, typer.Option(help="Only of this plan: its id, or its first characters.")] = None,
    as_json: Json = False,
) -> None:
    """What was planned, approved and applied, by whom and when; newest first. Without a person, events are
    counted by plan and kind; with a filter, each is listed with the person it is about. Only reads."""
    from entra_emply.ledger.history import Only  # noqa: PLC0415
    from entra_emply.person.history import history as happened  # noqa: PLC0415
    from entra_emply.person.history import show_history  # noqa: PLC0415

    if email is not None and whom is not None:
        raise typer.BadParameter("EMAIL and --person say the same: give one of them")
    asked = email if whom is None else whom
    only = Only(kind=kind, failed=failed, held=held, since=since, plan=plan)
    with progress("Asking the ledger"):
        events = happened(environment(), None if asked is None else _whom(asked), only, whole=as_json)
    if as_json:
        print_json(events)
    else:
        show_history(events, console())


def _require_question(name: str) -> None:
    from entra_emply.reconciliation.explain.questions import QUESTIONS  # noqa: PLC0415

    if name not in QUESTIONS:
        raise SettingsError(f"there is no question {name!r}: the questions are {', '.join(QUESTIONS)}")


def _whom(asked: str) -> str:
    """What somebody is asked for by. Raises SettingsError where it is blank: nobody is called so."""
    if not asked.strip():
        raise SettingsError("EMAIL is blank: expected an e-mail, a username, a sign-in name or an id")
    return asked
