"""Whether Entra lets this application in, and to all that the settings need. Only reads are sent.

Whether a permission is granted says the token's own list: Graph answers some calls with less where one lacks, and what
would change something (writing) is not tried.
"""

from collections.abc import Iterator, Mapping

from entra_emply.connectors.answer import Answer, RequestFailed
from entra_emply.connectors.entra import permissions
from entra_emply.connectors.entra.connection import FORBIDDEN, OK, Connection, part
from entra_emply.connectors.entra.permissions import Permission
from entra_emply.doctor import credentials, graph_calls
from entra_emply.doctor.checks import Check, clock_of, failed, note, ok, skipped
from entra_emply.doctor.permissions import needed, superfluous
from entra_emply.environment import EntraEnvironment
from entra_emply.errors import CredentialsError, SettingsError
from entra_emply.reconciliation.settings import Settings

_SOME = "50"
_MAILBOXES_TRIED = 5
_BY_EXCHANGE = (
    'Exchange does not tell what it lets an application do: assign the role "Application {}" there, or grant the '
    "permission in Entra; the first event that is written finds out."
)
_NO_CONSENT = (
    "In Entra, give the application the application permission {}, and admin consent; a token made before goes on "
    "without it for up to an hour."
)


def checks(environment: EntraEnvironment, settings: Settings | None) -> Iterator[Check]:
    """Signing in, the clock, every permission, those that are more than needed, and W0.

    Without settings, which say what is needed, nothing is said of permissions.
    """
    connection = Connection(environment)
    try:
        yield from _checks(connection, environment, settings)
    finally:
        connection.close()


def _checks(connection: Connection, environment: EntraEnvironment, settings: Settings | None) -> Iterator[Check]:
    name = "entra: sign-in"
    try:
        connection.token()
        tenant = connection.ask("GET", "organization", params={"$select": "id,onPremisesSyncEnabled"})
    except (CredentialsError, SettingsError) as error:
        yield failed(name, str(error), credentials.correct(environment))
        return
    except RequestFailed as failure:
        yield failed(name, str(failure), "Check ENTRA_AUTHORITY and GRAPH_URL, and the network.")
        return
    yield ok(name, "Entra gives this application a token")
    yield from (credential.check for credential in credentials.of_entra(connection, environment))
    yield clock_of("Graph", tenant)
    if settings is None:
        yield skipped("entra: permissions", "the settings, which say what is needed, are not valid")
    else:
        yield from _permissions(connection, environment, settings, tenant)


def _permissions(
    connection: Connection, environment: EntraEnvironment, settings: Settings, tenant: Answer
) -> Iterator[Check]:
    granted, probes, working = connection.permissions, _Probes(connection, settings), []
    for permission in needed(settings):
        check = _permission(permission, granted, probes.of(permission, tenant))
        working += [permission] if check.status != "failed" else []
        yield check
    ready = [call for call in graph_calls.calls(settings, probes.mailbox) if call.permission in working]
    yield from graph_calls.tried(connection, ready, credentials.correct(environment))
    for extra, instead in superfluous(settings, granted).items():
        yield _more_than_needed(extra, instead, environment)
    yield _hybrid(tenant, settings, granted)


def _more_than_needed(extra: str, instead: str, environment: EntraEnvironment) -> Check:
    name = f"entra: {extra}"
    if extra == permissions.APPLICATIONS.name and environment.secret is not None:
        return ok(name, "is granted; until when the client secret is good is read with it")
    remedy = f"Take it away from the application{f' and give it {instead} instead' if instead else ''}."
    return note(name, "is granted, but more than these settings need", remedy)


class _Probes:
    """A small read for each permission; None where there is none that would not change something."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self._connection = connection
        self._settings = settings
        self.mailbox: tuple[str, str] | None = None
        """The ids of a user and of one of their calendars, once a mailbox has opened."""

    def of(self, permission: Permission, tenant: Answer) -> Answer | RequestFailed | None:
        """The answer to the read that needs this permission."""
        try:
            return self._answer(permission, tenant)
        except RequestFailed as failure:
            return failure

    def _answer(self, permission: Permission, tenant: Answer) -> Answer | None:
        application = str(self._settings.sso.service_principal_id)
        if permission is permissions.USERS:
            return self._ask("users", {"$select": "id", "$top": "1"})
        if permission is permissions.MEMBERS:
            return self._members()
        if permission is permissions.ORGANIZATION:
            return tenant
        if permission is permissions.APPLICATIONS:
            return self._ask(f"servicePrincipals/{part(application)}", {"$select": "id"})
        return self._calendars() if permission is permissions.CALENDARS else None

    def _members(self) -> Answer:
        groups = self._ask("groups", {"$select": "id", "$top": "1"})
        first = next(iter(_rows(groups)), None)
        return groups if first is None else self._ask(f"groups/{part(str(first['id']))}/members", {"$top": "1"})

    def _calendars(self) -> Answer | None:
        """Of the first users with an address, until one opens: others may be without a mailbox, or not to be opened."""
        users = self._ask("users", {"$select": "id,mail", "$top": _SOME})
        ids = [str(row["id"]) for row in _rows(users) if row.get("mail")][:_MAILBOXES_TRIED]
        tried = None
        for user in ids:
            tried = self._ask(f"users/{part(user)}/calendars", {"$top": "1"})
            if tried.status == OK:
                first = next(iter(_rows(tried)), {})
                self.mailbox = (user, str(first["id"])) if "id" in first else None
                break
        return tried

    def _ask(self, path: str, params: Mapping[str, str]) -> Answer:
        return self._connection.ask("GET", path, params=params)


def _permission(permission: Permission, granted: frozenset[str], tried: Answer | RequestFailed | None) -> Check:
    name, wanted = f"entra: {permission.name}", permission.name
    held = permission.granted_as(granted)
    if isinstance(tried, RequestFailed):
        return failed(name, f"{permission.why}: {tried}", "Try again; if it persists, look at the network.")
    refused = tried is not None and tried.status == FORBIDDEN
    works = tried is not None and tried.status == OK
    if works and held is None and permission.from_elsewhere(granted):
        said = (
            "the token does not name it, but a mailbox opens: Exchange lets the application in (RBAC for Applications)"
        )
        return note(name, f"{said}; whether it may write was not tried", _BY_EXCHANGE.format(wanted))
    if held is None:
        no_proof = "; an answer from Graph does not prove it" if works else ""
        why = f"is needed {permission.why}, and the token does not name it{no_proof}"
        return failed(name, why, _NO_CONSENT.format(wanted))
    if refused:
        return note(name, "is granted, but Graph refuses the object asked for: an access policy may keep it away")
    as_ = "" if held == wanted else f" as part of {held}"
    by_reading = "a read works" if works else "it was not tried by reading"
    return ok(name, f"is granted{as_}; {by_reading}")


def _hybrid(tenant: Answer, settings: Settings, granted: frozenset[str]) -> Check:
    """Whether the settings write to a tenant that is mastered on-premises, which is never written to (W0)."""
    name = "entra: hybrid tenant (W0)"
    if permissions.ORGANIZATION.granted_as(granted) is None:
        return skipped(name, f"without {permissions.ORGANIZATION.name} Graph does not tell; no run starts without it")
    if tenant.status != OK:
        return skipped(name, "the tenant could not be read")
    hybrid = any(row.get("onPremisesSyncEnabled") for row in _rows(tenant))
    switched = [switch for switch, on in settings.entra_write_back.model_dump().items() if on]
    if hybrid and switched:
        return failed(
            name, f"the tenant is mastered on-premises, and entra_write_back.{switched[0]} is on",
            "Switch create, update and delete of entra_write_back off: such a tenant is never written to.",
        )  # fmt: skip
    where = "mastered on-premises, and nothing is written to it" if hybrid else "in the cloud"
    return ok(name, f"the tenant is {where}")


def _rows(answer: Answer) -> list[Mapping[str, object]]:
    body = answer.json() if answer.status == OK else {}
    rows = body.get("value") if isinstance(body, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
