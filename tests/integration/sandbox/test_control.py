from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.settings import TENANT_ID
from tests.integration.sandbox.asking import Http, token_form

SCENARIO: dict[str, Any] = {
    "entra": {
        "organization": {"id": "t", "displayName": "Contoso", "onPremisesSyncEnabled": None, "verifiedDomains": []},
        "users": [{"id": "u", "custom": {"kept": True}}],
        "groups": [{"id": "g", "members": ["u"]}],
        "deletedUsers": [{"id": "x"}],
        "servicePrincipals": [{"id": "sp", "appRoleAssignedTo": []}],
        "photos": {"u": {"mediaEtag": "1", "contentBase64": ""}},
        "calendars": {"u": [{"id": "c", "events": []}]},
    },
    "emply": {
        "users": [{"id": "e"}],
        "employees": [{"id": "p"}],
        "roles": [{"id": "r"}],
        "departments": [{"id": "d"}],
        "calendars": [{"id": "k"}],
        "events": [{"id": "v"}],
    },
}


def test_the_whole_state_comes_back(sandbox: Sandbox) -> None:
    sandbox.put_state(SCENARIO)

    assert sandbox.state() == SCENARIO


def test_everything_may_be_left_out(sandbox: Sandbox) -> None:
    sandbox.put_state({"entra": {"users": None}})

    assert sandbox.state()["entra"]["organization"]["id"] == TENANT_ID
    assert sandbox.state()["emply"]["users"] == []


@pytest.mark.parametrize(
    ("scenario", "named"),
    [
        ({"entrra": {}}, "entrra"),
        ({"entra": {"user": []}}, "entra: unknown: user"),
        ({"emply": {"roles": {}}}, "emply: roles"),
        ({"emply": {"users": [{"username": "no id"}]}}, "emply: users"),
        ({"entra": {"users": [{"id": "a"}, {"id": "a"}]}}, "entra: users: an id is there twice"),
        ({"entra": {"photos": []}}, "entra: photos"),
        ({"entra": {"photos": {"u": {"contentBase64": "?"}}}}, "entra: photos: u"),
        ({"entra": {"photos": {"u": "?"}}}, "entra: photos: u"),
        ({"entra": {"calendars": {"u": [{"name": "no id"}]}}}, "entra: calendars: u"),
        ({"entra": {"calendars": {"u": {"events": []}}}}, "entra: calendars: u"),
        ({"entra": {"calendars": {"u": [{"id": "c", "events": [{"id": "e"}, {"id": "e"}]}]}}}, "events: an id"),
        ([], "a scenario is an object"),
    ],
)
def test_what_is_no_scenario_is_refused_by_name_and_changes_nothing(
    sandbox: Sandbox, scenario: dict[str, Any], named: str
) -> None:
    sandbox.put_state(SCENARIO)

    with pytest.raises(ValueError, match=named):
        sandbox.put_state(scenario)
    assert sandbox.state() == SCENARIO


def test_a_change_replaces_only_the_rows_it_names(sandbox: Sandbox) -> None:
    sandbox.put_state(SCENARIO)

    sandbox.change_state({"entra": {"users": [{"id": "u", "mail": "m"}, {"id": "new"}]}})

    users = [{"id": "u", "mail": "m"}, {"id": "new"}]
    assert sandbox.state() == {**SCENARIO, "entra": {**SCENARIO["entra"], "users": users}}


def test_the_log_tells_every_request_with_secrets_blanked(sandbox: Sandbox, emply: Http, entra: Http) -> None:
    emply.get("users", params={"take": "2"})
    entra.ask("POST", "oauth2/v2.0/token", data=token_form(sandbox))

    first, second = sandbox.requests()
    assert second["n"] == first["n"] + 1
    assert set(first) == {"n", "at", "method", "path", "query", "status", "ms"}
    assert (first["method"], first["path"], first["query"], first["status"]) == (
        "GET", "/emply/v1/contoso/users", "apiKey=***&take=2", 200,
    )  # fmt: skip
    assert sandbox.environment["EMPLY_API_KEY"] not in str(sandbox.requests())
    assert sandbox.environment["ENTRA_CLIENT_SECRET"] not in str(sandbox.requests())


def test_the_log_can_be_emptied_and_does_not_show_the_sandboxs_own_requests(sandbox: Sandbox, emply: Http) -> None:
    emply.get("users")

    sandbox.clear_requests()

    assert sandbox.requests() == []


def test_reset_gives_the_settings_back(sandbox: Sandbox, emply: Http) -> None:
    sandbox.change_settings(areas={}, api_key="another")

    sandbox.reset()

    assert emply.get("users").status_code == 200


def test_settings_are_shown_without_secrets(sandbox: Sandbox, emply: Http) -> None:
    shown = emply.get(f"{sandbox.url}/_sandbox/settings").text

    assert '"api_key":"***"' in shown
    assert sandbox.environment["ENTRA_CLIENT_SECRET"] not in shown


def test_a_setting_that_is_not_there_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="colour"):
        sandbox.change_settings(colour="red")


@pytest.mark.parametrize(("method", "name"), [("GET", "nothing"), ("DELETE", "faults"), ("PUT", "requests")])
def test_what_the_sandbox_has_not_is_404(sandbox: Sandbox, emply: Http, method: str, name: str) -> None:
    assert emply.ask(method, f"{sandbox.url}/_sandbox/{name}", data=b"{}").status_code == 404


def test_a_document_that_is_not_json_is_400(sandbox: Sandbox, emply: Http) -> None:
    assert emply.ask("PUT", f"{sandbox.url}/_sandbox/state", data=b"{").status_code == 400


def test_an_unknown_address_is_404(sandbox: Sandbox, emply: Http) -> None:
    assert emply.get(f"{sandbox.url}/elsewhere").status_code == 404
