"""The actions of a plan as a page lists them: filtered, held ones first, with where each stands now."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from entra_emply.ledger import approvals, overview
from entra_emply.ledger.ledger import Ledger
from entra_emply.ledger.which import Which, domains
from entra_emply.reconciliation.arrays import has_word
from entra_emply.reconciliation.departments import departments_of
from entra_emply.reconciliation.explain.neighbourhood import FrameReader
from entra_emply.reconciliation.kinds import UNDO_RULES

MOST = 200
"""Rows that a page sends at most."""
NO_DEPARTMENT = " none"
"""In the place of a department's title, which never begins with a blank: of people who are in none."""
STATES = ("held", "approved", "failed", "planned", "applied", "superseded", "interrupted", "withdrawn")


@dataclass(frozen=True)
class Filter(Which):
    """Which actions a page lists. department: a title, or NO_DEPARTMENT."""

    state: str | None = None
    guard: str | None = None
    rule: str | None = None
    department: str | None = None

    @property
    def given(self) -> dict[str, str]:
        """What is set."""
        return {name: value for name, value in self.typed.items() if value}

    def fits(self, actions: pd.DataFrame) -> "pd.Series[bool]":
        """Which rows of `PlanActions.now` fit."""
        fits = super().fits(actions)
        for name in ("state", "rule", "department"):
            if value := getattr(self, name):
                fits &= actions[name] == value
        return fits if self.guard is None else fits & has_word(actions["held_by"], self.guard)


@dataclass(frozen=True)
class PlanActions:
    """The actions of a recorded plan, which never change."""

    frame: pd.DataFrame

    @classmethod
    def of(cls, ledger: Ledger, plan_no: int, lists: FrameReader | None) -> "PlanActions":
        """Of the plan of this number. lists: of the run by which people's departments are told; None: of nobody."""
        frame = ledger.read(overview.actions_of, plan_no)
        department = (
            pd.Series("", index=frame.index)
            if lists is None
            else departments_of(
                frame, *map(lists.whole, ("emply_users", "emply_employees", "emply_departments"))
            ).fillna(NO_DEPARTMENT)
        )
        name = frame["target"] + "." + frame["kind"]
        return cls(frame.assign(name=name, domain=domains(frame["subject"]), department=department))

    @cached_property
    def choices(self) -> dict[str, dict[str, int]]:
        """What can be filtered by, with the number of actions of each."""
        columns = {"kind": "name", "domain": "domain", "rule": "rule", "department": "department"}
        counted = {name: self.frame[column].value_counts() for name, column in columns.items()}
        for name, column in (("guard", "held_by"), ("group", "groups")):
            counted[name] = self.frame[column].str.split().explode().dropna().value_counts()
        return {name: {str(each): int(n) for each, n in counts.items() if each} for name, counts in counted.items()}

    def now(self, ledger: Ledger, plan_no: int) -> pd.DataFrame:
        """The actions, held ones first, with `state`, and `code` of the service where it refused."""
        tried = ledger.read(overview.outcomes_of, plan_no).set_index("action_id")
        held = self.frame[self.frame["held_by"] != ""]
        approved = held["action_id"].isin(ledger.read(overview.approvals_now)["action_id"])
        state = pd.Series("planned", index=self.frame.index)
        state[held.index] = approvals.free(held, approved).map({True: "approved", False: "held"})
        if (undoes := self.frame["rule"].isin(UNDO_RULES)).any():
            withdrawn = undoes & self.frame["action_id"].isin(ledger.read(approvals.undos_withdrawn))
            state = state.mask((state == "held") & withdrawn, "withdrawn")
        result = self.frame["action_id"].map(tried["result"])
        state = state.mask(result.notna(), result)
        frame = self.frame.assign(state=state, code=self.frame["action_id"].map(tried["code"]))
        return frame.sort_values("state", key=lambda states: states != "held", kind="stable")
