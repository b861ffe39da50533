"""G5: which first reads are believed, by what other lists say of them."""

import pytest

from entra_emply.errors import SourceUnreadable
from entra_emply.reconciliation import inputs
from entra_emply.reconciliation.completeness import require_referred
from tests.reference.builders import employee, login, person, scenario
from tests.reference.vectorised import inputs_of

NAMES = ["çağla", "søren", "łukasz", "ada", "zofia", "ipek", "megan", "ray", "jörg", "pia"]


def read(*, users: int = 10, employees: int = 10) -> inputs.Inputs:
    """Ten people in a group, with a login and an employee each; of two lists only so many rows were read."""
    people = [person(name) for name in NAMES]
    logins = [login(name, employeeId=f"employee-{name}") for name in NAMES]
    whole = scenario(people, logins, [employee(name) for name in NAMES[:employees]])
    case, settings, state, now, *_ = whole
    case["entra"]["users"] = case["entra"]["users"][:users]
    return inputs_of(case, settings, state, now)


@pytest.mark.parametrize("rows", [10, 9, 8, 7])
def test_a_few_ids_may_be_missing_because_lists_are_read_one_after_another(rows: int) -> None:
    require_referred(read(users=rows, employees=rows), {}, 80)


@pytest.mark.parametrize(("source", "short"), [("entra_users", "users"), ("emply_employees", "employees")])
def test_a_first_read_without_many_of_the_ids_that_others_name_is_refused(source: str, short: str) -> None:
    with pytest.raises(SourceUnreadable, match=f"6 of the 10 ids.*--accept-shrink {source}"):
        require_referred(read(**{short: 6}), {}, 80)


def test_exactly_the_share_is_enough() -> None:
    require_referred(read(users=6, employees=6), {}, 60)


def test_it_passes_where_a_person_accepts_it() -> None:
    require_referred(read(employees=0), {}, 80, accepted=["emply_employees"])


def test_a_later_read_is_compared_with_the_one_before_instead() -> None:
    require_referred(read(users=0, employees=0), {"entra_users": 10, "emply_employees": 10}, 80)


def test_lists_that_name_nobody_say_nothing() -> None:
    empty = scenario([], [], [])
    require_referred(inputs_of(*empty), {}, 80)
