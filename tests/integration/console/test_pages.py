"""Each page shows what it is for, of an installation in which two people wait for an approval to leave."""

import re
from urllib.parse import quote

import pytest

from entra_emply.ledger import approvals, overview, plans
from entra_emply.ledger.which import Which
from tests.integration.console.house import Browser, House, text_of

PAGES = ("/", "/plan", "/people", "/failures", "/findings", "/mapping", "/health")


@pytest.mark.parametrize("path", PAGES)
def test_before_anything_was_planned_every_page_says_so(empty: House, path: str) -> None:
    answer = empty.signed_in().get(path)
    assert answer.status_code == 200
    if path in ("/", "/plan", "/findings", "/mapping"):
        assert "Nothing has been planned here yet" in text_of(answer)


def test_today_tells_what_waits_for_how_many_people(ada: Browser) -> None:
    said = text_of(ada.get("/"))
    assert "All is fresh" in said
    assert "2 actions for 2 people" in said
    assert "G1: more people would lose access within 24 hours than max_deactivations allows" in said
    assert "No failure is outstanding" in said


def test_on_the_first_day_no_finding_is_said_to_be_older(ada: Browser) -> None:
    assert "today is the first day with a run. All findings" in text_of(ada.get("/"))


def test_today_draws_a_bar_for_each_run(ada: Browser) -> None:
    page = ada.get("/").text
    assert page.count("<g><title>") == 2
    assert "5 changed" in page  # everybody was linked
    assert "2 held" in page


def test_a_plan_shows_before_and_after_in_names_and_what_holds_it(ada: Browser) -> None:
    said = text_of(ada.get("/plan"))
    assert "søren@contoso.com" in said
    assert "Active: yes → no" in said
    assert "L6: the Entra account is disabled" in said
    assert "G1: more people would lose access within 24 hours than max_deactivations allows" in said


def test_roles_are_shown_by_their_titles(house: House) -> None:
    house.systems.members("g-hr").append("zofia")
    house.run()
    said = text_of(house.signed_in().get("/plan"))
    assert "Roles: Employee → Employee, HR" in said


@pytest.mark.parametrize(
    ("query", "people"),
    [
        ("state=held", 2),
        ("guard=G1&kind=emply.deactivate_user", 2),
        ("group=g-hr", 1),
        ("person=søren", 1),
        ("person=emply-søren", 1),
        ("domain=contoso.com&rule=L6", 2),
        ("rule=R4", 0),
    ],
)
def test_a_plan_is_filtered(ada: Browser, query: str, people: int) -> None:
    said = text_of(ada.get(f"/plan?{query}"))
    assert f"for {people} {'person' if people == 1 else 'people'}, filtered" in said


@pytest.mark.parametrize("domain", ["contoso.com", "@contoso.com", "CONTOSO.com", "con\u200btoso.com", "contoso.co"])
def test_a_domain_finds_those_whom_approving_it_would_approve(house: House, ada: Browser, domain: str) -> None:
    plan = house.ledger.read(plans.newest_plan)
    assert plan is not None
    wanted = house.ledger.read(approvals.would_approve, plan.plan_id, Which(domain=domain))
    said = text_of(ada.get(f"/plan?state=held&domain={quote(domain)}"))
    assert set(re.findall(r"\w+@contoso\.com", said)) == {row["subject"] for row in wanted.actions}


def test_a_plan_is_filtered_by_department_and_each_has_its_number(house: House) -> None:
    house.systems.scenario["emply"]["departments"] = [{"id": "d-lodz", "title": "Łódź"}]
    house.systems.login("łukasz")["departmentId"] = "d-lodz"
    house.run()
    browser = house.signed_in()
    assert '<option value="Łódź">Łódź (1)</option>' in browser.get("/plan").text
    said = text_of(browser.get("/plan?department=Łódź"))
    assert "1 action for 1 person, filtered" in said
    assert "łukasz@contoso.com" in said
    browser.get("/plan?department=Łódź")
    assert "Approve 1 action for 1 person?" in text_of(browser.post("/plan/confirm", department="Łódź", all="1"))


def test_those_without_department_are_a_choice_of_their_own(house: House) -> None:
    house.systems.scenario["emply"]["departments"] = [{"id": "d-none", "title": "none"}]
    house.systems.login("łukasz")["departmentId"] = "d-none"
    house.run()
    browser = house.signed_in()
    page = browser.get("/plan?department=+none")
    assert '<option value="none">none (1)</option>' in page.text
    assert '<option value=" none" selected>without department (1)</option>' in page.text
    said = text_of(page)
    assert "1 action for 1 person, filtered" in said
    assert "søren@contoso.com" in said
    assert "łukasz@contoso.com" not in said
    assert "Approve 1 action for 1 person?" in text_of(browser.post("/plan/confirm", department=" none", all="1"))


def test_without_department_is_no_choice_where_everybody_has_one(house: House) -> None:
    house.systems.scenario["emply"]["departments"] = [{"id": "d-lodz", "title": "Łódź"}]
    for leaver in ("søren", "łukasz"):
        house.systems.login(leaver)["departmentId"] = "d-lodz"
    house.run()
    assert "without department" not in house.signed_in().get("/plan").text


def test_a_single_held_action_is_approved_in_the_singular(ada: Browser) -> None:
    assert "Approve the one held that fits …" in text_of(ada.get("/plan?person=søren"))
    assert "Approve all 2 held that fit …" in text_of(ada.get("/plan?state=held"))


def test_a_person_is_found_for_the_filter_without_an_address_in_the_address(ada: Browser) -> None:
    ada.get("/plan")
    answer = ada.post("/plan/person", who="soren@con", plan="2")
    assert answer.headers["location"] == "/plan?plan=2&person=s%C3%B8ren"


def test_several_people_of_a_name_are_offered(ada: Browser) -> None:
    ada.get("/plan")
    said = text_of(ada.post("/plan/person", who="contoso", plan="2"))
    assert "5 people found" in said


def test_a_plan_is_taken_away_as_csv_and_html(ada: Browser) -> None:
    table, page = ada.get("/plan/csv?person=søren"), ada.get("/plan/html")
    lines = table.text.lstrip("\ufeff").splitlines()
    assert [line.split(",")[6] for line in lines] == ["subject", "søren@contoso.com"]
    assert 'filename="plan-' in table.headers["content-disposition"]
    assert "<h1>Plan" in page.text
    assert page.headers["content-disposition"].startswith("attachment")


def test_two_plans_are_compared_person_by_person(house: House) -> None:
    house.systems.person("zofia")["accountEnabled"] = False
    house.run()
    said = text_of(house.signed_in().get("/plan/difference?plan=3&with=2"))
    assert "1 person : 1 action only here, 0 actions only there" in said
    assert "zofia@contoso.com" in said
    assert "søren@contoso.com" not in said


def test_a_backfilled_plan_is_read_and_compared_but_never_approved(house: House) -> None:
    house.systems.person("zofia")["accountEnabled"] = False
    house.systems.record(house.systems.inputs(), origin="backfill")
    browser = house.signed_in()
    assert "it is for reading only" in text_of(browser.get("/plan?plan=3"))
    assert "Approve" not in browser.page
    assert "1 action only here" in text_of(browser.get("/plan/difference?plan=3&with=2"))


def test_a_finding_has_its_remedy_since_when_it_stands_and_its_people(ada: Browser) -> None:
    said = text_of(ada.get("/findings?code=user_without_employee"))
    assert "What to do: If the person is an employee, give the employee and the user" in said
    assert "megan@contoso.com since 20" in said


def test_what_could_not_be_read_of_a_person_is_told_with_the_service_s_answer(house: House) -> None:
    zofia = house.systems.person("zofia")["id"]
    house.systems.settings["profile_pictures"] = True
    house.systems.unreadable = {"photos": {zofia: "400 ErrorOdd"}}
    house.run()
    browser = house.signed_in()
    assert "zofia@contoso.com (400 ErrorOdd) since 20" in text_of(browser.get("/findings?code=photo_unreadable"))
    assert "(400 ErrorOdd) What to do:" in text_of(browser.get(f"/people/{zofia}"))


def test_the_mapping_shows_the_settings_in_force_and_their_versions(ada: Browser) -> None:
    page = ada.get("/mapping")
    assert "Çalışanlar" in page.text
    assert "Versions (2)" in text_of(page)


DRAFT = """
synchronize_roles: true
groups:
  - {group: Çalışanlar, default_role: Manager}
  - {group: HR, default_role: HR}
"""


def test_a_draft_shows_who_would_change_and_nothing_is_recorded(house: House) -> None:
    browser = house.signed_in()
    browser.get("/mapping")
    said = text_of(browser.post("/mapping/draft", draft=DRAFT))
    assert "megan@contoso.com" in said
    assert "Roles: Employee, HR → HR, Manager" in said
    assert "only with the draft" in said
    assert "To put it into force, replace settings.yaml with it" in said
    assert len(house.ledger.read(overview.plans_made, 10)) == 2
    assert len(house.ledger.read(overview.versions_of_mapping)) == 2


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("groups: [{group: Nobody, default_role: Employee}]", "Nobody"),
        ("grups: []", "the draft, line 1"),
        ("profile_pictures: true", "what the newest run did not read (pictures)"),
    ],
)
def test_a_wrong_draft_is_said_to_be(ada: Browser, draft: str, said: str) -> None:
    ada.get("/mapping")
    assert said in text_of(ada.post("/mapping/draft", draft=draft))


def test_at_most_two_hundred_rows_are_sent(empty: House) -> None:
    many = [f"person{number}" for number in range(450)]
    empty.systems.scenario["entra"]["users"] += [
        {"id": who, "userPrincipalName": f"{who}@contoso.dk", "mail": f"{who}@contoso.dk"} for who in many
    ]
    empty.systems.members("g-staff").extend(many)
    empty.run(apply=False)
    browser = empty.signed_in()
    assert browser.get("/plan?domain=contoso.dk").text.count("<tr>") == 201  # with the heading
    assert "1 to 200 of 450" in text_of(browser.get("/plan?domain=contoso.dk"))
    assert browser.get("/plan?domain=contoso.dk&start=400").text.count("<tr>") == 51
