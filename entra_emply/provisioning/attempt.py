"""Trying one action: its cause is read again, the attempt recorded, the change made, the outcome recorded.

Not here: which actions are tried, and in which order (`apply`). (rules.md, "Applying" 3 to 5)
"""

import logging
from dataclasses import dataclass, replace
from typing import Literal

from entra_emply import provisioning
from entra_emply.errors import NO_ANSWER, UNFORESEEN, CredentialsError, SourceUnreadable, TargetRefused, failed_line
from entra_emply.ledger import attempts, sync_state
from entra_emply.ledger.action import Action
from entra_emply.ledger.database import LockedSession
from entra_emply.provisioning.effect import EMPLY, ENTRA, Context, Write
from entra_emply.provisioning.forbidden import Forbidden, Refusal, is_forbidden, is_unauthorized
from entra_emply.provisioning.outages import Outages

_log = logging.getLogger(__name__)
Result = attempts.Result | Literal["unknown", "untried", "undecided"]


@dataclass(frozen=True)
class Tried:
    """The result of trying an action; `untried`: it is left to the next run, because a service is down; `undecided`: it
    was forbidden, and what that means is known when all was tried (`forbidden`).

    code: the target's own, where it refused. object_id: the target's id of the object that was changed. down: the
    service without which the action could not succeed for now.
    """

    result: Result
    code: str | None = None
    object_id: str | None = None
    down: str | None = None

    @property
    def in_words(self) -> str:
        """The result, with the code where there is one."""
        return self.result if self.code is None else f"{self.result} ({self.code})"


def attempt(session: LockedSession, context: Context, outages: Outages, forbidden: Forbidden, action: Action) -> Tried:
    """Try one action. Raises CredentialsError and LedgerError where no further action can succeed."""
    services = provisioning.EFFECTS[action.name].services
    if outages.any_of(services) or forbidden.closes(action):
        return Tried("untried")
    attempt_no, write = None, _prepare(action, context)
    if isinstance(write, Tried):
        tried = write
    else:
        with session.transaction() as connection:
            attempt_no = attempts.begin(connection, action)
        try:
            tried = _write(write, action, context)
        except CredentialsError as refused:
            if is_forbidden(refused):
                forbidden.add(Refusal(attempt_no, action, refused))
                tried = Tried("undecided")
            elif is_unauthorized(refused) and _takes_credentials(action.target, context):
                tried = Tried("failed", refused.code)
            else:
                raise
    if tried.result == "applied":
        forbidden.made(action)
    if tried.down is None:
        outages.answered(services)
    elif outages.failed(tried.down) and tried.result == "failed":
        tried = replace(tried, result="untried")
    _record(session, action, attempt_no, tried)
    return tried


def fail(session: LockedSession, refusal: Refusal) -> Tried:
    """Record that an action failed: it was forbidden, and others with the same access were not."""
    tried = Tried("failed", refusal.error.code)
    _record(session, refusal.action, refusal.attempt_no, tried)
    return tried


def leave(session: LockedSession, refusal: Refusal) -> None:
    """Record that an action was not done: the access to it is missing, which counts for nobody."""
    _record(session, refusal.action, refusal.attempt_no, Tried("untried"))


def _prepare(action: Action, context: Context) -> Write | Tried:
    """The write; or the result where there is none: the action is no longer called for, or its cause cannot be read.

    A cause that Graph refuses to show is this action's trouble alone. CredentialsError passes where nothing at all can
    be asked for.
    """
    try:
        return provisioning.prepare(action, context) or Tried("superseded")
    except SourceUnreadable as unreadable:
        code = "source_unreadable" if unreadable.code == NO_ANSWER else unreadable.code
        return Tried("failed", code, down=_down(unreadable))
    except CredentialsError as refused:
        services = provisioning.EFFECTS[action.name].services
        everything = is_unauthorized(refused) and not all(_takes_credentials(each, context) for each in services)
        if refused.code == NO_ANSWER or everything:
            raise
        return Tried("failed", refused.code)
    except UNFORESEEN as odd:
        return Tried("failed", _unforeseen(action, odd))


def _takes_credentials(service: str, context: Context) -> bool:
    """Whether the service takes them for what every run reads. Then a 401 is about one object alone; else they were
    revoked, and nothing would succeed."""
    try:
        if service == EMPLY:
            context.emply.roles()
        else:
            context.graph.directory.tenant()
    except (CredentialsError, SourceUnreadable):
        return False
    return True


def _write(write: Write, action: Action, context: Context) -> Tried:
    """Make the change. CredentialsError passes: maybe no other action would succeed."""
    try:
        done = provisioning.carry_out(write, action, context)
    except TargetRefused as refused:
        return Tried("failed", refused.code, down=action.target if refused.transient else None)
    except SourceUnreadable as unreadable:
        return Tried("unknown", down=_down(unreadable))
    except UNFORESEEN as odd:
        return Tried("unknown", _unforeseen(action, odd))
    if done is None:
        return Tried("superseded")
    if done.left is not None:
        return Tried("unknown", object_id=done.object_id, down=EMPLY if done.left.transient else None)
    return Tried("applied", object_id=done.object_id)


def _unforeseen(action: Action, odd: Exception) -> str:
    """Its code; the log has the line that failed."""
    _log.warning(
        "%s %s: an answer has a form that was not foreseen (%s)", action.name, action.action_id, failed_line(odd)
    )
    return f"unforeseen {type(odd).__name__}"


def _down(unreadable: SourceUnreadable) -> str | None:
    """The service that is down, by the name of the source; None where it is about this source alone."""
    if not unreadable.down:
        return None
    return EMPLY if unreadable.source.startswith(EMPLY) else ENTRA


def _record(session: LockedSession, action: Action, attempt_no: int | None, tried: Tried) -> None:
    """Record the outcome; none where it is not known, or not yet, or where nothing was tried.

    An attempt that was overtaken by its service's outage made no change, and counts for nobody.
    """
    if tried.result == "undecided":
        return
    with session.transaction() as connection:
        if tried.result == "unknown":
            if tried.object_id is not None:
                sync_state.record_applied(connection, action, tried.object_id)
        elif tried.result == "untried":
            if attempt_no is not None:
                attempts.finish(connection, attempt_no, action, "interrupted")
        else:
            number = attempt_no or attempts.begin(connection, action)
            attempts.finish(connection, number, action, tried.result, code=tried.code, object_id=tried.object_id)
