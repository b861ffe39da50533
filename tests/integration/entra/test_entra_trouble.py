"""Trouble while the directory is read: it passes unnoticed, or nothing is read, and never half of it."""

import logging
from typing import Any

import pytest

from entra_emply.connectors.entra.client import GraphClient
from entra_emply.errors import EntraEmplyError, SourceUnreadable
from sandbox import Sandbox
from tests.integration.entra.tenant import CANARY, GROUPS, LISTS, PEOPLE, USERS, asked, everything
from tests.integration.faults import PASSES_IN_GRAPH, STAYS_IN_GRAPH

# The organization has no pages.
EVERY = [
    (name, fault) for name in LISTS for fault in PASSES_IN_GRAPH if (name, fault.split()[0]) != ("tenant", "empty")
]


@pytest.mark.parametrize(("name", "fault"), EVERY)
def test_trouble_that_passes_changes_nothing(server: Sandbox, client: GraphClient, name: str, fault: str) -> None:
    path, read = LISTS[name]
    healthy = read(client).frame
    server.put_faults({"path": path, "times": 1, "fault": PASSES_IN_GRAPH[fault]})
    assert read(client).frame.equals(healthy)


@pytest.mark.parametrize("times", [1, 2])
def test_an_empty_page_in_the_middle_is_not_the_end(server: Sandbox, client: GraphClient, times: int) -> None:
    server.put_faults({"path": USERS, "skip": 1, "times": times, "fault": {"empty_page": True}})
    assert len(client.directory.users().frame) == PEOPLE


@pytest.mark.parametrize(
    ("status", "code"), [(400, "Directory_ExpiredPageToken"), (410, "resyncRequired"), (410, "SyncStateNotFound")]
)
def test_an_expired_chain_is_read_from_its_start(server: Sandbox, client: GraphClient, status: int, code: str) -> None:
    body = {"error": {"code": code, "message": "expired"}}
    server.put_faults({"path": USERS, "skip": 1, "times": 1, "fault": {"status": status, "body": body}})
    read = client.directory.users()
    assert len(read.frame) == PEOPLE
    assert read.certificate.pages == 2
    assert len(asked(server)) == 4


def test_identical_repeats_are_merged(server: Sandbox, client: GraphClient) -> None:
    _answer_with(server, [_row(1), _row(2), _row(1)])
    assert len(client.directory.users().frame) == 2


def test_differing_repeats_are_read_from_the_start(server: Sandbox, client: GraphClient) -> None:
    _answer_with(server, [_row(1), _row(2), _row(1) | {"mail": "other@contoso.example"}], times=1)
    assert len(client.directory.users().frame) == PEOPLE


STAYING = STAYS_IN_GRAPH | {
    "404": ({"status": 404}, "answered 404 Request_ResourceNotFound"),
    "400": ({"status": 400}, "answered 400 Request_BadRequest"),
    "another object": ({"status": 200, "body": {"users": []}}, "a page is not a list"),
    "a list": ({"status": 200, "body": []}, "a page is not an object"),
}


@pytest.mark.parametrize("fault", STAYING)
@pytest.mark.parametrize("name", LISTS)
def test_trouble_that_stays_makes_the_source_unreadable(
    server: Sandbox, client: GraphClient, name: str, fault: str
) -> None:
    path, read = LISTS[name]
    what, said = STAYING[fault]
    server.put_faults({"path": path, "fault": what})
    with pytest.raises(SourceUnreadable, match=said):
        read(client)


@pytest.mark.parametrize("fault", ["404", "500", "cut in half", "broken inside"])
def test_a_second_page_that_fails_leaves_no_half_list(server: Sandbox, client: GraphClient, fault: str) -> None:
    server.put_faults({"path": USERS, "skip": 1, "fault": STAYING[fault][0]})
    with pytest.raises(SourceUnreadable):
        client.directory.users()


def test_one_group_that_cannot_be_read_makes_all_members_unreadable(server: Sandbox, client: GraphClient) -> None:
    server.put_faults({"path": "group-2/members", "fault": {"status": 404}})
    with pytest.raises(SourceUnreadable, match="entra_group_members"):
        client.directory.members(list(GROUPS), transitive=False)


def test_a_circle_of_nextlinks_ends(server: Sandbox, client: GraphClient) -> None:
    server.put_faults({"path": USERS, "fault": {"empty_page": True}})
    with pytest.raises(SourceUnreadable, match="circle"):
        client.directory.users()


@pytest.mark.parametrize("link", ["https://elsewhere.example/v1.0/users", "http://localhost/v1.0/users", 7])
def test_a_nextlink_to_another_host_is_not_followed(server: Sandbox, client: GraphClient, link: object) -> None:
    body = {"value": [], "@odata.nextLink": link}
    server.put_faults({"path": USERS, "fault": {"status": 200, "body": body}})
    with pytest.raises(SourceUnreadable, match="another host"):
        client.directory.users()


@pytest.mark.parametrize("odd", ["https://[", "https://exa℀mple/v1.0/users", "a tab"])
def test_a_nextlink_that_is_no_address_is_not_followed(server: Sandbox, client: GraphClient, odd: str) -> None:
    ours = server.environment["GRAPH_URL"]
    link = odd if odd.startswith("https://") else f"{ours}/v1.0/users".replace("localhost", "local\thost")
    server.put_faults({"path": USERS, "fault": {"status": 200, "body": {"value": [], "@odata.nextLink": link}}})
    with pytest.raises(SourceUnreadable, match="another host"):
        client.directory.users()


def test_an_endlessly_expiring_chain_is_given_up(server: Sandbox, client: GraphClient) -> None:
    body = {"error": {"code": "Directory_ExpiredPageToken"}}
    server.put_faults(
        *({"path": USERS, "skip": skip, "times": 1, "fault": {"status": 400, "body": body}} for skip in (1, 2, 3))
    )
    with pytest.raises(SourceUnreadable, match="the list changed while it was read"):
        client.directory.users()


def test_rows_that_always_differ_are_given_up(server: Sandbox, client: GraphClient) -> None:
    _answer_with(server, [_row(1), _row(1) | {"mail": CANARY}])
    with pytest.raises(SourceUnreadable, match="the list changed while it was read"):
        client.directory.users()


def test_rows_of_the_wrong_type_are_refused_without_their_values(server: Sandbox, client: GraphClient) -> None:
    _answer_with(server, [{"id": "u-1", "mail": [CANARY]}, {"id": "u-2", "mail": None}])
    with pytest.raises(SourceUnreadable, match=r"mail is not a text in 1 row \(ids u-1\)") as error:
        client.directory.users()
    assert CANARY not in everything(error.value)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"givenName": "A\0B"}, "given_name has a NUL"),
        ({"otherMails": ["a\0b"]}, "other_mails has a NUL"),
        ({"otherMails": {}}, "other_mails is not a list of texts"),
        ({"proxyAddresses": 0}, "proxy_addresses is not a list of texts"),
    ],
)
def test_what_no_database_keeps_and_what_is_no_list_names_the_row(
    server: Sandbox, client: GraphClient, fields: dict[str, Any], said: str
) -> None:
    _answer_with(server, [{"id": "u-1", **fields}, {"id": "u-2"}])
    with pytest.raises(SourceUnreadable, match=rf"{said} in 1 row \(ids u-1\)"):
        client.directory.users()


@pytest.mark.parametrize("row", [None, 5, {}, {"principalId": None, "principalType": "User"}])
def test_an_assignment_that_names_nobody_is_refused(server: Sandbox, client: GraphClient, row: object) -> None:
    body = {"value": [row]}
    server.put_faults({"path": "/appRoleAssignedTo", "fault": {"status": 200, "body": body}})
    with pytest.raises(SourceUnreadable, match=r"entra_app.*an assignment names nobody"):
        client.directory.application("app-1")


@pytest.mark.parametrize("rows", [[{"mail": "x"}], [{"id": None}], [{"id": {}}], ["x"], [None], [{"id": ""}]])
def test_rows_without_an_id_are_refused(server: Sandbox, client: GraphClient, rows: list[Any]) -> None:
    _answer_with(server, rows)
    with pytest.raises(SourceUnreadable):
        client.directory.users()


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 404, "body": "<html>"}, {"status": 200, "body": {}}])
def test_nobody_is_taken_for_gone_because_of_trouble(
    server: Sandbox, client: GraphClient, fault: dict[str, Any]
) -> None:
    server.put_faults({"path": "user-0001", "fault": fault}, {"path": "deletedItems", "fault": fault})
    for look in (client.directory.user, client.directory.deleted_user, client.directory.all_groups_of):
        with pytest.raises(SourceUnreadable):
            look("user-0001")


@pytest.mark.parametrize("fault", [*(what for what, _ in STAYING.values()), {"status": 403}, {"status": 401}])
def test_no_secret_and_nobody_in_errors_and_logs(
    server: Sandbox, client: GraphClient, caplog: pytest.LogCaptureFixture, fault: dict[str, Any]
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "uvicorn")  # the sandbox's own log: it serves in this process
    body = {"error": {"code": CANARY, "message": CANARY}}
    server.put_faults({"path": USERS, "fault": {"body": body, **fault} if fault.get("status", 0) > 399 else fault})
    client.directory.groups()
    with pytest.raises(EntraEmplyError) as error:
        client.directory.users()
    shown = everything(error.value) + caplog.text
    token = client.headers()["Authorization"].removeprefix("Bearer ")
    for canary in (CANARY, server.environment["ENTRA_CLIENT_SECRET"], token):
        assert canary not in shown


def _row(n: int) -> dict[str, Any]:
    return {"id": f"u-{n}", "userPrincipalName": f"u{n}"}


def _answer_with(server: Sandbox, rows: list[Any], times: int | None = None) -> None:
    server.put_faults({"path": USERS, "times": times, "fault": {"status": 200, "body": {"value": rows}}})
