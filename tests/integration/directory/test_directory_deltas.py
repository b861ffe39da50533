"""The directory by delta: whatever happened and however Graph tells it, the frames are those of a whole read."""

from random import Random
from typing import Any

import pytest

from sandbox import Sandbox
from tests.integration.directory.random_directory import GROUPS, RandomDirectory
from tests.integration.directory.tracked_reads import TrackedReads, answer, asked

TROUBLES = ["delta_token_expired", "delta_token_forgotten", "page_token_expired"]


def history(sandbox: Sandbox, reads: TrackedReads, seed: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """A random history of runs; some read while the directory changes. How many reads there were, and how many of them
    went on from an earlier one."""
    random = Random(seed)
    directory = RandomDirectory(random)
    sandbox.change_settings(delta_disorder=random.choice([0, seed + 1]), graph_units=10_000_000)
    sandbox.put_state(directory.scenario())
    connection, ask = reads.client._connection, reads.client._connection.ask
    made = continued = 0

    def changing(*args: Any, **how: Any) -> Any:  # noqa: ANN401
        if random.random() < 0.5:
            directory.happens()
            sandbox.put_state(directory.scenario())
        return ask(*args, **how)

    for _ in range(random.randint(2, 6)):
        if random.random() < 0.4:
            with monkeypatch.context() as patched:
                patched.setattr(connection, "ask", changing)
                reads.read()
        for _ in range(random.choice([0, 1, 1, 2, 5])):
            directory.happens()
            sandbox.put_state(directory.scenario())
        reads.groups = random.choice([reads.groups, reads.groups, random.sample(GROUPS, 3)])
        trouble = random.choice([None, None, None, *TROUBLES])
        path = random.choice(["/users/delta", "/groups/delta", "/delta"])
        if trouble:
            fault = {"odd": trouble} if random.random() < 0.8 else {"empty_page": True}
            sandbox.put_faults({"path": path, "times": 1, "skip": random.randint(0, 2), "fault": fault})
        certificates = reads.read()
        sandbox.put_faults()
        reads.require_whole()
        made, continued = made + len(certificates), continued + sum(bool(each.base) for each in certificates.values())
    return made, continued


def test_frames_by_delta_are_those_of_whole_reads(
    sandbox: Sandbox, reads: TrackedReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []
    for seed in range(15):
        reads.runs = 0
        done.append(history(sandbox, reads, seed, monkeypatch))
    assert sum(continued for _, continued in done) > sum(made for made, _ in done) / 2


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(1000, 1100))
def test_frames_by_delta_are_those_of_whole_reads_thousands_of_times(
    sandbox: Sandbox, reads: TrackedReads, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    for number in range(20):
        reads.runs = 0
        history(sandbox, reads, seed * 100 + number, monkeypatch)


def test_an_unchanged_directory_costs_a_request_for_each_delta(
    sandbox: Sandbox, company: RandomDirectory, reads: TrackedReads
) -> None:
    certificates = reads.read()
    assert asked(sandbox) == ["users/delta", "groups/delta", "users/delta", "groups/delta"]
    assert [(each.base, each.rows) for each in certificates.values()] == [("run-1", 10), ("run-1", 4), ("run-1", 10)]
    assert certificates["entra_group_members"].parts == {"staff/members": 10, "hr/members": 0, "rooms/members": 0}
    assert company.users.keys() == set(reads.frame("entra_users")["entra_id"])


@pytest.mark.usefixtures("company")
def test_a_certificate_names_a_token_without_showing_it(reads: TrackedReads) -> None:
    cursor = reads.store.read("run-1", "entra_users_cursor")
    certificate = reads.read()["entra_users"]
    assert len(certificate.token) == 12
    assert certificate.token not in str(cursor)


@pytest.mark.usefixtures("company")
def test_a_change_keeps_what_it_does_not_name(sandbox: Sandbox, reads: TrackedReads) -> None:
    told = {"id": "p3", "surname": "Åkesson", "mail": None}
    link = str(reads.store.read("run-1", "entra_users_cursor")["delta_link"].iloc[0])
    sandbox.put_faults(answer("/users/delta$", {"value": [told], "@odata.deltaLink": link}))
    reads.read()
    row = reads.frame("entra_users").set_index("entra_id").loc["p3"]
    assert (row["surname"], row["user_principal_name"], row["account_enabled"]) == ("Åkesson", "p3@contoso.com", True)
    assert row.isna()["mail"]


def test_a_large_group_that_fills_up_comes_in_parts(
    sandbox: Sandbox, company: RandomDirectory, reads: TrackedReads
) -> None:
    for number in range(450):
        company.users[f"n{number}"] = {"id": f"n{number}", "displayName": "Ny", "userPrincipalName": f"n{number}"}
    sandbox.put_state(company.scenario())
    reads.read()
    company.groups["hr"] = company.groups["hr"] | {"members": [f"n{number}" for number in range(450)]}
    sandbox.put_state(company.scenario())
    assert all(certificate.base for certificate in reads.read().values())
    reads.require_whole()
