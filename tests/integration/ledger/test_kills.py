"""SIGKILL at every step of applying: the next quiet run ends as if nothing had been, and nothing is written twice.

What a step is, `killing` says.
"""

import random
from pathlib import Path
from typing import Any

import pytest

from entra_emply.ledger import approvals, plans
from entra_emply.ledger.ledger import Ledger
from entra_emply.provisioning.apply import apply
from tests.campaigns import with_campaign
from tests.integration.ledger.killing import in_child
from tests.integration.ledger.systems import Systems, kinds, make_scenario
from tests.integration.moments import Moments

EVERY = 8  # one step in so many in `make test`, all of them in the campaign
STEPS = 200  # a few more than there are
REMEMBERED = [
    "SELECT entra_id, emply_user_id, matched_by FROM links ORDER BY 1",
    "SELECT * FROM role_states ORDER BY 1, 2",
    "SELECT emply_user_id, approved FROM deactivations ORDER BY 1",
    "SELECT DISTINCT entra_id, approved FROM grants ORDER BY 1",
    "SELECT action_id, ending FROM approvals ORDER BY 1",
    "SELECT action_id FROM failures",
    "SELECT count(*) FROM attempts LEFT JOIN outcomes USING (attempt_no) WHERE result IS NULL",
]


def _pairs(number: int, seed: int) -> list[tuple[int, int]]:
    chosen = random.Random(seed)
    return [(chosen.randrange(1, STEPS), chosen.randrange(1, STEPS)) for _ in range(number)]


class Prepared:
    """Systems whose newest plan has every kind of action, one of them approved; and where it ends undisturbed."""

    def __init__(self, moments: Moments, folder: Path) -> None:
        self.moments = moments
        self.undisturbed = self.run(folder / "undisturbed.json")

    def run(self, file: Path, *killed_at: int) -> tuple[Any, ...]:
        """Applying killed at a step, maybe the next run killed too, then a quiet one: what there is at the end."""
        url = self.moments.url
        ledger = Ledger.open(url)
        self.moments.begin(ledger, _planned).store(file)
        ledger.close()
        for run, step in enumerate(killed_at):
            self.was_killed = in_child(url, file, self.apply if run == 0 else Systems.sync, step)
        ledger = Ledger.open(url)
        systems = Systems.stored(ledger, file)
        systems.sync()
        left = kinds(systems.plan())
        ledger.close()
        remembered = [self.moments.rows(query) for query in REMEMBERED]
        scenario = systems.scenario
        logins = sorted(scenario["emply"]["users"], key=lambda user: user["id"])
        return left, sorted(map(tuple, scenario["writes"])), logins, remembered

    def apply(self, systems: Systems) -> None:
        newest = systems.ledger.read(plans.newest_plan)
        assert newest is not None
        apply(systems.ledger, newest.plan_id, graph=systems.graph, emply=systems.emply)


@pytest.fixture(scope="module")
def prepared(moments: Moments, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return Prepared(moments, tmp_path_factory.mktemp("kills"))


def test_the_plan_that_is_killed_has_every_kind(prepared: Prepared) -> None:
    left, writes, _, _ = prepared.undisturbed
    assert left == {}
    assert [kind for kind, _ in writes] == ["active"] * 3 + ["create"] * 2 + ["lastName"] + ["roleIds"] * 2


@pytest.mark.parametrize("step", with_campaign(range(1, STEPS + 1), range(1, STEPS + 1, EVERY)))
def test_killed_at_a_step_the_next_run_ends_as_if_nothing_had_been(
    prepared: Prepared, tmp_path: Path, step: int
) -> None:
    assert prepared.run(tmp_path / "systems.json", step) == prepared.undisturbed


@pytest.mark.parametrize("steps", _pairs(4, seed=1))
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
    """Two leavers, one back, two newcomers, a match, two who joined a group, one renamed. Grants wait for approval."""
    systems = _company(ledger)
    systems.sync()
    systems.person("ada")["accountEnabled"] = False
    systems.sync()
    systems.scenario["writes"].clear()
    systems.settings["guards"] = {"max_grants": {"min_count": 0, "percent": 0}}
    systems.person("ada")["accountEnabled"] = True
    systems.delete("ipek")
    systems.members("g-staff").remove("søren")
    systems.members("g-staff").extend(["zofia", "çağla", "later"])
    systems.members("g-hr").extend(["łukasz", "jörg"])
    systems.person("łukasz")["surname"] = "Żółć-Weiß"
    held = systems.plan()
    ledger.write(approvals.approve, held.plan_id, by="Kaya", reason="hired")
    systems.plan()
    return systems


def _company(ledger: Ledger) -> Systems:
    staff = ["g-staff"]
    people = {
        "ada": staff,
        "ipek": staff,
        "søren": staff,
        "łukasz": staff,
        "jörg": staff,
        "zofia": staff,
        "çağla": staff,
    }
    scenario = make_scenario(people | {"later": staff}, without_login=("zofia", "çağla"))
    systems = Systems(ledger, scenario)
    for newcomer in ("zofia", "çağla", "later"):
        systems.members("g-staff").remove(newcomer)
    return systems
