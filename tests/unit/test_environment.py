"""The environment variables: what is needed, what is the default, and that no secret is ever shown."""

import re
from pathlib import Path

import pytest

from entra_emply import environment as module
from entra_emply.environment import VARIABLES, Environment, leave_installation
from entra_emply.errors import SettingsError

SECRETS = {"ENTRA_CLIENT_SECRET": "canary-secret", "EMPLY_API_KEY": "canary-key"}
NEEDED = {"ENTRA_TENANT_ID": "tenant", "ENTRA_CLIENT_ID": "app", "EMPLY_CUSTOMER": "contoso", **SECRETS}


def test_defaults_are_the_public_cloud_and_the_working_folder() -> None:
    environment = Environment.load(NEEDED)
    assert environment.entra.authority == "https://login.microsoftonline.com"
    assert environment.entra.graph_url == "https://graph.microsoft.com"
    assert (environment.emply.url, environment.emply.api) == (None, "v1")  # the address is the API description's
    assert environment.settings == Path("settings.yaml")
    assert environment.home == Path(".entra-emply").absolute()
    assert environment.frames_url == str(environment.home / "frames")
    assert environment.database_url is None
    assert environment.entra.ca_bundle is None


@pytest.mark.parametrize("name", ["ENTRA_TENANT_ID", "ENTRA_CLIENT_ID", "ENTRA_CLIENT_SECRET"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_variable_of_entra_is_named(name: str, value: str | None) -> None:
    variables = {**NEEDED, name: value} if value is not None else {key: NEEDED[key] for key in NEEDED if key != name}
    with pytest.raises(SettingsError, match=name):
        _ = Environment.load(variables).entra


@pytest.mark.parametrize("name", ["EMPLY_CUSTOMER", "EMPLY_API_KEY"])
def test_a_missing_variable_of_emply_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        _ = Environment.load({**NEEDED, name: ""}).emply


def test_everything_that_is_missing_is_named_at_once() -> None:
    names = "ENTRA_TENANT_ID, ENTRA_CLIENT_ID"
    with pytest.raises(SettingsError, match=f"variables {names} are not set; set exactly one of .*0 are set"):
        _ = Environment.load({}).entra
    with pytest.raises(SettingsError, match="the environment variables EMPLY_CUSTOMER, EMPLY_API_KEY are not set"):
        _ = Environment.load({}).emply


def test_only_what_is_asked_for_is_needed() -> None:
    assert Environment.load({"DATABASE_URL": "postgresql://localhost/x"}).database_url


def test_two_credentials_are_one_too_many() -> None:
    with pytest.raises(SettingsError, match="exactly one of"):
        _ = Environment.load({**NEEDED, "ENTRA_MANAGED_IDENTITY": "system"}).entra


def test_a_managed_identity_needs_no_application() -> None:
    entra = Environment.load({"ENTRA_TENANT_ID": "tenant", "ENTRA_MANAGED_IDENTITY": "system"}).entra
    assert (entra.managed_identity, entra.secret, entra.certificate) == ("system", None, None)


@pytest.mark.parametrize("customer", [".", ".."])
def test_a_customer_that_leads_to_another_address_is_refused(customer: str) -> None:
    with pytest.raises(SettingsError, match="EMPLY_CUSTOMER: expected the customer's name"):
        _ = Environment.load({**NEEDED, "EMPLY_CUSTOMER": customer}).emply


def test_a_federated_token_file_is_one_of_the_credentials() -> None:
    federated = {**NEEDED, "ENTRA_CLIENT_SECRET": "", "AZURE_FEDERATED_TOKEN_FILE": "/azure"}
    assert Environment.load(federated).entra.federated_token_file == "/azure"
    ours = {**federated, "ENTRA_FEDERATED_TOKEN_FILE": "/ours"}
    assert Environment.load(ours).entra.federated_token_file == "/ours"
    with pytest.raises(SettingsError, match=r"exactly one of .*ENTRA_FEDERATED_TOKEN_FILE"):
        _ = Environment.load({**ours, "ENTRA_CLIENT_SECRET": "x"}).entra


def test_kubernetes_own_token_file_does_not_stand_beside_another_credential() -> None:
    entra = Environment.load({**NEEDED, "AZURE_FEDERATED_TOKEN_FILE": "/azure"}).entra
    assert (entra.secret, entra.federated_token_file) == ("canary-secret", None)


@pytest.mark.parametrize(
    ("authority", "graph_url", "address", "resource"),
    [
        ("https://login.microsoftonline.us", "", "https://graph.microsoft.us", "https://graph.microsoft.us"),
        ("https://login.microsoftonline.us", "https://dod-graph.microsoft.us/v1.0", None, "https://dod-graph.microsoft.us"),
        ("https://login.partner.microsoftonline.cn/", "", "https://microsoftgraph.chinacloudapi.cn", None),
        ("https://login.microsoftonline.us", "https://graph.proxy.example", None, "https://graph.microsoft.us"),
        ("https://login.example", "https://graph.proxy.example", None, "https://graph.microsoft.com"),
        ("https://login.example", "", "https://graph.microsoft.com", "https://graph.microsoft.com"),
    ],
)  # fmt: skip
def test_each_cloud_has_its_graph_and_tokens_are_for_it_behind_a_proxy_too(
    authority: str, graph_url: str, address: str | None, resource: str | None
) -> None:
    entra = Environment.load({**NEEDED, "ENTRA_AUTHORITY": authority, "GRAPH_URL": graph_url}).entra
    assert (entra.graph_url, entra.graph) == (address or graph_url, resource or address)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_the_database_has_one_spelling(scheme: str) -> None:
    url = Environment.load({"DATABASE_URL": f"{scheme}://u:p@h:5432/d?x=postgres://y"}).database_url
    assert url == "postgresql+psycopg2://u:p@h:5432/d?x=postgres://y"


WRONG = ["mysql://u:canary@h/d", "canary", "sqlite:///canary", "postgresql+asyncpg://u:canary@h/d", "postgresql:canary"]
WRONG += [f"postgresql://u:canary@h:{port}/d" for port in ("port", "0", "65536", "5432:1", "-1")]


@pytest.mark.parametrize("url", [*WRONG, "postgresql://[::1/canary"])
def test_another_database_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL") as error:
        _ = Environment.load({"DATABASE_URL": url}).database_url
    assert "canary" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "part"), [("ENTRA_AUTHORITY", "entra"), ("GRAPH_URL", "entra"), ("EMPLY_URL", "emply")]
)
@pytest.mark.parametrize("url", ["http://canary.example", "canary", "ftp://canary"])
def test_addresses_are_https(name: str, part: str, url: str) -> None:
    with pytest.raises(SettingsError, match=name) as error:
        getattr(Environment.load({**NEEDED, name: url}), part)
    assert "canary" not in str(error.value)


def test_a_trailing_slash_does_not_matter() -> None:
    assert (
        Environment.load({**NEEDED, "EMPLY_URL": "https://emply.example/v1/"}).emply.url == "https://emply.example/v1"
    )


def test_authorities_that_are_not_there_are_an_error() -> None:
    with pytest.raises(SettingsError, match="CA_BUNDLE"):
        _ = Environment.load({**NEEDED, "CA_BUNDLE": "/nowhere.pem"}).entra


def test_authorities_that_are_no_certificates_are_an_error() -> None:
    with pytest.raises(SettingsError, match="CA_BUNDLE: the file holds no certificate in PEM form"):
        _ = Environment.load({**NEEDED, "CA_BUNDLE": __file__}).emply


def test_whoever_leaves_an_installation_takes_none_of_its_variables_along() -> None:
    code = Path(module.__file__).read_text()
    read = set(re.findall(r'_(?:get|need)\("([A-Z_]+)"', code)) | set(re.findall(r'": "(ENTRA_[A-Z_]+)"', code))
    assert read == set(VARIABLES)
    variables = dict.fromkeys([*VARIABLES, "PATH"], "x")
    leave_installation(variables)
    assert list(variables) == ["PATH"]


def test_no_secret_is_ever_shown() -> None:
    environment = Environment.load({**NEEDED, "DATABASE_URL": "postgresql://u:canary-password@h/d"})
    certified = {**NEEDED, "ENTRA_CLIENT_SECRET": "", "ENTRA_CLIENT_CERTIFICATE": "/canary-path",
                 "ENTRA_CLIENT_CERTIFICATE_PASSWORD": "canary-password"}  # fmt: skip
    shown = [environment, environment.entra, environment.emply, Environment.load(certified).entra]
    assert "canary" not in "".join(f"{each!r}{each}" for each in shown)
