"""What an explanation says of single rules, and whom it names."""

from datetime import UTC, datetime

import pytest
from rich.console import Console

from entra_emply.person.text import _findings
from entra_emply.reconciliation.explain.facts import Facts, Mailbox, Row
from entra_emply.reconciliation.explain.matching import counterpart
from entra_emply.reconciliation.explain.standing import Recorded, stands
from entra_emply.reconciliation.explain.statements import statements
from tests.explaining import explained, facts_of, said
from tests.reference.builders import employee, login, person, scenario

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
HELD = {"action_id": "a1", "held_by": ["G1", "G3"]}


@pytest.mark.parametrize(("enabled", "said"), [(True, "is an enabled member"), (False, "is a disabled member")])
def test_whether_the_account_is_enabled_is_told(enabled: bool, said: str) -> None:
    assert said in explained(scenario([person(accountEnabled=enabled)]), "entra-megan")["found"]["entra"]["sentence"]


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
    assert candidate["why"] == "its employee is archived: nobody gets a leaver's login"
    assert said(document, "M2")[0] == "might_have"
    assert said(document, "L1a")[1].endswith("or the e-mail megan@contoso.com: megan@contoso.com.")


def test_who_shares_an_address_is_named_where_nobody_is_matched() -> None:
    people = [person("megan", mail="m@contoso.com"), person("maja", mail="M@contoso.com")]
    document = explained(scenario(people, [login("x", username=None, email="m@contoso.com")]), "entra-megan")
    assert said(document, "M4")[0] == "decided"
    assert said(document, "M3")[1].endswith(
        "more than one user carries m@contoso.com, also maja@contoso.com and m@contoso.com."
    )


def test_a_login_that_is_linked_to_somebody_else_is_no_candidate_any_more() -> None:
    people = [person("megan", mail="m@contoso.com"), person("maja")]
    document = explained(scenario(people, [login("maja", email="m@contoso.com")], linked=["maja"]), "entra-megan")
    assert said(document, "M3") == (
        "might_have",
        "The e-mails match nobody, because no free login in Emply has the e-mail m@contoso.com.",
    )
    assert document["match"]["candidates"][0]["why"] == "is linked to maja@contoso.com"


def test_equal_texts_in_different_places_match_nobody_and_are_told() -> None:
    document = explained(
        scenario([person(mail="m@contoso.com")], [login(username="m@contoso.com", email=None)]), "entra-megan"
    )
    (candidate,) = document["match"]["candidates"]
    assert candidate["shares"] == ("crosswise",)


def test_an_external_login_is_told_why_its_entra_user_is_not_taken() -> None:
    document = explained(scenario([person(accountEnabled=False)], [login()]), "login-megan")
    (candidate,) = document["match"]["candidates"]
    assert (candidate["who"], candidate["why"]) == ("megan@contoso.com", "the Entra user is not in scope: disabled")


def test_how_a_link_came_to_be_is_told() -> None:
    link = {"entra_id": "entra-megan", "emply_user_id": "login-megan", "matched_by": "created", "at": AT}
    (facts,) = facts_of(scenario([person()], [login()], linked=["megan"]), "entra-megan", [link])
    said = "The two users are linked since 2026-11-22: the pipeline made this login for this Entra user."
    assert counterpart(facts) == said


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
    assert "Employees gave Employee before and gives New employee now: Employee is replaced." in sentence
    assert "HR is new since the last reconciliation and gives HR: the user gets it." in sentence


def test_a1_tells_which_fields_entra_does_not_have() -> None:
    document = explained(scenario([person(givenName="Megan")], [login(firstName="Megan")], linked=["megan"]))
    verdict, sentence = said(document, "A1")
    assert verdict == "might_have"
    assert sentence.endswith("Where Entra has no value, Emply's stays: last name, job title and mobile phone.")


# P, W: from the rows of the plan


def planned(rows: list[Row] = [], findings: list[Row] = [], mailbox: Mailbox = Mailbox(), **settings: object) -> dict:  # noqa: B006, B008
    """The statements about Megan by rule, with these rows in the plan."""
    (facts,) = facts_of(scenario([person()], [login()], linked=["megan"], **settings), "entra-megan")
    about = {"action_id": "a1", "entra_id": "entra-megan", "emply_user_id": "login-megan"}
    about |= {"held_by": [], "before": None, "after": None, "target": "emply", "reason": None}
    these = {"actions": tuple({**about, **row} for row in rows), "findings": tuple(findings), "mailbox": mailbox}
    return {each.rule: each for each in statements(Facts(**{**facts.__dict__, **these}))}


def test_p1_a_new_picture_is_told() -> None:
    rows = [{"rule": "P1", "kind": "set_photo"}]
    assert planned(rows, profile_pictures=True)["P1"].verdict == "decided"
    same = planned(mailbox=Mailbox(photo="w1", recorded_photo="w1"), profile_pictures=True)
    assert same["P1"].sentence == "Emply has the picture of Entra already."


def test_p4_a_removed_picture_stays_in_emply() -> None:
    assert planned(mailbox=Mailbox(recorded_photo="w1"), profile_pictures=True)["P4"].verdict == "decided"


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"rule": "W2", "kind": "update_user", "target": "entra", "after": {"jobTitle": "x"}}, "W2"),
        ({"rule": "W3", "kind": "delete_user", "target": "entra"}, "W3"),
        ({"rule": "W1", "kind": "create_user", "target": "entra", "after": {"userPrincipalName": "x"}}, "W1"),
    ],
)
def test_a_row_of_the_plan_is_what_its_rule_decided(row: Row, rule: str) -> None:
    assert planned([row], synchronize_calendars=True)[rule].verdict == "decided"


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("hybrid_read_only", "W0"),
        ("domain_not_verified", "W1"),
        ("duplicate_upn", "W1"),
        ("restorable_user", "W1"),
    ],
)
def test_a_finding_of_the_plan_is_what_its_rule_decided(code: str, rule: str) -> None:
    finding = {"code": code, "rule": rule, "subject": "Employees", "object": None, "employee_id": None}
    assert planned(findings=[finding], synchronize_calendars=True)[rule].verdict == "decided"


# Where an action stands


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
def test_where_an_action_stands(recorded: Row, state: str, sentence: str) -> None:
    told = stands(HELD, Recorded(plan_id="3f9c12ab45de77", **recorded), "megan@contoso.com")
    assert told["state"] == state
    assert sentence in told["sentence"]


def test_an_action_that_nothing_holds_is_applied_with_the_plan() -> None:
    assert stands({"action_id": "a1", "held_by": []}, Recorded(), "x")["state"] == "planned"
    tried = Recorded(tried={"a1": {"result": None, "at": None}})
    assert stands({"action_id": "a1", "held_by": []}, tried, "x")["state"] == "open"
