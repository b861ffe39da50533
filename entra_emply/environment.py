"""The environment variables: read once, checked when asked for, secrets never shown. (README, "Your own tenant")"""

import os
import ssl
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from entra_emply.errors import SettingsError

_PUBLIC_AUTHORITY = "https://login.microsoftonline.com"
_CLOUDS: Mapping[str, tuple[str, ...]] = {
    _PUBLIC_AUTHORITY: ("https://graph.microsoft.com",),
    "https://login.microsoftonline.us": ("https://graph.microsoft.us", "https://dod-graph.microsoft.us"),
    "https://login.partner.microsoftonline.cn": ("https://microsoftgraph.chinacloudapi.cn",),
    "https://login.chinacloudapi.cn": ("https://microsoftgraph.chinacloudapi.cn",),
}
"""Each cloud's Graph by its authority, the usual one first: the Department of Defense signs in where GCC High does.

(learn.microsoft.com, "National cloud deployments")
"""
_EMPLY_API = "v1"

VARIABLES = (
    "ENTRA_TENANT_ID",
    "ENTRA_CLIENT_ID",
    "ENTRA_CLIENT_SECRET",
    "ENTRA_CLIENT_CERTIFICATE",
    "ENTRA_CLIENT_CERTIFICATE_PASSWORD",
    "ENTRA_MANAGED_IDENTITY",
    "ENTRA_FEDERATED_TOKEN_FILE",
    "AZURE_FEDERATED_TOKEN_FILE",
    "ENTRA_AUTHORITY",
    "GRAPH_URL",
    "EMPLY_URL",
    "EMPLY_CUSTOMER",
    "EMPLY_API_KEY",
    "EMPLY_API",
    "CA_BUNDLE",
    "ENTRA_EMPLY_SETTINGS",
    "ENTRA_EMPLY_HOME",
    "ENTRA_EMPLY_EXECUTOR",
    "DATABASE_URL",
    "FRAMES_URL",
    "ALERT_URLS",
    "CONSOLE_URL",
    "CONSOLE_SECRET",
)
"""All that say which installation this is."""
_PORTS = range(1, 1 << 16)
_LOCAL = ("localhost", "127.0.0.1", "::1")
_SHORTEST_SECRET = 32


CREDENTIALS = {
    "secret": "ENTRA_CLIENT_SECRET",
    "certificate": "ENTRA_CLIENT_CERTIFICATE",
    "managed_identity": "ENTRA_MANAGED_IDENTITY",
    "federated_token_file": "ENTRA_FEDERATED_TOKEN_FILE",
}
"""The variable of each credential by which the application signs in to Entra, of which one is set."""


def leave_installation(variables: MutableMapping[str, str]) -> None:
    """Take out whatever points to the operator's own installation: for another that is made for a while beside it."""
    for name in VARIABLES:
        variables.pop(name, None)


@dataclass(frozen=True)
class EntraEnvironment:
    """How to reach and sign in to a tenant; exactly one of the four credentials is set.

    federated_token_file: the path of a file with a token that Entra exchanges (workload identity federation).
    """

    tenant_id: str
    client_id: str
    authority: str
    graph_url: str
    ca_bundle: str | None
    secret: str | None = field(repr=False)
    certificate: str | None = field(repr=False)
    certificate_password: str | None = field(repr=False)
    managed_identity: str | None
    federated_token_file: str | None

    @property
    def credential(self) -> str:
        """The variable that the credential in use is set by."""
        return next(name for kind, name in CREDENTIALS.items() if getattr(self, kind) is not None)

    @property
    def graph(self) -> str:
        """The address that tokens are for: Graph's own, even if `graph_url` is a proxy on a private address."""
        known = [address for addresses in _CLOUDS.values() for address in addresses if _same(address, self.graph_url)]
        return known[0] if known else _graph_of(self.authority)


@dataclass(frozen=True)
class EmplyEnvironment:
    """How to reach a customer's Emply.

    url: stands for the address of the API description, up to the customer's name; None: that address itself.
    api: the name of an API description that comes with the package, or the path of one.
    """

    url: str | None
    customer: str
    api_key: str = field(repr=False)
    ca_bundle: str | None
    api: str = _EMPLY_API


@dataclass(frozen=True)
class ConsoleEnvironment:
    """Where the console is found, and what its sessions are signed with.

    url: its address as people open it, the proxy's path prefix included; None: this machine's own. An https address is
    a team's: people sign in with Entra. secret: None where one is made at each start, which ends all sessions.
    """

    url: str | None
    secret: str | None = field(repr=False)

    @property
    def for_a_team(self) -> bool:
        """Whether people sign in with Entra."""
        return self.url is not None and self.url.startswith("https://")

    @property
    def prefix(self) -> str:
        """The path that the proxy serves it under, "" for none."""
        return urlsplit(self.url or "").path.rstrip("/")


@dataclass(frozen=True)
class Environment:
    """The variables. `entra` and `emply` are only demanded where they are asked for."""

    variables: Mapping[str, str] = field(repr=False)

    @classmethod
    def load(cls, variables: Mapping[str, str] | None = None) -> "Environment":
        """The process's environment, or the variables given."""
        return cls(dict(os.environ if variables is None else variables))

    @property
    def home(self) -> Path:
        """Where frames and the embedded database live; absolute."""
        return Path(self._get("ENTRA_EMPLY_HOME") or ".entra-emply").absolute()

    def made_home(self) -> Path:
        """The home folder, there. Raises SettingsError."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"ENTRA_EMPLY_HOME: {self.home} cannot be written ({error.strerror})") from None
        return self.home

    @property
    def settings(self) -> Path:
        """The settings file."""
        return Path(self._get("ENTRA_EMPLY_SETTINGS") or "settings.yaml")

    @property
    def frames_url(self) -> str:
        """Where frames are kept: a folder or an fsspec address."""
        return self._get("FRAMES_URL") or str(self.home / "frames")

    @property
    def shares_frames(self) -> bool:
        """Whether frames are kept at an address of their own, which other machines may have, too."""
        return self._get("FRAMES_URL") is not None

    @property
    def executor(self) -> str:
        """The name of what runs the steps of a run."""
        return self._get("ENTRA_EMPLY_EXECUTOR") or "in_process"

    @property
    def database_url(self) -> str | None:
        """PostgreSQL's address, as both SQLAlchemy and Dagster read it; None for the embedded one.

        Raises SettingsError.
        """
        url = self._get("DATABASE_URL")
        return None if url is None else database_address(url)

    @property
    def alert_urls(self) -> tuple[str, ...]:
        """Where alerts are sent, in Apprise's form; secrets."""
        return tuple((self._get("ALERT_URLS") or "").split())

    def console(self, page: str) -> str | None:
        """The address of a page of the console, such as "/plan"; None where CONSOLE_URL is unset."""
        url = self._get("CONSOLE_URL")
        return None if url is None else url.rstrip("/") + page

    @property
    def entra(self) -> EntraEnvironment:
        """Entra's variables. Raises SettingsError naming all that is missing or given twice."""
        client = [] if self._get("ENTRA_MANAGED_IDENTITY") else ["ENTRA_CLIENT_ID"]
        credential, wrong = self._credential()
        self._require("ENTRA_TENANT_ID", *client, also=wrong)
        authority = _address("ENTRA_AUTHORITY", self._get("ENTRA_AUTHORITY") or _PUBLIC_AUTHORITY)
        return EntraEnvironment(
            tenant_id=self._get("ENTRA_TENANT_ID") or "",
            client_id=self._get("ENTRA_CLIENT_ID") or "",
            authority=authority,
            graph_url=_address("GRAPH_URL", self._get("GRAPH_URL") or _graph_of(authority)),
            ca_bundle=self._ca_bundle(),
            certificate_password=self._get("ENTRA_CLIENT_CERTIFICATE_PASSWORD"),
            **credential,
        )

    @property
    def emply(self) -> EmplyEnvironment:
        """Emply's variables. Raises SettingsError naming all that is missing."""
        self._require("EMPLY_CUSTOMER", "EMPLY_API_KEY")
        if self._get("EMPLY_CUSTOMER") in (".", ".."):
            raise SettingsError("EMPLY_CUSTOMER: expected the customer's name in Emply's addresses")
        return EmplyEnvironment(
            url=_address("EMPLY_URL", url) if (url := self._get("EMPLY_URL")) else None,
            customer=self._get("EMPLY_CUSTOMER") or "",
            api_key=self._get("EMPLY_API_KEY") or "",
            ca_bundle=self._ca_bundle(),
            api=self.emply_api,
        )

    @property
    def emply_api(self) -> str:
        """Which API description of Emply is in use: its name, or the path of a file."""
        return self._get("EMPLY_API") or _EMPLY_API

    @property
    def console_environment(self) -> ConsoleEnvironment:
        """The console's variables. Raises SettingsError."""
        url, secret = self._get("CONSOLE_URL"), self._get("CONSOLE_SECRET")
        if url is not None and not _is_consoles(url):
            raise SettingsError("CONSOLE_URL: expected an address that begins with https://, or http://localhost")
        if secret is not None and len(secret) < _SHORTEST_SECRET:
            raise SettingsError(f"CONSOLE_SECRET: expected {_SHORTEST_SECRET} characters or more, made at random")
        return ConsoleEnvironment(None if url is None else url.rstrip("/"), secret)

    def _credential(self) -> tuple[dict[str, str | None], str]:
        """The credential, and what is wrong with it in words."""
        given = {kind: self._get(name) for kind, name in CREDENTIALS.items()}
        if not any(given.values()):  # Kubernetes sets this one itself, whatever else is set
            given["federated_token_file"] = self._get("AZURE_FEDERATED_TOKEN_FILE")
        count = sum(value is not None for value in given.values())
        wrong = f"set exactly one of {', '.join(CREDENTIALS.values())} ({count} are set)"
        return given, "" if count == 1 else wrong

    def _ca_bundle(self) -> str | None:
        path = self._get("CA_BUNDLE")
        if path is None:
            return None
        if not Path(path).is_file():
            raise SettingsError("CA_BUNDLE: there is no such file")
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        except ssl.SSLError:
            raise SettingsError("CA_BUNDLE: the file holds no certificate in PEM form") from None
        except OSError as error:
            raise SettingsError(f"CA_BUNDLE: the file cannot be read ({error.strerror})") from None
        return path

    def _get(self, name: str) -> str | None:
        return self.variables.get(name, "").strip() or None

    def _require(self, *names: str, also: str = "") -> None:
        """Raise SettingsError naming all of these that are not set, and what is wrong `also`."""
        missing = [name for name in names if self._get(name) is None]
        if missing:
            variables = "variable" if len(missing) == 1 else "variables"
            are = "is" if len(missing) == 1 else "are"
            also = "; ".join(filter(None, [f"the environment {variables} {', '.join(missing)} {are} not set", also]))
        if also:
            raise SettingsError(also)


def database_address(url: str) -> str:
    """PostgreSQL's address with the driver that Dagster uses too, as the operator may not have named it.

    Raises SettingsError, which never shows the address.
    """
    scheme, _, rest = url.partition("://")
    try:
        port = make_url(url).port
    except (ArgumentError, ValueError):  # a ValueError: a port that is no number
        scheme, port = "", None
    if scheme not in {"postgres", "postgresql", "postgresql+psycopg2"} or (port is not None and port not in _PORTS):
        raise SettingsError("DATABASE_URL: expected postgresql://user:password@host:port/database")
    return f"postgresql+psycopg2://{rest}"


def _graph_of(authority: str) -> str:
    """The usual Graph of an authority's cloud; the public one for an authority that is no cloud's."""
    return _CLOUDS.get(authority.casefold(), _CLOUDS[_PUBLIC_AUTHORITY])[0]


def _same(address: str, url: str) -> bool:
    return urlsplit(url).hostname == urlsplit(address).hostname


def _is_consoles(url: str) -> bool:
    """Whether people can open the console there: over TLS, or on this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or parts.username)
    return plain and bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL))


def _address(name: str, url: str) -> str:
    if not url.startswith("https://"):
        raise SettingsError(f"{name}: expected an address that begins with https://")
    return url.rstrip("/")
