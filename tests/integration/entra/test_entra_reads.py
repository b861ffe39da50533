"""Reads of the directory: complete, in pages, and nothing but reads."""

from typing import Any

import pytest

from entra_emply.connectors.entra.client import GraphClient
from sandbox import Sandbox
from tests.integration.entra.tenant import GROUPS, LISTS, PEOPLE, asked


def test_users_are_read_whole_in_pages_of_999(server: Sandbox, client: GraphClient) -> None:
    read = client.directory.users()
    assert list(read.frame["entra_id"]) == [f"user-{n:04}" for n in range(PEOPLE)]
    assert read.frame["display_name"][0] == "Şükrü Öztürk"
    assert (read.certificate.source, read.certificate.pages, read.certificate.rows) == ("entra_users", 2, PEOPLE)
    assert len(read.certificate.sha256) == 64
    assert read.certificate.started_at <= read.certificate.ended_at
    assert {"%24top=999", "$top=999"} & set(asked(server)[0]["query"].split("&"))


def test_unchanged_pages_have_the_same_hash_and_others_another(client: GraphClient) -> None:
    first, second = client.directory.groups(), client.directory.groups()
    assert first.certificate.sha256 == second.certificate.sha256 != client.directory.users().certificate.sha256


@pytest.mark.parametrize(
    "written",
    [
        {"userPrincipalName": "Şule@contoso.com"},
        {"mail": "şule@CONTOSO.com"},
        {"otherMails": ["şule@contoso.com"]},
        {"proxyAddresses": ["SMTP:post@contoso.com", "smtp:Şule@contoso.com"]},
    ],
)
def test_people_are_found_by_any_of_their_addresses_in_any_case(
    server: Sandbox, client: GraphClient, written: dict[str, Any]
) -> None:
    state = server.state()
    server.put_state({"entra": {"users": [{"id": "named", **written}, {"id": "o'hara", "mail": "else@contoso.com"}]}})
    found = client.directory.users_named(["şule@contoso.com", "o'hara", "nobody@contoso.com"]).frame
    server.put_state(state)
    assert sorted(found["entra_id"]) == ["named", "o'hara"]


def test_the_tenant_is_one_row(client: GraphClient) -> None:
    assert len(client.directory.tenant().frame) == 1


def test_groups_know_whether_a_rule_makes_their_members(client: GraphClient) -> None:
    frame = client.directory.groups().frame
    assert dict(zip(frame["group_id"], frame["dynamic"], strict=True)) == {
        "group-1": False, "group-2": True, "group-3": False,
    }  # fmt: skip


def test_members_of_all_groups_direct_and_transitive(client: GraphClient) -> None:
    direct = client.directory.members(list(GROUPS), transitive=False)
    assert direct.frame.groupby("group_id").size().to_dict() == {"group-1": PEOPLE, "group-2": 3, "group-3": 1}
    assert direct.frame.iloc[-1].to_list() == ["group-3", "group-2", "group"]
    assert direct.certificate.pages == 4
    nested = client.directory.members(["group-3"], transitive=True).frame
    assert sorted(nested["member_type"]) == ["group", "user", "user", "user"]


def test_members_of_no_groups_are_none(client: GraphClient) -> None:
    assert len(client.directory.members([], transitive=False).frame) == 0


def test_the_order_of_group_ids_does_not_matter(client: GraphClient) -> None:
    one = client.directory.members(["group-1", "group-2"], transitive=False)
    other = client.directory.members(["group-2", "group-1"], transitive=False)
    assert one.frame.equals(other.frame)
    assert one.certificate.sha256 == other.certificate.sha256


def test_single_objects(client: GraphClient) -> None:
    user = client.directory.user("user-0001")
    assert user is not None
    assert user["accountEnabled"] in (True, None)
    assert client.directory.user("nobody") is None
    assert client.directory.deleted_user("gone-1")
    assert not client.directory.deleted_user("user-0001")
    assert client.directory.all_groups_of("user-0001") == {"group-1", "group-2", "group-3"}
    assert client.directory.all_groups_of("nobody") == frozenset()
    assert len(client.directory.direct_members("group-1")) == PEOPLE
    assert client.directory.direct_members("group-3") == {"group-2"}
    assert client.directory.direct_members("nothing") == frozenset()


def test_only_reads_are_sent(server: Sandbox, client: GraphClient) -> None:
    for _, read in LISTS.values():
        read(client)
    assert {entry["method"] for entry in asked(server)} == {"GET"}
