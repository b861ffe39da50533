"""The jobs by which people decide and ask in Dagster's launchpad: approve, release, explain_person.

Dagster has no login: who decides is what was typed. Whom a run's configuration names, its page names.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from dagster import (
    AssetObservation,
    Config,
    Failure,
    MetadataValue,
    OpExecutionContext,
    job,
    op,
)
from pydantic import Field
from rich.console import Console

from assets.resources import Connections
from entra_emply.errors import EntraEmplyError
from entra_emply.person.stored import explain
from entra_emply.person.text import show_explanation
from entra_emply.printing import counted

_COLUMNS = 120


class Approval(Config):
    """What to approve of the newest plan, who does, and why. A filter that is empty means any."""

    plan_id: str = Field("", description="The newest plan's id or its first characters; empty: the newest.")
    by: str = Field(description="Who approves.")
    reason: str = Field(description="Why.")
    kind: str = Field("", description="Only actions of this kind, such as set_roles.")
    domain: str = Field("", description="Only people with an address in this domain.")
    group: str = Field("", description="Only people of this group; also approves that it was emptied.")
    person: str = Field("", description="Only this person: an id, or an address, which the run's page then shows.")


class Release(Config):
    """Which quarantined action to let go again, and who does."""

    action_id: str = Field(description="The id of a quarantined action.")
    by: str = Field(description="Who releases it.")


class Asked(Config):
    """Whom to explain."""

    person: str = Field(description="An id, or an address, which the run's page then shows.")


@contextmanager
def _refusals() -> Iterator[None]:
    """What is refused fails the run, in its own words, and is not tried again."""
    try:
        yield
    except EntraEmplyError as error:
        raise Failure(str(error), allow_retries=False) from error


@op
def approve_actions(context: OpExecutionContext, connections: Connections, config: Approval) -> None:
    """Record the approval; the next run applies what it released."""
    with _refusals():
        newest = connections.ledger.newest_plan()
        released = connections.ledger.approve(
            config.plan_id or (newest.plan_id if newest else ""),
            kind=config.kind or None,
            domain=config.domain or None,
            group=config.group or None,
            person=config.person or None,
            by=config.by,
            reason=config.reason,
        )
    context.log.info("%s approved for 72 hours; applied by the next run", counted(len(released), "action"))


@op
def release_action(context: OpExecutionContext, connections: Connections, config: Release) -> None:
    """Record the release; the next run tries the action again."""
    with _refusals():
        connections.ledger.release(config.action_id, config.by)
    context.log.info("the next run tries it again")


@op
def explain_one(context: OpExecutionContext, connections: Connections, config: Asked) -> None:
    """Put the explanation on the page of the plan, where names may be."""
    with _refusals():
        document = explain(connections.environment, config.person)
    text = io.StringIO()
    show_explanation(document, Console(file=text, width=_COLUMNS), everything=True)
    shown = MetadataValue.md("````text\n" + text.getvalue().replace("````", "'''") + "\n````")
    context.log_event(AssetObservation("reconciliation_actions", metadata={"explanation": shown}))
    context.log.info("the explanation is on the page of reconciliation_actions, among its events")


@job(description="Release held actions of the newest plan, with who and why.")
def approve() -> None:
    """One op."""
    approve_actions()


@job(description="Let a quarantined action be tried again.")
def release() -> None:
    """One op."""
    release_action()


@job(
    description="Explain one person rule by rule, as `entra-emply explain --all` does: on the page of "
    "`reconciliation_actions`, under Events.",
)
def explain_person() -> None:
    """One op."""
    explain_one()


DECISIONS = [approve, release, explain_person]
