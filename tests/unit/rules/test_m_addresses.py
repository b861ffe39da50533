"""M and L1a as of aliases, sign-in names, guests and characters that nobody sees."""

import pytest

from tests.reference.builders import address, change, employee, login, person, scenario, told
from tests.reference.subject import PlanOf, Row

BERG = login("berg", username="ann.berg@contoso.com", email=None)


def holm(**graph: list[str]) -> Row:
    """Ann Holm, whose name was Berg."""
    return person("ann.holm", mail="ann.holm@contoso.com", proxyAddresses=["smtp:ann.berg@contoso.com"], **graph)


def guest(name: str, mail: str) -> Row:
    upn = f"{name}_fabrikam.dk#EXT#@contoso.com"
    return person(name, userType="Guest", mail=mail, userPrincipalName=upn)


HELD = ["L9 user_without_employee ann.holm/berg held", "M3b link_user ann.holm/berg held by G3"]


def matched_by_address(plan: Row) -> bool:
    return any(row["rule"] == "M3b" for row in plan["actions"])


@pytest.mark.parametrize("mark", ["\u200b", "\u200f", "\u2060", "\ufeff", "\u00ad"])
def test_key_drops_format_characters(plan_of: PlanOf, mark: str) -> None:
    login_ = login(username=f"{mark}me{mark}gan@contoso.com {mark}", email=None)
    assert "M2 link_user megan" in told(plan_of(scenario([person()], [login_])))


def test_key_of_format_characters_alone_is_blank(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([person(mail="\u200b \u200b")], [login(username="mj")]))
    assert "M3 link_user megan" in told(plan)


def test_l1_username_and_email_are_written_without_what_key_drops(plan_of: PlanOf) -> None:
    user = person(userPrincipalName=" \u200bMegan.J@contoso.com\u200e ", mail="\ufeffM.Jordan@Contoso.com ")
    after = change(plan_of(scenario([user])), "create_user")[1] or {}
    assert (after["username"], after["email"]) == ("Megan.J@contoso.com", "M.Jordan@Contoso.com")


def test_m3b_an_alias_is_a_match_that_a_person_confirms(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([holm()], [BERG]))
    assert told(plan)[:1] + told(plan)[-1:] == [
        "A2 update_user ann.holm/berg held by G3",
        "M3b link_user ann.holm/berg held by G3",
    ]
    assert change(plan, "link_user") == (None, {"matchedBy": "address"})


def test_m3b_a_mail_that_is_the_username(plan_of: PlanOf) -> None:
    user = person("jdoe", mail="john.doe@contoso.com")
    plan = plan_of(scenario([user], [login("doe", username="john.doe@contoso.com", email=None)]))
    assert "M3b link_user jdoe/doe held by G3" in told(plan)


@pytest.mark.parametrize(
    "graph",
    [
        {"otherMails": ["Ann.Berg@contoso.com"]},
        {"proxyAddresses": ["SMTP:ann.berg@contoso.com"]},
        {"proxyAddresses": ["\u200bsmtp: ann.berg@contoso.com"]},
        {"mail": "ann.berg@contoso.com"},
    ],
    ids=["otherMails", "the primary address", "an alias with blanks", "mail"],
)
def test_m3b_every_address_counts(plan_of: PlanOf, graph: Row) -> None:
    assert matched_by_address(plan_of(scenario([person("ann.holm", **graph)], [BERG])))


@pytest.mark.parametrize(
    "graph",
    [
        {"proxyAddresses": ["SIP:ann.berg@contoso.com"]},
        {"proxyAddresses": ["x500:smtp:ann.berg@contoso.com"]},
        {"otherMails": ["smtp:ann.berg@contoso.com"]},
    ],
)
def test_m3b_what_is_no_address_does_not_count(plan_of: PlanOf, graph: Row) -> None:
    plan = plan_of(scenario([person("ann.holm", **graph)], [BERG]))
    assert told(plan) == ["L1 create_user ann.holm", "L9 user_without_employee ann.holm"]


def test_m3b_a_upn_with_ext_is_no_address(plan_of: PlanOf) -> None:
    upn = "ann_x.com#EXT#@contoso.com"
    plan = plan_of(scenario([person("ann", mail="ann@x.com", userPrincipalName=upn)], [login("x", email=upn)]))
    assert not matched_by_address(plan)
    assert told(plan) == ["L1a address_taken ann"]  # in any form


@pytest.mark.parametrize(
    "theirs",
    [
        login("x", username=None, email="ann.berg@contoso.com"),
        login("x", username="x", email=None, employeeId="employee-berg"),
    ],
    ids=["its e-mail", "its employee's e-mail"],
)
def test_m3b_the_emply_users_email_and_its_employees_count(plan_of: PlanOf, theirs: Row) -> None:
    file = employee("berg", email="ann.berg@contoso.com")
    assert matched_by_address(plan_of(scenario([holm()], [theirs], [file])))


def test_m3b_an_employee_of_the_same_email_is_not_the_carried_one(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([holm()], [login("x", email=None)], [employee("x", email="ann.berg@contoso.com")]))
    assert not matched_by_address(plan)


@pytest.mark.parametrize("name", ["userPrincipalName", "mail"])
def test_m3b_anothers_own_address_does_not_count(plan_of: PlanOf, name: str) -> None:
    other = person("other", groups=[], **{name: "ann.berg@contoso.com"})
    plan = plan_of(scenario([holm(), other], [BERG]))
    assert told(plan) == ["L1 create_user ann.holm", "L9 user_without_employee ann.holm"]


def test_m3b_a_disabled_users_address_counts(plan_of: PlanOf) -> None:
    other = person("other", mail="ann.berg@contoso.com", accountEnabled=False)
    assert matched_by_address(plan_of(scenario([holm(), other], [BERG])))


def test_m3b_a_linked_emply_user_takes_no_part_though_its_entra_end_is_gone(plan_of: PlanOf) -> None:
    plan = plan_of(scenario([holm()], [BERG], linked=[("gone", "berg")]))
    assert told(plan) == [
        "L1 create_user ann.holm",
        "L5 deactivate_user gone/berg (deleted_in_entra)",
        "L9 user_without_employee ann.holm",
    ]


def test_m3b_a_leaver_whose_address_a_successor_has_as_an_alias_is_locked_out(plan_of: PlanOf) -> None:
    leaver = person("ann.berg", accountEnabled=False)
    plan = plan_of(scenario([holm(), leaver], [login("ann.berg")], linked=["ann.berg"]))
    assert "L6 deactivate_user ann.berg (account_disabled)" in told(plan)
    assert "L1 create_user ann.holm" in told(plan)


def test_m3b_a_leavers_login_takes_no_part(plan_of: PlanOf) -> None:
    archived = employee("berg", email="x@contoso.com", status="archived")
    plan = plan_of(scenario([holm()], [{**BERG, "employeeId": archived["id"]}], [archived]))
    assert told(plan) == ["L1 create_user ann.holm", "L9 user_without_employee ann.holm"]


def test_m3b_who_shares_with_two_emply_users_is_matched_with_none(plan_of: PlanOf) -> None:
    user = holm(otherMails=["ann@berg.dk"])
    plan = plan_of(scenario([user], [BERG, login("a", username="ann@berg.dk", email=None)]))
    assert told(plan) == ["L1a address_taken ann.holm"]
    assert plan["findings"][0]["object"] == "login-a"


def test_m3b_an_emply_user_that_two_share_with_is_matched_with_none(plan_of: PlanOf) -> None:
    other = person("other", otherMails=["ann.berg@contoso.com"])
    plan = plan_of(scenario([holm(), other], [BERG]))
    assert told(plan) == ["L1a address_taken ann.holm", "L1a address_taken other"]


def test_m3b_who_is_left_alone_counts_and_is_not_matched(plan_of: PlanOf) -> None:
    twins = [person(name, mail="twin@contoso.com", otherMails=["ann.berg@contoso.com"]) for name in ("a", "b")]
    plan = plan_of(scenario([holm(), *twins], [BERG]))
    assert told(plan) == ["L1a address_taken ann.holm", "M4 ambiguous_match a", "M4 ambiguous_match b"]


def test_m3b_an_emply_user_that_is_left_alone_counts_and_is_not_matched(plan_of: PlanOf) -> None:
    twins = [login(name, username=address("ray"), email=f"{name}@berg.dk") for name in ("a", "b")]
    plan = plan_of(scenario([holm(otherMails=["a@berg.dk"]), person("ray")], [BERG, *twins]))
    assert told(plan) == ["L1a address_taken ann.holm", "M4 ambiguous_match ray"]
    plan = plan_of(scenario([person("ann.holm", otherMails=["a@berg.dk"]), person("ray")], twins))
    assert told(plan) == ["L1a address_taken ann.holm", "M4 ambiguous_match ray"]


def test_m3b_who_is_matched_otherwise_does_not_count(plan_of: PlanOf) -> None:
    ray = person("ray", otherMails=["ann.berg@contoso.com"])
    assert matched_by_address(plan_of(scenario([holm(), ray], [BERG, login("ray")])))


def test_m3b_out_of_scope_does_not_count(plan_of: PlanOf) -> None:
    other = person("other", groups=[], otherMails=["ann.berg@contoso.com"])
    assert matched_by_address(plan_of(scenario([holm(), other], [BERG])))


def test_m3b_a_refused_pair_shares_nothing_and_the_newcomer_gets_a_login(plan_of: PlanOf) -> None:
    refused = {"refused": [{"entraId": "entra-ann.holm", "emplyUserId": "login-berg"}]}
    plan = plan_of(scenario([holm()], [BERG], state=refused))
    assert told(plan) == ["L1 create_user ann.holm", "L9 user_without_employee ann.holm"]


def test_m3b_a_refused_pair_does_not_stand_in_the_way_of_another(plan_of: PlanOf) -> None:
    refused = {"refused": [{"entraId": "entra-ann.holm", "emplyUserId": "login-a"}]}
    logins = [BERG, login("a", username="ann@berg.dk", email=None)]
    assert matched_by_address(plan_of(scenario([holm(otherMails=["ann@berg.dk"])], logins, state=refused)))


@pytest.mark.parametrize("groups", [[], ["Employees"]], ids=["out of scope", "matched already"])
@pytest.mark.parametrize("name", ["mail", "userPrincipalName"])
def test_m4_a_guest_with_a_members_address_is_left_alone(plan_of: PlanOf, groups: list[str], name: str) -> None:
    member = person("megan", groups=groups, **{name: "shared@contoso.com"})
    logins = [login("megan", username=member["userPrincipalName"], email=None)] if groups else []
    plan = plan_of(scenario([member, guest("visitor", "shared@contoso.com")], logins))
    assert [line for line in told(plan) if "visitor" in line] == ["M4 ambiguous_match visitor"]


def test_m4_an_emply_user_of_such_an_address_is_left_alone_too(plan_of: PlanOf) -> None:
    member = person("megan", groups=[], mail="shared@contoso.com")
    theirs = login("x", username="x", email="shared@contoso.com")
    plan = plan_of(scenario([member, guest("visitor", "shared@contoso.com")], [theirs], linked=[("gone", "x")]))
    assert told(plan) == ["M4 ambiguous_match visitor"]


@pytest.mark.parametrize("graph", [{"accountEnabled": False}, {"userType": "Guest"}], ids=["disabled", "a guest"])
def test_m4_a_guest_with_the_address_of_no_enabled_member_is_matched(plan_of: PlanOf, graph: Row) -> None:
    other = person("megan", groups=[], mail="shared@contoso.com", **graph)
    theirs = login("x", username="x", email="shared@contoso.com")
    plan = plan_of(scenario([other, guest("visitor", "shared@contoso.com")], [theirs]))
    assert "M3 link_user visitor/x" in told(plan)


def test_m4_a_member_may_have_a_members_address(plan_of: PlanOf) -> None:
    other = person("megan", groups=[], mail="shared@contoso.com")
    plan = plan_of(
        scenario(
            [other, person("ray", mail="shared@contoso.com")], [login("x", username="x", email="shared@contoso.com")]
        )
    )
    assert "M3 link_user ray/x" in told(plan)


def test_l1a_an_address_that_a_linked_user_has_as_username_is_taken(plan_of: PlanOf) -> None:
    """Everybody who carries the UPN or the e-mail, in either field, linked or not."""
    linked = login("ray", username="ann.holm@contoso.com", email="ray@contoso.com")
    plan = plan_of(scenario([person("ann", mail="ann.holm@contoso.com"), person("ray")], [linked], linked=["ray"]))
    assert "L1a address_taken ann" in told(plan)


def test_l1a_an_alias_that_a_matched_user_has_is_not_taken(plan_of: PlanOf) -> None:
    ray = person("ray", mail=None)
    theirs = login("ray", username=address("ray"), email="ann.berg@contoso.com")
    assert "L1 create_user ann.holm" in told(plan_of(scenario([holm(), ray], [theirs])))


def test_l3_speaks_before_l1a(plan_of: PlanOf) -> None:
    archived = employee("ann.holm", status="archived")
    twins = [BERG, login("a", username="ann@berg.dk", email=None)]
    plan = plan_of(scenario([holm(otherMails=["ann@berg.dk"])], twins, [archived]))
    assert told(plan) == ["L3 employee_archived_in_group ann.holm"]


CROWD = ("a", "b", "c", "d")


def crowd(*, but: set[tuple[str, str]]) -> dict[str, list[Row]]:
    """Of people and logins that all share an address a person refused every pair but these."""
    pairs = [(one, other) for one in CROWD for other in CROWD if (one, other) not in but]
    return {"refused": [{"entraId": f"entra-{one}", "emplyUserId": f"login-{other}"} for one, other in pairs]}


SHARING = ([person(name, otherMails=["x@berg.dk"]) for name in CROWD], [
    login(name, username=f"{name}.x", email="x@berg.dk") for name in CROWD
])  # fmt: skip


@pytest.mark.parametrize("pair", [("a", "d"), ("d", "a"), ("b", "c")])
def test_m3b_of_a_crowd_the_pair_that_nobody_refused_is_matched(plan_of: PlanOf, pair: tuple[str, str]) -> None:
    plan = plan_of(scenario(*SHARING, state=crowd(but={pair})))
    assert [line for line in told(plan) if line.startswith("M3b")] == [f"M3b link_user {'/'.join(pair)} held by G3"]
    assert [line for line in told(plan) if line.startswith("L1 ")] == [
        f"L1 create_user {name}" for name in CROWD if name != pair[0]
    ]


@pytest.mark.parametrize("both", [{("d", "c"), ("d", "d")}, {("c", "d"), ("d", "d")}])
def test_m3b_of_a_crowd_who_shares_with_two_that_nobody_refused_is_not_matched(
    plan_of: PlanOf, both: set[tuple[str, str]]
) -> None:
    plan = plan_of(scenario(*SHARING, state=crowd(but=both)))
    assert not matched_by_address(plan)
    found = {(row["entra_id"], row["object"]) for row in plan["findings"] if row["code"] == "address_taken"}
    assert found == {(f"entra-{one}", f"login-{min(b for a, b in both if a == one)}") for one, _ in both}
