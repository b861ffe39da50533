"""W: what goes back to Entra."""

import pytest

from tests.reference.builders import SomeSettings, after_of, change, employee, login, person, scenario, told
from tests.reference.subject import IMPLEMENTATIONS, PlanOf, Row, Scenario
from tests.reference.terms import ConfigurationError

DOMAINS = [{"name": "Contoso.com"}, {"name": "fabrikam.dk"}]
DELETE = {"delete": True}
UPDATE = {"update": True}
ARCHIVED = employee(status="archived")
STRANGER: Row = {"username": "Soren@Contoso.com", "email": None, "firstName": "Søren", "lastName": " Ågård "}
HYBRID = {"onPremisesSyncEnabled": True}


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
@pytest.mark.parametrize("switch", ["create", "update", "delete"])
def test_w0_a_hybrid_tenant_has_no_write_back(implementation: str, switch: str) -> None:
    made = scenario(entra={"organization": HYBRID}, entra_write_back={switch: True})
    with pytest.raises(ConfigurationError):
        IMPLEMENTATIONS[implementation](*made)


@pytest.mark.parametrize("switches", [{}, {"create": False, "update": False, "delete": False}])
def test_w0_a_hybrid_tenant_without_write_back_is_fine(plan_of: PlanOf, switches: dict[str, bool]) -> None:
    assert told(plan_of(scenario(entra={"organization": HYBRID}, entra_write_back=switches))) == []


def test_w0_a_hybrid_user_is_not_updated(plan_of: PlanOf) -> None:
    user = person(onPremisesSyncEnabled=True)
    named = employee(firstName="Megan")
    plan = plan_of(scenario([user], [login()], [named], linked=["megan"], entra_write_back=UPDATE))
    assert told(plan) == ["W0 hybrid_read_only megan"]


def test_w0_a_hybrid_user_with_nothing_to_update_needs_no_finding(plan_of: PlanOf) -> None:
    user = person(onPremisesSyncEnabled=True)
    assert told(plan_of(scenario([user], [login()], [employee()], linked=["megan"], entra_write_back=UPDATE))) == []


def test_w0_a_hybrid_user_is_not_deleted(plan_of: PlanOf) -> None:
    user = person(onPremisesSyncEnabled=True, accountEnabled=False)
    plan = plan_of(scenario([user], [login()], [ARCHIVED], linked=["megan"], entra_write_back=DELETE))
    assert told(plan) == ["L6 deactivate_user megan (account_disabled)", "W0 hybrid_read_only megan"]


def stranger(fields: Row | None = None, people: tuple[Row, ...] = (), **entra: object) -> Scenario:
    """An Emply user that is nobody's."""
    tenant = {"organization": {"verifiedDomains": DOMAINS}, **entra}
    logins = [login("soren", **{**STRANGER, **(fields or {})})]
    return scenario(people, logins, entra=tenant, entra_write_back={"create": True})


def test_w1_an_external_emply_user_is_created_in_entra(plan_of: PlanOf) -> None:
    plan = plan_of(stranger({"jobTitle": "Bogholder"}))
    assert told(plan) == ["W1 create_user soren", "W1 needs_group soren"]
    assert change(plan, "create_user") == (
        None,
        {
            "accountEnabled": True,
            "displayName": "Søren Ågård",
            "givenName": "Søren",
            "surname": " Ågård ",
            "jobTitle": "Bogholder",
            "mobilePhone": None,
            "mailNickname": "Soren",
            "userPrincipalName": "Soren@Contoso.com",
        },
    )
    (row,) = plan["actions"]
    assert (row["target"], row["entra_id"], row["emply_user_id"]) == ("entra", None, "login-soren")
    assert row["subject"] == "soren@contoso.com"


def test_w1_the_email_is_the_upn_where_the_username_is_no_verified_address(plan_of: PlanOf) -> None:
    plan = plan_of(stranger({"username": "soren", "email": "soren@fabrikam.dk"}))
    assert after_of(plan, "create_user")["userPrincipalName"] == "soren@fabrikam.dk"
    plan = plan_of(stranger({"username": "soren@gmail.com", "email": "soren@fabrikam.dk"}))
    assert after_of(plan, "create_user")["userPrincipalName"] == "soren@fabrikam.dk"


@pytest.mark.parametrize(
    "username", ["soren", "s@gmail.com", "@contoso.com", "s@x@contoso.com", "s@a.contoso.com", None]
)
def test_w1_without_a_verified_domain_nobody_is_created(plan_of: PlanOf, username: str | None) -> None:
    made = stranger({"username": username})
    made[0]["emply"]["users"].append(login("twin", username=username, email=None))
    assert told(plan_of(made)) == ["W1 domain_not_verified soren", "W1 domain_not_verified twin"]


@pytest.mark.parametrize(
    ("names", "display_name"),
    [({"lastName": None}, "Søren"), ({"firstName": " ", "lastName": None}, "Soren@Contoso.com")],
)
def test_w1_who_has_no_name_is_displayed_by_upn(plan_of: PlanOf, names: Row, display_name: str) -> None:
    assert after_of(plan_of(stranger(names)), "create_user")["displayName"] == display_name


@pytest.mark.parametrize(
    "known",
    [
        {"userPrincipalName": "SOREN@contoso.com"},
        {"mail": " soren@contoso.com"},
        {"otherMails": ["x@contoso.com", "soren@contoso.com"]},
        {"proxyAddresses": ["SMTP:Soren@contoso.com"]},
        {"proxyAddresses": ["smtp:soren@contoso.com"]},
    ],
)
def test_w1_whose_address_entra_knows_is_not_created(plan_of: PlanOf, known: Row) -> None:
    assert told(plan_of(stranger({}, (person("ole", groups=[], **known),)))) == []


def test_w1_an_email_that_entra_knows_counts_as_well(plan_of: PlanOf) -> None:
    known = person("ole", groups=[], otherMails=["s@gmail.com"])
    assert told(plan_of(stranger({"email": "S@gmail.com"}, (known,)))) == []


@pytest.mark.parametrize("fields", [{"active": False}, {"employeeId": "employee-old"}])
def test_w1_neither_deactivated_nor_archived_people_are_created(plan_of: PlanOf, fields: Row) -> None:
    made = stranger(fields)
    made[0]["emply"]["employees"] = [employee("old", status="archived")]
    assert told(plan_of(made)) == []


@pytest.mark.parametrize("people", [[], [person()]], ids=["gone in Entra", "of other addresses there"])
def test_w1_who_is_linked_is_nobody_to_create(plan_of: PlanOf, people: list[Row]) -> None:
    sides: Row = {"entra": {"organization": {"verifiedDomains": DOMAINS}}, "entra_write_back": {"create": True}}
    plan = plan_of(scenario(people, [login(username="mj@contoso.com", email=None)], linked=["megan"], **sides))
    assert [line for line in told(plan) if line.startswith("W1")] == []


def test_w1_whom_m4_leaves_alone_is_not_created(plan_of: PlanOf) -> None:
    made = stranger({}, (person("ole", mail="ole@gmail.com"),))
    made[0]["emply"]["users"] = [login("a", username="a", email="ole@gmail.com"), login("b", email="ole@gmail.com")]
    assert told(plan_of(made)) == ["M4 ambiguous_match ole"]


def test_w1_a_upn_that_two_want_is_nobodys(plan_of: PlanOf) -> None:
    made = stranger()
    made[0]["emply"]["users"].append(login("twin", username=None, email="soren@contoso.com"))
    assert told(plan_of(made)) == ["W1 duplicate_upn soren", "W1 duplicate_upn twin"]


@pytest.mark.parametrize("prefix", ["0f1e2d", "0F1E2D", ""])
def test_w1_whom_entra_deleted_a_person_restores(plan_of: PlanOf, prefix: str) -> None:
    deleted = [{"id": "0f-1e-2d", "userPrincipalName": f"{prefix}soren@contoso.com"}]
    assert told(plan_of(stranger(deletedUsers=deleted))) == ["W1 restorable_user soren"]


def test_w1_a_deleted_user_is_told_of_beside_a_upn_that_two_want(plan_of: PlanOf) -> None:
    made = stranger(deletedUsers=[{"id": "0f-1e-2d", "userPrincipalName": "soren@contoso.com"}])
    made[0]["emply"]["users"].append(login("twin", username=None, email="soren@contoso.com"))
    both = [f"W1 {code} {who}" for code in ("duplicate_upn", "restorable_user") for who in ("soren", "twin")]
    assert told(plan_of(made)) == both


def test_w1_another_deleted_user_does_not_matter(plan_of: PlanOf) -> None:
    deleted = [{"id": "0f-1e-2d", "userPrincipalName": "0f1e2dcsoren@contoso.com"}]
    assert told(plan_of(stranger(deletedUsers=deleted))) == ["W1 create_user soren", "W1 needs_group soren"]


EMPLOYED = {
    "firstName": "Łucja",
    "lastName": "Öz",
    "jobTitle": "Księgowa",
    "mobilePhone": "+48 1",
    "departmentId": "department-Copenhagen",
}


def test_w2_six_fields_follow_the_employee(plan_of: PlanOf) -> None:
    user = person(givenName="Lucy", surname="Öz ", department="Aarhus")
    plan = plan_of(scenario([user], [login()], [employee(**EMPLOYED)], linked=["megan"], entra_write_back=UPDATE))
    assert told(plan) == ["W2 update_user megan"]
    before, after = change(plan, "update_user")
    assert before == {
        "givenName": "Lucy",
        "displayName": None,
        "jobTitle": None,
        "mobilePhone": None,
        "department": "Aarhus",
    }
    assert after == {
        "givenName": "Łucja",
        "displayName": "Łucja Öz",
        "jobTitle": "Księgowa",
        "mobilePhone": "+48 1",
        "department": "Copenhagen",
    }
    assert plan["actions"][0]["target"] == "entra"


def test_w2_entra_keeps_what_the_employee_does_not_have(plan_of: PlanOf) -> None:
    user = person(givenName="Megan", surname="Jordan", displayName="MJ", jobTitle="Chief", department="Aarhus")
    nothing = employee(firstName="Megan", lastName=" ", jobTitle="", departmentId="department-gone")
    assert told(plan_of(scenario([user], [login()], [nothing], linked=["megan"], entra_write_back=UPDATE))) == []


def test_w2_the_display_name_follows_where_there_are_both_names(plan_of: PlanOf) -> None:
    user = person(givenName="Megan", surname="Jordan")
    both = employee(firstName=" Megan ", lastName="Jordan")
    plan = plan_of(scenario([user], [login()], [both], linked=["megan"], entra_write_back=UPDATE))
    assert change(plan, "update_user") == ({"displayName": None}, {"displayName": "Megan Jordan"})


def test_w2_holds_in_the_plan_that_makes_the_match(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person()], [login()], [employee(jobTitle="Chief")], entra_write_back=UPDATE))
    assert told(plan) == ["M2 link_user megan", "W2 update_user megan"]


@pytest.mark.parametrize("employees", [[], [employee(status="archived", jobTitle="Chief")]])
def test_w2_without_an_employee_or_with_an_archived_one_entra_leads(plan_of: PlanOf, employees: list[Row]) -> None:
    plan = plan_of(scenario([person()], [login()], employees, linked=["megan"], entra_write_back=UPDATE))
    assert [row["kind"] for row in plan["actions"]] == []


def test_w2_who_is_not_in_scope_is_not_written(plan_of: PlanOf) -> None:
    leaver = employee(jobTitle="Chief", resignationDate="2026-12-31")
    plan = plan_of(scenario([person(groups=[])], [login()], [leaver], linked=["megan"], entra_write_back=UPDATE))
    assert told(plan) == ["L7 deactivate_user megan (removed_from_group)"]


def test_w2_whoever_this_plan_creates_has_to_wait(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person()], [], [employee(jobTitle="Chief")], entra_write_back=UPDATE))
    assert told(plan) == ["L1 create_user megan"]


def test_w3_a_leaver_is_deleted_in_entra_and_deactivated_in_emply(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person()], [login()], [ARCHIVED], linked=["megan"], entra_write_back=DELETE))
    assert told(plan) == [
        "L11 employee_archived_in_group megan",
        "W3 deactivate_user megan (deleted_in_entra)",
        "W3 delete_user megan",
    ]
    assert change(plan, "delete_user") == ({"userPrincipalName": "megan@contoso.com"}, None)
    assert change(plan, "deactivate_user") == ({"active": True}, {"active": False})
    assert {row["target"] for row in plan["actions"]} == {"emply", "entra"}


@pytest.mark.parametrize(
    "user",
    [{"accountEnabled": False}, {"groups": []}, {"groups": ["Meeting rooms"]}],
    ids=["instead of L6", "instead of L7", "instead of L7a"],
)
def test_w3_speaks_before_l6_l7_and_l7a(plan_of: PlanOf, user: Row) -> None:
    plan = plan_of(scenario([{**person(), **user}], [login()], [ARCHIVED], linked=["megan"], entra_write_back=DELETE))
    assert told(plan) == ["W3 deactivate_user megan (deleted_in_entra)", "W3 delete_user megan"]


def test_w3_a_deactivated_user_is_not_deactivated_again_nor_activated(plan_of: PlanOf) -> None:
    chosen: SomeSettings = {"reactivate": "all", "entra_write_back": DELETE}
    plan = plan_of(scenario([person()], [login(active=False)], [ARCHIVED], linked=["megan"], **chosen))
    assert told(plan) == ["L11 employee_archived_in_group megan", "W3 delete_user megan"]


def test_w3_acts_on_unmanaged_people_too(plan_of: PlanOf) -> None:
    state: Row = {"linked": ["megan"], "reconciled": {"megan": {"HR": "HR"}}}
    plan = plan_of(scenario([person(groups=["HR"])], [login()], [ARCHIVED], **state, entra_write_back=DELETE))
    assert told(plan) == [
        "L8 unmanaged megan",
        "W3 deactivate_user megan (deleted_in_entra)",
        "W3 delete_user megan",
    ]


def test_w3_a_link_that_this_plan_makes_is_too_young(plan_of: PlanOf) -> None:
    archived = employee(email="ole@contoso.com", status="archived")
    made = scenario([person(mail="ole@contoso.com")], [login(email=None)], [archived], entra_write_back=DELETE)
    assert told(plan_of(made)) == ["L11 employee_archived_in_group megan", "M2 link_user megan"]


@pytest.mark.parametrize("status", ["active", "pending", None])
def test_w3_only_an_archived_employee_deletes(plan_of: PlanOf, status: str | None) -> None:
    employees = [employee(status=status)]
    plan = plan_of(scenario([person()], [login()], employees, linked=["megan"], entra_write_back=DELETE))
    assert told(plan) == []


def test_w3_who_is_gone_in_entra_is_not_deleted(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([], [login()], [ARCHIVED], linked=["megan"], entra_write_back=DELETE))
    assert told(plan) == ["L5 deactivate_user megan (deleted_in_entra)"]


def test_w3_happens_once_for_an_entra_user_and_an_employee(plan_of: PlanOf) -> None:
    state = {"deletedUsers": [{"entraId": "entra-megan", "employeeId": "employee-megan"}]}
    plan = plan_of(scenario([person()], [login()], [ARCHIVED], linked=["megan"], state=state, entra_write_back=DELETE))
    assert told(plan) == ["L11 employee_archived_in_group megan"]


@pytest.mark.parametrize(
    "other", [{"entraId": "entra-megan", "employeeId": "employee-1"}, {"entraId": "e", "employeeId": "employee-megan"}]
)
def test_w3_another_employee_or_another_user_is_another_case(plan_of: PlanOf, other: Row) -> None:
    state = {"deletedUsers": [other]}
    plan = plan_of(scenario([person()], [login()], [ARCHIVED], linked=["megan"], state=state, entra_write_back=DELETE))
    assert "W3 delete_user megan" in told(plan)


@pytest.mark.parametrize("switches", [{}, {"create": False, "update": False, "delete": False}, None])
def test_w4_with_the_switches_off_nothing_of_w_appears(plan_of: PlanOf, switches: dict[str, bool] | None) -> None:
    people = [person("megan"), person("ole", onPremisesSyncEnabled=True)]
    logins = [login("megan"), login("ole"), login("soren", **STRANGER)]
    employees = [ARCHIVED, employee("ole", jobTitle="Chief")]
    domains = {"organization": {"verifiedDomains": DOMAINS}}
    plan = plan_of(
        scenario(people, logins, employees, linked=["megan", "ole"], entra=domains, entra_write_back=switches)
    )
    assert told(plan) == ["L11 employee_archived_in_group megan"]
