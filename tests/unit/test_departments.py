"""Which department people are in, when a plan is shown by department."""

import pytest

from entra_emply.errors import SettingsError
from entra_emply.reconciliation.departments import departments_of, in_department
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.plan import make_plan
from tests.reference.builders import employee, login, person, scenario
from tests.reference.subject import Row
from tests.reference.vectorised import inputs_of

LISTS = ("emply_users", "emply_employees", "emply_departments")
TITLES = {"cph": "Copenhagen", "lodz": "Łódź", "too": " Copenhagen "}


def leaving(**emply: Row) -> Inputs:
    """Megan's account is disabled; `emply` is her login and, maybe, her employee."""
    people = [person(accountEnabled=False)]
    employees = [employee(**emply["employee"])] if "employee" in emply else []
    departments = [{"id": identity, "title": title} for identity, title in TITLES.items()]
    return inputs_of(
        *scenario(people, [login(**emply["login"])], employees, linked=["megan"], emply={"departments": departments})
    )


def department(inputs: Inputs) -> object:
    """The department of the plan's only person."""
    found = departments_of(make_plan(inputs).actions, *(getattr(inputs, name) for name in LISTS))
    (title,) = set(found.fillna("none"))
    return title


def test_it_is_the_employees_because_the_employee_controls_the_user() -> None:
    own = {"employeeId": "employee-megan", "departmentId": "cph"}
    assert department(leaving(login=own, employee={"departmentId": "lodz"})) == "Łódź"


def test_an_employee_is_found_by_the_email_as_the_rules_find_them() -> None:
    assert department(leaving(login={"departmentId": "cph"}, employee={"departmentId": "lodz"})) == "Łódź"


@pytest.mark.parametrize("of_employee", [{"employee": {"departmentId": None}}, {}])
def test_without_one_of_the_employee_it_is_the_logins(of_employee: dict[str, Row]) -> None:
    assert department(leaving(login={"departmentId": "cph"}, **of_employee)) == "Copenhagen"


@pytest.mark.parametrize("of_login", [None, "gone"])
def test_nobody_is_in_a_department_that_is_not_set_or_not_there(of_login: str | None) -> None:
    assert department(leaving(login={"departmentId": of_login})) == "none"


def test_a_login_to_be_made_is_in_the_department_that_it_gets() -> None:
    inputs = inputs_of(*scenario([person()], groups=[{"group": "Employees", "default_role": "Employee",
                                                      "default_department": "Copenhagen"}]))  # fmt: skip
    assert department(inputs) == "Copenhagen"


def test_a_login_to_be_made_for_an_employee_is_in_the_employees_department() -> None:
    inputs = inputs_of(*scenario([person()], [], [employee(departmentId="department-Copenhagen")]))
    assert department(inputs) == "Copenhagen"


def test_a_department_is_named_by_its_title_in_any_letters_and_those_of_one_title_are_one() -> None:
    for own in ("cph", "too"):
        inputs = leaving(login={"departmentId": own})
        actions = make_plan(inputs).actions
        lists = tuple(getattr(inputs, name) for name in LISTS)
        assert in_department("copenhagen ", actions, *lists) == set(actions["action_id"])
        assert in_department("ŁÓDŹ", actions, *lists) == set()


def test_a_department_that_there_is_not_is_said() -> None:
    inputs = leaving(login={})
    with pytest.raises(SettingsError, match="Emply has no department of that title"):
        in_department("Aarhus", make_plan(inputs).actions, *(getattr(inputs, name) for name in LISTS))
