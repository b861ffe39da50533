"""Graph's calls as planning and applying make them: which the settings in force need, and whether Graph answers them.

All of them read, and ask for nobody: an id that no object has is answered with 404 where the call is allowed. Not here:
what is judged by the token (`permissions`), and writing, which is not tried.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from entra_emply import clock
from entra_emply.connectors.answer import RequestFailed
from entra_emply.connectors.entra.connection import FORBIDDEN, NOT_FOUND, OK, Connection, part
from entra_emply.connectors.entra.permissions import APPLICATIONS, CALENDARS, MEMBERS, USERS, Permission
from entra_emply.doctor.checks import Check, failed, note, ok
from entra_emply.errors import CredentialsError
from entra_emply.printing import counted
from entra_emply.reconciliation.settings import Settings

_NOBODY = "00000000-0000-0000-0000-000000000000"
_BAD_REQUEST, _UNAUTHORIZED = 400, 401
_ID = {"$select": "id"}
_SAID = frozenset({OK, NOT_FOUND})
_NO_PHOTO = _SAID | {_BAD_REQUEST}
"""Of somebody without a mailbox Graph says 400, too (P5)."""
_REFUSED = frozenset({_UNAUTHORIZED, FORBIDDEN})


@dataclass(frozen=True)
class Call:
    """A request. name: its path, as Graph's reference has it. answers: the statuses by which Graph answers it.

    instead: what is read in its place where Graph refuses it.
    """

    name: str
    path: str
    permission: Permission
    params: Mapping[str, str] = field(default_factory=lambda: _ID)
    answers: frozenset[int] = _SAID
    instead: str = ""


def calls(settings: Settings, mailbox: tuple[str, str] | None) -> Iterator[Call]:
    """What the settings need. mailbox: the ids of a user and a calendar that Graph opens; None: none is tried."""
    within = "transitiveMembers" if settings.nested_groups else "members"
    yield Call("users/{id}", f"users/{_NOBODY}", USERS)
    yield Call("directory/deletedItems/{id}", f"directory/deletedItems/{_NOBODY}", USERS)
    yield Call("users/{id}/transitiveMemberOf", f"users/{_NOBODY}/transitiveMemberOf", USERS)
    for members in dict.fromkeys(["members", within]):
        yield Call(f"groups/{{id}}/{members}", f"groups/{_NOBODY}/{members}", MEMBERS)
    if settings.entra_write_back.create:
        deleted = "directory/deletedItems/microsoft.graph.user"
        yield Call(deleted, deleted, USERS, _ID | {"$top": "1"})
    if settings.sso.service_principal_id:
        path = f"servicePrincipals/{part(settings.sso.service_principal_id)}/appRoleAssignedTo"
        yield Call("servicePrincipals/{id}/appRoleAssignedTo", path, APPLICATIONS, {"$top": "1"})
    if settings.profile_pictures:
        for photo in ("photo", "photo/$value"):
            yield Call(f"users/{{id}}/{photo}", f"users/{_NOBODY}/{photo}", USERS, {}, _NO_PHOTO)
    if settings.synchronize_calendars and mailbox is not None:
        yield from _calls_of_mailbox(*mailbox)


def _calls_of_mailbox(user: str, calendar: str) -> Iterator[Call]:
    mailbox, now = f"users/{part(user)}", clock.now()
    window = {"startDateTime": f"{now:%Y-%m-%dT%H:00:00Z}", "endDateTime": f"{now + timedelta(1):%Y-%m-%dT%H:00:00Z}"}
    name, path = "users/{id}/calendars/{id}", f"{mailbox}/calendars/{part(calendar)}"
    yield Call(name, path, CALENDARS)
    yield Call(f"{name}/calendarView", f"{path}/calendarView", CALENDARS, window | {"$top": "1"})
    yield Call(
        f"{name}/calendarView/delta", f"{path}/calendarView/delta", CALENDARS, window, instead="calendarView"
    )  # fmt: skip
    for event in ("", "/calendar"):
        path = f"{mailbox}/events/{_NOBODY}{event}"
        yield Call(f"users/{{id}}/events/{{id}}{event}", path, CALENDARS, answers=_NO_PHOTO)


def tried(connection: Connection, needed: Sequence[Call], correct: str) -> Iterator[Check]:
    """Each call that Graph does not answer as it should; and that the others are answered.

    correct: what to do where Graph refuses the credentials.
    """
    troubled = [check for call in needed if (check := _tried(connection, call, correct)) is not None]
    yield from troubled
    answered = len(needed) - len(troubled)
    calls = f"{counted(answered, 'call')} that planning and applying make {'is' if answered == 1 else 'are'} answered"
    yield ok("entra: calls", f"{calls}; writing is not tried")


def _tried(connection: Connection, call: Call, correct: str) -> Check | None:
    """What is wrong with the answer to a call; None where nothing is."""
    name = f"entra: GET {call.name}"
    try:
        answer = connection.ask("GET", call.path, params=call.params)
    except RequestFailed as failure:
        return failed(name, str(failure), "Try again; if it persists, look at the network.")
    except CredentialsError as refused:
        return failed(name, str(refused), correct)
    if answer.status in call.answers:
        return None
    if call.instead and answer.status != _UNAUTHORIZED:
        return note(name, f"answered {answer.said}: {call.instead} is read instead")
    if answer.status in _REFUSED:
        return failed(
            name, f"Graph refuses it: {answer.said}",
            f"Give the application the application permission {call.permission.name} itself, and admin consent: a "
            "broader one may not be enough for this call.",
        )  # fmt: skip
    return failed(name, f"answered {answer.said}", "Check GRAPH_URL; if others of these calls answer, try again later.")
