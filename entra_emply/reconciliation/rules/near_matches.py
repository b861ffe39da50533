"""S: people in scope without employee, and the employees who nearly match them. Nobody is linked by it (`matching`).

Not here: how texts are found that are nearly the same (`near`).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, equal_pairs, is_text, joined, take
from entra_emply.reconciliation.drafts import Drafts, findings
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.near import one_edit_apart
from entra_emply.reconciliation.rule import Condition, Rule, Values
from entra_emply.reconciliation.rules.conditions import without_employee
from entra_emply.reconciliation.rules.scope import SCOPE, PersonCondition
from entra_emply.reconciliation.subjects import Subjects
from entra_emply.text import key

_WITHOUT_EMPLOYEE = Rule("people without employee", (), (*SCOPE, without_employee))


@dataclass(frozen=True, eq=False)
class NearPairs(Subjects):
    """Somebody in scope without employee, and an employee of nearly the same e-mail or the same name, a row a pair."""

    identities: Identities

    def __len__(self) -> int:
        """How many pairs."""
        return len(self.frame)

    @cached_property
    def free(self) -> Mask:
        """Which employees are active or pending, and nobody's in scope."""
        identities = self.identities
        status = identities.inputs.emply_employees["status"]
        free = is_text(status, "active") | is_text(status, "pending")
        free[identities.employee_row[identities.in_scope & identities.has_employee]] = False
        return free

    @cached_property
    def frame(self) -> pd.DataFrame:
        """person, employee (row): of those whom the rule is about, and of free employees."""
        identities = self.identities
        persons, rows = np.flatnonzero(_WITHOUT_EMPLOYEE.acts(identities)), np.arange(len(self.free))
        rows = rows[_is_free(self, rows)]
        if not len(persons) or not len(rows):
            return pd.DataFrame({"person": persons[:0], "employee": rows[:0]})
        employees, whose = identities.inputs.emply_employees, pd.Index(persons)
        email, first, last = (key(take(employees[name], rows)) for name in ("email", "first_name", "last_name"))
        names = key(identities.entra("given_name", whose)), key(identities.entra("surname", whose))
        near = one_edit_apart(take(identities.frame["address"], persons), email)
        one, other = equal_pairs(_full_name(*names), _full_name(first, last))
        pairs = np.concatenate([near["one"].to_numpy() * len(rows) + near["other"].to_numpy(), one * len(rows) + other])
        pairs = pairs[np.sort(np.unique(pairs, return_index=True)[1])]
        return pd.DataFrame({"person": persons[pairs // len(rows)], "employee": rows[pairs % len(rows)]})

    @cached_property
    def person(self) -> Rows:
        """The people of the pairs."""
        return self.frame["person"].to_numpy(dtype=np.int64)

    def named(self, row: int) -> str:
        """The employee of a pair: name and e-mail."""
        employee = self.identities.inputs.emply_employees.iloc[int(self.frame["employee"].iloc[row])]
        words = [employee[name] for name in ("first_name", "last_name") if isinstance(employee[name], str)]
        email = employee["email"] if isinstance(employee["email"], str) else "no e-mail"
        return " ".join(" ".join([*words, f"<{email}>"]).split())


def _is_free(pairs: NearPairs, employees: Rows) -> Mask:
    return pairs.free[employees]


def _is_of_free(pairs: NearPairs, rows: Rows) -> Mask:
    return _is_free(pairs, pairs.frame["employee"].to_numpy(dtype=np.int64)[rows])


def _status_of_employee(pairs: NearPairs, row: int) -> Values:
    return {"status": pairs.identities.inputs.emply_employees["status"].iloc[int(pairs.frame["employee"].iloc[row])]}


def _by_person(condition: PersonCondition) -> Condition[NearPairs]:
    return condition.of(lambda pairs: pairs.identities, lambda pairs: pairs.person)


NEARLY = Rule[NearPairs](
    "email_nearly_matches",
    tuple(map(_by_person, _WITHOUT_EMPLOYEE.conditions)),
    (
        Condition("has_near_employee", lambda _, rows: np.ones(len(rows), dtype=bool)),
        Condition("employee_free", _is_of_free, _status_of_employee),
    ),
)


def findings_of(identities: Identities) -> Drafts:
    """`email_nearly_matches`, drafted."""
    near = NearPairs(identities)
    rows = np.flatnonzero(NEARLY.acts(near))
    employees = near.frame["employee"].to_numpy(dtype=np.int64)[rows]
    theirs = take(identities.inputs.emply_employees["employee_id"], employees)
    return findings(near.person[rows], "email_nearly_matches", "S", employee_id=theirs)


def _full_name(given: "pd.Series[str]", last: "pd.Series[str]") -> "pd.Series[str]":
    return joined(given, last).where((given.notna() & last.notna()).to_numpy(dtype=bool))
