"""Sentences that were false or misleading once: each as the smallest scenario in which it was said."""

import pytest

from tests.explaining import explained, said
from tests.reference.builders import ROOMS, employee, login, person, scenario
from tests.reference.calendar_builders import in_emply, own
from tests.reference.subject import Row, Scenario

THEN = {"megan": {"Old": "Employee"}}


def of(case: Scenario, rule: str, asked: str = "entra-megan") -> tuple[str, str]:
    """The verdict and the sentence of a rule."""
    return said(explained(case, asked), rule)


# Two rules of one document agree


def test_a_leavers_login_without_an_email_is_matched_by_m2_and_external_to_nobody() -> None:
    case = scenario([person()], [login(email=None)], [employee(status="archived")])
    assert of(case, "M1") == ("not", "No link holds, because no recorded link joins the user with a login in Emply.")
    assert of(case, "M2")[0] == "decided"
    assert "because the user has the login megan@contoso.com" in of(case, "M6")[1]


def test_l11_says_that_nobody_is_matched_where_that_is_why() -> None:
    case = scenario([person()], [], [employee(status="archived")])
    sentence = "No archived employee is still in a group, because no login in Emply belongs to the user."
    assert of(case, "L11") == ("not", sentence)
    assert of(case, "L3")[0] == "decided"


def test_l8_says_that_the_account_is_disabled_where_that_is_why() -> None:
    case = scenario([person(accountEnabled=False, groups=[])], [login()], linked=["megan"], reconciled=THEN)
    sentence = "The login does not count as unmanaged, because the account is disabled in Entra."
    assert of(case, "L8") == ("not", sentence)


def test_m5_does_not_deny_the_login_of_a_user_who_is_gone() -> None:
    case = scenario([], [login()], linked=["megan"])
    assert of(case, "M1", "login-megan")[0] == "decided"
    sentence = "There is no new link to record, because there is no Entra user."
    assert of(case, "M5", "login-megan") == ("not", sentence)


def test_m1_promises_no_deactivation_of_a_login_that_is_deactivated_already() -> None:
    case = scenario([], [login(active=False)], linked=["megan"])
    sentence = "The login stays linked to an Entra user that is gone (L5), because there is no Entra user."
    assert of(case, "M1", "login-megan") == ("decided", sentence)
    assert of(case, "L5", "login-megan")[0] == "might_have"


def test_a_login_that_w3_deactivates_is_active_still() -> None:
    case = scenario(
        [person()],
        [login()],
        [employee(status="archived")],
        linked=["megan"],
        entra_write_back={"delete": True},
        synchronize_calendars=True,
    )
    assert of(case, "L4")[1].endswith("because the login megan@contoso.com is active.")
    assert of(case, "C1")[1].endswith("because the login megan@contoso.com is not active after this plan.")


# What is named is what was compared


def test_l9_names_the_email_that_decided() -> None:
    """Two users in Entra have the e-mail of the employee, so that the login's e-mail alone counts (L12)."""
    people = [person(mail="new@contoso.com"), person("maja", mail="new@contoso.com", groups=[])]
    logins = [login(email="old@contoso.com")]
    case = scenario(people, logins, [employee(email="new@contoso.com")], linked=["megan"])
    verdict, sentence = of(case, "L9")
    assert verdict == "decided"
    assert sentence.endswith("because no employee has the e-mail old@contoso.com.")
    assert of(case, "L12")[1].endswith("because no employee was found by the Entra user's e-mail alone.")


def test_email_nearly_matches_denies_no_email_that_an_employee_has() -> None:
    people = [person(mail="new@contoso.com"), person("maja", mail="new@contoso.com", groups=[])]
    logins = [login(email="old@contoso.com")]
    case = scenario(people, logins, [employee(email="new@contoso.com")], linked=["megan"])
    verdict, sentence = of(case, "email_nearly_matches")
    assert verdict == "decided"
    assert "new@contoso.com" in sentence
    assert "no employee has" not in sentence


def test_m4_names_the_sign_in_name_where_that_is_not_clear() -> None:
    logins = [login("a", username="megan@contoso.com"), login("b", username="megan@contoso.com")]
    case = scenario([person(mail="m@contoso.com")], logins)
    assert of(case, "M4") == (
        "decided",
        "The user is left alone, because it is not clear whose the address megan@contoso.com is.",
    )
    assert of(case, "M3")[1].endswith(
        "it is not clear whose m@contoso.com is; others who carry it: nobody, but the user is left alone by the "
        "sign-in name."
    )


# What is denied is not so


@pytest.mark.parametrize("groups", [[], [ROOMS]], ids=["unmanaged", "a room"])
def test_l10_does_not_deny_that_the_user_is_out_of_the_groups(groups: list[str]) -> None:
    case = scenario([person(groups=groups)], [login()], [employee()], linked=["megan"], reconciled=THEN)
    sentence = "No resignation date is missing, because neither L5 nor L6 nor L7 is about the user."
    assert of(case, "L10") == ("not", sentence)


def test_a_login_with_the_users_address_that_is_not_the_users_is_not_denied() -> None:
    case = scenario([person(groups=[])], [login()])
    for rule in ("L4", "M6"):
        assert of(case, rule)[1].endswith("because no login in Emply belongs to the user.")


def test_a_login_that_was_refused_is_not_denied() -> None:
    refused = {"refused": [{"entraId": "entra-megan", "emplyUserId": "login-x"}]}
    case = scenario([person(proxyAddresses=["smtp:x@contoso.com"])], [login("x", email=None)], state=refused)
    assert of(case, "L1")[1].endswith(
        "no login in Emply has the user's sign-in name or e-mail (megan@contoso.com), or may be the user's by another "
        "address."
    )
    assert of(case, "M3b")[1].endswith("no free login in Emply may be the user's by one of the user's addresses.")


def test_a_recorded_link_whose_login_is_gone_is_not_denied() -> None:
    case = scenario([person()], [], linked=[("megan", "old")])
    assert of(case, "M1")[1].endswith("because no recorded link joins the user with a login in Emply.")


def test_an_email_of_format_characters_alone_is_none() -> None:
    case = scenario([person()], [login(email="\u200b")], [employee()], linked=["megan"])
    assert of(case, "L12")[1].endswith("because the login has no e-mail.")


# What has no name


def test_a_nameless_calendar_that_is_detached_is_called_so() -> None:
    emply = {"calendars": [in_emply(name=None)], "events": [own()]}
    entra: Row = {"calendars": {"entra-megan": []}}
    case = scenario([person()], [login()], linked=["megan"], emply=emply, entra=entra, synchronize_calendars=True)
    verdict, sentence = of(case, "C4")
    assert verdict == "decided"
    assert sentence.startswith("A calendar without a name is detached (the events made in Emply stay, Outlook's go)")
    assert "None" not in sentence


@pytest.mark.parametrize("rule", ["L1", "L1a"])
def test_a_login_with_a_blank_username_that_stands_in_the_way_is_called_by_its_email(rule: str) -> None:
    theirs = login("x", username=" ", email="megan@contoso.com")
    case = scenario([person(mail="m@contoso.com")], [theirs], linked=[("old", "x")])
    assert of(case, rule)[1].endswith("because one of the user's addresses is taken in Emply, by megan@contoso.com.")


def test_a_login_with_a_blank_username_that_shares_an_address_is_called_by_its_email() -> None:
    theirs = login("x", username=" ", email="x@contoso.com")
    case = scenario([person(proxyAddresses=["smtp:x@contoso.com"])], [theirs])
    assert of(case, "M3b", "login-x")[1].endswith("because the user shares x@contoso.com with x@contoso.com.")
