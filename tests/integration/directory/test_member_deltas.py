"""Members by delta: Graph says nothing of those who are deleted or restored, nor of groups that hide who is in them."""

from typing import Any

import pandas as pd
import pytest

from sandbox import Sandbox
from sandbox.settings import PERMISSIONS
from tests.integration.directory.random_directory import GROUPS, RandomDirectory
from tests.integration.directory.tracked_reads import TrackedReads, answer, asked


def test_a_member_who_is_deleted_and_restored_is_one_again_without_a_word_from_graph(
    sandbox: Sandbox, company: RandomDirectory, reads: TrackedReads
) -> None:
    company.deleted["p1"] = company.users.pop("p1")
    sandbox.put_state(company.scenario())
    assert reads.read()["entra_group_members"].rows == 9
    company.users["p1"] = company.deleted.pop("p1")
    sandbox.put_state(company.scenario())
    assert reads.read()["entra_group_members"].rows == 10
    reads.require_whole()


def test_the_groups_of_somebody_who_was_deleted_before_the_whole_read_are_looked_up(
    sandbox: Sandbox, company: RandomDirectory, reads: TrackedReads
) -> None:
    company.deleted["p1"] = company.users.pop("p1")
    sandbox.put_state(company.scenario())
    reads.runs = 0
    reads.read()
    company.users["p1"] = company.deleted.pop("p1")
    sandbox.put_state(company.scenario())
    sandbox.clear_requests()
    assert reads.read()["entra_group_members"].base == "run-1"
    assert asked(sandbox)[-2:] == ["users/p1/transitiveMemberOf", "groups/staff/members"]
    reads.require_whole()


def _deleted_before_the_whole_read(sandbox: Sandbox, company: RandomDirectory, reads: TrackedReads) -> None:
    company.deleted["p1"] = company.users.pop("p1")
    sandbox.put_state(company.scenario())
    reads.runs = 0
    reads.read()
    sandbox.clear_requests()


def _links_are_told(sandbox: Sandbox, reads: TrackedReads, members: list[str]) -> None:
    told = [{"id": member, "@odata.type": "#microsoft.graph.user"} for member in members]
    cursor = pd.DataFrame(reads.store.read(f"run-{reads.runs}", "entra_group_members_cursor")).set_index("path")
    body = {"value": [{"id": "staff", "members@delta": told}], "@odata.deltaLink": cursor["delta_link"]["groups"]}
    sandbox.put_faults(answer("/groups/delta$", body) | {"skip": 1})


def test_a_link_of_somebody_who_was_deleted_before_the_whole_read_may_be_told_again(
    sandbox: Sandbox, company: RandomDirectory, reads: TrackedReads
) -> None:
    _deleted_before_the_whole_read(sandbox, company, reads)
    _links_are_told(sandbox, reads, ["p1"])
    assert reads.read()["entra_group_members"].base == "run-1"
    assert asked(sandbox)[-2:] == ["users/p1/transitiveMemberOf", "groups/staff/members"]
    reads.require_whole()


def test_a_group_is_read_whole_where_a_crowd_is_linked_of_whom_nothing_else_is_known(
    sandbox: Sandbox, company: RandomDirectory, reads: TrackedReads
) -> None:
    _deleted_before_the_whole_read(sandbox, company, reads)
    _links_are_told(sandbox, reads, ["p1", *(f"n{number}" for number in range(50))])
    assert reads.read()["entra_group_members"].base == "run-1"
    assert [path for path in asked(sandbox) if "/transitiveMemberOf" in path] == []
    assert asked(sandbox)[-1] == "groups/staff/members"
    reads.require_whole()


def test_many_who_come_at_once_are_a_doubt(sandbox: Sandbox, company: RandomDirectory, reads: TrackedReads) -> None:
    for number in range(51):
        company.users[f"n{number}"] = {"id": f"n{number}", "displayName": "Ny", "userPrincipalName": f"n{number}"}
    sandbox.put_state(company.scenario())
    assert "51 people" in reads.read()["entra_group_members"].doubt
    reads.require_whole()


def test_a_group_that_is_new_in_the_settings_is_read_whole(
    sandbox: Sandbox, company: RandomDirectory, reads: TrackedReads
) -> None:
    company.groups["outside"] = company.groups["outside"] | {"members": ["p1", "p2"]}
    sandbox.put_state(company.scenario())
    reads.groups = [*GROUPS]
    assert reads.read()["entra_group_members"].base == "run-1"
    assert [path for path in asked(sandbox) if path.endswith("/members")] == ["groups/outside/members"]
    reads.require_whole()


def test_a_group_with_hidden_members_is_always_read_whole(
    sandbox: Sandbox, company: RandomDirectory, reads: TrackedReads
) -> None:
    sandbox.change_settings(permissions=[*PERMISSIONS, "Member.Read.Hidden"])
    company.groups["hr"] = company.groups["hr"] | {"visibility": "HiddenMembership", "members": ["p1"]}
    sandbox.put_state(company.scenario())
    assert reads.read()["entra_group_members"].base == "run-1"
    assert [path for path in asked(sandbox) if path.endswith("/members")] == ["groups/hr/members"]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([{"id": "hr", "members@delta": [{"id": "p1", "@odata.type": "#microsoft.graph.user"},
                                         {"id": "p1", "@odata.type": "#microsoft.graph.user", "@removed": {}}]}],
         "in a group and not"),
        ([{"id": "hr", "members@delta": [{"@odata.type": "#microsoft.graph.user"}]}], "of whom"),
        ([{"id": "hr", "members@delta": {}}], "of whom"),
        ([{"id": "hr", "members@delta": [{"id": "p1"}]}], "member_type"),
        ([{"id": "hr"}, {"id": "hr", "@removed": {"reason": "deleted"}}], "to be deleted"),
    ],
)  # fmt: skip
def test_members_that_are_told_in_two_ways_are_read_whole(
    sandbox: Sandbox, company: RandomDirectory, reads: TrackedReads, rows: list[Any], why: str
) -> None:
    cursor = pd.DataFrame(reads.store.read("run-1", "entra_group_members_cursor")).set_index("path")
    told = answer("/groups/delta$", {"value": rows, "@odata.deltaLink": str(cursor["delta_link"]["groups"])})
    sandbox.put_faults(told | {"skip": 1})
    certificate = reads.read()["entra_group_members"]
    assert (certificate.base, why in certificate.doubt) == ("", True), certificate.doubt
    reads.require_whole()
    assert len(company.groups) == len(reads.frame("entra_groups"))
