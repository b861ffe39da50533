"""What is said of a person is the case: the cause that applies, the values that were compared, no other thing."""

import pytest

from entra_emply.reconciliation.explain.action_state import Recorded
from entra_emply.reconciliation.explain.explanation import explanation
from entra_emply.reconciliation.explain.gathering import gather, planned_rows
from entra_emply.reconciliation.plan import make_plan
from entra_emply.reconciliation.report.wording import rows, why
from tests.explaining import answered, everybody, explained, facts_of, said
from tests.reference.builders import NOW, ROOMS, SomeSettings, ago, employee, login, person, scenario
from tests.reference.calendar_builders import calendar, calendars, event, events, imported, in_emply, own
from tests.reference.subject import Row, Scenario
from tests.reference.vectorised import inputs_of

NOBODY_ACTIVATED = {"max_grants": {"min_count": 0, "percent": 0}}


def conditions(case: Scenario, rule: str, asked: str = "megan@contoso.com") -> list[Row]:
    """The conditions of a rule, of the only person found."""
    (statement,) = [each for each in explained(case, asked)["statements"] if each["rule"] == rule]
    return list(statement["conditions"])


def test_the_default_calendar_that_may_not_be_edited_is_not_called_synchronised() -> None:
    told = answered(explained(calendars([calendar(canEdit=False)])), "calendar_missing")
    assert "is synchronised" not in told


def test_a_mailbox_without_a_calendar_has_no_default_calendar_that_is_synchronised() -> None:
    assert "is synchronised" not in answered(explained(calendars([])), "calendar_missing")


@pytest.mark.parametrize("rule", ["C1", "C8"])
def test_a_held_activation_is_what_calendars_wait_for(rule: str) -> None:
    case = scenario(
        [person()],
        [login(active=False)],
        linked=["megan"],
        synchronize_calendars=True,
        reactivate="all",
        entra={"calendars": {"entra-megan": [calendar()]}},
        guards=NOBODY_ACTIVATED,
    )
    _, sentence = said(explained(case), rule)
    assert "activation" in sentence.replace("deactivation", "")


@pytest.mark.parametrize("user", [person(accountEnabled=False), person(groups=[])])
def test_a_calendar_that_goes_with_its_user_is_not_called_gone_in_entra(user: Row) -> None:
    actions = rows(make_plan(inputs_of(*calendars([calendar()], [in_emply()], user=user))).actions)
    (told,) = [why(action) for action in actions if action["kind"] == "remove_calendar"]
    assert told != "C4: the calendar is gone in Entra, or is no longer this user's to edit"


def test_the_switch_of_calendars_is_compared_as_it_is() -> None:
    (on,) = [each for each in conditions(calendars([calendar()]), "C1") if each["name"] == "calendars_on"]
    assert on["holds"] is True
    assert "false" not in str(on["compared"])


@pytest.mark.parametrize("rule", ["M1", "L6", "R2", "P1", "C1", "W3"])
def test_of_an_employee_alone_a_condition_is_not_looked_at_only_after_one_that_fails(rule: str) -> None:
    looked = [each["holds"] for each in conditions(scenario([], [], [employee()]), rule)]
    first = looked.index(None) if None in looked else len(looked)
    assert False in looked[:first]


def test_a_source_that_was_read_is_not_a_condition_after_one_that_was_not_looked_at() -> None:
    looked = [each["holds"] for each in conditions(scenario([person()], [login()]), "G5b")]
    first = looked.index(None) if None in looked else len(looked)
    assert False in looked[:first]


def test_an_employee_of_the_same_name_without_an_e_mail_has_not_nearly_the_same_e_mail() -> None:
    name = {"givenName": "Megan", "surname": "Jordan"}
    near = employee("other", email=None, firstName="Megan", lastName="Jordan")
    told = answered(explained(scenario([person(**name)], [login()], [near])), "employees_first")
    assert "nearly the same: one without e-mail" not in told


def test_several_actions_of_one_kind_are_counted_and_not_repeated() -> None:
    case = calendars([], [in_emply("Calendar"), in_emply("Holidays")], synchronize_calendars=False)
    _, sentence = said(explained(case), "G1")
    assert "the removal of a calendar and the removal of a calendar" not in sentence.lower()


def test_an_address_at_the_beginning_of_a_sentence_keeps_its_letters() -> None:
    name = {"givenName": "Megan", "surname": "Jordan"}
    case = scenario([person(mail="megan@contoso.com", **name)], [], [employee("other", email="megn@contoso.com")])
    (document,) = [explained(case, "megn@contoso.com")]
    _, sentence = said(document, "email_nearly_matches")
    assert not sentence.startswith("Megan@")


@pytest.mark.parametrize("rule", ["C1", "C7"])
def test_a_service_that_gave_no_answer_is_not_said_to_have_answered(rule: str) -> None:
    case = scenario(
        [person()],
        [login()],
        linked=["megan"],
        synchronize_calendars=True,
        unreadable={"mailboxes": {"entra-megan": "no_answer"}},
    )
    assert "answered no_answer" not in said(explained(case), rule)[1]


def test_with_the_integration_off_it_is_not_said_that_no_group_is_configured() -> None:
    (facts, _) = facts_of(scenario([person()], [login()], enabled=False), "megan@contoso.com")
    assert "none is configured" not in str(explanation(facts, Recorded())["match"])


def test_a_failure_is_counted_in_plain_words() -> None:
    case = scenario([person(jobTitle="Lead")], [login()], linked=["megan"])
    (action,) = [each for each in rows(make_plan(inputs_of(*case)).actions) if each["kind"] == "update_user"]
    failed = {"failures": 1, "at": NOW, "code": "http_500", "quarantined_at": None}
    document = explained(case, failed={action["action_id"]: failed})
    (told,) = [each["sentence"] for each in document["actions"] if each["kind"] == "update_user"]
    assert "1 times" not in told


@pytest.mark.parametrize(
    ("rule", "name", "compared"),
    [
        ("L1", "enabled", {"account_enabled": False}),
        ("R2", "roles_not_synchronized", {"synchronize_roles": True}),
        ("P1", "profile_pictures", {"profile_pictures": False}),
    ],
)
def test_a_switch_and_a_flag_say_what_they_are(rule: str, name: str, compared: Row) -> None:
    case = scenario([person(accountEnabled=False)], synchronize_roles=True, profile_pictures=False)
    asked = {each["name"]: each for each in conditions(case, rule)}
    assert asked[name]["compared"] == compared


def test_a_user_without_sign_in_name_is_explained() -> None:
    case = scenario([person(userPrincipalName=None, mail="megan@contoso.com")])
    assert said(explained(case), "L1")[1].startswith("A login without a username is made")


def test_the_username_that_is_said_is_the_one_that_is_planned() -> None:
    case = scenario([person(userPrincipalName="Megan\u200b@contoso.com ")])
    assert said(explained(case), "L1")[1].startswith("A login Megan@contoso.com is made")


@pytest.mark.parametrize(("active", "told"), [(True, "is deactivated,"), (False, "stays deactivated,")])
def test_w3_says_what_becomes_of_the_login(active: bool, told: str) -> None:
    case = scenario(
        [person()],
        [login(active=active)],
        [employee(status="archived")],
        linked=["megan"],
        entra_write_back={"delete": True},
    )
    assert f"and the login {told}" in said(explained(case), "W3")[1]


def test_of_a_room_only_the_default_calendar_has_the_rooms_name() -> None:
    case = scenario(
        [person("room", displayName="Blå sal", groups=["Rooms"])],
        groups=[{"group": "Rooms", "meeting_rooms": True}],
        synchronize_calendars=True,
        entra={"calendars": {"entra-room": [calendar(), calendar("Extra", isDefaultCalendar=False)]}},
    )
    _, sentence = said(explained(case, "entra-room"), "C5")
    assert "comes to Emply as Blå sal" in sentence
    assert "Extra is not added" in sentence


def test_c3_says_everything_that_changes() -> None:
    here = in_emply("Calendar", name="Kalender")
    _, sentence = said(explained(calendars([calendar()], [here], always_share_dates_and_titles=True)), "C3")
    assert "because the name in Entra is Calendar; dates and titles are not shared" in sentence


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"isCancelled": True}, "it is cancelled in Outlook"),
        ({"responseStatus": {"response": "declined"}}, "the owner declined it"),
    ],
)
def test_an_event_that_does_not_take_place_is_not_called_gone(changes: Row, told: str) -> None:
    _, sentence = said(explained(events([event(**changes)], [imported()])), "E1")
    assert sentence == f"1 event is taken out of Emply, because {told}."


def test_events_go_with_a_calendar_that_goes() -> None:
    case = calendars([], [in_emply()], [imported()])
    assert said(explained(case), "E1")[1].startswith("1 event goes with the calendar, because the calendar leaves")


def test_several_of_one_name_are_one_subject() -> None:
    case = calendars([], [in_emply("Calendar"), in_emply("Holidays")], synchronize_calendars=False)
    sentence = said(explained(case), "G1")[1]
    assert "The removal of a calendar (2 times) is not held" in sentence


def test_a_name_at_the_beginning_of_a_sentence_keeps_its_letters() -> None:
    here = in_emply("Calendar", name="ægteskab og ferie")
    assert said(explained(calendars([calendar()], [here])), "C3")[1].startswith("ægteskab og ferie is changed")


def test_events_that_leave_for_different_reasons_are_told_apart() -> None:
    case = events(
        [event("a", isCancelled=True), event("b", responseStatus={"response": "declined"})],
        [imported("a"), imported("b"), imported("c")],
    )
    _, sentence = said(explained(case), "E1")
    told = ["because it is cancelled in Outlook", "because the owner declined it", "because Outlook does not have it"]
    assert [part in sentence for part in told] == [True] * 3


def test_a_user_who_was_never_reconciled_has_no_last_reconciliation() -> None:
    case = scenario([person()], [login()], linked=["megan"])
    assert "was never reconciled" in said(explained(case), "R4")[1]


def test_nothing_deactivates_the_login_of_somebody_left_alone() -> None:
    people = [person(mail="shared@contoso.com"), person("ada", mail="shared@contoso.com")]
    case = scenario(people, [login(username="megan", email="shared@contoso.com")])
    document = explained(case, "login-megan")
    assert "nothing that happens in Entra changes the login" in answered(document, "deleted")


def test_an_approved_link_by_address_is_decided() -> None:
    user = person(mail="m@contoso.com", proxyAddresses=["smtp:megan@x.com"])
    shared = login(username="megan@x.com", email=None)
    (linking,) = [
        row for row in rows(make_plan(inputs_of(*scenario([user], [shared]))).actions) if row["kind"] == "link_user"
    ]
    approved = {"approvals": [{"action": linking["action_id"], "expiresAt": "2100-01-01T00:00:00Z"}]}
    asked = [explained(scenario([user], [shared], state=state), "entra-megan") for state in ({}, approved)]
    assert ["a person has to say" in each["match"]["sentence"] for each in asked] == [True, False]


def test_the_name_of_a_group_that_is_gone_is_the_recorded_one() -> None:
    state = {"groupIds": [{"groupName": "Old", "groupId": "group-Old"}]}
    case = scenario(
        [person(groups=[])], [login()], linked=["megan"], reconciled={"megan": {"Old": "Employee"}}, state=state
    )
    assert "(Old)" in said(explained(case), "L8")[1]


def test_a_group_that_lost_its_name_is_called_by_no_name() -> None:
    state = {"groupIds": [{"groupName": "Employees", "groupId": "group-Employees"}]}
    case = scenario([person()], [login()], linked=["megan"], state=state)
    case[0]["entra"]["groups"][0]["displayName"] = None
    _, sentence = said(explained(case, "entra-megan"), "R8")
    assert sentence == "The group goes on working by its id, because Employees is called by no name in Entra now."


NEWCOMER = [person()]
SWITCHED_ON: SomeSettings = {"profile_pictures": True, "synchronize_calendars": True}


@pytest.mark.parametrize("question", ["pictures", "calendar", "calendar_missing"])
def test_what_comes_to_a_login_comes_after_the_login_that_is_planned(question: str) -> None:
    told = answered(explained(scenario(NEWCOMER, **SWITCHED_ON)), question)
    assert told.endswith("login is made first (planned).")


def test_who_is_not_created_in_entra_is_told_which_condition_fails() -> None:
    case = scenario([], [login(active=False)], entra_write_back={"create": True})
    told = answered(explained(case), "outside_groups")
    assert "The user is not created in Entra, because the login megan@contoso.com is deactivated" in told


def test_a_guest_who_is_left_alone_is_not_called_synchronised() -> None:
    guest = person(userType="Guest", userPrincipalName="m_x.com#EXT#@contoso.com", mail="megan@contoso.com")
    case = scenario([guest], [login(), login("other", email="megan@contoso.com")])
    told = answered(explained(case, "m_x.com#EXT#@contoso.com"), "guests")
    assert "left alone: it is not clear whose the address megan@contoso.com is" in told


def _by_alias(**state: object) -> list[tuple[str, str]]:
    """Whom `explain` names beside a user with an alias that is a login's username."""
    user = person(proxyAddresses=["smtp:x@contoso.com", "smtp:y@contoso.com"])
    logins = [login("x", email=None), login("y", email=None)]
    (facts,) = facts_of(scenario([user], logins, state=state), "megan@contoso.com")
    return [(other.who, other.why) for other in facts.candidates]


def test_the_logins_of_which_each_may_be_the_users_by_an_alias_are_named() -> None:
    assert [who for who, _ in _by_alias()] == ["x@contoso.com", "y@contoso.com"]
    assert {why for _, why in _by_alias()} == {"several share an address: x@contoso.com and y@contoso.com"}


def test_a_refused_login_is_named_with_its_reason() -> None:
    refused = [{"entraId": "entra-megan", "emplyUserId": "login-x"}]
    named = dict(_by_alias(refused=refused))
    assert named["x@contoso.com"] == "somebody said that they are not the same person"


@pytest.mark.parametrize(
    ("case", "because"),
    [
        (
            calendars(None, [in_emply()]),
            "the mailbox does not exist, or the application may not open it; what is in Emply stays",
        ),
        (
            calendars([], [in_emply()], unreadable={"mailboxes": {"entra-megan": "503"}}),
            "the service answered 503 when the mailbox was read; what is in Emply stays",
        ),
    ],
    ids=["closed", "unreadable"],
)
def test_a_calendar_that_stays_is_told_what_keeps_it_there(case: Scenario, because: str) -> None:
    assert because in said(explained(case), "C4")[1]


def test_names_are_said_without_the_blanks_around_them() -> None:
    case = calendars([calendar("  Team ")], [in_emply()], user=person(mail=None))
    case[0]["emply"]["users"][0]["username"] = " Megan@Contoso.com\u200b "
    document = explained(case)
    assert "because the login Megan@Contoso.com is active" in said(document, "L4")[1]
    assert said(document, "C1")[1].startswith("Team is added")


def test_a_calendar_with_a_name_that_nobody_sees_has_none() -> None:
    told = explained(calendars([calendar("\u200b")]))
    assert "without a name" in str(told["statements"])


HELD_AT_ONCE = {"max_deactivations": {"min_count": 0, "percent": 0}}


@pytest.mark.parametrize(
    ("case", "because"),
    [
        (
            scenario([person(groups=[])], [login()], linked=["megan"], guards=HELD_AT_ONCE),
            (
                "Held by G1: more people would lose access within 24 hours than `max_deactivations` allows "
                "(counted: 1, allowed: 0, of 1)."
            ),
        ),
        (
            scenario([person()], [login(roles=["Manager"])], protected_roles=["Manager"]),
            "Held by G3: the user holds a protected role.",
        ),
        (
            scenario([person(proxyAddresses=["smtp:x@contoso.com"])], [login("x", email=None)]),
            "Held by G3: the link is by an address other than sign-in name and e-mail (M3b).",
        ),
    ],
    ids=["too many", "a protected role", "another address"],
)
def test_what_is_held_is_told_the_cause_that_applies_and_no_other(case: Scenario, because: str) -> None:
    assert explained(case)["actions"][0]["sentence"].startswith(f"{because} To approve it: ")


def test_what_holds_no_more_is_told_as_the_plan_said_it() -> None:
    """The link was approved after the plan: it and what waits for it would not be held any more."""
    case = scenario([person(givenName="Megan")], [login()], linked=[("old", "megan")])
    inputs = inputs_of(*case)
    plan = make_plan(inputs)
    case[2]["approvals"] = [{"action": each, "expiresAt": ago(hours=-1)} for each in plan.actions["action_id"]]
    since = inputs_of(*case)
    told = planned_rows(plan.actions, plan.findings)
    (facts,) = gather(since, everybody(since), *told, guard_counts=plan.guard_counts)
    held = {row["kind"]: row["held_because"] for row in explanation(facts, Recorded())["actions"]}
    assert held == {
        "link_user": {"G3": "the link would replace another one"},
        "update_user": {"G3": "the user's link is held, and the user's other actions wait for it"},
    }


@pytest.mark.parametrize("others", [[], [employee("first", number=0, email="megn@contoso.com")]])
def test_an_employee_with_the_users_e_mail_is_not_to_be_created_again(others: list[Row]) -> None:
    """Another login names the employee, so the employee is not this user's ("employee of a person")."""
    case = scenario(
        [person(mail="megan@contoso.com")],
        [login(email="old@contoso.com"), login("other", employeeId="file-megan")],
        [*others, employee(id="file-megan", email="megan@contoso.com")],
        linked=["megan"],
    )
    document = explained(case, "old@contoso.com")
    told = [answered(document, "employees_first"), *(str(each) for each in document["findings"])]
    assert "create the employee with" not in " ".join(told)
    assert "nearly the same e-mail" not in told[0]


@pytest.mark.parametrize("question", ["employees_first", "connected"])
def test_a_room_is_not_told_to_become_an_employee(question: str) -> None:
    case = scenario([person(groups=[ROOMS])])
    told = [each["answer"] for each in explained(case)["questions"] if each["name"] == question]
    assert "must be identical" not in " ".join(told)
    assert "create the employee" not in " ".join(told)


def test_nobody_is_connected_to_an_archived_employee_without_a_login() -> None:
    document = explained(scenario([person()], [], [employee(status="archived")]))
    told = [answered(document, question) for question in ("employees_first", "pictures")]
    assert "connected" not in " ".join(told)


def test_an_event_of_outlook_is_not_one_that_could_be_created_in_outlook() -> None:
    case = events([event()], [imported(), own()], calendar_in_emply=in_emply(enabled=False))
    _, sentence = said(explained(case), "E2")
    assert "1 event is not created in Outlook, because the calendar is disabled" in sentence


def test_with_calendars_switched_off_no_rule_denies_that_a_calendar_leaves() -> None:
    case = calendars([], [in_emply("Calendar")], synchronize_calendars=False)
    assert not any("No calendar leaves" in each["sentence"] for each in explained(case)["statements"])


@pytest.mark.parametrize("rule", ["M1", "M2", "M3", "M3b"])
def test_the_user_whose_presence_is_a_condition_is_named(rule: str) -> None:
    (user,) = [each for each in conditions(scenario([person()], []), rule) if each["name"] == "in_entra"]
    assert (user["holds"], user["compared"]) in [(True, {"user": "megan@contoso.com"}), (None, {})]


def test_an_employee_without_an_e_mail_has_not_that_of_a_user_without_one() -> None:
    name = {"givenName": "Megan", "surname": "Jordan"}
    guest = person(userType="Guest", mail=None, userPrincipalName="megan_fabrikam.dk#EXT#@contoso.com", **name)
    near = employee("other", email=None, firstName="Megan", lastName="Jordan")
    document = explained(scenario([guest], [login()], [near], linked=["megan"]))
    assert "None" not in answered(document, "employees_first")
