"""What an explanation says of single rules, and whom it names."""

from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from entra_emply.person.text import _findings
from entra_emply.reconciliation.explain.action_state import Recorded, link_held, state_of
from entra_emply.reconciliation.explain.facts import Row
from entra_emply.reconciliation.explain.matching import counterpart
from tests.explaining import explained, facts_of, said
from tests.reference.builders import employee, login, person, scenario

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
BECAUSE = {"G1": "more people would lose access"}
HELD = {"action_id": "a1", "held_by": ["G1", "G3"]}


@pytest.mark.parametrize(("enabled", "said"), [(True, "is an enabled member"), (False, "is a disabled member")])
def test_whether_the_account_is_enabled_is_told(enabled: bool, said: str) -> None:
    assert said in explained(scenario([person(accountEnabled=enabled)]), "entra-megan")["found"]["entra"]["sentence"]


def test_what_is_blank_in_emply_is_told_as_not_there() -> None:
    leaver = employee(resignationDate=" ")
    found = explained(scenario([person()], [login(username=" \u200b")], [leaver], linked=["megan"]), "entra-megan")[
        "found"
    ]
    assert found["emply"]["sentence"].startswith("The Emply user megan@contoso.com is active")
    assert found["employee"]["sentence"].endswith("is active, no resignation date.")


def test_a_finding_about_a_group_names_it() -> None:
    finding = dict.fromkeys(("entra_id", "emply_user_id", "employee_id"))
    finding |= {"severity": "warning", "code": "nested_group_ignored", "subject": "HR", "message": "M.", "remedy": "R."}
    console = Console(record=True, width=200)
    _findings([finding, finding | {"entra_id": "megan", "code": "no_email", "subject": "megan"}], console)
    assert "warning: nested_group_ignored (HR), M." in console.export_text(clear=False)
    assert "warning: no_email, M." in console.export_text()


# M


def test_a_candidate_whose_employee_is_archived_is_named() -> None:
    leaver = login("leaver", username="megan@contoso.com", email=None, employeeId="employee-leaver")
    document = explained(
        scenario([person(), person("ray")], [leaver], [employee("leaver", status="archived")]), "entra-megan"
    )
    (candidate,) = document["match"]["candidates"]
    assert (candidate["id"], candidate["shares"]) == ("login-leaver", ("username",))
    assert candidate["why"] == "the employee is archived, and nobody gets a leaver's login"
    assert said(document, "M2")[0] == "might_have"
    assert said(document, "L1a")[1].endswith(
        "because one of the user's addresses is taken in Emply, by megan@contoso.com."
    )


def test_who_shares_an_address_is_named_where_nobody_is_matched() -> None:
    people = [person("megan", mail="m@contoso.com"), person("maja", mail="M@contoso.com")]
    document = explained(scenario(people, [login("x", username=None, email="m@contoso.com")]), "entra-megan")
    assert said(document, "M4")[0] == "decided"
    assert said(document, "M3")[1].endswith(
        "it is not clear whose m@contoso.com is; others who carry it: maja@contoso.com and m@contoso.com."
    )


def test_the_member_whose_address_a_guest_has_is_named() -> None:
    guest = person("gerda", mail="mona@contoso.com", userType="Guest")
    document = explained(scenario([guest, person("mona", groups=[])]), "entra-gerda")
    assert said(document, "M4")[0] == "decided"
    assert said(document, "M3")[1].endswith(
        "it is not clear whose mona@contoso.com is; others who carry it: mona@contoso.com."
    )


def test_a_login_that_is_linked_to_somebody_else_is_no_candidate_any_more() -> None:
    people = [person("megan", mail="m@contoso.com"), person("maja")]
    document = explained(scenario(people, [login("maja", email="m@contoso.com")], linked=["maja"]), "entra-megan")
    assert said(document, "M3") == (
        "might_have",
        "The e-mails match nobody, because no free login in Emply has the e-mail m@contoso.com.",
    )
    assert document["match"]["candidates"][0]["why"] == "is linked to maja@contoso.com"


def test_m3b_equal_texts_in_different_places_match_as_another_address() -> None:
    document = explained(
        scenario([person(mail="m@contoso.com")], [login(username="m@contoso.com", email=None)]), "entra-megan"
    )
    verdict, sentence = said(document, "M3b")
    assert (verdict, document["match"]["by"]) == ("decided", "address")
    assert sentence.endswith("because the user shares m@contoso.com with m@contoso.com.")


def test_an_external_login_is_told_why_its_entra_user_is_not_taken() -> None:
    document = explained(scenario([person(accountEnabled=False)], [login()]), "login-megan")
    (candidate,) = document["match"]["candidates"]
    assert (candidate["who"], candidate["why"]) == ("megan@contoso.com", "the account is disabled in Entra")


def test_how_a_link_came_to_be_is_told() -> None:
    link = {"entra_id": "entra-megan", "emply_user_id": "login-megan", "matched_by": "created", "at": AT}
    (facts,) = facts_of(scenario([person()], [login()], linked=["megan"]), "entra-megan", [link])
    said = "The two users have been linked since 2026-11-22: the pipeline made this login for this Entra user."
    assert counterpart(facts) == said


def test_addresses_are_told_without_what_nobody_sees_of_them() -> None:
    blank = {"username": " Megan@contoso.com ", "email": "megan@contoso.com\u200b"}
    document = explained(scenario([person(mail="  Megan@Contoso.com \u200b")], [login(**blank)]))
    assert document["found"]["entra"]["sentence"].endswith("is an enabled member, mail Megan@Contoso.com.")
    assert document["found"]["emply"]["sentence"].startswith("The Emply user Megan@contoso.com is active; roles: ")


def test_an_employee_alone_is_a_person_too() -> None:
    document = explained(scenario([], [], [employee(firstName="Łucja", lastName="Święcicka")]))
    assert document["name"] == "Łucja Święcicka"
    assert document["match"]["sentence"] == "There is only an employee: no user in Entra and no login in Emply."


# R, A


def test_r4_tells_group_by_group() -> None:
    case = scenario(
        [person(groups=["Employees", "HR"])],
        [login(roles=["Employee"])],
        linked=["megan"],
        mapping={"Employees": "New employee", "HR": "HR"},
        reconciled={"megan": {"Employees": "Employee"}},
    )
    verdict, sentence = said(explained(case), "R4")
    assert verdict == "decided"
    assert "Employees gave Employee before and gives New employee now, which replaces it" in sentence
    assert "HR is new since the last reconciliation and gives HR" in sentence


def test_a1_tells_which_fields_entra_does_not_have() -> None:
    document = explained(scenario([person(givenName="Megan")], [login(firstName="Megan")], linked=["megan"]))
    verdict, sentence = said(document, "A1")
    assert verdict == "might_have"
    assert sentence.endswith("so that Emply keeps its own: last name, job title and mobile phone).")


# P, W: from the rows of the plan


def pictured(now: str | None, then: str | None) -> Row:
    """Megan, whose picture in Entra is `now`, and of whom Emply was given `then`."""
    photos = {"entra-megan": {"mediaEtag": now}} if now else {}
    state = {"photoEtags": [{"emplyUserId": "login-megan", "etag": then}]} if then else {}
    entra = {"photos": photos}
    case = scenario([person()], [login()], linked=["megan"], state=state, entra=entra, profile_pictures=True)
    return explained(case)


def test_p1_a_new_picture_is_told() -> None:
    assert said(pictured("w2", "w1"), "P1")[0] == "decided"
    assert said(pictured("w1", "w1"), "P1")[1].endswith("because Emply was given this picture already.")


def test_p4_a_removed_picture_stays_in_emply() -> None:
    assert said(pictured(None, "w1"), "P4")[0] == "decided"
    assert said(pictured("w1", "w1"), "P4")[0] == "might_have"


# W


def external(*logins: dict[str, Any], **entra: object) -> Row:
    """What is said of megan's login, which W1 may make an Entra user of."""
    tenant = {"organization": {"verifiedDomains": [{"name": "contoso.com"}]}, **entra}
    return explained(scenario([], list(logins), entra=tenant, entra_write_back={"create": True}), "login-megan")


def test_w1_names_who_would_get_the_same_sign_in_name() -> None:
    told = external(login(), login("maja", username="Megan@contoso.com", email=None))
    verdict, sentence = said(told, "W1")
    assert verdict == "decided"
    assert sentence.endswith("because Megan@contoso.com would get the sign-in name megan@contoso.com, too.")


def test_w1_names_the_addresses_that_are_in_no_verified_domain() -> None:
    verdict, sentence = said(external(login(username="megan", email="m@fabrikam.pl")), "W1")
    assert verdict == "decided"
    assert "neither the username (megan) nor the e-mail (m@fabrikam.pl) is in a verified domain" in sentence


@pytest.mark.parametrize(
    ("switches", "verdict", "sentence"),
    [
        ({}, "might_have", "because `entra_write_back.update` is off."),
        ({"update": True}, "decided", "because Entra and the employee have different values for job title."),
    ],
)
def test_w2_names_the_switch_or_the_fields(switches: Row, verdict: str, sentence: str) -> None:
    case = scenario([person()], [login()], [employee(jobTitle="Udvikler")], linked=["megan"], entra_write_back=switches)
    told = said(explained(case), "W2")
    assert told[0] == verdict
    assert told[1].endswith(sentence)
    assert (said(explained(case), "W4")[0] == "decided") is not switches.get("update", False)


# A, R


def test_a2_names_what_is_not_filled_because_another_login_has_it() -> None:
    other = login("maja", username="megan@contoso.com", email=None)
    case = scenario([person()], [login(username=None, email=None), other], linked=["megan"])
    verdict, sentence = said(explained(case, "login-megan"), "A2")
    assert verdict == "decided"
    assert sentence == (
        "Emply gets nothing, and somebody has to look into it, because another login in Emply has, gets or would be "
        "given the e-mail megan@contoso.com and the username megan@contoso.com, too."
    )


def test_r7_names_the_protected_role_and_r5_what_is_missing() -> None:
    case = scenario(
        [person()],
        [login(roles=["Manager"])],
        linked=["megan"],
        reconciled={"megan": {"Employees": "Employee"}},
        protected_roles=["Manager"],
    )
    told = explained(case)
    assert said(told, "R7")[1].endswith("do not become Employee, because the user holds the protected role Manager.")
    assert said(told, "R5") == (
        "might_have",
        "The roles are not set to exactly those of the groups, because the user holds the protected role Manager (R7).",
    )


# The state of an action


@pytest.mark.parametrize(
    ("recorded", "state", "sentence"),
    [
        ({}, "held", 'entra-emply approve 3f9c12ab45de --person "megan@contoso.com" --by NAME --reason TEXT'),
        ({"approved": {"a1": {"by": "Ada", "reason": "checked", "at": AT}}}, "approved", "Approved by Ada (checked)"),
        ({"tried": {"a1": {"result": "applied", "at": AT}}}, "applied", "Done on 2026-11-22 at 09:30 UTC."),
        ({"tried": {"a1": {"result": "superseded", "at": AT}}}, "superseded", "its reason had changed since the plan"),
        (
            {"failed": {"a1": {"failures": 2, "at": AT, "code": "conflict", "quarantined_at": None}}},
            "failed",
            "Failed 2 times, last on 2026-11-22 at 09:30 UTC with conflict; a later run tries again.",
        ),
        (
            {"failed": {"a1": {"failures": 8, "at": AT, "code": "conflict", "quarantined_at": AT}}},
            "quarantined",
            "entra-emply release a1 --by NAME",
        ),
    ],
)
def test_the_state_of_an_action(recorded: Row, state: str, sentence: str) -> None:
    told = state_of(HELD, Recorded(plan_id="3f9c12ab45de77", **recorded), "megan@contoso.com", BECAUSE)
    assert told["state"] == state
    assert sentence in told["sentence"]


def test_an_approved_action_stays_held_until_the_link_of_its_user_is_approved() -> None:
    approval = {"by": "Ada", "reason": "checked", "at": AT}
    held = HELD | {"kind": "set_roles", "own_guards": ""}
    link = {"action_id": "link", "kind": "link_user", "held_by": ["G3"]}
    waiting = Recorded(plan_id="3f9c12ab45de77", approved={"a1": approval})
    told = state_of(held, waiting, "x", BECAUSE, link_held=link_held([held, link], waiting))
    assert told["state"] == "held"
    assert "but held until the link is approved. To approve it: entra-emply approve 3f9c12ab45de" in told["sentence"]
    free = Recorded(approved={"link": approval})
    assert state_of(held, free, "x", BECAUSE, link_held=link_held([held, link], free))["state"] == "approved"
    assert link_held([held], free) is None


def test_an_action_that_nothing_holds_is_applied_with_the_plan() -> None:
    assert state_of({"action_id": "a1", "held_by": []}, Recorded(), "x", {})["state"] == "planned"
    tried = Recorded(tried={"a1": {"result": None, "at": None}})
    assert state_of({"action_id": "a1", "held_by": []}, tried, "x", {})["state"] == "open"
