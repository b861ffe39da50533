"""Approving, refusing and releasing: seen before it is done, done as it was seen, recorded with who did it."""

from entra_emply.ledger import approvals, plans
from entra_emply.ledger.which import Which
from tests.integration.conftest import Rows
from tests.integration.console.house import Browser, House, ids, text_of
from tests.integration.ledger.fakes.faults import refused


def test_what_is_marked_is_shown_and_then_approved_by_who_is_signed_in(house: House, ada: Browser, rows: Rows) -> None:
    ada.get("/plan")
    said = text_of(ada.post("/plan/confirm", action=ids(house, "søren"), all=""))
    assert "Approve 1 action for 1 person?" in said
    assert "Deactivate : 1 person" in said
    assert "łukasz" not in said
    assert "1 action approved for 72 hours" in text_of(ada.post("/plan/approve", reason="left on Friday"))
    assert rows("SELECT by, reason FROM approvals") == [("ada", "left on Friday")]
    assert [did for (did,) in rows("SELECT did FROM console_audit")] == ["approved"]
    assert "approved" in text_of(ada.get("/plan?person=søren"))


def test_all_that_fit_are_approved_at_once(house: House, ada: Browser, rows: Rows) -> None:
    ada.get("/plan?rule=L6")
    assert "Approve 2 actions for 2 people?" in text_of(ada.post("/plan/confirm", rule="L6", all="1"))
    ada.post("/plan/approve", reason="list of leavers checked")
    assert rows("SELECT count(*) FROM approvals") == [(2,)]
    house.run()
    assert [house.systems.login(who)["active"] for who in ("søren", "łukasz")] == [False, False]


def test_all_of_an_emptied_group_accepts_that_it_is_empty(empty: House, rows: Rows) -> None:
    empty.run()
    empty.systems.members("g-hr").clear()
    for who in ("łukasz", "megan"):
        empty.systems.members("g-staff").remove(who)
    empty.run()
    browser = empty.signed_in()
    browser.get("/plan?group=g-hr")
    said = text_of(browser.post("/plan/confirm", group="g-hr", all="1"))
    assert "It also accepts that the group HR is empty" in said
    browser.post("/plan/approve", reason="HR moved to Payroll")
    assert rows("SELECT count(*) FROM group_counts WHERE group_id = 'g-hr'") == [(0,)]
    empty.run()
    assert [empty.systems.login(who)["active"] for who in ("łukasz", "megan", "ray")] == [False, False, True]


def test_marked_people_of_an_emptied_group_do_not_accept_that_it_is_empty(empty: House, rows: Rows) -> None:
    empty.run()
    for group in ("g-staff", "g-hr"):
        empty.systems.members(group).remove("łukasz")
    empty.systems.members("g-hr").clear()
    empty.run()
    browser = empty.signed_in()
    browser.get("/plan")
    assert "is empty" not in text_of(browser.post("/plan/confirm", action=ids(empty, "łukasz"), all=""))
    browser.post("/plan/approve", reason="left on Friday")
    assert rows("SELECT count(*) FROM group_counts WHERE group_id = 'g-hr'") == [(1,)]


def test_a_blank_reason_is_refused(house: House, ada: Browser, rows: Rows) -> None:
    ada.get("/plan")
    ada.post("/plan/confirm", action=ids(house, "søren"), all="")
    answer = ada.post("/plan/approve", reason=" ")
    assert answer.status_code == 409
    assert "Reason is blank" in text_of(answer)
    assert rows("SELECT count(*) FROM approvals") == [(0,)]


def test_more_than_was_shown_is_never_approved(house: House, ada: Browser, rows: Rows) -> None:
    ada.get("/plan")
    ada.post("/plan/confirm", action=ids(house, "søren"), all="")
    answer = ada.post("/plan/approve", action=ids(house, "søren", "łukasz"), reason="r")
    assert answer.status_code == 409
    assert rows("SELECT count(*) FROM approvals") == [(0,)]


def test_a_newer_plan_has_to_be_looked_at_first(house: House, ada: Browser, rows: Rows) -> None:
    ada.get("/plan")
    ada.post("/plan/confirm", action=ids(house, "søren"), all="")
    house.systems.person("zofia")["accountEnabled"] = False
    house.run()
    answer = ada.post("/plan/approve", reason="r")
    assert "There is a newer plan" in text_of(answer)
    assert rows("SELECT count(*) FROM approvals") == [(0,)]


def test_the_second_time_nothing_is_left(house: House, ada: Browser) -> None:
    for _ in range(2):
        ada.get("/plan")
        said = text_of(ada.post("/plan/confirm", action=ids(house, "søren"), all=""))
        if "?" in said:
            ada.post("/plan/approve", reason="r")
    assert "Nothing left to approve" in said


def test_nothing_marked_is_said(ada: Browser) -> None:
    ada.get("/plan")
    assert "Nothing is chosen" in text_of(ada.post("/plan/confirm", all=""))


def test_a_link_by_another_address_is_refused(empty: House) -> None:
    ray = empty.systems.login("ray")
    ray["username"] = ray["email"] = "old@contoso.com"
    empty.systems.person("ray")["otherMails"] = ["old@contoso.com"]
    plan = empty.run()
    browser = empty.signed_in()
    assert "Not the same person" in text_of(browser.get("/plan"))
    for page in ("/", "/plan", "/people/ray"):
        assert "the link is by an address other than sign-in name and e-mail (M3b)" in text_of(browser.get(page)), page
    action = plan.actions.loc[plan.actions["rule"] == "M3b", "action_id"].iloc[0]
    assert "Not the same person?" in text_of(browser.post("/plan/refuse/confirm", action=action))
    assert "treats them as two people" in text_of(browser.post("/plan/refuse", reason="two people, asked both"))
    assert "M3b" not in set(empty.run().actions["rule"])


def failing(house: House) -> None:
    """Ray's title changes, and Emply refuses it."""
    house.systems.person("ray")["jobTitle"] = "Team Lead"
    house.systems.emply.faults = [refused]
    house.run()


def test_a_failure_has_the_services_code_and_what_to_do(house: House) -> None:
    failing(house)
    said = text_of(house.signed_in().get("/failures"))
    assert "1 action for 1 person failed and was not done since" in said
    assert "Job title: none → Team Lead" in said
    assert "invalid" in said
    assert "The service does not accept a value" in said
    assert "Tried again at the next run" in said


def test_what_is_in_quarantine_is_released_by_who_is_signed_in(house: House, rows: Rows) -> None:
    failing(house)
    rows("UPDATE failures SET failures = 7, next_run = 0")  # of which six are recorded by hand
    failing(house)
    browser = house.signed_in()
    assert "in quarantine" in text_of(browser.get("/failures"))
    assert browser.post("/failures/release").status_code == 303
    assert "No failure is outstanding" in text_of(browser.get("/failures"))
    assert rows("SELECT by FROM releases") == [("ada",)]
    assert [did for (did,) in rows("SELECT did FROM console_audit")] == ["released"]


def test_what_waits_only_for_a_link_waits_for_nobody_once_the_link_is_approved(empty: House) -> None:
    empty.systems.settings["guards"] = {"max_role_changes": {"min_count": 0, "percent": 0}}
    empty.systems.person("megan").update(givenName="Maja", proxyAddresses=["smtp:berg@contoso.com"])
    theirs = next(row for row in empty.systems.scenario["emply"]["users"] if row["id"] == "emply-megan")
    theirs |= {"username": "berg@contoso.com", "email": "berg@contoso.com", "roleIds": []}
    plan = empty.run()
    assert _states(empty) == {"link_user": "held", "update_user": "held", "set_roles": "held"}
    empty.ledger.write(approvals.approve, plan.plan_id, Which(kind="set_roles"), by="Ada", reason="r")
    assert _states(empty)["set_roles"] == "held"  # an approval has effect once the link is free
    empty.ledger.write(approvals.approve, plan.plan_id, Which(kind="link_user"), by="Ada", reason="asked them both")
    assert set(_states(empty).values()) == {"approved"}
    assert "Nothing waits for an approval" in text_of(empty.signed_in().get("/"))


def _states(house: House) -> dict[str, str]:
    """By kind, of the held actions about one person, as the console has them."""
    plan = house.ledger.read(plans.newest_plan)
    assert plan is not None
    actions = house.console().actions(plan.plan_no).now(house.ledger, plan.plan_no)
    mine = actions[(actions["entra_id"] == "megan") & (actions["held_by"] != "")]
    return dict(zip(mine["kind"], mine["state"], strict=True))
