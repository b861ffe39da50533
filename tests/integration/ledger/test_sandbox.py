"""Applying through the real clients, over HTTP: lost answers, and SIGKILL at random points of the request log."""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from entra_emply import clock
from entra_emply.ledger import sync_state
from sandbox import Sandbox
from tests.campaigns import with_campaign
from tests.integration.ledger.installation import Installation
from tests.integration.ledger.killing import at_request
from tests.integration.ledger.systems import make_scenario
from tests.postgres import Server

Row = dict[str, Any]


@pytest.fixture
def changed(sandbox: Sandbox, server: Server, database: str) -> Iterator[Installation]:
    """In step, and then: two leavers, two newcomers, one in another group, one with another name."""
    staff = ["g-staff"]
    people = {"ada": staff, "ipek": staff, "søren": staff, "łukasz": staff, "zofia": [], "çağla": []}
    scenario = make_scenario(people, without_login=("zofia", "çağla"))
    scenario["entra"]["organization"] |= {"verifiedDomains": [{"name": "contoso.com", "isDefault": True}]}
    sandbox.put_state(scenario)
    installation = Installation(server.url(database), sandbox)
    installation.sync()
    users = {user["id"]: user for user in scenario["entra"]["users"]}
    users["ada"]["accountEnabled"] = False
    users["łukasz"]["surname"] = "Żółć-Weiß"
    groups = {group["id"]: group["members"] for group in scenario["entra"]["groups"]}
    groups["g-staff"][:] = ["ada", "søren", "łukasz", "zofia", "çağla"]
    groups["g-hr"].append("søren")
    sandbox.put_state(scenario)
    sandbox.clear_requests()
    yield installation
    installation.ledger.close()


def test_every_kind_goes_through_the_clients(changed: Installation, sandbox: Sandbox) -> None:
    report = changed.sync()
    assert {kind: dict(counted) for kind, counted in report.results.items()} == {
        "emply.deactivate_user": {"applied": 2},
        "emply.create_user": {"applied": 2},
        "emply.set_roles": {"applied": 1},
        "emply.update_user": {"applied": 1},
    }
    assert _writes(sandbox) == {"POST": 2, "PATCH": 4}
    assert changed.plan().actions.empty


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_change_whose_answer_was_lost_is_not_sent_again(changed: Installation, sandbox: Sandbox, method: str) -> None:
    sandbox.put_faults({"method": method, "path": "/users", "times": 1, "fault": {"close": "after-commit"}})
    assert changed.sync().count("applied") == 6
    assert _writes(sandbox) == {"POST": 2, "PATCH": 4}
    assert changed.plan().actions.empty


def test_who_came_back_in_the_meantime_keeps_the_login(changed: Installation, sandbox: Sandbox) -> None:
    plan = changed.plan()
    ada = next(user for user in sandbox.state()["entra"]["users"] if user["id"] == "ada")
    sandbox.change_state({"entra": {"users": [ada | {"accountEnabled": True}]}})
    assert changed.apply(plan.plan_id).count("superseded") == 1
    assert _active(sandbox)["emply-ada"] is True


def test_a_user_deleted_in_graph_is_gone(changed: Installation, sandbox: Sandbox) -> None:
    state = sandbox.state()
    state["entra"]["users"] = [user for user in state["entra"]["users"] if user["id"] != "ada"]
    state["entra"]["groups"][0]["members"].remove("ada")
    sandbox.put_state(state)
    changed.sync()
    assert _active(sandbox)["emply-ada"] is False


@pytest.mark.parametrize("seed", with_campaign(range(60), range(3)))
def test_killed_at_a_random_request_the_next_run_ends_the_same(
    changed: Installation, sandbox: Sandbox, seed: int
) -> None:
    """Odd seeds lose the answer of a write besides."""
    chosen = random.Random(seed)
    plan_id = changed.plan().plan_id
    url = changed.ledger._database.engine.url.render_as_string(hide_password=False)
    changed.ledger.close()
    if seed % 2:
        skip = chosen.randrange(6)
        lost = {"path": "/users", "times": 1, "skip": skip, "fault": {"close": "after-commit"}}
        sandbox.put_faults(*({"method": method} | lost for method in ("POST", "PATCH")))
    at_request(lambda: Installation(url, sandbox).apply(plan_id), killed_at=chosen.randrange(1, 50))
    sandbox.put_faults()
    changed.sync()
    assert changed.plan().actions.empty
    assert _writes(sandbox) == {"POST": 2, "PATCH": 4}
    assert _active(sandbox) == {
        "emply-ada": False,
        "emply-ipek": False,
        "emply-søren": True,
        "emply-łukasz": True,
        "zofia@contoso.com": True,
        "çağla@contoso.com": True,
    }
    assert len(changed.ledger.read(sync_state.read_state, clock.now()).links) == 6


def _writes(sandbox: Sandbox) -> Counter[str]:
    """The changes that Emply made, by method; one whose answer was lost has no status, and was made."""
    served = (entry for entry in sandbox.requests() if entry["path"].startswith("/emply/"))
    return Counter(entry["method"] for entry in served if entry["method"] != "GET" and (entry["status"] or 200) < 300)


def _active(sandbox: Sandbox) -> dict[str, bool]:
    """Whether they may log in: by id, those that were created by username."""
    users = sandbox.state()["emply"]["users"]
    return {user["id"] if user["id"].startswith("emply-") else user["username"]: user["active"] for user in users}
