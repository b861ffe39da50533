"""The plan: what has to change, why, and what is held. Putting the rules together; no rule is decided here."""

import hashlib
from dataclasses import dataclass

import pandas as pd

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
    "own_guards",
    "groups",
]
FINDING_COLUMNS = [
    "code",
    "rule",
    "severity",
    "entra_id",
    "emply_user_id",
    "employee_id",
    "subject",
    "object",
    "message",
    "remedy",
]


@dataclass(frozen=True)
class Plan:
    """A plan and what is to be recorded with it.

    actions: ACTION_COLUMNS, in the order of applying. `before` and `after` are JSON text or missing; `held_by`,
    `own_guards` and `groups` are separated by blanks, "" for none; `own_guards` leaves out what is only held because
    the person's link is; `groups` are the person's group ids.
    findings: FINDING_COLUMNS.
    role_states: entra_id, group_id, role_id (may be missing): R9, the whole new role state of everybody whose state
    changes once the plan is applied and no role action of theirs failed.
    group_ids (group_name, group_id) and group_counts (group_id, members): to remember with the plan.
    ended_deactivations (emply_user_id): recorded deactivations that somebody has undone in Emply.
    configured_groups and room_groups: ids, in settings order: what applying re-reads causes with.
    """

    actions: pd.DataFrame
    findings: pd.DataFrame
    role_states: pd.DataFrame
    group_ids: pd.DataFrame
    group_counts: pd.DataFrame
    ended_deactivations: pd.DataFrame
    configured_groups: tuple[str, ...] = ()
    room_groups: tuple[str, ...] = ()
    nested_groups: bool = False

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
