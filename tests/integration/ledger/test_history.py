"""What the ledger tells of the past: planned, approved, applied, by whom and when; and the status of actions now."""

from datetime import timedelta

import pytest

from entra_emply import clock
from entra_emply.ledger.history import Person
from entra_emply.ledger.ledger import Ledger
from tests.integration.ledger.company import Company, make_scenario
from tests.integration.ledger.fakes import refused

STAFF = ["g-staff"]
NOBODY_LEAVES = {"max_deactivations": {"min_count": 0, "percent": 0}}


@pytest.fixture
def company(ledger: Ledger) -> Company:
    """Two people, linked and in step; from now on every leaver is held."""
    everybody = Company(ledger, make_scenario({"søren": STAFF, "łukasz": STAFF, "zofia": []}, without_login=("zofia",)))
    everybody.sync()
    everybody.settings["guards"] = NOBODY_LEAVES
    return everybody


def told(company: Company, asked: str | None = None) -> list[str]:
    """The history in short lines, newest first."""
    rows = company.ledger.history(asked)
    if asked is None:
        return [f"{row['event']} {row['count']} {row['kind']} {row['by'] or ''}".strip() for row in rows]
    return [f"{row['event']} {row['kind']} {row['by'] or row['code'] or ''}".strip() for row in rows]


def approve(company: Company, plan_id: str) -> None:
    assert company.ledger.approve(plan_id, by="Ada", reason="left last week")


def test_of_a_person_everything_is_told_newest_first(company: Company) -> None:
    company.person("søren")["accountEnabled"] = False
    plan = company.plan()
    company.apply(plan)
    approve(company, plan.plan_id)
    company.sync()
    assert told(company, "søren@contoso.com") == [
        "applied emply.deactivate_user",
        "approved emply.deactivate_user Ada",
        "planned emply.deactivate_user",
        "applied ledger.link_user",
        "planned ledger.link_user",
    ]
    newest = company.ledger.history("søren@contoso.com")[1]
    assert (newest["why"], newest["code"]) == ("left last week", "applied")


def test_what_is_held_for_many_plans_was_planned_once(company: Company) -> None:
    company.person("søren")["accountEnabled"] = False
    for _ in range(3):
        company.sync()
    events = [row for row in company.ledger.history("søren@contoso.com") if row["kind"] == "emply.deactivate_user"]
    assert [(row["event"], row["held_by"]) for row in events] == [("planned", "G1")]


def test_what_comes_again_is_planned_again(company: Company) -> None:
    for enabled in (False, True, False):
        company.person("søren")["accountEnabled"] = enabled
        company.sync()
    planned = [line for line in told(company, "søren@contoso.com") if line == "planned emply.deactivate_user"]
    assert len(planned) == 2


@pytest.mark.parametrize("asked", ["łukasz", "emply-łukasz", " ŁUKASZ@contoso.com", "renamed@contoso.com"])
def test_a_person_is_known_by_either_id_and_by_every_address_it_had(company: Company, asked: str) -> None:
    company.person("łukasz")["mail"] = "renamed@contoso.com"
    company.person("łukasz")["givenName"] = "Łucjan"
    company.sync()
    assert "applied emply.update_user" in told(company, asked)
    assert "applied ledger.link_user" in told(company, asked)


def test_a_created_login_is_found_by_the_id_that_emply_gave_it(company: Company) -> None:
    company.members("g-staff").append("zofia")
    company.sync()
    created = company.login("zofia")["id"]
    assert told(company, created) == ["applied emply.create_user", "planned emply.create_user"]


def test_of_everybody_events_are_counted_by_plan_and_kind(company: Company) -> None:
    assert told(company) == ["applied 2 ledger.link_user", "planned 2 ledger.link_user"]
    assert len(company.ledger.history(limit=1)) == 1


def test_a_release_is_told_with_who_let_it_go(company: Company) -> None:
    company.person("søren")["jobTitle"] = "Bogholder"
    for _ in range(40):
        company.emply.faults = [refused]
        if company.sync().quarantined:
            break
    (failed,) = [
        row for row in company.ledger.history("søren") if row["event"] == "planned" and "update" in row["kind"]
    ]
    company.ledger.release(failed["action_id"], "Ada")
    assert told(company, "søren")[0] == "released emply.update_user Ada"


def test_nobody_has_no_history_and_no_ledger_has_none(company: Company, server: object) -> None:
    assert told(company, "nobody@contoso.com") == []
    empty = Ledger.open(server.url(server.create()))  # type: ignore[attr-defined]
    assert empty.history() == empty.history("x") == empty.history_of(Person(frozenset(), frozenset())) == []
    assert empty.action_status("run", ["x"]).plan is None
    assert empty.links_of(["x"], []) == []
    assert empty.failures_of("x") == []
    empty.close()


# The status of actions


def run_of(company: Company) -> str:
    newest = company.ledger.newest_plan()
    assert newest is not None
    return newest.run_id


def test_an_applied_action_stands_as_applied(company: Company) -> None:
    company.person("søren")["givenName"] = "Sören"
    plan = company.plan()
    company.apply(plan)
    (action_id,) = plan.actions["action_id"]
    status = company.ledger.action_status(run_of(company), [action_id])
    assert status.newest
    assert (status.plan or {})["plan_id"] == plan.plan_id
    assert status.tried[action_id]["result"] == "applied"


def test_a_failed_action_tells_how_often_and_when_its_turn_comes(company: Company) -> None:
    company.person("søren")["givenName"] = "Sören"
    company.emply.faults = [refused]
    plan = company.plan()
    company.apply(plan)
    (action_id,) = plan.actions["action_id"]
    failed = company.ledger.action_status(run_of(company), [action_id]).failed[action_id]
    assert (failed["failures"], failed["code"], failed["quarantined_at"], failed["runs"]) == (1, "invalid", None, 1)


def test_an_approval_counts_while_it_is_valid(company: Company) -> None:
    company.person("søren")["accountEnabled"] = False
    plan = company.plan()
    approve(company, plan.plan_id)
    (action_id,) = plan.actions["action_id"]
    assert company.ledger.action_status(run_of(company), [action_id]).approved[action_id]["by"] == "Ada"
    with clock.frozen(clock.now() + timedelta(hours=73)):
        assert company.ledger.action_status(run_of(company), [action_id]).approved == {}


def test_links_tell_how_and_since_when(company: Company) -> None:
    (link,) = company.ledger.links_of(["søren"], [])
    assert (link["emply_user_id"], link["matched_by"]) == ("emply-søren", "username")
    assert [each["entra_id"] for each in company.ledger.links_of([], ["emply-łukasz"])] == ["łukasz"]


# What a plan did not get done


def failed(company: Company, plan_id: str) -> list[tuple[str, str | None, str, str | None, int]]:
    found = company.ledger.failures_of(plan_id)
    return [(each.kind, each.subject, each.status, each.code, each.failures) for each in found]


def test_a_failed_action_is_told_with_its_subject_and_the_code_of_the_service(company: Company) -> None:
    company.person("søren")["givenName"] = "Sören"
    company.person("łukasz")["givenName"] = "Łucjan"
    company.emply.faults = [refused]
    plan = company.plan()
    company.apply(plan)
    (first, _) = plan.actions["subject"]
    assert failed(company, plan.plan_id) == [("emply.update_user", first, "failed", "invalid", 1)]
    assert company.ledger.failures_of(plan.plan_id)[0].action_id == plan.actions["action_id"].iloc[0]


def test_an_action_whose_turn_has_not_come_waits_with_its_last_code(company: Company) -> None:
    company.person("søren")["givenName"] = "Sören"
    company.emply.faults = [refused, refused]
    for _ in range(2):
        company.sync()
    plan = company.plan()
    assert company.apply(plan).waiting == 1
    assert failed(company, plan.plan_id) == [("emply.update_user", "søren@contoso.com", "waiting", "invalid", 2)]


def test_a_quarantined_action_is_told_until_it_is_released(company: Company) -> None:
    company.person("søren")["givenName"] = "Sören"
    for _ in range(40):
        company.emply.faults = [refused]
        plan = company.plan()
        if company.apply(plan).quarantined:
            break
    assert failed(company, plan.plan_id) == [("emply.update_user", "søren@contoso.com", "quarantined", "invalid", 8)]
    company.ledger.release(company.ledger.failures_of(plan.plan_id)[0].action_id, "Ada")
    assert failed(company, plan.plan_id) == []


def test_held_and_applied_actions_are_no_failures(company: Company) -> None:
    company.person("søren")["accountEnabled"] = False
    company.person("łukasz")["givenName"] = "Łucjan"
    plan = company.plan()
    report = company.apply(plan)
    assert (report.held, report.count("applied")) == (1, 1)
    assert failed(company, plan.plan_id) == []


def test_a_failure_stays_with_its_plan_when_a_later_one_succeeds(company: Company) -> None:
    company.person("søren")["givenName"] = "Sören"
    company.emply.faults = [refused]
    plan = company.plan()
    company.apply(plan)
    company.person("łukasz")["givenName"] = "Łucjan"
    later = company.plan()
    company.apply(later)
    assert failed(company, plan.plan_id) == [("emply.update_user", "søren@contoso.com", "failed", "invalid", 0)]
    assert failed(company, later.plan_id) == []


def test_of_the_same_plan_made_twice_the_one_applied_last_counts(company: Company) -> None:
    company.person("søren")["givenName"] = "Sören"
    company.emply.faults = [refused]
    plan = company.plan()
    company.apply(plan)
    again = company.plan()
    company.apply(again)
    assert again.plan_id == plan.plan_id
    assert failed(company, plan.plan_id) == []


def test_a_plan_that_was_never_applied_has_no_failures(company: Company) -> None:
    company.person("søren")["givenName"] = "Sören"
    assert failed(company, company.plan().plan_id) == []
    assert failed(company, "unknown") == []
