"""People sign in by authorization code with PKCE: msal's client, and the refusals."""

import html
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import msal
import pytest
from requests import Response

from sandbox import Sandbox
from tests.integration.sandbox.asking import Http

BACK = "http://localhost:8000/signed-in"
USERS = [
    {"id": "zoë", "userPrincipalName": "zoe@contoso.com", "displayName": "Zoë Ågård"},
    {"id": "ipek", "userPrincipalName": "ipek@contoso.com", "displayName": "İpek", "accountEnabled": False},
]


@pytest.fixture(autouse=True)
def _people(sandbox: Sandbox) -> None:
    sandbox.put_state({"entra": {"users": USERS}})
    sandbox.change_settings(
        redirect_uris=[BACK], signed_in="zoe@contoso.com", app_roles={"zoe@contoso.com": ["Approver"]}
    )


@pytest.fixture
def application(sandbox: Sandbox, entra: Http) -> msal.ConfidentialClientApplication:
    environment = sandbox.environment
    return msal.ConfidentialClientApplication(
        environment["ENTRA_CLIENT_ID"],
        client_credential=environment["ENTRA_CLIENT_SECRET"],
        authority=f"{environment['ENTRA_AUTHORITY']}/{environment['ENTRA_TENANT_ID']}",
        instance_discovery=False,
        http_client=entra.session,
    )


def visit(entra: Http, address: str, **changes: str) -> Response:
    query = {**dict(parse_qsl(urlsplit(address).query)), **changes}
    return entra.get(address.partition("?")[0], params=query, allow_redirects=False)


def came_back(answer: Response) -> dict[str, str]:
    """What the browser posts to the application, by the form that it was given."""
    assert answer.status_code == 200
    assert f'<form method="post" action="{BACK}">' in answer.text
    return {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', answer.text)}


def flow(application: msal.ConfidentialClientApplication, **options: str) -> dict[str, Any]:
    begun: dict[str, Any] = application.initiate_auth_code_flow(
        [], redirect_uri=BACK, response_mode="form_post", **options
    )
    return begun


def test_msal_signs_a_person_in_with_name_and_roles(
    application: msal.ConfidentialClientApplication, entra: Http
) -> None:
    begun = flow(application)

    signed_in = application.acquire_token_by_auth_code_flow(begun, came_back(visit(entra, begun["auth_uri"])))

    claims = signed_in["id_token_claims"]
    assert (claims["oid"], claims["preferred_username"], claims["name"]) == ("zoë", "zoe@contoso.com", "Zoë Ågård")
    assert claims["roles"] == ["Approver"]


def test_the_id_token_is_signed_with_the_published_key(
    application: msal.ConfidentialClientApplication, entra: Http, sandbox: Sandbox
) -> None:
    begun = flow(application)
    text = application.acquire_token_by_auth_code_flow(begun, came_back(visit(entra, begun["auth_uri"])))["id_token"]
    configuration = entra.get("v2.0/.well-known/openid-configuration").json()
    (key,) = jwt.PyJWKSet.from_dict(entra.get(configuration["jwks_uri"]).json()).keys

    claims = jwt.decode(
        text, key, algorithms=["RS256"], audience=sandbox.environment["ENTRA_CLIENT_ID"], issuer=configuration["issuer"]
    )
    assert claims["tid"] == sandbox.environment["ENTRA_TENANT_ID"]


def test_a_hint_says_who_it_is_and_without_roles_there_is_no_claim(
    sandbox: Sandbox, application: msal.ConfidentialClientApplication, entra: Http
) -> None:
    sandbox.change_settings(signed_in=None, app_roles={})
    begun = flow(application, login_hint="ZOE@contoso.com")

    signed_in = application.acquire_token_by_auth_code_flow(begun, came_back(visit(entra, begun["auth_uri"])))

    assert signed_in["id_token_claims"]["oid"] == "zoë"
    assert "roles" not in signed_in["id_token_claims"]


def test_a_browser_can_be_sent_back_by_the_address_too(
    application: msal.ConfidentialClientApplication, entra: Http
) -> None:
    begun = flow(application)
    answer = visit(entra, begun["auth_uri"], response_mode="query")

    address, _, query = answer.headers["Location"].partition("?")
    assert (answer.status_code, address) == (302, BACK)
    signed_in = application.acquire_token_by_auth_code_flow(begun, dict(parse_qsl(query)))
    assert signed_in["id_token_claims"]["oid"] == "zoë"


@pytest.mark.parametrize(("who", "number"), [("nobody@contoso.com", 50034), ("ipek@contoso.com", 50057), (None, 50034)])
def test_who_cannot_sign_in_comes_back_with_an_error(
    sandbox: Sandbox, application: msal.ConfidentialClientApplication, entra: Http, who: str | None, number: int
) -> None:
    sandbox.change_settings(signed_in=who)
    begun = flow(application)

    answer = came_back(visit(entra, begun["auth_uri"]))

    assert (answer["error"], answer["state"]) == ("access_denied", begun["state"])
    assert answer["error_description"].startswith(f"AADSTS{number}:")


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"redirect_uri": "https://elsewhere.example"}, 50011),
        ({"client_id": "another"}, 700016),
        ({"client_id": ""}, 900144),
    ],
)
def test_a_browser_is_not_sent_where_the_application_is_not(
    application: msal.ConfidentialClientApplication, entra: Http, change: dict[str, str], number: int
) -> None:
    answer = visit(entra, flow(application)["auth_uri"], **change)

    assert (answer.status_code, answer.json()["error_codes"]) == (400, [number])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_only_a_code_with_pkce_is_given(
    application: msal.ConfidentialClientApplication, entra: Http, change: dict[str, str], error: str
) -> None:
    assert came_back(visit(entra, flow(application)["auth_uri"], **change))["error"] == error


@pytest.mark.parametrize(
    ("change", "status", "number"),
    [
        ({"code_verifier": "another"}, 400, 501481),
        ({"redirect_uri": "https://elsewhere.example"}, 400, 500112),
        ({"code": "another"}, 400, 70008),
        ({"client_secret": "wrong"}, 401, 7000215),
    ],
)
def test_a_code_is_good_only_for_who_asked_for_it(
    sandbox: Sandbox, application: msal.ConfidentialClientApplication, entra: Http, change: dict[str, str],
    status: int, number: int,
) -> None:  # fmt: skip
    answer = redeem(sandbox, entra, flow(application), change)

    assert (answer.status_code, answer.json()["error_codes"]) == (status, [number])


def test_a_code_is_good_once(sandbox: Sandbox, application: msal.ConfidentialClientApplication, entra: Http) -> None:
    begun = flow(application)
    code = came_back(visit(entra, begun["auth_uri"]))["code"]

    answers = [redeem(sandbox, entra, begun, {"code": code}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[1].json()["error"] == "invalid_grant"


def redeem(sandbox: Sandbox, entra: Http, begun: dict[str, Any], change: dict[str, str]) -> Response:
    form = {
        "grant_type": "authorization_code", "client_id": sandbox.environment["ENTRA_CLIENT_ID"],
        "client_secret": sandbox.environment["ENTRA_CLIENT_SECRET"], "redirect_uri": BACK,
        "code": came_back(visit(entra, begun["auth_uri"]))["code"], "code_verifier": begun["code_verifier"],
    }  # fmt: skip
    return entra.ask("POST", "oauth2/v2.0/token", data={**form, **change})
