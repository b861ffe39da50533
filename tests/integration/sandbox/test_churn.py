"""Life going on: what may happen, and that it does while the sandbox serves."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from pipelines.commands.demo import edit_mapping
from sandbox import Sandbox
from sandbox.churn import Churn
from sandbox.client import read_environment
from sandbox.company import make_company
from sandbox.state import State
from tests.integration.sandbox.processes import process, session
from tests.waiting import PATIENCE, wait_until

OFTEN = 0.01
NOBODY: dict[str, Any] = {}


def snapshot(state: State) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(state.document()))
    return document


def churned(scenario: dict[str, Any], name: str, seed: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
    """The state before and after one thing happened."""
    state = State(json.loads(json.dumps(scenario)))
    before = snapshot(state)
    assert getattr(Churn(state, seed), name)()
    return before, snapshot(state)


def changed_users(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    old = {user["id"]: user for user in before["entra"]["users"]}
    return [(old.get(user["id"], {}), user) for user in after["entra"]["users"] if old.get(user["id"]) != user]


def events(state: dict[str, Any]) -> dict[str, dict[str, Any]]:
    held = [calendars for calendars in state["entra"]["calendars"].values() if isinstance(calendars, list)]
    return {event["id"]: event for calendars in held for calendar in calendars for event in calendar["events"]}


@pytest.fixture(scope="module")
def company() -> dict[str, Any]:
    return make_company(60, 1)


def test_who_joins_has_an_account_a_group_and_a_mailbox(company: dict[str, Any]) -> None:
    before, after = churned(company, "join")

    ((old, user),) = changed_users(before, after)
    employees = next(group for group in after["entra"]["groups"] if group["displayName"] == "Employees")
    assert (old, user["accountEnabled"]) == ({}, True)
    assert user["id"] in employees["members"]
    assert after["entra"]["calendars"][user["id"]][0]["isDefaultCalendar"] is True


def test_who_moves_comes_into_a_group_or_leaves_it(company: dict[str, Any]) -> None:
    before, after = churned(company, "move")

    sizes = [[len(group["members"]) for group in state["entra"]["groups"]] for state in (before, after)]
    assert [abs(one - other) for one, other in zip(*sizes, strict=True) if one != other] == [1]


@pytest.mark.parametrize("seed", range(4))
def test_who_leaves_is_disabled_or_in_no_group_any_more(company: dict[str, Any], seed: int) -> None:
    before, after = churned(company, "leave", seed)

    disabled = [user for _, user in changed_users(before, after) if user["accountEnabled"] is False]
    smaller = [
        group for group in after["entra"]["groups"]
        if group not in before["entra"]["groups"]
    ]  # fmt: skip
    assert bool(disabled) is not bool(smaller)


def test_events_come_move_and_go(company: dict[str, Any]) -> None:
    before, more = churned(company, "make_event")
    moved_from, moved = churned(company, "move_event")
    _, fewer = churned(company, "drop_event")

    assert len(events(more)) == len(events(before)) + 1
    assert len(events(fewer)) == len(events(before)) - 1
    ((old, new),) = [(events(moved_from)[name], event) for name, event in events(moved).items()
                     if events(moved_from)[name] != event]  # fmt: skip
    assert new["start"] > old["start"]
    assert new["changeKey"] != old["changeKey"]


@pytest.mark.parametrize("name", ["move", "leave", "make_event", "move_event", "drop_event"])
def test_without_people_nothing_of_it_can_happen(name: str) -> None:
    assert getattr(Churn(State(NOBODY), 0), name)() is False


def test_one_seed_lets_the_same_happen_to_the_same_people(company: dict[str, Any]) -> None:
    states = [State(json.loads(json.dumps(company))) for _ in range(2)]
    for state in states:
        churn = Churn(state, 7)
        for _ in range(30):
            churn.step()

    first, second = (snapshot(state)["entra"] for state in states)
    assert first["users"] == second["users"]
    assert first["groups"] == second["groups"]
    assert first != company["entra"]


def test_life_goes_on_while_the_sandbox_serves() -> None:
    with Sandbox(users=30, churn=OFTEN) as sandbox:
        first = sandbox.state()["entra"]

        wait_until(lambda: sandbox.state()["entra"]["users"] != first["users"])
        wait_until(lambda: sandbox.state()["entra"]["calendars"] != first["calendars"])


def test_without_churn_nothing_happens_by_itself() -> None:
    with Sandbox(users=30) as quiet, Sandbox(users=30, churn=OFTEN) as lively:
        first = quiet.state()
        wait_until(lambda: len(lively.state()["entra"]["users"]) > 30)

        assert quiet.state() == first


def test_life_stops_with_the_server(tmp_path: Path) -> None:
    with process("--users", "20", "--churn", str(OFTEN), env_file=tmp_path / "env") as started:
        environment = read_environment(tmp_path / "env")
        with session(environment) as http:
            address = f"{environment['SANDBOX_URL']}/_sandbox/state"
            wait_until(lambda: len(http.get(address, timeout=PATIENCE).json()["entra"]["users"]) > 20)
        started.terminate()
        _, complaints = started.communicate(timeout=PATIENCE)

    assert (started.returncode, complaints) == (0, "")


def test_an_edit_of_the_mapping_swaps_two_roles_but_not_the_first(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    text = "groups:  # in order\n" + "".join(f"  - group: {name}\n    default_role: {name}\n" for name in "ABCD")
    settings.write_text(text, encoding="utf-8")

    edit_mapping(settings, Random(0))

    roles = {group["group"]: group["default_role"] for group in yaml.safe_load(settings.read_text())["groups"]}
    assert roles["A"] == "A"
    assert sum(group != role for group, role in roles.items()) == 2
    assert set(roles.values()) == set("ABCD")
    assert settings.read_text().startswith("groups:  # in order")
