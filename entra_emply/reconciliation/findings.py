"""What a person has to look at: every finding code with its severity, what it means and what to do about it.

When a finding is raised is decided by the rules; here it gets its words and its people.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from entra_emply.reconciliation.arrays import positions, repeated, take
from entra_emply.reconciliation.drafts import Drafts, together
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rules import group_signs
from entra_emply.reconciliation.rules.groups import R8, named_groups
from entra_emply.reconciliation.rules.left_out import G5B, Sources
from entra_emply.text import TEXT, as_arrow, trimmed

FINDING_COLUMNS = [
    "code",
    "rule",
    "severity",
    "entra_id",
    "emply_user_id",
    "employee_id",
    "subject",
    "object",
    "message",
    "remedy",
]


@dataclass(frozen=True)
class Finding:
    """How bad it is, what it means, and what somebody should do."""

    severity: Literal["info", "warning", "error"]
    message: str
    remedy: str


CATALOGUE = {
    "ambiguous_match": Finding(
        "error",
        "Several users carry the same username or e-mail, so none of them is matched or changed.",
        "Give each of them an address of their own in Entra and in Emply.",
    ),
    "duplicate_employee": Finding(
        "warning",
        "Several employees carry this e-mail; an active one is preferred, then a pending one, then an archived "
        "one; then the one that the login names; then the highest number.",
        "Correct the e-mail of the employees who are other people.",
    ),
    "address_taken": Finding(
        "error",
        "Another user in Emply has one of this person's addresses already, or would get it.",
        "Find out whose the Emply user is: correct their address, or make username or e-mail equal so that they match.",
    ),
    "login_email_differs": Finding(
        "warning",
        "The employee has the e-mail of the Entra user, but the login in Emply has another one.",
        "Correct the login's e-mail in Emply, so that it is the employee's.",
    ),
    "guest_without_mail": Finding(
        "warning",
        "The guest has no mail address in Entra, so no login can be made.",
        "Fill in the guest's mail address in Entra.",
    ),
    "no_email": Finding(
        "warning",
        "The user has no e-mail address in Entra, so no login can be made.",
        "Fill in the mail address in Entra.",
    ),
    "employee_archived_in_group": Finding(
        "warning",
        "The employee is archived in Emply, but the user is still enabled and in a configured group of Entra.",
        "Remove the user from the group or disable the account; if the person has come back, reopen the employee.",
    ),
    "deactivated_in_emply": Finding(
        "info",
        "Somebody deactivated this user in Emply; the pipeline only reactivates those that it deactivated itself.",
        "Activate the user in Emply, take the person out of the Entra group, or set `reactivate: all`.",
    ),
    "unmanaged": Finding(
        "info",
        "No group that gave this person a login is configured any more, so groups no longer change the login.",
        "Add the person to a configured group, or deactivate the user in Emply.",
    ),
    "user_without_employee": Finding(
        "info",
        "The user has no employee in Emply; Entra leads the user's roles and fields.",
        "If the person is an employee, give the employee and the user's login in Emply the same e-mail; create the "
        "employee only where there is none.",
    ),
    "leaver_without_resignation_date": Finding(
        "warning",
        "The person lost access, but the employee is still active without a resignation date.",
        "Enter the resignation date in Emply, so that the employee becomes pending and then archived.",
    ),
    "protected_role": Finding(
        "warning",
        "The roles would change, but this user holds a protected role, whose holders keep theirs.",
        "Change the roles by hand in Emply if they should change.",
    ),
    "mailbox_unavailable": Finding(
        "warning",
        "The mailbox does not exist, or the application may not open it: its calendars and events stay as they are.",
        "Give the user a mailbox, or let the application's access policy in Exchange include it.",
    ),
    "photo_unreadable": Finding(
        "warning",
        "The user's picture could not be read from Entra; the one in Emply stays as it is.",
        "Look up the service's code; if the next runs report it again, open the picture in Entra. Everybody else's is "
        "synchronised.",
    ),
    "source_unreadable": Finding(
        "error",
        "What some rules need could not be read: these rules plan nothing, and what is there stays as it is.",
        "Look up the service's code; where it is a refusal, give the application the permission.",
    ),
    "mailbox_unreadable": Finding(
        "warning",
        "The mailbox, one of its calendars or its events could not be read: what Emply has of them stays as it is.",
        "Look up the service's code; if the next runs report it again, open the mailbox. Nobody else's calendars wait "
        "for it.",
    ),
    "domain_not_verified": Finding(
        "warning",
        "The user is unknown to Entra and cannot be created there: neither username nor e-mail is an address in a "
        "verified domain.",
        "Correct the username or e-mail in Emply, or verify the domain in Entra.",
    ),
    "upn_not_allowed": Finding(
        "warning",
        "The user is unknown to Entra and cannot be created there: Entra does not take the username or e-mail as a "
        "sign-in name.",
        "Correct the username or e-mail in Emply: before the @ only letters A to Z, digits and ' . - _ ! # ^ ~.",
    ),
    "duplicate_upn": Finding(
        "error",
        "Several users of Emply would get the same sign-in name in Entra, so none of them is created.",
        "Give each of them a username or e-mail of their own in Emply.",
    ),
    "restorable_user": Finding(
        "warning",
        "A deleted user of Entra has this sign-in name or address, so no new one is created.",
        "Restore the deleted user in Entra, or delete that user for good.",
    ),
    "needs_group": Finding(
        "info",
        "The user is created in Entra without a group: groups are given by hand.",
        "Add the user to one of the configured groups.",
    ),
    "hybrid_read_only": Finding(
        "warning",
        "Entra would be changed, but this user is mastered on-premises, so the change cannot be made in Entra.",
        "Make the change in the on-premises directory.",
    ),
    "sso_not_assigned": Finding(
        "warning",
        "The application that signs people in to Emply requires assignment, and this user has none.",
        "Assign the user, or a group that they are a direct member of, to the enterprise application.",
    ),
    "dynamic_group_guests": Finding(
        "info",
        "The group's membership is dynamic, and the tenant has guests, whom such rules may take in or leave out "
        "unexpectedly.",
        "Check that the group's rule takes in the guests it should, and no others.",
    ),
    "nested_group_ignored": Finding(
        "warning",
        "A group is a member of this group; its members do not count while `nested_groups` is off.",
        "Add the people themselves to the group, or set `nested_groups: true`.",
    ),
    "hidden_membership": Finding(
        "info",
        "The group's membership is hidden; this application sees it only as long as it has Member.Read.Hidden.",
        "Keep that permission: without it the group looks empty, and the run fails.",
    ),
    "multiple_groups_single_role": Finding(
        "info",
        "With several roles from groups, only the main group's can be given while `synchronize_roles` is off.",
        "Set `synchronize_roles: true` if every group should give its role.",
    ),
    "calendar_not_editable": Finding(
        "info",
        "The user has no editing rights to this calendar, so it does not come to Emply.",
        "Give the user editing rights to the calendar in Outlook.",
    ),
    "email_nearly_matches": Finding(
        "warning",
        "An employee has the same or nearly the same e-mail, or the same name, but is not connected to the user.",
        "If both are the same person, give both the same e-mail; where the user has a login, its e-mail counts.",
    ),
    "group_renamed": Finding(
        "info",
        "The group was renamed in Entra; it is still synchronised, by its id.",
        "Write the group's new name, or its object id, into the settings.",
    ),
}

NOT_READ = ("photo_unreadable", "mailbox_unreadable", "source_unreadable")
"""The codes of what could not be read (P5, C7, G5b). Their `object` is what the service answered; that of others an id.
"""


def about_people(identities: Identities, drafts: Drafts) -> Drafts:
    """The drafted findings (FINDING_DRAFT, maybe `object` and another's `employee_id`) with FINDING_COLUMNS."""
    person, given = drafts["person"].to_numpy(), {name: drafts[name] for name in drafts.column_names}
    who = {
        name: as_arrow(take(identities.frame[name], person))
        for name in ("entra_id", "emply_user_id", "employee_id", "subject")
    }
    if "employee_id" in given:
        who["employee_id"] = pc.coalesce(given["employee_id"], who["employee_id"])
    return _worded(given | who)


def about_groups(identities: Identities) -> Drafts:
    """R8: the groups renamed since their id was recorded; and the signs about groups, with FINDING_COLUMNS."""
    named = named_groups(identities)
    renamed = _of_groups(identities, "group_renamed", R8.name, named.group_id[R8.acts(named)])
    signs_of_groups = group_signs.about_groups(identities).items()
    return together([renamed, *(_of_groups(identities, code, "S", ids) for code, ids in signs_of_groups)])


def about_sources(sources: Sources) -> Drafts:
    """G5b: the sources that are left out, with what the service said as `object`, with FINDING_COLUMNS."""
    rows = [sources.sources[row] for row in np.flatnonzero(G5B.acts(sources))]
    subject, code = (pd.Series(texts, dtype=TEXT) for texts in ([row.name for row in rows], [row.code for row in rows]))
    return _raised("source_unreadable", G5B.name, subject, code)


def _of_groups(identities: Identities, code: str, rule: str, ids: "pd.Series[str]") -> Drafts:
    groups = identities.inputs.entra_groups
    names = take(groups["display_name"], positions(ids, groups["group_id"])) if len(ids) else ids
    return _raised(code, rule, trimmed(names), ids)


def _raised(code: str, rule: str, subject: "pd.Series[str]", about: "pd.Series[str]") -> Drafts:
    if subject.empty:
        return _NOTHING
    columns = {
        "code": repeated(code, len(subject)),
        "rule": repeated(rule, len(subject)),
        "subject": subject,
        "object": about,
    }
    return _worded({name: as_arrow(column) for name, column in columns.items()})


def _worded(drafts: Mapping[str, pa.Array]) -> Drafts:
    words = pc.index_in(drafts["code"], value_set=_WORDS["code"])
    told = {column: _WORDS[column].take(words) for column in ("severity", "message", "remedy")}
    every, nothing = {**drafts, **told}, pa.nulls(len(drafts["code"]), pa.large_string())
    return pa.table([every.get(name, nothing) for name in FINDING_COLUMNS], names=FINDING_COLUMNS)


_NOTHING = pa.schema([(name, pa.large_string()) for name in FINDING_COLUMNS]).empty_table()
_WORDS = {
    name: pa.array(texts, pa.large_string())
    for name, texts in {
        "code": list(CATALOGUE),
        **{name: [getattr(each, name) for each in CATALOGUE.values()] for name in ("severity", "message", "remedy")},
    }.items()
}
