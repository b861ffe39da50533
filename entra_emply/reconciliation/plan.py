"""The plan: what has to change, why, and what is held. Putting the rules together; no rule is decided here."""

import hashlib
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from entra_emply.reconciliation import findings, guard_counts, holds
from entra_emply.reconciliation.action_ids import action_ids
from entra_emply.reconciliation.arrays import (
    Mask,
    Rows,
    as_frame,
    as_set,
    collected,
    different_pairs,
    different_texts,
    in_order,
    is_text,
    marked,
    positions,
    repeated,
    sorted_rows,
    take,
)
from entra_emply.reconciliation.clause import clause_of
from entra_emply.reconciliation.drafts import NO_ACTIONS, together
from entra_emply.reconciliation.guard_counts import COUNTS
from entra_emply.reconciliation.identify import identify
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.kinds import ORDER, UNDO_RULES
from entra_emply.reconciliation.planned_actions import PlannedActions
from entra_emply.reconciliation.rules import (
    attributes,
    calendar_actions,
    calendar_owners,
    calendars,
    event_actions,
    event_window,
    group_signs,
    left_out,
    lifecycle_actions,
    photos,
    role_states,
    roles,
    signs,
    undo,
    write_back,
)
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.reconciliation.rules.days import time_zones
from entra_emply.reconciliation.rules.undo import Undoing
from entra_emply.text import as_column

ACTION_COLUMNS = [
    "action_id",
    "position",
    "target",
    "kind",
    "rule",
    "entra_id",
    "emply_user_id",
    "subject",
    "before",
    "after",
    "reason",
    "held_by",
    "held_because",
    "own_guards",
    "groups",
    "employee_id",
    "time_zone",
]

_ORDER = pd.Series(ORDER, dtype="str")


@dataclass(frozen=True)
class Plan:
    """A plan and what is to be recorded with it.

    actions: ACTION_COLUMNS, in the order of applying. `before` and `after` are JSON text or missing; `held_by`,
    `held_because` and `own_guards` are as in `holds.held`; `groups` are the person's group ids, separated by blanks,
    "" for none; `employee_id` is the archived employee of W3; `time_zone` is the IANA name of the zone that an event's
    dates are in (E0).
    findings: FINDING_COLUMNS.
    role_states: entra_id, group_id, role_id (may be missing): R9, the whole new role state of everybody whose state
    changes once the plan is applied and no role action of theirs failed.
    group_ids (group_name, group_id) and group_counts (group_id, members): to remember with the plan.
    ended_deactivations (emply_user_id): recorded deactivations that somebody has undone in Emply. ended_pairs
    (emply_event_id): recorded pairs with both ends gone. ended_undos (action_id, why): open requests to undo that the
    plan does not meet, and why in words.
    guard_counts (guard_counts.COUNTS): what the guards counted and what they allow, for explaining what they hold.
    configured_groups and room_groups: ids, in settings order: what applying re-reads causes with. window: from when
    until when events were planned, None where none were.
    """

    actions: pd.DataFrame
    findings: pd.DataFrame
    role_states: pd.DataFrame
    group_ids: pd.DataFrame
    group_counts: pd.DataFrame
    ended_deactivations: pd.DataFrame
    ended_pairs: pd.DataFrame
    ended_undos: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["action_id", "why"], dtype="str"))
    guard_counts: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(COUNTS)).astype(COUNTS))
    configured_groups: tuple[str, ...] = ()
    room_groups: tuple[str, ...] = ()
    nested_groups: bool = False
    window: tuple[str, str] | None = None

    @property
    def plan_id(self) -> str:
        """The hash of the actions: equal plans have equal ids."""
        return hashlib.sha256("\n".join(sorted(self.actions["action_id"])).encode()).hexdigest()

    @property
    def status(self) -> str:
        """`empty`, `held` (something waits for a person) or `ready`."""
        if self.actions.empty:
            return "empty"
        return "held" if (self.actions["held_by"] != "").any() else "ready"


def make_plan(inputs: Inputs, joined: pd.DataFrame | None = None) -> Plan:
    """The plan of these inputs; `joined` is their join, with the mapping in force, where it is known already.

    Raises SettingsError (R8, W0). With the integration off (X) the plan is C6 alone.
    """
    identities = identify(inputs, joined)
    if not inputs.settings.enabled:
        return _switched_off(identities)
    signs.require_application_read(identities)
    group_signs.require_visible_members(identities)
    states = role_states.role_states(identities)
    undoing = Undoing.of(identities)
    of_people = _of_people(identities, undoing)
    held = _held(of_people)
    found = Calendars(identities, holds.waiting(identities, held))
    of_calendars = _of_calendars(found)
    planned, person = _in_order(identities, [held, _held(of_calendars)])
    waits = ~np.isin(states["person"], person[_sets_roles(planned) & ~is_text(planned["held_by"], "")])
    members = np.bincount(identities.memberships["priority"], minlength=len(identities.mapping.groups))
    counts = pd.DataFrame({"group_id": identities.mapping.groups["group_id"], "members": members})
    ended = inputs.state.deactivations.drop(guard_counts.standing_deactivations(identities).index)
    return Plan(
        actions=planned,
        findings=_findings(identities, found),
        role_states=states[waits].drop(columns="person").reset_index(drop=True),
        group_ids=identities.mapping.resolved.recorded,
        group_counts=counts[counts["members"] > 0].reset_index(drop=True),
        ended_deactivations=ended[["emply_user_id"]].reset_index(drop=True),
        ended_pairs=event_actions.ended_pairs(found),
        ended_undos=_ended_undos(undoing),
        guard_counts=guard_counts.counts(of_people, of_calendars),
        configured_groups=tuple(identities.mapping.groups["group_id"]),
        room_groups=identities.mapping.rooms,
        nested_groups=inputs.settings.nested_groups,
        window=event_window.window(inputs.now, inputs.settings.calendar_window)
        if inputs.settings.synchronize_calendars
        else None,
    )


def _of_people(identities: Identities, undoing: Undoing) -> PlannedActions:
    """The actions of everything but C and E, with who they are about."""
    drafts = as_frame(
        together(
            [
                undoing.planned,
                photos.actions_of(identities),
                write_back.actions_of(identities),
                undo.actions_of(undoing),
            ]
        )
    )
    person = drafts["person"].to_numpy()
    who = {name: take(identities.frame[name], person) for name in ("entra_id", "emply_user_id")}
    return PlannedActions(identities, _with_ids(drafts.assign(**who)))


def _ended_undos(undoing: Undoing) -> pd.DataFrame:
    """The open requests to undo that end, and why."""
    ended = undo.stopped(undoing) if len(undoing) else {}
    rows = [(undoing.requests["action_id"].iloc[row], clause_of(looked)) for row, looked in ended.items()]
    return pd.DataFrame(rows, columns=["action_id", "why"], dtype="str")


def _of_calendars(found: Calendars) -> PlannedActions:
    """The actions of C and E. Two calendars or events of one id make one action."""
    drafts = [NO_ACTIONS]
    if len(found.of_emply) or len(calendars.wanted(found)):
        drafts = [calendar_actions.actions_of(found), event_actions.actions_of(found)]
    planned = _with_ids(as_frame(together(drafts)))
    again = planned["action_id"].duplicated().to_numpy(dtype=bool)
    return PlannedActions(found.identities, planned[~again].reset_index(drop=True) if again.any() else planned)


def _held(planned: PlannedActions) -> pd.DataFrame:
    """The actions, with what holds them."""
    return planned.frame.join(holds.held(planned))


def _with_ids(drafts: pd.DataFrame) -> pd.DataFrame:
    return drafts.assign(action_id=action_ids(drafts))


def _in_order(identities: Identities, parts: list[pd.DataFrame]) -> tuple[pd.DataFrame, Rows]:
    """The whole plan's actions (ACTION_COLUMNS) in the order of applying, and whom each is about."""
    planned = pd.concat(parts, ignore_index=True)
    person = planned["person"].to_numpy(dtype=np.int64)
    columns = {str(name): column for name, column in planned.items()} | {
        "subject": take(identities.frame["subject"], person),
        "groups": _groups(identities, person),
        "employee_id": take(identities.frame["employee_id"], np.where(is_text(planned["rule"], "W3"), person, -1)),
        "time_zone": _time_zones(identities, planned),
    }
    order = positions(planned["target"] + "." + planned["kind"], _ORDER)
    rows = sorted_rows(order, columns["subject"], columns["action_id"])
    made = {name: column.array.take(rows) for name, column in columns.items()} | {"position": np.arange(len(rows))}
    return pd.DataFrame({name: made[name] for name in ACTION_COLUMNS}, copy=False), person[rows]


def _sets_roles(planned: pd.DataFrame) -> Mask:
    """Which actions a role state waits for (R9)."""
    by_kind = planned["kind"].isin(["link_user", "create_user", "set_roles"]) & ~planned["rule"].isin(UNDO_RULES)
    return by_kind.to_numpy(dtype=bool)


def _time_zones(identities: Identities, planned: pd.DataFrame) -> "pd.Series[str]":
    """The zones of the owners of calendars, for actions of E; missing for any other."""
    of_events = planned["kind"].str.endswith("_event").to_numpy(dtype=bool)
    if not of_events.any():
        return repeated(None, len(planned))
    return take(time_zones(identities), np.where(of_events, planned["person"], -1))


def _groups(identities: Identities, persons: Rows) -> "pd.Series[str]":
    """The ids of the groups of persons (-1: nobody), now and when last reconciled, sorted, separated by blanks."""
    whom = as_set(persons[persons >= 0])
    person, number, ids = _groups_of(identities, whom)
    of, group = different_pairs(np.searchsorted(whom, person), number)
    names = as_column(pc.binary_join(collected(of, take(ids, group), len(whom)), pa.scalar(" ", pa.large_string())))
    return take(names, np.where(persons >= 0, np.searchsorted(whom, persons), -1)).fillna("")


def _groups_of(identities: Identities, whom: Rows) -> "tuple[Rows, Rows, pd.Series[str]]":
    """Of these people, pairs of a person and a group, now and when last reconciled; groups as numbers in the order of
    their ids, and the ids.
    """
    asked = marked(whom, len(identities.frame))
    now, then = identities.memberships[asked[identities.memberships["entra_row"]]], identities.role_states
    then = then.of(asked[then.person])
    group_id = identities.mapping.groups["group_id"]
    ids = different_texts(group_id, then.group_ids).sort_values(ignore_index=True)
    number = positions(group_id, ids)[now["priority"]], positions(then.group_ids, ids)[then.group]
    return np.concatenate([now["entra_row"].to_numpy(), then.person]), np.concatenate(number), ids


def _findings(identities: Identities, found: Calendars) -> pd.DataFrame:
    drafts = together(
        [
            lifecycle_actions.findings_of(identities),
            roles.findings_of(identities),
            attributes.findings_of(identities),
            photos.findings_of(identities),
            calendar_owners.findings_of(found),
            write_back.findings_of(identities),
            signs.findings_of(found),
        ]
    )
    others = [findings.about_groups(identities), findings.about_sources(left_out.sources_of(found))]
    found = together([findings.about_people(identities, drafts), *others])
    return as_frame(in_order(found, ["code", "subject", "entra_id", "emply_user_id", "object", "employee_id"]))


def _switched_off(identities: Identities) -> Plan:
    """X: no action and no finding but C6 and its sources; links and role states stay recorded."""

    def empty(*columns: str) -> pd.DataFrame:
        return pd.DataFrame(columns=list(columns), dtype="str")

    found = Calendars.where_nobody_waits(identities)
    of_calendars = _of_calendars(found)
    return Plan(
        actions=_in_order(identities, [_held(of_calendars)])[0],
        findings=as_frame(findings.about_sources(left_out.sources_of(found))),
        role_states=empty("entra_id", "group_id", "role_id"),
        group_ids=empty("group_name", "group_id"),
        group_counts=empty("group_id", "members").astype({"members": "int64"}),
        ended_deactivations=empty("emply_user_id"),
        ended_pairs=empty("emply_event_id"),
    )
