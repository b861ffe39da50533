"""The frames of Emply's lists: one pandera model and one function from JSON rows to frame for each.

Text is kept as Emply wrote it (trimming and folding is the rules' business), a missing value is NaN, absent
switches have the defaults of rules.md. A text with NUL in it, which no database keeps, makes its row wrong. Reading the
rows is `client.py`'s business.
"""

from collections.abc import Sequence

import pandas as pd

from entra_emply.connectors.frames import FrameModel, Row, column, identity, of_rows, sorted_texts, texts

STATUSES = ("active", "pending", "archived")


class Users(FrameModel):
    """Every user (login) of Emply, deactivated ones included, one row a user, sorted by id."""

    emply_user_id: str = identity("id", "The user's id")
    username: str = column("username", "The sign-in name, as written")
    email: str = column("email", "The e-mail address, as written")
    first_name: str = column("firstName", "First name")
    last_name: str = column("lastName", "Last name")
    job_title: str = column("jobTitle", "Job title")
    mobile_phone: str = column("mobilePhone", "Mobile phone number")
    role_ids: pd.ArrowDtype = texts("roleIds", "Ids of the roles the user has, sorted")
    department_id: str = column("departmentId", "Id of the user's department")
    language: str = column("language", "Language, such as da-DK")
    time_zone: str = column("timeZone", "Time zone, such as Europe/Copenhagen")
    currency: str = column("currency", "Currency, such as DKK")
    employee_id: str = column("employeeId", "Id of the employee this login belongs to")
    active: bool = column("active", "Whether the user may log in", default=True)


class Employees(FrameModel):
    """Every employee (personnel record), archived ones included, one row an employee, sorted by id."""

    employee_id: str = identity("id", "The employee's id")
    number: pd.Int64Dtype = column("number", "The employee's number")
    first_name: str = column("firstName", "First name")
    last_name: str = column("lastName", "Last name")
    email: str = column("email", "The e-mail address, as written")
    status: str = column("status", "active, pending or archived", default="active", isin=STATUSES)
    job_title: str = column("jobTitle", "Job title")
    mobile_phone: str = column("mobilePhone", "Mobile phone number")
    department_id: str = column("departmentId", "Id of the employee's department")
    resignation_date: str = column("resignationDate", "Date of resignation, as written")


class Roles(FrameModel):
    """Every role the customer has defined, one row a role, sorted by id."""

    role_id: str = identity("id", "The role's id")
    title: str = column("title", "The role's title; not unique")


class Departments(FrameModel):
    """Every department, one row a department, sorted by id."""

    department_id: str = identity("id", "The department's id")
    title: str = column("title", "The department's title; not unique")
    parent_id: str = column("parentId", "Id of the department above")
    active: bool = column("active", "Whether the department is in use", default=True)


def users(rows: Sequence[Row]) -> pd.DataFrame:
    """The frame `Users` of the rows of `users`. Raises SourceUnreadable."""
    return of_rows(Users, rows, "emply_users", {"role_ids": _role_ids})


def employees(rows: Sequence[Row]) -> pd.DataFrame:
    """The frame `Employees` of the rows of `employees`. Raises SourceUnreadable."""
    return of_rows(Employees, rows, "emply_employees", {"status": _status})


def roles(rows: Sequence[Row]) -> pd.DataFrame:
    """The frame `Roles` of the rows of `roles`. Raises SourceUnreadable."""
    return of_rows(Roles, rows, "emply_roles")


def departments(rows: Sequence[Row]) -> pd.DataFrame:
    """The frame `Departments` of the rows of `departments`. Raises SourceUnreadable."""
    return of_rows(Departments, rows, "emply_departments")


def _role_ids(rows: Sequence[Row]) -> list[object]:
    return sorted_texts(row.get("roleIds") for row in rows)


def _status(rows: Sequence[Row]) -> list[object]:
    """A status is one of three words, not text: Emply's pages write it with a capital letter, its API without."""
    written = (row.get("status") for row in rows)
    return [each.lower() if type(each) is str else each for each in written]
