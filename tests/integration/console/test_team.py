"""A team's sign-in with Entra, against the sandbox: who may read, who may decide, who may do nothing; and a prefix."""

import html
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from httpx2 import Response
from starlette.testclient import TestClient

from entra_emply.console.app import create_app
from entra_emply.console.console import Console, Security
from entra_emply.environment import Environment
from entra_emply.errors import SettingsError
from sandbox import Sandbox
from tests.integration.conftest import Rows
from tests.integration.console.house import Browser, House, ids, text_of

URL = "https://ops.contoso.com/entra-emply"
BACK = f"{URL}/signed-in"
USERS = [
    {"id": "zoë", "userPrincipalName": "zoe@contoso.com", "displayName": "Zoë Ågård"},
    {"id": "ipek", "userPrincipalName": "ipek@contoso.com", "displayName": "İpek Öz"},
    {"id": "jan", "userPrincipalName": "jan@contoso.com", "displayName": "Jan Nowak"},
]


@pytest.fixture
def team(house: House, sandbox: Sandbox) -> TestClient:
    """A browser before the console of a team, behind a proxy that takes the prefix off."""
    sandbox.put_state({"entra": {"users": USERS}})
    sandbox.change_settings(
        redirect_uris=[BACK], app_roles={"zoe@contoso.com": ["Approver"], "ipek@contoso.com": ["Reader"]}
    )
    house.variables |= sandbox.environment | {"CONSOLE_URL": URL, "CONSOLE_SECRET": "s" * 32}
    environment = house.environment
    console = Console(environment, house.ledger, Security.of(environment, "nobody", lambda _: None))
    return TestClient(
        create_app(console, ["ops.contoso.com"]), base_url="https://ops.contoso.com", follow_redirects=False
    )


def sign_in(team: TestClient, sandbox: Sandbox, who: str) -> Response:
    """To Entra and back, as a browser goes."""
    to = team.get("/entra-emply/sign-in/entra").headers["location"]
    return come_back(team, at_entra(sandbox, to, who))


def come_back(browser: TestClient, form: dict[str, str]) -> Response:
    """The browser posts the form of Entra's page, which is another site's."""
    return browser.post("/entra-emply/signed-in", data=form, headers={"Sec-Fetch-Site": "cross-site"})


def at_entra(sandbox: Sandbox, address: str, who: str) -> dict[str, str]:
    """The form that Entra gives the browser at which this person sits."""
    sandbox.change_settings(signed_in=who)
    with requests.Session() as http:
        http.trust_env = False
        query = dict(parse_qsl(urlsplit(address).query))
        answer = http.get(
            address.partition("?")[0], params=query, allow_redirects=False, verify=sandbox.environment["CA_BUNDLE"]
        )
    assert f'action="{BACK}"' in answer.text
    return {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', answer.text)}


def test_an_approver_decides_and_is_recorded_by_name(
    team: TestClient, sandbox: Sandbox, house: House, rows: Rows
) -> None:
    assert sign_in(team, sandbox, "zoe@contoso.com").headers["location"] == "/entra-emply/"
    browser = Browser(team)
    assert "Zoë Ågård (zoe@contoso.com)" in browser.get("/entra-emply/plan").text
    browser.post("/entra-emply/plan/confirm", action=ids(house, "søren"), all="")
    assert browser.post("/entra-emply/plan/approve", reason="left").status_code == 200
    assert rows("SELECT by FROM approvals") == [("Zoë Ågård (zoe@contoso.com)",)]


def test_a_reader_reads_and_does_not_decide(team: TestClient, sandbox: Sandbox, house: House, rows: Rows) -> None:
    sign_in(team, sandbox, "ipek@contoso.com")
    browser = Browser(team)
    assert "søren@contoso.com" in browser.get("/entra-emply/plan").text
    answer = browser.post("/entra-emply/plan/confirm", action=ids(house, "søren"), all="")
    assert (answer.status_code, "For approvers only" in text_of(answer)) == (403, True)
    assert rows("SELECT count(*) FROM approvals") == [(0,)]


def test_somebody_without_a_role_sees_nothing(team: TestClient, sandbox: Sandbox) -> None:
    answer = sign_in(team, sandbox, "jan@contoso.com")
    assert answer.status_code == 403
    assert "has neither the role Reader nor Approver" in text_of(answer)
    assert team.get("/entra-emply/plan").headers["location"] == "/entra-emply/sign-in"


def test_an_answer_of_entra_is_good_once_and_in_the_browser_that_asked(team: TestClient, sandbox: Sandbox) -> None:
    to = team.get("/entra-emply/sign-in/entra").headers["location"]
    back = at_entra(sandbox, to, "zoe@contoso.com")
    other = TestClient(team.app, base_url="https://ops.contoso.com", follow_redirects=False)
    statuses = [come_back(browser, back).status_code for browser in (other, team, team)]
    assert statuses == [403, 303, 403]


def test_a_changed_answer_signs_nobody_in(team: TestClient, sandbox: Sandbox) -> None:
    to = team.get("/entra-emply/sign-in/entra").headers["location"]
    back = at_entra(sandbox, to, "zoe@contoso.com")
    assert come_back(team, back | {"state": "x"}).status_code == 403
    assert team.get("/entra-emply/").status_code == 303


def test_the_printed_token_is_no_way_in_for_a_team(team: TestClient) -> None:
    assert team.post("/entra-emply/sign-in", data={"token": "x"}).headers["location"] == "/entra-emply/sign-in"


def test_the_cookie_goes_over_tls_alone_and_stays_under_the_prefix(team: TestClient, sandbox: Sandbox) -> None:
    cookie = sign_in(team, sandbox, "zoe@contoso.com").headers["set-cookie"]
    assert cookie.startswith("__Secure-")
    assert "Secure" in cookie
    assert "Path=/entra-emply" in cookie
    assert team.get("/entra-emply/").headers["strict-transport-security"]


@pytest.mark.parametrize("path", ["/", "/entra-emply/"])
def test_a_proxy_may_take_the_prefix_off_or_leave_it_on(team: TestClient, sandbox: Sandbox, path: str) -> None:
    sign_in(team, sandbox, "zoe@contoso.com")
    cookie = "; ".join(f"{name}={value}" for name, value in team.cookies.items())
    page = TestClient(team.app, base_url="https://ops.contoso.com").get(path, headers={"Cookie": cookie}).text
    assert 'href="/entra-emply/plan"' in page
    assert 'src="/entra-emply/static/htmx' in page


def test_a_managed_identity_cannot_sign_people_in() -> None:
    variables = {
        "CONSOLE_URL": URL, "ENTRA_TENANT_ID": "t", "ENTRA_CLIENT_ID": "c", "ENTRA_MANAGED_IDENTITY": "system"
    }  # fmt: skip
    with pytest.raises(SettingsError, match="managed identity"):
        Security.of(Environment(variables), "nobody", lambda _: None)
