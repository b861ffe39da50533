"""Who is found by what is typed, and who belongs to the small scenario around them."""

import pytest

from entra_emply.reconciliation.explain.in_memory import InMemory
from entra_emply.reconciliation.explain.inputs_around import inputs_around
from entra_emply.reconciliation.explain.neighbourhood import Directory, Ids
from tests.reference.builders import employee, login, person, scenario
from tests.reference.calendar_builders import events, own, pair
from tests.reference.subject import Scenario
from tests.reference.vectorised import inputs_of


def directory(case: Scenario) -> Directory:
    return Directory(InMemory.of(inputs_of(*case)))


def ids(entra: str = "", emply: str = "", employees: str = "") -> Ids:
    """Ids by the names that the builders make them of."""
    return Ids(
        frozenset(f"entra-{name}" for name in entra.split()),
        frozenset(f"login-{name}" for name in emply.split()),
        frozenset(f"employee-{name}" for name in employees.split()),
    )


LUCJA = person("łucja", mail="Łucja.Święcicka@contoso.pl")
COMPANY = scenario([LUCJA, person("ray")], [login("łucja"), login("ray")], [employee("ray")], linked=[("gone", "ray")])


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (" ŁUCJA.święcicka@contoso.pl ", ids("łucja")),
        ("łucja@contoso.com", ids("łucja", "łucja")),
        ("entra-łucja", ids("łucja")),
        ("login-łucja", ids("", "łucja")),
        ("employee-ray", ids("", "", "ray")),
        ("entra-gone", ids("", "ray")),
        ("nobody@contoso.com", ids()),
        (" ", ids()),
    ],
    ids=["e-mail", "sign-in name", "Entra id", "Emply id", "employee", "gone from Entra", "nobody", "blank"],
)
def test_a_person_is_found_by_address_username_sign_in_name_or_id(asked: str, found: Ids) -> None:
    assert directory(COMPANY).carriers(asked) == found
    assert bool(found) is (found != ids())


def test_an_employee_leads_to_the_login_that_carries_it() -> None:
    carried = scenario([], [login("m.j", employeeId="employee-megan")], [employee()])
    assert directory(carried).carriers("employee-megan") == ids("", "m.j", "megan")


def test_around_a_person_is_everybody_who_shares_a_link_a_key_or_an_employee_however_far() -> None:
    people = [person("a", mail="shared@contoso.com"), person("b", mail="shared@contoso.com"), person("stranger")]
    logins = [
        login("b", email="other@contoso.com"),
        login("c", username="c", email="other@contoso.com", employeeId="employee-x"),
    ]
    around = directory(scenario(people, logins, [employee("x"), employee("stranger")])).around(ids("a"))
    assert around == ids("a b", "b c", "x")


def test_around_a_login_are_the_logins_of_the_same_employee() -> None:
    logins = [login("a", employeeId="employee-x"), login("b", employeeId="employee-x")]
    assert directory(scenario([], logins, [employee("x")])).around(ids("", "a")) == ids("", "a b", "x")


def test_around_a_login_is_who_would_get_the_same_sign_in_name_with_all_around_them() -> None:
    logins = [login("a", email="x@contoso.com"), login("b", username="x@contoso.com", email="b@contoso.com")]
    people = [person("b"), person("stranger")]
    assert directory(scenario(people, logins)).around(ids("", "a")) == ids("b", "a b")


def test_around_a_login_is_the_entra_user_who_has_its_address_as_another_one() -> None:
    people = [
        person("m.j", otherMails=["megan@contoso.com"]),
        person("ray", proxyAddresses=["smtp: ray.r@contoso.com"]),
    ]
    around = directory(scenario(people, [login(), login("ray.r")])).around
    assert (around(ids("", "megan")), around(ids("", "ray.r"))) == (ids("m.j", "megan"), ids("ray", "ray.r"))


def test_the_event_of_a_recorded_pair_is_in_the_inputs_around_wherever_it_is_now() -> None:
    whole = inputs_of(
        *events(
            emply=[own("lunch", calendarId="emply-elsewhere"), own("other", calendarId="emply-elsewhere")],
            pairs=[pair("lunch")],
        )
    )
    small = inputs_around(InMemory.of(whole), whole.settings, ids("megan", "megan", "megan"))
    assert small.emply_events["event_id"].tolist() == ["emply-lunch"]


@pytest.mark.parametrize("asked", ["megn@contoso.com", "meggan@contoso.com", "mogan@contoso.com", "mgean@contoso.com"])
def test_addresses_one_edit_away_are_offered(asked: str) -> None:
    assert directory(scenario([person()])).near(asked) == ["megan@contoso.com"]


def test_addresses_further_away_are_not_offered() -> None:
    assert directory(scenario([person()])).near("mgena@contoso.dk") == []
