"""A delta that is refused, or does not fit, is no reason to guess: the list is read whole."""

from typing import Any

import pandas as pd
import pytest

from sandbox import Sandbox
from tests.integration.directory.random_directory import RandomDirectory
from tests.integration.directory.tracked_reads import TrackedReads, answer, asked

LINK = "https://{}/v1.0/users/delta?$deltatoken=a"
ODD_ROUNDS: dict[str, tuple[dict[str, Any], str]] = {
    "an expired token": ({"odd": "delta_token_expired"}, "410 resyncRequired"),
    "a forgotten token, in other letters": ({"odd": "delta_token_forgotten"}, "400 SyncStateNotFound"),
    "trouble that stays": ({"status": 403, "body": {"error": {"code": "Authorization_RequestDenied"}}}, "403"),
    "no token at the end": ({"status": 200, "body": {"value": []}}, "do not end with a token"),
    "no list": ({"status": 200, "body": {"value": None, "@odata.deltaLink": LINK}}, "not a list"),
    "another host": (
        {"status": 200, "body": {"value": [], "@odata.deltaLink": "https://else.example/v1.0/users/delta?a"}},
        "another host",
    ),
}
ODD_ROWS: dict[str, tuple[list[Any], str]] = {
    "an object told in two ways": ([{"id": "p1", "surname": "A"}, {"id": "p1", "surname": "B"}], "contradict"),
    "an object told and removed": ([{"id": "p1", "surname": "A"}, {"id": "p1", "@removed": {}}], "contradict"),
    "an unknown object, in part": ([{"id": "new", "surname": "A"}], "does not tell all"),
    "an unknown object without a name": (
        [{"id": "new", "userPrincipalName": "a", "displayName": None, "accountEnabled": True}], "does not tell all",
    ),
    "a row without id": ([{"surname": "A"}], "of which object"),
    "no object": (["p1"], "of which object"),
    "a value of another kind": ([{"id": "p1", "accountEnabled": "yes"}], "account_enabled is not true or false"),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD_ROUNDS)
def test_a_round_that_fails_is_followed_by_a_whole_read(
    sandbox: Sandbox, company: RandomDirectory, reads: TrackedReads, name: str
) -> None:
    fault, why = ODD_ROUNDS[name]
    company.happens()
    sandbox.put_state(company.scenario())
    sandbox.put_faults({"path": "/users/delta$", "times": 1, "fault": fault})
    certificate = reads.read()["entra_users"]
    sandbox.put_faults()
    assert (certificate.base, why in certificate.doubt) == ("", True), certificate.doubt
    assert "users" in asked(sandbox)
    reads.require_whole()


@pytest.mark.parametrize("name", ODD_ROWS)
def test_changes_that_do_not_fit_are_followed_by_a_whole_read(
    sandbox: Sandbox, company: RandomDirectory, reads: TrackedReads, name: str
) -> None:
    rows, why = ODD_ROWS[name]
    link = str(reads.store.read("run-1", "entra_users_cursor")["delta_link"].iloc[0])
    sandbox.put_faults(answer("/users/delta$", {"value": rows, "@odata.deltaLink": link}))
    certificate = reads.read()["entra_users"]
    assert (certificate.base, why in certificate.doubt) == ("", True), certificate.doubt
    reads.require_whole()
    assert company.users.keys() == set(reads.frame("entra_users")["entra_id"])


def test_pages_in_a_circle_are_left(sandbox: Sandbox, company: RandomDirectory, reads: TrackedReads) -> None:
    link = str(reads.store.read("run-1", "entra_users_cursor")["delta_link"].iloc[0])
    sandbox.put_faults(
        {"path": "/users/delta$", "times": 9, "fault": {"status": 200, "body": {"value": [], "@odata.nextLink": link}}}
    )
    assert "circle" in reads.read()["entra_users"].doubt
    assert len(company.users) == len(reads.frame("entra_users"))


def test_a_page_that_expires_in_the_middle_is_followed_by_a_whole_read(
    sandbox: Sandbox, company: RandomDirectory, reads: TrackedReads
) -> None:
    sandbox.change_settings(delta_disorder=7)
    for name in company.users:
        company.users[name] = company.users[name] | {"surname": "Nowak"}
    sandbox.put_state(company.scenario())
    sandbox.put_faults({"path": "/users/delta$", "skip": 2, "times": 1, "fault": {"odd": "page_token_expired"}})
    assert "expired" in reads.read()["entra_users"].doubt
    reads.require_whole()


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("tenant", "another", "another tenant"),
        ("properties", "id,mail", "other properties"),
        ("delta_link", None, "no token"),
        ("delta_link", "https://else.example/v1.0/users/delta?$deltatoken=a", "another host"),
        ("path", "devices", "another version"),
        ("new", "column", "another version"),
    ],
)
def test_an_earlier_read_of_something_else_is_not_continued(
    company: RandomDirectory, reads: TrackedReads, column: str, value: str | None, why: str
) -> None:
    cursor = pd.DataFrame(reads.store.read("run-1", "entra_users_cursor"))
    reads.store.write("run-1", "entra_users_cursor", cursor.assign(**{column: pd.Series([value], dtype="str")}))
    assert why in reads.read()["entra_users"].doubt
    assert len(company.users) == len(reads.frame("entra_users"))


def test_an_earlier_frame_of_another_version_is_not_continued(company: RandomDirectory, reads: TrackedReads) -> None:
    frame = pd.DataFrame(reads.store.read("run-1", "entra_users"))
    reads.store.write("run-1", "entra_users", frame.drop(columns="mail"))
    assert reads.read()["entra_users"].doubt
    reads.require_whole()
    assert len(company.users) == len(reads.frame("entra_users"))


def test_without_a_token_the_list_is_read_whole_and_so_is_the_next(
    sandbox: Sandbox, company: RandomDirectory, reads: TrackedReads
) -> None:
    sandbox.put_faults({"path": "/users/delta$", "times": 2, "fault": {"odd": "delta_token_forgotten"}})
    assert "SyncStateNotFound" in reads.read()["entra_users"].doubt
    assert "no token" in reads.read()["entra_users"].doubt
    assert reads.read()["entra_users"].base == "run-3"
    assert len(company.users) == len(reads.frame("entra_users"))
