"""The actions of a plan as the guards look at them: what each does, to whom, and what is known of it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, encoded, has_word, is_among, is_text, positions, take
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.kinds import UNDO_RULES
from entra_emply.reconciliation.rule import Condition
from entra_emply.reconciliation.subjects import Subjects, once


@dataclass(frozen=True, eq=False)
class Told:
    """What a plan says of some of its actions: the guards that hold each (indexed 0…, separated by blanks), and what
    was counted for the whole plan (`guard_counts.COUNTS`), None where it was not kept.
    """

    held_by: "pd.Series[str]"
    counts: pd.DataFrame | None


@dataclass(frozen=True, eq=False)
class PlannedActions(Subjects):
    """Actions of a plan, a row each, as the guards look at them.

    frame: action_id, person (row), target, kind, rule, reason, entra_id, emply_user_id; indexed 0…. told: where these
    are some of the plan's actions only, what it says of them, because a count would cover no others; None while the
    plan is made.
    """

    identities: Identities
    frame: pd.DataFrame
    told: Told | None = None

    def __len__(self) -> int:
        """How many actions."""
        return len(self.frame)

    @cached_property
    def person(self) -> Rows:
        """Whom each is about, -1: nobody of the join."""
        return self.frame["person"].to_numpy(dtype=np.int64)

    @cached_property
    def held_before(self) -> "pd.Series[str]":
        """The guards that the newest plan held each by, separated by blanks."""
        holds = self.identities.inputs.state.holds
        if holds.empty:
            return pd.Series("", index=self.frame.index, dtype="str")
        return take(holds["guards"], positions(self.frame["action_id"], holds["action_id"])).fillna("")

    @once
    def was_held_by(self, guard: str) -> Mask:
        """Which the newest plan held by this guard."""
        return has_word(self.held_before, guard)

    @cached_property
    def approved(self) -> Mask:
        """Which a person has approved."""
        approvals = self.identities.inputs.state.approvals
        if approvals.empty:
            return np.zeros(len(self), dtype=bool)
        valid = approvals.loc[approvals["expires_at"] > self.identities.inputs.now, "action_id"]
        return is_among(self.frame["action_id"], valid)

    @cached_property
    def as_one(self) -> Rows:
        """W3: a number for the two actions on one person that are held as one, -1 for others."""
        return np.where(is_text(self.frame["rule"], "W3"), self.person, -1)

    def is_kind(self, *kinds: str) -> Mask:
        """Which are of one of these kinds."""
        numbers, known = self._kinds
        return np.array([kind in kinds for kind in known], dtype=bool)[numbers] if known else np.zeros(0, dtype=bool)

    @cached_property
    def _kinds(self) -> tuple[Rows, list[str]]:
        """The kinds as numbers, and what they are."""
        numbers, known = encoded(self.frame["kind"])
        return numbers, known.tolist()

    @cached_property
    def in_entra(self) -> Mask:
        """Which change Entra."""
        return is_text(self.frame["target"], "entra")

    @cached_property
    def of_c6(self) -> Mask:
        """Which are C6's."""
        return is_text(self.frame["rule"], "C6")

    @cached_property
    def leaves_group(self) -> Mask:
        """Which deactivate somebody who is in no group any more."""
        return is_text(self.frame["reason"], "removed_from_group")

    @cached_property
    def of_undo(self) -> Mask:
        """Which restore what was applied before."""
        return self.frame["rule"].isin(UNDO_RULES).to_numpy(dtype=bool)

    def named(self, row: int) -> str:
        """The kind of an action."""
        return f"{self.frame['target'].iloc[row]}.{self.frame['kind'].iloc[row]}"


def _removes(actions: PlannedActions, rows: Rows) -> Mask:
    events = actions.in_entra & actions.is_kind("delete_event")
    return ((actions.is_kind("remove_calendar", "detach_calendar") | events) & ~actions.of_c6)[rows]


def _kinds(name: str, *kinds: str) -> Condition[PlannedActions]:
    """Actions of these kinds, but for those of an undo, which a guard of their own holds."""
    return Condition(name, lambda actions, rows: (actions.is_kind(*kinds) & ~actions.of_undo)[rows])


deactivates = _kinds("deactivates", "deactivate_user", "delete_user")
sets_roles = _kinds("sets_roles", "set_roles")
removes = Condition("removes", _removes)
grants = _kinds("grants", "create_user", "activate_user")
undoes = Condition[PlannedActions]("undoes", lambda actions, rows: actions.of_undo[rows])
