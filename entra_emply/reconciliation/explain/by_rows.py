"""C, E, S, X and G, explained: which rows of each rule are the person's. What is said of them is `statement`'s."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation import guards
from entra_emply.reconciliation.clause import clause_of
from entra_emply.reconciliation.completeness import G5
from entra_emply.reconciliation.explain.facts import Facts
from entra_emply.reconciliation.explain.statement import (
    Owner,
    Statement,
    listed,
    reasons,
    statement,
    statement_of_rows,
    together,
    unasked,
)
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.planned_actions import PlannedActions, Told
from entra_emply.reconciliation.report import wording
from entra_emply.reconciliation.rule import Rule
from entra_emply.reconciliation.rules.calendar_owners import C7, C8, why_not
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.reconciliation.rules.calendars import C1, C1A, C2, C4, C5, C6, NOT_EDITABLE, wanted
from entra_emply.reconciliation.rules.emply_events import emply_events
from entra_emply.reconciliation.rules.event_places import places_of
from entra_emply.reconciliation.rules.events import E1, E1_GONE, E2, E2_CHANGED, E2_GONE, E3
from entra_emply.reconciliation.rules.group_signs import DYNAMIC, HIDDEN, NESTED, ReadGroups
from entra_emply.reconciliation.rules.kept_calendars import C3, kept
from entra_emply.reconciliation.rules.left_out import G5B, sources_of
from entra_emply.reconciliation.rules.near_matches import NEARLY, NearPairs
from entra_emply.reconciliation.rules.outlook_events import outlook_events
from entra_emply.reconciliation.rules.recorded_pairs import recorded_pairs
from entra_emply.reconciliation.rules.scope import in_entra
from entra_emply.reconciliation.rules.signs import NOT_ASSIGNED, SEVERAL_ROLES, X
from entra_emply.reconciliation.subjects import once

_EVENTS = "event/events"
_ACTIONS = {
    "emply.deactivate_user": "the deactivation",
    "ledger.link_user": "the link",
    "emply.create_user": "the new login",
    "emply.activate_user": "the activation",
    "emply.set_roles": "the change of roles",
    "emply.update_user": "the change of fields",
    "emply.set_photo": "the picture",
    "emply.remove_calendar": "the removal of a calendar",
    "emply.detach_calendar": "the separation of a calendar",
    "emply.add_calendar": "the new calendar",
    "emply.attach_calendar": "the joined calendar",
    "emply.update_calendar": "the change of a calendar",
    "emply.delete_event": "the removal of an event from Emply",
    "emply.upsert_event": "the event for Emply",
    "entra.create_event": "the event for Outlook",
    "entra.update_event": "the change of an event in Outlook",
    "entra.delete_event": "the deletion of an event in Outlook",
    "entra.create_user": "the new Entra user",
    "entra.update_user": "the change of fields in Entra",
    "entra.delete_user": "the deletion in Entra",
}


def switched_off(facts: Facts) -> Iterator[Statement]:
    """X alone, which is about everybody."""
    yield statement(X, facts.identities, facts.row or 0)


# --- C ----------------------------------------------------------------------------------------------------------------


def calendars(facts: Facts) -> Iterator[Statement]:
    """C1 to C8, in order."""
    entra, emply, here = facts.calendars.of_entra, facts.calendars.of_emply, kept(facts.calendars)
    yield _of_rows(C1, entra, facts)
    yield _of_rows(C1A, emply, facts)
    yield _of_rows(C2, emply, facts)
    yield _of_rows(C3, here, facts)
    yield _of_rows(C4, emply, facts)
    yield _of_rows(C5, entra, facts)
    yield _of_rows(C6, emply, facts)
    yield _of_person(C7, facts.calendars, facts)
    yield _of_person(C8, facts.calendars, facts)


def why_no_calendars(facts: Facts) -> str | None:
    """Why nothing of this person's calendars is synchronised, as a clause; None where something is."""
    if facts.row is None:
        return "there is no Entra user"
    why = why_not(facts.calendars, facts.row)
    return None if why is None else clause_of(why)


def default_comes(facts: Facts) -> bool:
    """Whether Emply has to have this person's default calendar (C1, C5)."""
    entra, of = facts.calendars.of_entra, wanted(facts.calendars)
    return bool((entra.frame["is_default"].to_numpy(dtype=bool)[of] & (entra.person[of] == facts.row)).any())


def default_is_off(facts: Facts) -> bool:
    """C2: whether the default calendar is disabled under the user in Emply."""
    emply = facts.calendars.of_emply
    return bool((C2.acts(emply) & (emply.person == facts.row) & emply.frame["is_default"].fillna(False)).any())


def off_in_emply(facts: Facts) -> list[str]:
    """C2: the names of the calendars from Entra that are disabled under the user in Emply."""
    emply = facts.calendars.of_emply
    return [emply.named(int(row)) for row in np.flatnonzero(C2.acts(emply) & (emply.person == facts.row))]


def not_editable(facts: Facts) -> list[str]:
    """The names of the Entra calendars that the user may not edit."""
    entra = facts.calendars.of_entra
    return [entra.named(int(row)) for row in np.flatnonzero(NOT_EDITABLE.acts(entra) & (entra.person == facts.row))]


# --- E ----------------------------------------------------------------------------------------------------------------


def events(facts: Facts) -> Iterator[Statement]:
    """E1 to E3, in order."""
    places = places_of(facts.calendars)
    outlook, emply, pairs = outlook_events(places), emply_events(places), recorded_pairs(places)
    yield together("E1", [_counted(E1, outlook, facts), _counted(E1_GONE, emply, facts)])
    parts = [_counted(E2, emply, facts), _counted(E2_CHANGED, emply, facts), _counted(E2_GONE, pairs, facts)]
    yield together("E2", parts)
    yield _counted(E3, outlook, facts)


# --- S ----------------------------------------------------------------------------------------------------------------


@once
def _groups(people: Identities) -> ReadGroups:
    return ReadGroups(people)


@once
def _near(people: Identities) -> NearPairs:
    return NearPairs(people)


def signs(facts: Facts) -> Iterator[Statement]:
    """One for each code of S."""
    groups, owner = _groups(facts.identities), Owner(facts.identities, facts.row)
    mine = np.zeros(0, dtype=np.int64) if facts.row is None else groups.of(facts.row)
    yield _of_person(NOT_ASSIGNED, facts.identities, facts)
    yield statement_of_rows(DYNAMIC, groups, mine[groups.configured[mine]], groups.named, owner)
    yield statement_of_rows(NESTED, groups, mine, groups.named, owner)
    yield statement_of_rows(HIDDEN, groups, mine, groups.named, owner)
    yield _of_person(SEVERAL_ROLES, facts.identities, facts)
    yield _of_rows(NOT_EDITABLE, facts.calendars.of_entra, facts)
    yield _nearly(facts)


def _nearly(facts: Facts) -> Statement:
    """The pairs of a person; or of an employee whom nobody belongs to, who is told the users."""
    pairs, owner = _near(facts.identities), Owner(facts.identities, facts.row)
    if facts.row is not None:
        return statement_of_rows(NEARLY, pairs, np.flatnonzero(pairs.person == facts.row), pairs.named, owner)
    ids = facts.identities.inputs.emply_employees["employee_id"].iloc[pairs.frame["employee"]]
    mine = np.flatnonzero((ids == (facts.employee or {}).get("employee_id")).to_numpy(dtype=bool))
    users = facts.identities.frame["subject"]
    return statement_of_rows(NEARLY, pairs, mine, lambda row: str(users.iloc[pairs.person[row]]), owner)


# --- G ----------------------------------------------------------------------------------------------------------------


def held(facts: Facts) -> Iterator[Statement]:
    """G1 to G8, in order. What was counted comes from the plan as it was made."""
    of = _actions_of(facts)
    owner, rows = Owner(facts.identities, facts.row), np.arange(len(of))
    for rule in guards.RULES:
        if rule.name == "G6":
            yield unasked(G5, "refused")
            yield _left_out(facts)
        yield statement_of_rows(rule, of, rows, lambda row: _ACTIONS[of.named(row)], owner, own_names=False)


def held_because(facts: Facts) -> list[dict[str, str]]:
    """Of each planned action, by guard, why it is held; as the plan says where the guard would not hold it any more."""
    of, rules = _actions_of(facts), {rule.name: rule for rule in guards.RULES}
    return [
        {
            guard: listed(reasons(rules[guard], of, row), told)
            for guard, told in wording.held_because(action["held_by"], action["held_because"]).items()
        }
        for row, action in enumerate(facts.actions)
    ]


def _left_out(facts: Facts) -> Statement:
    """G5b: of the sources that are left out, whose rules nobody is planned by."""
    sources = sources_of(facts.calendars)
    rows = np.flatnonzero(G5B.acts(sources))
    owner = Owner(facts.identities, facts.row)
    return statement_of_rows(G5B, sources, rows, sources.named, owner) if len(rows) else unasked(G5B, "source_left_out")


def _actions_of(facts: Facts) -> PlannedActions:
    names = ("action_id", "target", "kind", "rule", "reason", "entra_id", "emply_user_id")
    frame = pd.DataFrame({name: [row[name] for row in facts.actions] for name in names}, dtype="str")
    frame = frame.assign(person=np.full(len(frame), -1 if facts.row is None else facts.row))
    held_by = pd.Series([" ".join(row["held_by"]) for row in facts.actions], dtype="str")
    return PlannedActions(facts.identities, frame, Told(held_by, facts.guard_counts))


# --- any --------------------------------------------------------------------------------------------------------------


def _of_person(rule: Rule[Any], people: Calendars | Identities, facts: Facts) -> Statement:
    return unasked(rule, in_entra.name) if facts.row is None else statement(rule, people, facts.row)


def _of_rows(rule: Rule[Any], subjects: Any, facts: Facts) -> Statement:  # noqa: ANN401 (of any kind of subjects)
    mine = np.flatnonzero(subjects.person == facts.row) if facts.row is not None else np.zeros(0, dtype=np.int64)
    return statement_of_rows(rule, subjects, mine, subjects.named, Owner(facts.calendars, facts.row))


def _counted(rule: Rule[Any], subjects: Any, facts: Facts) -> Statement:  # noqa: ANN401 (of any kind of subjects)
    mine = np.flatnonzero(subjects.person == facts.row) if facts.row is not None else np.zeros(0, dtype=np.int64)
    return statement_of_rows(rule, subjects, mine, _EVENTS, Owner(facts.calendars, facts.row))
