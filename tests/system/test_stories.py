"""A day with entra-emply, as docs/stories.md tells it: what is clicked or run, and what is seen before and after.

The console is the real one, asked without a browser to draw it. Story 1 is told in Chromium, in `test_console`.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from entra_emply import clock
from entra_emply.alerts.tell import tell
from entra_emply.console.console import Console, Security
from entra_emply.console.queries.draft import plan_of
from entra_emply.environment import Environment
from entra_emply.ledger import migrate, overview, plans
from entra_emply.ledger.ledger import Ledger
from sandbox import Sandbox
from tests.integration.console.house import ACCOUNT, House, browser_of, text_of
from tests.integration.ledger.fakes.faults import refused
from tests.integration.ledger.systems import SETTINGS, Systems, make_scenario
from tests.postgres import Server
from tests.receivers import Webhook, webhook
from tests.system.installation import Installation

STAFF, HR, BOTH = ["g-staff"], ["g-hr"], ["g-staff", "g-hr"]
CONSOLE = "https://console.contoso.com"
TITLE = "Kierownik zespołu"


@pytest.fixture
def house(server: Server, tmp_path: Path) -> Iterator[House]:
    """48 people of Çalışanlar alone, 16 who are in HR too and 4 of HR alone, all linked."""
    people = {f"staff{number}": STAFF for number in range(48)}
    people |= {f"both{number}": BOTH for number in range(16)} | {f"hr{number}": HR for number in range(4)}
    database = server.create()
    with closing(Ledger.open(server.url(database))) as ledger:
        ledger.write(migrate.migrate)
        house = House(tmp_path, server.url(database), Systems(ledger, make_scenario(people)))
        house.run()
        yield house
    server.drop(database)


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    """A webhook on this machine, past any proxy."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    with webhook() as served:
        yield served


def told(house: House, hook: Webhook) -> dict[str, str]:
    """What the webhook was told by now: the message of each title."""
    environment = Environment({**house.environment.variables, "ALERT_URLS": hook.url, "CONSOLE_URL": CONSOLE})
    tell(house.ledger, environment, lambda _: {}, seconds=30)
    return messages(hook)


def messages(hook: Webhook) -> dict[str, str]:
    return {message["title"]: message["message"] for message in hook.got}


def timeline(page: str) -> str:
    return page[page.index("Timeline") :]


def test_2_of_fourteen_who_leave_on_one_day_twelve_are_let_go_and_both_see_by_whom(house: House, hook: Webhook) -> None:
    staff, kept = [f"staff{number}" for number in range(12)], ["hr0", "hr1"]
    house.systems.scenario["emply"]["departments"] = [{"id": "d-łódź", "title": "Łódź"}]
    for who in staff[:5]:
        house.systems.login(who)["departmentId"] = "d-łódź"
    for who in [*staff, *kept]:
        house.systems.person(who)["accountEnabled"] = False
    house.run()
    message = told(house, hook)["entra-emply: 14 actions wait for approval"]
    assert "14 × emply.deactivate_user" in message
    assert f"{CONSOLE}/plan" in message
    assert "contoso.com" not in message.replace(CONSOLE, "")

    ada = house.signed_in()
    assert "14 actions for 14 people" in text_of(ada.get("/"))
    page = ada.follow("/plan?state=held").text
    assert "Çalışanlar (12)" in page
    assert "HR (2)" in page
    assert "Łódź (5)" in page
    assert "12 actions for 12 people, filtered" in text_of(ada.get("/plan?state=held&group=g-staff"))
    said = text_of(ada.post("/plan/confirm", state="held", group="g-staff", all="1"))
    assert "Approve 12 actions for 12 people?" in said
    assert "12 actions approved for 72 hours" in text_of(ada.post("/plan/approve", reason="leavers of November"))

    house.run()
    assert [who for who in [*staff, *kept] if house.systems.login(who)["active"]] == kept
    for browser in (ada, house.signed_in(approver=False)):
        assert "2 actions for 2 people" in text_of(browser.get("/"))
        said = timeline(text_of(browser.get("/people/staff0")))
        assert said.index("applied Deactivate") < said.index("approved Deactivate")
        assert f"by {ACCOUNT} : leavers of November" in said


def test_3_two_updates_that_fail_are_seen_released_and_mended(house: House) -> None:
    people = ("staff3", "hr2")
    for who in people:
        house.systems.person(who)["jobTitle"] = TITLE
    house.systems.emply.faults = [refused, refused]
    house.run()
    ada = house.signed_in()
    assert "2 actions failed and will be tried again" in text_of(ada.get("/"))
    said = text_of(ada.follow("/failures"))
    for part in (*people, f"Job title: none → {TITLE}", "invalid", "The service does not accept a value"):
        assert part in said

    while house.ledger.read(overview.failures_now)["quarantined_at"].isna().any():
        house.systems.emply.faults = [refused, refused]
        house.systems.sync()
    house.systems.emply.faults = []
    assert "2 actions in quarantine" in text_of(ada.get("/"))
    for left in ("1 action for 1 person failed", "No failure is outstanding"):
        ada.get("/failures")
        ada.post("/failures/release")
        assert left in text_of(ada.get("/failures"))

    house.run()
    assert [house.systems.login(who)["jobTitle"] for who in people] == [TITLE, TITLE]
    said = timeline(text_of(ada.get("/people/hr2")))
    assert said.index("applied") < said.index("released") < said.index("failed")


def test_4_a_mapping_that_changes_sixty_four_people_is_approved_by_group(house: House) -> None:
    house.run()
    yesterday, run = clock.now() - timedelta(days=1), house.ledger.read(plans.newest_plan)
    assert run is not None
    settings = SETTINGS | {"groups": [{"group": "Çalışanlar", "default_role": "Manager"}, *SETTINGS["groups"][1:]]}
    draft = yaml.safe_dump(settings, allow_unicode=True)
    ada = house.signed_in()
    ada.get("/mapping")
    said = text_of(ada.post("/mapping/draft", draft=draft))
    for part in ("64 actions, 64 of them held", "64 people", "Roles: Employee → Manager", "To put it into force"):
        assert part in said

    house.systems.settings = settings
    backfill = plan_of(house.environment, house.frames, run.run_id, draft)
    house.systems.record_plan(backfill, house.systems.state(), origin="backfill", day=yesterday)
    assert house.run().actions["held_by"].tolist() == ["G2"] * 64
    newest = house.ledger.read(plans.newest_plan)
    assert newest is not None
    ada.get("/plan")
    said = text_of(ada.get(f"/plan/difference?plan={newest.plan_no}&with={newest.plan_no - 1}"))
    assert f"backfill of {yesterday:%Y-%m-%d}" in said
    assert "They do the same" in said

    for group, count in (("g-hr", 16), ("g-staff", 48)):
        ada.get(f"/plan?state=held&group={group}")
        said = text_of(ada.post("/plan/confirm", state="held", group=group, all="1"))
        assert f"Approve {count} actions for {count} people?" in said
        ada.post("/plan/approve", reason="ticket 4711")
        assert len(house.run().actions) == count + (48 if count == 16 else 0)
    roles = {who: house.systems.login(who)["roleIds"] for who in ("staff0", "both0", "hr0")}
    assert roles == {"staff0": ["r-Manager"], "both0": ["r-HR", "r-Manager"], "hr0": ["r-HR"]}
    assert "Nothing waits for an approval" in text_of(ada.get("/"))


@pytest.fixture
def installation(tmp_path: Path, server: Server, hook: Webhook) -> Iterator[Installation]:
    """Two people, a client secret that ends in 14 days, and somebody to be told."""
    settings = tmp_path / "settings.yaml"
    settings.write_text(yaml.safe_dump(SETTINGS, allow_unicode=True))
    scenario = make_scenario({"ayşe": STAFF, "łukasz": HR})
    scenario["emply"]["employees"] = [{"id": "employee-1", "email": "ayşe@contoso.com"}]
    with Sandbox(scenario) as sandbox:
        ends = clock.now() + timedelta(days=14)
        sandbox.change_settings(secret_ends=ends.isoformat(timespec="seconds"))
        database = server.create()
        variables = {"DATABASE_URL": server.url(database), "ALERT_URLS": hook.url}
        yield Installation(tmp_path / "home", sandbox, settings, variables)
    server.drop(database)


def health(installation: Installation) -> str:
    """What the page Health says when somebody looks now."""
    environment, tokens = Environment.load(installation.environment), list[str]()
    with closing(Ledger.open(installation.variables["DATABASE_URL"])) as ledger:
        browser = browser_of(Console(environment, ledger, Security.of(environment, ACCOUNT, tokens.append)))
        browser.get(f"/sign-in?token={tokens[-1]}")
        browser.get("/health")
        return text_of(browser.post("/health"))


def test_5_a_secret_that_ends_and_a_key_that_is_revoked_are_told_with_what_to_do(
    installation: Installation, hook: Webhook
) -> None:
    installation.sync()
    refuses = {"method": "GET", "path": "/emply/v1/.*", "times": 99, "fault": {"status": 401}}
    installation.sandbox.put_faults(refuses)
    done = installation.run("sync")
    line = "Emply refuses the key: check EMPLY_API_KEY, and that the key is activated in Emply"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"entra-emply: {line}\n")
    assert installation.run("alerts").returncode == 0  # what the commands had no time to send on a busy machine
    ends, failed = sorted(messages(hook).items())
    assert ends[0].startswith("entra-emply: Entra's client secret ends in 14 days, on ")
    assert failed[0] == "entra-emply: sync failed"
    assert failed[1].startswith(line)

    said = health(installation)
    assert "1 check failed" in said
    assert f"{line} What to do: In Emply, activate the key" in said
    assert "entra: client secret : is good until" in said
    assert "What to do: Make a new one in Entra and set ENTRA_CLIENT_SECRET" in said


def test_6_a_new_colleague_has_a_login_with_the_run_after_joining_a_group(house: House) -> None:
    address = "ayşe.çelik@contoso.com"
    names = {"firstName": "Ayşe", "lastName": "Çelik"}
    employee = {"id": "employee-1", "number": 101, "status": "active", "email": address, **names}
    house.systems.scenario["emply"]["employees"].append(employee)
    house.run()
    desk = house.signed_in(approver=False)
    desk.get("/people")
    desk.post("/people", who="cel")
    assert "There is only an employee: no user in Entra and no login in Emply" in text_of(desk.follow("/people/"))

    account = {"id": "ayşe", "userPrincipalName": address, "mail": address, "givenName": "Ayşe", "surname": "Çelik"}
    house.systems.scenario["entra"]["users"].append(account)
    house.run()
    assert "Not in scope: the user is in none of the configured groups" in text_of(desk.get("/people/ayşe"))
    assert "Çalışanlar" in text_of(desk.post("/people/ayşe/why-not", wish="login", calendar=""))

    house.systems.members("g-staff").append("ayşe")
    house.run()
    assert house.systems.login("ayşe")["active"]
    house.run()
    said = text_of(desk.get("/people/ayşe"))
    assert "the pipeline made this login for this Entra user" in said
    said = timeline(said)
    assert said.index("UTC applied Create a login") < said.index("UTC planned Create a login")
    assert "L1: is in a configured group, and nobody in Emply has this address" in said
