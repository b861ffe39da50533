"""The jobs by which people decide and ask in Dagster's launchpad: approve, undo, release, explain_person.

Dagster has no login: who decides is what was typed. Whom a run's configuration names, its page names.
"""

import io
from collections import Counter
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
from entra_emply.decisions.undo import what_to_undo
from entra_emply.errors import EntraEmplyError, PlanRefused
from entra_emply.ledger import approvals, plans, undo_requests
from entra_emply.ledger.which import Which
from entra_emply.person.stored import explain
from entra_emply.person.text import show_explanation
from entra_emply.printing import counted

_COLUMNS = 120


class Chosen(Config):
    """Who decides, why, and about which actions of a plan. A filter that is empty means any."""

    by: str = Field(description="Who decides.")
    reason: str = Field(description="Why.")
    kind: str = Field("", description="Only actions of this kind, such as set_roles.")
    domain: str = Field("", description="Only people with an address in this domain.")
    group: str = Field("", description="Only people of this group; approving also accepts that it was emptied.")
    person: str = Field("", description="Only this person: an id, or an address, which the run's page then shows.")

    @property
    def which(self) -> Which:
        """The actions that fit the filters."""
        return Which.of(self.model_dump())


class Approval(Chosen):
    """What to approve of the newest plan."""

    plan_id: str = Field("", description="The newest plan's id or its first characters; empty: the newest.")


class Undo(Chosen):
    """What to undo of a plan that was applied."""

    plan_id: str = Field(description="A plan's id or one of its actions', or its first characters.")


class Release(Config):
    """Which quarantined action to let go again, and who does."""

    action_id: str = Field(description="The id of a quarantined action.")
    by: str = Field(description="Who releases it.")


class WhomToExplain(Config):
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
    """Record the approval; the next run applies what it frees."""
    with _refusals():
        newest = connections.ledger.read(plans.newest_plan)
        freed = connections.ledger.write(
            approvals.approve,
            config.plan_id or (newest.plan_id if newest else ""),
            config.which,
            by=config.by,
            reason=config.reason,
        )
    context.log.info("%s approved for 72 hours; applied by the next run", counted(len(freed), "action"))


@op
def undo_actions(context: OpExecutionContext, connections: Connections, config: Undo) -> None:
    """Record the request; the next run plans it, held until it is approved. Fails where nothing can be undone."""
    with _refusals():
        run = connections.frames.require_last()
        what = what_to_undo(connections.settings(), run, connections.ledger, config.plan_id, config.which)
        for why, number in Counter(row["why"] for row in what.refused).items():
            context.log.info("%s not undone: %s", number, why)
        if not what.possible:
            raise PlanRefused("nothing can be undone: the run's log says why")
        asked = connections.ledger.write(undo_requests.ask, what.possible, by=config.by, reason=config.reason)
    context.log.info("%s asked for, for 72 hours; the next run plans what is to be approved", counted(asked, "undo"))


@op
def release_action(context: OpExecutionContext, connections: Connections, config: Release) -> None:
    """Record the release; the next run tries the action again."""
    with _refusals():
        connections.ledger.write(approvals.release, config.action_id, config.by)
    context.log.info("the next run tries it again")


@op
def explain_one(context: OpExecutionContext, connections: Connections, config: WhomToExplain) -> None:
    """Put the explanation on the page of the plan, where names may be."""
    with _refusals():
        document = explain(connections.environment, config.person)
    text = io.StringIO()
    show_explanation(document, Console(file=text, width=_COLUMNS), everything=True)
    shown = MetadataValue.md("````text\n" + text.getvalue().replace("````", "'''") + "\n````")
    context.log_event(AssetObservation("reconciliation_actions", metadata={"explanation": shown}))
    context.log.info("the explanation is on the page of reconciliation_actions, among its events")


@job
def approve() -> None:
    """Approve held actions of the newest plan, with who and why."""
    approve_actions()


@job
def undo() -> None:
    """Ask that what a plan applied is restored: roles taken, fields changed, logins deactivated."""
    undo_actions()


@job
def release() -> None:
    """Let a quarantined action be tried again."""
    release_action()


@job
def explain_person() -> None:
    """Explain one person rule by rule, as `entra-emply explain --all` does: on the page of `reconciliation_actions`,
    under Events."""
    explain_one()


DECISIONS = [approve, undo, release, explain_person]
