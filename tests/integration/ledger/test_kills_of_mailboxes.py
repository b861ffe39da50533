"""SIGKILL at every step of applying photos, calendars, events and write-back.

As `test_kills`, with a plan made by hand: a run after a death plans again what has no applied outcome.
"""

import random
from pathlib import Path
from typing import Any

import pytest

from assets.ledger.apply import apply
from assets.ledger.ledger import Ledger
from assets.reconciliation.kinds import ORDER
from tests.integration.ledger import planned
from tests.integration.ledger.company import Company
from tests.integration.ledger.fakes import Row
from tests.integration.ledger.killing import in_child
from tests.integration.ledger.office import (
    calendar,
    emply_calendar,
    emply_event,
    furnish,
    in_emply,
    make_office,
    outlook,
    outlook_event,
)
from tests.integration.ledger.planned import action
from tests.postgres import Server

EVERY = 17  # one step in so many in `make test`, all of them in the campaign
STEPS = 280  # a few more than there are
REMEMBERED = [
    "SELECT * FROM photo_etags ORDER BY 1",
    "SELECT * FROM calendars ORDER BY 1",
    "SELECT * FROM event_pairs ORDER BY 1",
    "SELECT entra_id, employee_id FROM deleted_users ORDER BY 1",
    "SELECT emply_user_id, approved FROM deactivations ORDER BY 1",
    "SELECT DISTINCT entra_id, approved FROM grants ORDER BY 1",
    "SELECT action_id FROM failures",
    "SELECT count(*) FROM attempts LEFT JOIN outcomes USING (attempt_no) WHERE result IS NULL",
]
APPLIED = "SELECT action_id FROM attempts JOIN outcomes USING (attempt_no) WHERE result = 'applied'"


def _pairs(number: int, seed: int) -> list[tuple[int, int]]:
    chosen = random.Random(seed)
    return [(chosen.randrange(1, STEPS), chosen.randrange(1, STEPS)) for _ in range(number)]


class Prepared:
    """An office whose newest plan has every kind of action on something; and where it ends undisturbed."""

    def __init__(self, server: Server, migrated: str, folder: Path) -> None:
        self.server, self.file = server, folder / "office.json"
        self.template = server.create(template=migrated)
        ledger = Ledger.open(server.url(self.template))
        office = make_office(ledger)
        office.sync()
        self.rows = _everything(office)
        self.plan_id = planned.plan(office, *self.rows).plan_id
        office.store(self.file)
        ledger.close()
        self.undisturbed = self.run(folder / "undisturbed.json")

    def apply(self, office: Company) -> None:
        apply(office.ledger, self.plan_id, graph=office.graph, emply=office.emply)

    def run_again(self, office: Company) -> int:
        """A run that plans what has no applied outcome; how many actions that were."""
        state = office.state()
        with office.ledger._database.reading() as connection:
            connection.exec_driver_sql("SET search_path = entra_emply")
            applied = set(connection.exec_driver_sql(APPLIED).scalars())
        left = [row for row in self.rows if row["action_id"] not in applied]
        office.apply(office.record_plan(planned.make(*left), state))
        return len(left)

    def run(self, file: Path, *killed_at: int) -> tuple[Any, ...]:
        """Applying killed at a step, maybe the next run killed too, then a quiet one: what there is at the end."""
        file.write_text(self.file.read_text())
        database = self.server.create(template=self.template)
        url = self.server.url(database)
        for run, step in enumerate(killed_at):
            self.was_killed = in_child(url, file, self.apply if run == 0 else self.run_again, step)
        ledger = Ledger.open(url)
        office = Company.stored(ledger, file)
        self.run_again(office)
        left = self.run_again(office)
        ledger.close()
        remembered = [self.server.execute(f"SET search_path = entra_emply; {query}", database) for query in REMEMBERED]
        self.server.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
        scenario = office.scenario
        return left, sorted(map(tuple, scenario.pop("writes"))), _in_order(scenario), remembered


@pytest.fixture(scope="module")
def prepared(server: Server, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return Prepared(server, migrated, tmp_path_factory.mktemp("kills"))


def test_the_plan_that_is_killed_has_every_kind_and_each_is_done(prepared: Prepared) -> None:
    users = {"ledger.link_user", "emply.create_user", "emply.activate_user", "emply.set_roles", "emply.update_user"}
    assert {f"{row['target']}.{row['kind']}" for row in prepared.rows} == set(ORDER) - users
    left, writes, _, _ = prepared.undisturbed
    assert left == 0
    assert len(writes) == len(prepared.rows) + 1  # an event that is made in Outlook is told to Emply


@pytest.mark.parametrize("step", range(1, STEPS + 1, EVERY))
def test_killed_at_a_step_the_next_run_ends_as_if_nothing_had_been(
    prepared: Prepared, tmp_path: Path, step: int
) -> None:
    assert prepared.run(tmp_path / "office.json", step) == prepared.undisturbed


@pytest.mark.campaign
@pytest.mark.parametrize("step", [step for step in range(1, STEPS + 1) if step % EVERY != 1])
def test_killed_at_any_other_step(prepared: Prepared, tmp_path: Path, step: int) -> None:
    assert prepared.run(tmp_path / "office.json", step) == prepared.undisturbed


@pytest.mark.parametrize("steps", _pairs(2, seed=1))
def test_the_run_after_a_kill_may_be_killed_too(prepared: Prepared, tmp_path: Path, steps: tuple[int, int]) -> None:
    assert prepared.run(tmp_path / "office.json", *steps) == prepared.undisturbed


@pytest.mark.campaign
@pytest.mark.parametrize("steps", _pairs(100, seed=2))
def test_killed_twice_anywhere(prepared: Prepared, tmp_path: Path, steps: tuple[int, int]) -> None:
    assert prepared.run(tmp_path / "office.json", *steps) == prepared.undisturbed


def test_the_steps_reach_to_the_end(prepared: Prepared, tmp_path: Path) -> None:
    prepared.run(tmp_path / "office.json", STEPS)
    assert not prepared.was_killed


def _everything(office: Company) -> list[Row]:
    """An action of every kind, each of which is called for; and what there is besides in the office for them."""
    furnish(office)
    entra, emply = office.scenario["entra"], office.scenario["emply"]
    for owner in ("łukasz", "søren"):
        entra["calendars"][owner] = [calendar(f"{owner}-cal")]
    emply["calendars"] += [emply_calendar("łukasz"), emply_calendar("søren"), emply_calendar("ipek")]
    emply["events"].append(emply_event("E-søren-own", "E-søren", origin="emply"))
    emply["events"].append(emply_event("E-ada-old", "E-ada", origin="emply", externalId="ada-old"))
    outlook(office, "ada")["events"] += [outlook_event("ada-old", subject="Gammel"), outlook_event("ada-void")]
    with office.ledger._database.writing() as connection:
        connection.exec_driver_sql(
            "SET search_path = entra_emply;"
            "INSERT INTO event_pairs VALUES ('E-ada-void', 'ada-void', 'ada', 'ada-cal');"
            "INSERT INTO calendars VALUES ('E-łukasz', 'łukasz', 'łukasz-cal', false),"
            " ('E-søren', 'søren', 'søren-cal', false), ('E-ipek', 'ipek', 'ipek-cal', true)"
        )
    outlook(office, "łukasz")["id"] = "another"
    in_emply(office, "calendars")["E-ipek"]["externalId"] = None
    outlook(office, "ada")["events"].pop(0)
    return [*_calendars(), *_events(), *_people()]


def _calendars() -> list[Row]:
    ada = {"kind": "user", "externalId": "ada-cal"}
    added = emply_calendar("ada", externalId="ada-team", isDefault=False, enabled=False)
    added.pop("id")
    ipek, removed, detached = (
        {"kind": "user", "externalId": external_id, "name": "Kalender"}
        for external_id in ("ipek-cal", "łukasz-cal", "søren-cal")
    )
    free = {"kind": "user", "externalId": None}
    return [
        action("emply.remove_calendar", "C4", "łukasz", removed, None),
        action("emply.detach_calendar", "C4", "søren", detached, free),
        action("emply.add_calendar", "C1", "ada", None, added),
        action("emply.attach_calendar", "C1", "ipek", free, ipek),
        action("emply.update_calendar", "C3", "ada", ada | {"name": "Kalender"}, ada | {"name": "Møder"}),
    ]


def _events() -> list[Row]:
    here = {"calendarExternalId": "ada-cal"}
    tea = {"title": "Çay", "start": "2026-11-26T11:00:00Z", "end": "2026-11-26T11:30:00Z", "showAs": "free"}
    old, void = ({"emplyEventId": f"E-ada-{name}", "externalId": f"ada-{name}", **here} for name in ("old", "void"))
    return [
        action("emply.delete_event", "E1", "ada", {"externalId": "ada-lunch", **here}, None),
        action("emply.upsert_event", "E1", "ada", None, {"externalId": "ada-tea", "changeKey": "v1", **tea, **here}),
        action("entra.create_event", "E2", "ada", None, {"emplyEventId": "E-ada-own", **tea, **here}),
        action("entra.update_event", "E2", "ada", old | {"title": "Gammel"}, old | {"title": "Frokost"}),
        action("entra.delete_event", "E2", "ada", void, None),
    ]


def _people() -> list[Row]:
    named = {"userPrincipalName": "søren@contoso.com"}
    archived = {"employee_id": "søren-file"}
    zofia = {"accountEnabled": True, "displayName": "Zofia Żółć", "userPrincipalName": "zofia@contoso.com"}
    off = {"active": True}, {"active": False}
    return [
        action("emply.set_photo", "P1", "ada", {"etag": None}, {"etag": "W/1"}),
        action("emply.deactivate_user", "W3", "søren", *off, reason="deleted_in_entra", **archived),
        action("entra.create_user", "W1", None, None, zofia, emply_user_id="emply-zofia"),
        action("entra.update_user", "W2", "ada", {"jobTitle": None}, {"jobTitle": "Mühendis"}),
        action("entra.delete_user", "W3", "søren", named, None, **archived),
    ]


def _in_order(scenario: Row) -> Row:
    """The scenario, with the lists that are changed in an order of their own."""
    for rows in (*scenario["emply"].values(), *scenario["entra"]["calendars"].values()):
        rows.sort(key=lambda row: row["id"])
    for rows in scenario["entra"]["calendars"].values():
        for each in rows:
            each["events"].sort(key=lambda row: row["id"])
    return scenario
