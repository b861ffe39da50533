"""Which department the people of a plan are in, for a look at one department of it. Decides nothing.

It is that of the person's employee, who controls the user (W2); without one, that of the Emply user; and of a login
that the plan makes, the one that it gets (L1). Departments go by their titles: two of one title are one.
"""

import orjson
import pandas as pd

from entra_emply.errors import SettingsError
from entra_emply.reconciliation.arrays import positions, take
from entra_emply.reconciliation.employees import Employees
from entra_emply.text import key, key_of, trimmed


def departments_of(
    actions: pd.DataFrame,
    emply_users: pd.DataFrame,
    emply_employees: pd.DataFrame,
    emply_departments: pd.DataFrame,
) -> "pd.Series[str]":
    """The title of each action's department, missing for none; indexed as `actions` (`plan.ACTION_COLUMNS`)."""
    login = positions(actions["emply_user_id"], emply_users["emply_user_id"])
    made = _made(actions)
    carried, email, own = (take(emply_users[name], login) for name in ("employee_id", "email", "department_id"))
    employee, _ = Employees.among(emply_employees).of_people(made["employeeId"].fillna(carried), key(email))
    of_employee = take(emply_employees["department_id"], employee)
    titles = [_titles(ids, emply_departments) for ids in (of_employee, made["departmentId"], own)]
    found = titles[0].fillna(titles[1]).fillna(titles[2])
    return pd.Series(found.array, index=actions.index)


def in_department(
    named: str,
    actions: pd.DataFrame,
    emply_users: pd.DataFrame,
    emply_employees: pd.DataFrame,
    emply_departments: pd.DataFrame,
) -> frozenset[str]:
    """The ids of the actions about people of the department of this title, however its letters are written.

    Raises SettingsError where Emply has no such department.
    """
    if key_of(named) not in set(key(emply_departments["title"]).dropna()):
        raise SettingsError(f"--department {named}: Emply has no department of that title")
    theirs = key(departments_of(actions, emply_users, emply_employees, emply_departments)) == key_of(named)
    return frozenset(actions.loc[theirs, "action_id"])


def _made(actions: pd.DataFrame) -> pd.DataFrame:
    """What logins to be made are given: employeeId, departmentId, a row an action."""
    new = actions.index[actions["kind"].eq("create_user") & actions["target"].eq("emply")]
    given = pd.DataFrame(orjson.loads(f"[{','.join(actions.loc[new, 'after'])}]"), index=new)
    return (
        given.reindex(index=actions.index, columns=["employeeId", "departmentId"]).astype("str").reset_index(drop=True)
    )


def _titles(ids: "pd.Series[str]", emply_departments: pd.DataFrame) -> "pd.Series[str]":
    return take(trimmed(emply_departments["title"]), positions(ids, emply_departments["department_id"]))
