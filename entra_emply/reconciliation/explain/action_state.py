"""The state of a planned action, in a sentence: held and how to approve it, failed, in quarantine, done."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from entra_emply.printing import SHORT_ID, counted
from entra_emply.reconciliation.explain.facts import Row
from entra_emply.reconciliation.explain.statement import listed


@dataclass(frozen=True)
class Recorded:
    """What the ledger knows of a plan and its actions, by action id (`ledger.action_status`)."""

    plan_id: str = ""
    tried: Mapping[str, Row] = field(default_factory=dict)
    failed: Mapping[str, Row] = field(default_factory=dict)
    approved: Mapping[str, Row] = field(default_factory=dict)


def state_of(
    action: Row, recorded: Recorded, person: str, held_because: Mapping[str, str], *, link_held: bool | None = None
) -> dict[str, Any]:
    """`state` (applied, superseded, quarantined, failed, approved, held, open, new or planned) and a `sentence`.

    held_because: by guard, why it holds the action. link_held: the plan holds the same person's link, and all else of
    that person with it (G3); True while nobody has approved the link, None where there is no such link.
    """
    state, sentence = next(_cases(action, recorded, person, held_because, link_held=link_held))
    return {"state": state, "sentence": sentence}


def link_held(actions: Iterable[Row], recorded: Recorded) -> bool | None:
    """Whether the link among a person's actions that the plan holds still waits for an approval; None without one."""
    links = [str(each["action_id"]) for each in actions if each["kind"] == "link_user" and each["held_by"]]
    return any(link not in recorded.approved for link in links) if links else None


def _cases(
    action: Row, recorded: Recorded, person: str, held_because: Mapping[str, str], *, link_held: bool | None
) -> Iterator[tuple[str, str]]:
    identity = str(action["action_id"])
    tried, failed = recorded.tried.get(identity), recorded.failed.get(identity)
    approved = recorded.approved.get(identity)
    if tried and tried["result"] == "applied":
        yield "applied", f"Done {_at(tried['at'])}."
    if tried and tried["result"] == "superseded":
        yield "superseded", "Not done, because its reason had changed since the plan; the next run makes a new plan."
    if failed:
        yield from _failed(identity, failed)
    if approved:
        who = f"Approved by {approved['by']} ({approved['reason']}) {_at(approved['at'])}"
        if link_held:
            yield "held", f"{who}, but held until the link is approved. To approve it: {_approve(recorded, person)}"
        yield "approved", f"{who}; the next run applies it."
    if action["held_by"] and link_held is False and action.get("own_guards") == "":
        yield "approved", "Free since the link was approved; the next run applies it."
    if action["held_by"]:
        why = listed([f"{guard}: {text}" for guard, text in held_because.items()])
        yield "held", f"Held by {why}. To approve it: {_approve(recorded, person)}"
    if tried and tried["result"] is None:
        yield "open", "It is being tried, or could not be finished; the next run finds out."
    if action.get("new"):
        yield "new", "The last run did not plan it; the next one does, and then it shows whether a guard holds it."
    yield "planned", "It is applied with this plan."


def _failed(identity: str, failed: Row) -> Iterator[tuple[str, str]]:
    often = f"Failed {counted(failed['failures'], 'time')}, last {_at(failed['at'])} with {failed['code']}"
    if failed["quarantined_at"]:
        yield "quarantined", f"{often}. It is not tried until somebody runs: entra-emply release {identity} --by NAME"
    yield "failed", f"{often}; a later run tries again."


def _approve(recorded: Recorded, person: str) -> str:
    return f'entra-emply approve {recorded.plan_id[:SHORT_ID]} --person "{person}" --by NAME --reason TEXT'


def _at(moment: datetime) -> str:
    return f"on {moment:%Y-%m-%d at %H:%M} UTC"
