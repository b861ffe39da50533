"""W1: what Entra takes as a UPN, and every address that is in use there already."""

import pytest

from tests.reference.builders import change, login, person, scenario, told
from tests.reference.subject import PlanOf, Row, Scenario

CREATED = ["W1 create_user ole", "W1 needs_group ole"]


def external(fields: Row, *people: Row, **entra: object) -> Scenario:
    """Ole has a login, and nothing in Entra."""
    tenant = {"organization": {"verifiedDomains": [{"name": "contoso.com"}]}, **entra}
    logins = [login("ole", **{"email": None, **fields})]
    return scenario(people, logins, entra=tenant, entra_write_back={"create": True})


@pytest.mark.parametrize(
    "local",
    ["a", "A.b-c_d!e#f^g~h'i", "x" * 64, "0", "-", "a..b", "ext#"],
)
def test_w1_entra_takes(plan_of: PlanOf, local: str) -> None:
    assert told(plan_of(external({"username": f"{local}@contoso.com"}))) == CREATED


@pytest.mark.parametrize(
    "local",
    ["ø", "a b", "a+b", "a&b", ".a", "a.", "x" * 65, "a#EXT#", "a#ext#b", "a\u0301", "a/b", "\u212a"],
)
def test_w1_entra_does_not_take(plan_of: PlanOf, local: str) -> None:
    assert told(plan_of(external({"username": f"{local}@contoso.com"}))) == ["W1 upn_not_allowed ole"]


@pytest.mark.parametrize(("length", "taken"), [(113, True), (114, False)])
def test_w1_a_upn_has_113_characters_in_all(plan_of: PlanOf, length: int, taken: bool) -> None:
    domain = "d" * (length - 64 - 1 - 3) + ".dk"
    made = external({"username": f"{'x' * 64}@{domain}"}, organization={"verifiedDomains": [{"name": domain}]})
    assert told(plan_of(made)) == (CREATED if taken else ["W1 upn_not_allowed ole"])


def test_w1_the_email_is_taken_where_entra_does_not_take_the_username(plan_of: PlanOf) -> None:
    plan = plan_of(external({"username": "øle@contoso.com", "email": "ole.l@contoso.com"}))
    after = change(plan, "create_user")[1] or {}
    assert (after["userPrincipalName"], after["mailNickname"]) == ("ole.l@contoso.com", "ole.l")


def test_w1_one_in_a_verified_domain_is_not_allowed_though_the_other_is_in_none(plan_of: PlanOf) -> None:
    assert told(plan_of(external({"username": "ole@gmail.com", "email": "øle@contoso.com"}))) == [
        "W1 upn_not_allowed ole"
    ]
    assert told(plan_of(external({"username": "ole", "email": "ole@gmail.com"}))) == ["W1 domain_not_verified ole"]


def test_w1_who_has_no_upn_counts_for_no_other_finding(plan_of: PlanOf) -> None:
    deleted = [{"id": "gone", "userPrincipalName": "goneøle@contoso.com"}]
    assert told(plan_of(external({"username": "øle@contoso.com"}, deletedUsers=deleted))) == ["W1 upn_not_allowed ole"]


def test_w1_the_upn_is_written_without_what_key_drops(plan_of: PlanOf) -> None:
    plan = plan_of(external({"username": " \u200bOle@Contoso.com\u200f"}))
    assert (change(plan, "create_user")[1] or {})["userPrincipalName"] == "Ole@Contoso.com"


@pytest.mark.parametrize(
    "group",
    [
        {"mail": "OLE@contoso.com"},
        {"proxyAddresses": ["SMTP:ole@contoso.com"]},
    ],
)
def test_w1_an_address_of_a_group_is_in_use(plan_of: PlanOf, group: Row) -> None:
    made = external({"username": "ole@contoso.com"})
    made[0]["entra"]["groups"].append({"id": "group-team", "displayName": "Team", **group})
    assert told(plan_of(made)) == []


def test_w1_an_ext_upn_is_in_use_too(plan_of: PlanOf) -> None:
    upn = "ole_x.dk#EXT#@contoso.com"
    known = person("guest", groups=[], userPrincipalName=upn)
    assert told(plan_of(external({"username": "ole@contoso.com", "email": upn}, known))) == []


@pytest.mark.parametrize(
    "deleted",
    [
        {"userPrincipalName": "0f1eole@contoso.com"},
        {"mail": "Ole@contoso.com"},
        {"otherMails": ["x@x.dk", "ole@contoso.com"]},
        {"proxyAddresses": ["smtp:ole@contoso.com"]},
        {"userPrincipalName": "0f1eole@private.dk"},
        {"mail": "ole@private.dk"},
    ],
    ids=["UPN", "mail", "otherMails", "proxyAddresses", "the e-mail as UPN", "the e-mail as mail"],
)
def test_w1_whom_entra_deleted_with_any_of_these_addresses_a_person_restores(plan_of: PlanOf, deleted: Row) -> None:
    made = external(
        {"username": "ole@contoso.com", "email": "ole@private.dk"}, deletedUsers=[{"id": "0f-1e", **deleted}]
    )
    assert told(plan_of(made)) == ["W1 restorable_user ole"]
