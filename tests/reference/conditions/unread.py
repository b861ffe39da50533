"""The conditions of G5b: the sources that only some rules need. Those of photos and mailboxes are in their letters."""

from tests.reference.conditions.case import Case
from tests.reference.conditions.common import Answer
from tests.reference.terms import Person


def application_read(case: Case, _person: Person) -> Answer:
    return case.inputs.not_read("entra_app") is None


def deleted_users_read(case: Case, _person: Person) -> Answer:
    return case.inputs.not_read("entra_deleted_users") is None


def source_left_out(case: Case, _person: Person) -> Answer:
    """G5b: some source is, of those that are needed."""
    return any(row["code"] == "source_unreadable" for _, row in case.planned.findings)


CONDITIONS = {
    "application_read": application_read,
    "deleted_users_read": deleted_users_read,
    "source_left_out": source_left_out,
    "source_needed": source_left_out,
}
