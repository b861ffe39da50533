"""What people ask about a person (the vendor's FAQ of its own integration), answered: a test a question."""

from pathlib import Path
from typing import Unpack

import pytest

from entra_emply.reconciliation.explain.facts import Row
from entra_emply.reconciliation.explain.questions import QUESTIONS
from tests.explaining import answered, explained
from tests.reference.builders import SomeSettings, deactivated, employee, login, person, scenario
from tests.reference.calendar_builders import calendar, calendars, in_emply

BOTH = {"Employees": "Employee", "HR": "HR"}
MEGAN = person(groups=["Employees", "HR"], givenName="Megan", surname="Jordan")


def megan(roles: list[str], mapping: dict[str, str] = BOTH, **settings: Unpack[SomeSettings]) -> Row:
    """Megan Jordan, linked, without employee, reconciled once with the groups Employees and HR."""
    users = [login(roles=roles, firstName="Megan", lastName="Jordan")]
    return explained(
        scenario([MEGAN], users, linked=["megan"], mapping=mapping, reconciled={"megan": BOTH}, **settings)
    )


# Import, activation and deactivation of the integration


def test_activated_before_or_after_importing_employees() -> None:
    document = explained(scenario([person()], [login()], linked=["megan"]))
    assert "create the employee with exactly this e-mail" in answered(document, "employees_first")


def test_a_user_can_have_several_groups() -> None:
    assert "in Employees and HR; synchronize_roles is on, so each group gives its role" in answered(
        megan(["Employee", "HR"]), "several_groups"
    )


def test_removing_the_integration_stops_updates_and_outlooks_events_leave() -> None:
    assert "would leave Emply at the next run" in answered(megan(["Employee"]), "removed_integration")
    assert answered(megan(["Employee"], enabled=False), "removed_integration").startswith(
        "The integration is switched off"
    )


# Hybrid setup


def test_a_hybrid_setup_goes_from_entra_to_emply_only() -> None:
    document = explained(scenario([person(onPremisesSyncEnabled=True)], [login()], linked=["megan"]))
    assert answered(document, "hybrid").startswith("Yes, from Entra to Emply only: this user is mastered on-premises")


# Creation of users


@pytest.mark.parametrize(
    ("carried", "how"), [({"email": None}, "sign-in name"), ({"username": "mj"}, "the e-mails are equal")]
)
def test_a_login_made_by_hand_with_the_same_username_or_email_is_connected(carried: Row, how: str) -> None:
    document = explained(scenario([person()], [login(**carried)]))
    answer = answered(document, "made_by_hand")
    assert answer.startswith("Yes, it is synchronised. They match")
    assert how in answer


def test_an_external_user_made_by_hand_is_left_alone() -> None:
    document = explained(scenario([], [login()]))
    assert answered(document, "made_by_hand").startswith("This login is external")


def test_only_a_single_role_because_synchronize_roles_is_off() -> None:
    answer = answered(megan(["Employee"], synchronize_roles=False), "single_role")
    assert (
        "synchronize_roles is off: a user gets a single role, that of the main group (Employee of Employees)" in answer
    )
    assert "Switch it on to give all roles of the groups (Employee and HR)" in answer


def test_only_a_single_role_because_the_user_is_in_no_other_configured_group() -> None:
    one = person(groups=["Employees", "Payroll"])
    document = explained(
        scenario([one], [login()], linked=["megan"], mapping=BOTH, reconciled={"megan": {"Employees": "Employee"}})
    )
    answer = answered(document, "single_role")
    assert "Of the configured groups, Employees and HR, the user is in Employees, for which they get Employee" in answer


def test_no_role_because_the_user_is_in_no_configured_group() -> None:
    document = explained(scenario([person(groups=["Payroll"])], mapping=BOTH))
    assert "the user is in none of the configured groups (Employees and HR)" in answered(document, "single_role")


def test_a_guest_is_synchronised_once_in_a_group() -> None:
    guest = person(userPrincipalName="m_x.dk#EXT#@contoso.com", mail="megan@contoso.com", userType="Guest")
    document = explained(scenario([guest]))
    assert answered(document, "guests") == "Yes. This guest is in Employees and treated as any other user."


def test_a_guest_without_mail_gets_no_login() -> None:
    guest = person(userPrincipalName="m_x.dk#EXT#@contoso.com", userType="Guest")
    document = explained(scenario([guest]), "m_x.dk#ext#@contoso.com")
    assert "this guest has no mail address in Entra" in answered(document, "guests")


def test_a_guest_in_no_group_is_told_so() -> None:
    document = explained(scenario([person(userType="Guest", mail="megan@contoso.com", groups=[])]))
    assert "once the guest is enabled and in a configured group" in answered(document, "guests")


def test_a_guest_and_single_sign_on() -> None:
    guest = person(userType="Guest", mail="megan@contoso.com")
    assert "that is not looked at" in answered(explained(scenario([guest])), "guest_sign_in")
    assigned = [{"principalId": "entra-megan", "principalType": "User"}]
    application = {"id": "app", "appRoleAssignmentRequired": True, "appRoleAssignedTo": assigned}
    sso = {"service_principal_id": "app"}
    asked = explained(scenario([guest], sso=sso, entra={"servicePrincipals": [application]}))
    assert answered(asked, "guest_sign_in").startswith("Yes: this guest is assigned")


# Profile pictures


def test_a_picture_comes_from_entra_for_who_has_no_employee() -> None:
    answer = answered(megan(["Employee", "HR"], profile_pictures=True), "pictures")
    assert answer == "From Entra to Emply: this user has no employee, so the picture follows the one in Entra."


def test_with_an_employee_the_employee_controls_the_picture() -> None:
    document = explained(scenario([person()], [login()], [employee()], linked=["megan"], profile_pictures=True))
    assert "they are connected to an employee, who controls the user" in answered(document, "pictures")


def test_pictures_never_go_to_entra() -> None:
    assert answered(megan(["Employee"]), "pictures_both_ways").startswith(
        "No. A picture never goes from Emply to Entra"
    )


# Calendars


def test_how_the_calendar_is_synchronised() -> None:
    assert answered(megan(["Employee"]), "calendar").startswith("Switch synchronize_calendars on")
    assert answered(megan(["Employee"], synchronize_calendars=True), "calendar").startswith("It is switched on")


def test_a_calendar_is_missing_because_synchronisation_is_off() -> None:
    answer = answered(megan(["Employee"]), "calendar_missing")
    assert "because calendars are switched off (`synchronize_calendars: false`)" in answer


def test_a_calendar_is_missing_because_it_is_disabled_under_the_user() -> None:
    here = [in_emply(), in_emply("Team", enabled=False)]
    answer = answered(explained(calendars([calendar(), calendar("Team")], here)), "calendar_missing")
    assert "Disabled under the user in Emply: Team. Additional calendars come disabled" in answer


def test_a_calendar_is_missing_because_the_user_may_not_edit_it() -> None:
    document = explained(calendars([calendar(), calendar("Boss", canEdit=False)]))
    assert "because the user may not edit it in Outlook: Boss" in answered(document, "calendar_missing")


def test_a_calendar_is_missing_because_there_is_no_mailbox() -> None:
    answer = answered(explained(calendars(None)), "calendar_missing")
    assert "the mailbox does not exist, or the application may not open it" in answer


# Sync and update of users


def test_both_emails_must_be_identical() -> None:
    document = explained(scenario([person(groups=[])], [login(username="mj", email="m.jordan@contoso.com")]))
    answer = answered(document, "connected")
    assert "Both e-mails must be identical; in Entra it is megan@contoso.com." in answer
    assert "must also be in scope, but the user is in none of the configured groups (Employees)" in answer


def test_who_is_connected_is_told_how() -> None:
    assert answered(megan(["Employee"]), "connected") == "They are connected. The two users are linked."


def test_it_is_synchronised_every_30_minutes() -> None:
    assert answered(megan(["Employee"]), "often").startswith("Every 30 minutes")


def test_who_is_removed_from_the_group_is_deactivated_and_found_under_deactivated_users() -> None:
    document = explained(scenario([person(groups=[])], [login()], linked=["megan"]))
    assert answered(document, "removed_from_group") == (
        "The user was removed, so they are deactivated in Emply (planned) and found there under deactivated users."
    )


def test_a_group_taken_out_of_the_integration_takes_nothing_from_its_members() -> None:
    then = {"megan": {"Payroll": "Payroll"}}
    document = explained(scenario([person(groups=["Payroll"])], [login()], linked=["megan"], reconciled=then))
    assert "the login stays as it is and is not updated any more" in answered(document, "group_taken_out")


def test_emply_updates_entra_and_how_to_avoid_it() -> None:
    update = {"update": True}
    document = explained(scenario([person()], [login()], [employee()], linked=["megan"], entra_write_back=update))
    assert answered(document, "written_to_entra").endswith("Switch entra_write_back.update off to avoid it.")
    assert "entra_write_back.update is off" in answered(megan(["Employee"]), "written_to_entra")


# After the first sync


def test_ray_ross_has_an_employee_so_his_roles_are_not_synchronised() -> None:
    ray = person("ray", groups=["Employees", "HR"])
    document = explained(
        scenario(
            [ray], [login("ray", roles=["Employee", "HR", "Manager"])], [employee("ray")], linked=["ray"], mapping=BOTH
        ),
        "ray@contoso.com",
    )
    assert answered(document, "after_first_sync") == (
        "The user has an employee, so the roles (Employee, HR and Manager) are not synchronised; only active or not "
        "active is."
    )


@pytest.mark.parametrize(
    ("roles", "mapping", "answer"),
    [
        (
            ["Employee", "HR", "Manager"],
            BOTH,
            "do not change: Employee, HR and Manager. What comes from no group stays: Manager.",
        ),
        (["Manager"], BOTH, "exactly theirs are set; what goes: Manager. The roles become Employee and HR (planned)."),
        (
            ["Employee", "HR", "Manager"],
            {**BOTH, "Employees": "New employee"},
            "and the role follows. The roles become HR, Manager and New employee (planned).",
        ),
    ],
    ids=["nothing to do", "roles taken away", "mapping changed"],
)
def test_megan_jordan(roles: list[str], mapping: dict[str, str], answer: str) -> None:
    assert answered(megan(roles, mapping), "after_first_sync").endswith(answer)


def test_megan_jordan_removed_from_a_group_keeps_its_role() -> None:
    users = [login(roles=["Employee", "HR", "Manager"])]
    removed = person(groups=["Employees"])
    document = explained(scenario([removed], users, linked=["megan"], mapping=BOTH, reconciled={"megan": BOTH}))
    assert answered(document, "after_first_sync").endswith("What comes from no group stays: HR and Manager.")


# Deletion


def test_who_is_removed_from_entra_is_deactivated_not_deleted() -> None:
    document = explained(scenario([], [login()], linked=["megan"]))
    assert "the login in Emply is deactivated, not deleted" in answered(document, "deleted")


def test_whether_emply_deletes_entras_user() -> None:
    assert "kept (entra_write_back.delete is off)" in answered(megan(["Employee"]), "deleted")
    switched = megan(["Employee"], entra_write_back={"delete": True})
    assert "moved to the deleted users (entra_write_back.delete is on)" in answered(switched, "deleted")


def test_deleted_in_entra_but_still_active_because_no_resignation_date_is_entered() -> None:
    document = explained(scenario([], [login()], [employee()], linked=["megan"]))
    answer = answered(document, "still_active")
    assert "still under Active because no resignation date is entered" in answer
    assert "The login is to be deactivated (planned)." in answer


def test_deleted_in_entra_but_still_active_because_the_deactivation_is_held() -> None:
    admin = login(roles=["Administrator"])
    document = explained(scenario([], [admin], linked=["megan"], protected_roles=["Administrator"]))
    assert "(held by G3 until approved)" in answered(document, "still_active")


def test_deleted_in_entra_but_still_active_because_it_was_never_linked() -> None:
    document = explained(scenario([], [login()]))
    assert "nothing that happens in Entra deactivates it" in answered(document, "still_active")


def test_deleted_in_entra_and_deactivated_already() -> None:
    gone = scenario(
        [],
        [login(active=False)],
        linked=["megan"],
        state={"deactivations": [deactivated("megan", "2026-11-20T10:00:00Z")]},
    )
    assert answered(explained(gone), "still_active") == "The login is deactivated."


# External users


def test_external_users_stay_external_while_create_is_off() -> None:
    document = explained(scenario([], [login()]))
    assert "not created in Entra, because entra_write_back.create is off" in answered(document, "outside_groups")


def test_every_question_has_a_test() -> None:
    tested = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in QUESTIONS if f'"{name}"' not in tested] == []
