"""What an explanation says of rules about calendars, events, groups, pairs and planned actions: C, E, S, X and G."""

import pytest

from entra_emply.reconciliation.explain.action_state import Recorded
from entra_emply.reconciliation.explain.explanation import explanation
from entra_emply.reconciliation.explain.gathering import gather, planned_rows
from entra_emply.reconciliation.inputs import DEPENDENT_COLUMNS, Inputs
from entra_emply.reconciliation.plan import make_plan
from tests.explaining import everybody, explained, said
from tests.reference.builders import employee, login, person, scenario
from tests.reference.calendar_builders import (
    calendar,
    calendars,
    event,
    events,
    imported,
    in_emply,
    own,
    pair,
    recorded,
)
from tests.reference.subject import Scenario
from tests.reference.vectorised import inputs_of


def of(case: Scenario, rule: str, asked: str = "entra-megan") -> tuple[str, str]:
    return said(explained(case, asked), rule)


# C


def test_c1_names_the_calendars_by_what_becomes_of_them() -> None:
    outlook = [calendar(), calendar("Ekip"), calendar("Birthdays", canEdit=False)]
    assert of(calendars(outlook), "C1") == (
        "decided",
        (
            "Calendar is added and stays on; Ekip is added disabled, until the user enables it in the user settings. "
            "Birthdays is not added, because the user may not edit it in Outlook."
        ),
    )


def test_c1_tells_a_calendar_that_is_joined_again() -> None:
    case = calendars(
        [calendar(), calendar("Team")],
        [in_emply(), in_emply("Team", externalId=None)],
        state={"calendars": [recorded("Team", detached=True)]},
    )
    assert "Team is joined with Outlook again, as the calendar that Emply kept" in of(case, "C1")[1]


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (calendars([calendar()], [in_emply()]), "Calendar is not added, because Emply has it already."),
        (calendars([]), "because no calendar was found in the mailbox."),
        (calendars(None), "because the mailbox does not exist, or the application may not open it."),
        (calendars([calendar()], synchronize_calendars=False), "switched off (`synchronize_calendars: false`)."),
        (calendars([calendar()], user=person(groups=[])), "because the user is in none of the configured groups"),
    ],
    ids=["had", "no calendar", "no mailbox", "switched off", "no group"],
)
def test_c1_names_what_keeps_a_calendar_out(case: Scenario, why: str) -> None:
    verdict, sentence = of(case, "C1")
    assert verdict != "decided"
    assert why in sentence


def test_c2_names_who_disabled_a_calendar() -> None:
    case = calendars([calendar(), calendar("Team")], [in_emply(), in_emply("Team", enabled=False)])
    verdict, sentence = of(case, "C2")
    assert verdict == "decided"
    assert sentence.startswith("The events of Team are not synchronised, because `enabled` belongs to the user")
    assert "Calendar is not disabled, because it is enabled in Emply." in sentence


def test_c3_names_the_new_name() -> None:
    outlook = [calendar(), calendar("Team")]
    case = calendars(outlook, [in_emply(), in_emply("Team", name="Hold")])
    assert of(case, "C3")[1].startswith("Hold is changed, because the name in Entra is Team.")
    same = of(calendars([calendar()], [in_emply()]), "C3")
    assert same == ("might_have", "Calendar is not changed, because name and sharing are as they have to be.")


def test_c4_never_says_none_of_a_calendar_without_a_name() -> None:
    case = calendars([calendar()], [in_emply("Old", name=None)], [own(calendarId="emply-Old")])
    assert of(case, "C4") == (
        "decided",
        (
            "A calendar without a name is detached (the events made in Emply stay, Outlook's go), because the calendar "
            "in Entra is gone."
        ),
    )


def test_c4_names_why_a_calendar_leaves_or_stays() -> None:
    barred = calendars([calendar("Team", canEdit=False)], [in_emply("Team")])
    assert of(barred, "C4")[1] == "Team is removed, because the user may not edit it in Outlook."
    stays = calendars([calendar()], [in_emply()])
    assert of(stays, "C4") == (
        "might_have",
        "Calendar is not taken out of Emply, because the user still has it in Entra.",
    )


def test_the_conditions_of_a_calendar_name_it() -> None:
    (c4,) = [
        each
        for each in explained(calendars([calendar("Team", canEdit=False)], [in_emply("Team")]))["statements"]
        if each["rule"] == "C4"
    ]
    not_wanted = c4["conditions"][-1]
    assert (not_wanted["name"], not_wanted["holds"], not_wanted["compared"]["object"]) == ("not_wanted", True, "Team")
    assert not_wanted["compared"]["why"]["name"] == "may_edit"


def test_c5_names_the_room() -> None:
    room = person("megan", groups=["Meeting rooms"], displayName="Møderum Åben")
    case = scenario([room], synchronize_calendars=True, entra={"calendars": {"entra-megan": [calendar()]}})
    assert of(case, "C5") == (
        "decided",
        (
            "The room's default calendar comes to Emply as Møderum Åben, because the user is in a room group "
            "(Meeting rooms)."
        ),
    )
    assert of(calendars([calendar()]), "C5")[1] == "No room's calendar is added, because the user is in no room group."


def test_c6_takes_calendars_out_where_the_switch_is_off() -> None:
    off = calendars([calendar()], [in_emply()], synchronize_calendars=False)
    assert of(off, "C6")[1] == (
        "Calendar is removed, because calendars are switched off (`synchronize_calendars: false`)."
    )
    assert of(calendars([calendar()], [in_emply()]), "C6")[0] == "not"


def test_c7_tells_a_closed_mailbox_and_an_open_one() -> None:
    assert of(calendars(None), "C7")[0] == "decided"
    assert of(calendars([calendar()]), "C7")[1].endswith("because the mailbox can be opened.")
    assert of(calendars(None, user=person(userType="Guest")), "C7")[1].endswith("who usually has no mailbox.")


def test_c8_names_what_waits() -> None:
    held = scenario([person()], [login(roles=["Administrator"])], protected_roles=["Administrator"])
    assert of(held, "C8")[1] == (
        "Calendars and events stay as they are for now, because the user's link, activation or deactivation waits for "
        "a person (C8)."
    )
    assert of(calendars([calendar()]), "C8")[0] == "might_have"


# E


def test_e1_counts_events_by_what_becomes_of_them() -> None:
    case = events([event(), event("new"), event("a", changeKey="2")], [imported("a"), imported("gone")])
    verdict, sentence = of(case, "E1")
    assert verdict == "decided"
    assert "2 events are written to Emply, because they are in the window from" in sentence
    assert "1 event is updated in Emply after a change in Outlook" in sentence
    assert "1 event is taken out of Emply, because Outlook does not have it any more" in sentence


def test_e1_names_what_keeps_events_out() -> None:
    same = of(events([event()], [imported()]), "E1")
    assert same == ("might_have", "1 event is not written to Emply, because Emply has it as in Outlook.")
    old = of(events([event("old", "2020-01-01T09:00:00Z", "2020-01-01T10:00:00Z")]), "E1")
    assert "1 event is not written to Emply, because it is outside the window from" in old[1]


def test_e1_tells_cancelled_events_from_declined_ones() -> None:
    case = events([event("off", isCancelled=True), event("no", responseStatus={"response": "declined"})])
    assert of(case, "E1")[1] == (
        "1 event is not written to Emply, because the owner declined it. "
        "1 event is not written to Emply, because it is cancelled."
    )


def test_e1_tells_a_calendar_that_stays_out_of_emply() -> None:
    case = calendars([calendar(), calendar("Shared", canEdit=False, events=[event()])], [in_emply()])
    assert of(case, "E1")[1] == "1 event is not written to Emply, because the calendar is not synchronised."


def test_e2_creates_updates_and_deletes() -> None:
    case = events(
        [event("lunch"), event("gone")],
        [own(), own("new"), own("changed", title="x", externalId=None)],
        [pair(), pair("gone")],
    )
    sentence = of(case, "E2")[1]
    assert "2 events are created in Outlook" in sentence
    assert "1 event is deleted in Outlook, because Emply does not have it any more." in sentence
    changed = events([event("lunch", subject="x")], [own()], [pair()])
    assert "1 event is updated in Outlook, because Emply has other values." in of(changed, "E2")[1]


def test_e3_counts_what_is_shown_as_private() -> None:
    assert of(events([event(sensitivity="private")]), "E3")[1] == (
        "1 event is shown as Private in Emply, because the sensitivity in Outlook is not normal."
    )
    assert of(events([event()]), "E3")[0] == "might_have"


# S, X


def test_x_speaks_where_the_integration_is_off() -> None:
    assert of(scenario([person()], enabled=False), "X")[0] == "decided"
    assert of(scenario([person()]), "X") == ("not", "The rules apply, because the integration is on.")


def test_a_user_without_assignment_is_told_so() -> None:
    assert of(scenario([person()]), "sso_not_assigned")[1].endswith("`sso.service_principal_id` is not set.")


def test_the_roles_that_a_user_does_not_get_are_named() -> None:
    groups = {"Employees": "Employee", "HR": "HR"}
    case = scenario([person(groups=["Employees", "HR"])], mapping=groups, synchronize_roles=False)
    verdict, sentence = of(case, "multiple_groups_single_role")
    assert verdict == "decided"
    assert "the groups Employees and HR give the roles Employee and HR" in sentence


def test_a_calendar_that_may_not_be_edited_is_named() -> None:
    case = calendars([calendar(), calendar("Boss", canEdit=False)])
    assert of(case, "calendar_not_editable")[1].startswith(
        "Boss is kept out of Emply, because the user may not edit it"
    )


def test_a_nearly_matching_employee_is_named() -> None:
    case = scenario([person()], [login()], [employee("megn", firstName="Łucja", lastName="Święcicka")])
    verdict, sentence = of(case, "email_nearly_matches")
    assert verdict == "decided"
    assert sentence.startswith("Łucja Święcicka <megn@contoso.com> may be the same person")
    assert of(scenario([person()], [login()]), "email_nearly_matches")[0] == "might_have"
    alone = of(case, "email_nearly_matches", "employee-megn")
    assert alone[1].startswith("megan@contoso.com may be the same person")


# G


def leavers(count: int) -> Scenario:
    names = ["megan", *(f"leaver{number}" for number in range(count - 1))]
    return scenario([], [login(name) for name in names], linked=names)


def test_g1_tells_what_was_counted_and_what_is_allowed() -> None:
    verdict, sentence = of(leavers(7), "G1", "login-megan")
    assert verdict == "decided"
    assert sentence == (
        "The deactivation is held until somebody approves it, because more people would lose access within 24 hours "
        "than `max_deactivations` allows (counted: 7, allowed: 5, of 7)."
    )
    few = of(leavers(2), "G1", "login-megan")
    assert few[0] == "might_have"
    assert few[1].endswith("(counted: 2, allowed: 5, of 2).")


def test_a_plan_whose_counts_were_not_kept_is_still_explained() -> None:
    inputs = inputs_of(*leavers(7))
    plan = make_plan(inputs)

    (facts, *_) = gather(inputs, everybody(inputs), *planned_rows(plan.actions, plan.findings))
    verdict, sentence = said(explanation(facts, Recorded()), "G1")
    assert verdict == "decided"
    assert "(how many is not recorded)" in sentence


def test_g3_names_the_protected_role_and_what_waits_behind_a_link() -> None:
    case = scenario([person()], [login(roles=["Administrator"])], protected_roles=["Administrator"])
    assert "because the user holds a protected role" in of(case, "G3")[1]


def test_a_guard_tells_what_it_does_not_watch() -> None:
    assert of(scenario([person()], [login()]), "G1")[1] == (
        "The link is not held, because it does not take access away."
    )
    assert of(scenario([person()], [login()], linked=["megan"]), "G5")[0] == "not"


# Frames that were not read


def test_frames_that_were_not_read_have_the_columns_of_their_models() -> None:
    inputs = inputs_of(*scenario([person()]))
    fresh = Inputs(
        **{
            name: getattr(inputs, name)
            for name in (
                *("entra_tenant", "entra_users", "entra_groups", "entra_group_members", "emply_users"),
                *("emply_employees", "emply_roles", "emply_departments", "state", "settings"),
            )
        }
    )
    for name, columns in DEPENDENT_COLUMNS.items():
        assert {column: str(dtype) for column, dtype in getattr(fresh, name).dtypes.items()} == {
            column: str(dtype) for column, dtype in columns.items()
        }
