"""SIGKILL at every step of applying photos, calendars, events and write-back.

As `test_kills`, with a plan made by hand: a run after a death plans again what has no applied outcome.
"""

import random
from pathlib import Path
from typing import Any

import pytest

from entra_emply.ledger import plans
from entra_emply.ledger.ledger import Ledger
from entra_emply.provisioning.apply import apply
from entra_emply.reconciliation.kinds import ORDER
from tests.campaigns import with_campaign
from tests.integration.ledger import planned
from tests.integration.ledger.everything import actions, everything
from tests.integration.ledger.fakes.system import Row
from tests.integration.ledger.killing import in_child
from tests.integration.ledger.systems import Systems
from tests.integration.moments import Moments

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
    """Both systems whose newest plan has every kind of action on something; and where it ends undisturbed."""

    def __init__(self, moments: Moments, folder: Path) -> None:
        self.moments, self.rows = moments, actions()
        self.undisturbed = self.run(folder / "undisturbed.json")

    def apply(self, systems: Systems) -> None:
        newest = systems.ledger.read(plans.newest_plan)
        assert newest is not None
        apply(systems.ledger, newest.plan_id, graph=systems.graph, emply=systems.emply)

    def run_again(self, systems: Systems) -> int:
        """A run that plans what has no applied outcome; how many actions that were."""
        state = systems.state()
        with systems.ledger._database.reading() as connection:
            connection.exec_driver_sql("SET search_path = entra_emply")
            applied = set(connection.exec_driver_sql(APPLIED).scalars())
        left = [row for row in self.rows if row["action_id"] not in applied]
        systems.apply(systems.record_plan(planned.make(*left), state))
        return len(left)

    def run(self, file: Path, *killed_at: int) -> tuple[Any, ...]:
        """Applying killed at a step, maybe the next run killed too, then a quiet one: what there is at the end."""
        url = self.moments.url
        ledger = Ledger.open(url)
        self.moments.begin(ledger, _planned).store(file)
        ledger.close()
        for run, step in enumerate(killed_at):
            self.was_killed = in_child(url, file, self.apply if run == 0 else self.run_again, step)
        ledger = Ledger.open(url)
        systems = Systems.stored(ledger, file)
        self.run_again(systems)
        left = self.run_again(systems)
        ledger.close()
        remembered = [self.moments.rows(query) for query in REMEMBERED]
        scenario = systems.scenario
        return left, sorted(map(tuple, scenario.pop("writes"))), _in_order(scenario), remembered


@pytest.fixture(scope="module")
def prepared(moments: Moments, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return Prepared(moments, tmp_path_factory.mktemp("kills"))


def test_the_plan_that_is_killed_has_every_kind_and_each_is_done(prepared: Prepared) -> None:
    users = {"ledger.link_user", "emply.create_user", "emply.activate_user", "emply.set_roles", "emply.update_user"}
    assert {f"{row['target']}.{row['kind']}" for row in prepared.rows} == set(ORDER) - users, "everything.py"
    left, writes, _, _ = prepared.undisturbed
    assert left == 0
    assert len(writes) == len(prepared.rows) + 1  # an event that is made in Outlook is told to Emply


@pytest.mark.parametrize("step", with_campaign(range(1, STEPS + 1), range(1, STEPS + 1, EVERY)))
def test_killed_at_a_step_the_next_run_ends_as_if_nothing_had_been(
    prepared: Prepared, tmp_path: Path, step: int
) -> None:
    assert prepared.run(tmp_path / "systems.json", step) == prepared.undisturbed


@pytest.mark.parametrize("steps", _pairs(2, seed=1))
def test_the_run_after_a_kill_may_be_killed_too(prepared: Prepared, tmp_path: Path, steps: tuple[int, int]) -> None:
    assert prepared.run(tmp_path / "systems.json", *steps) == prepared.undisturbed


@pytest.mark.campaign
@pytest.mark.parametrize("steps", _pairs(100, seed=2))
def test_killed_twice_anywhere(prepared: Prepared, tmp_path: Path, steps: tuple[int, int]) -> None:
    assert prepared.run(tmp_path / "systems.json", *steps) == prepared.undisturbed


def test_the_steps_reach_to_the_end(prepared: Prepared, tmp_path: Path) -> None:
    prepared.run(tmp_path / "systems.json", STEPS)
    assert not prepared.was_killed


def _planned(ledger: Ledger) -> Systems:
    systems = everything(ledger)
    planned.plan(systems, *actions())
    return systems


def _in_order(scenario: Row) -> Row:
    """The scenario, with the lists that are changed in an order of their own."""
    for rows in (*scenario["emply"].values(), *scenario["entra"]["calendars"].values()):
        rows.sort(key=lambda row: row["id"])
    for rows in scenario["entra"]["calendars"].values():
        for each in rows:
            each["events"].sort(key=lambda row: row["id"])
    return scenario
