"""What a person has to look at: every finding code with its severity, what it means and what to do about it.

When a finding is raised is decided by the rules; here it gets its words and its people.
"""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from assets.reconciliation.people import People

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
        "Several users carry the same username or e-mail, so nobody of them is matched or changed.",
        "Give each of them an address of its own in Entra and in Emply.",
    ),
    "duplicate_employee": Finding(
        "warning",
        "Several employees carry this e-mail; the active one counts, then the one with the highest number.",
        "Correct the e-mail of the employees who are somebody else.",
    ),
    "address_taken": Finding(
        "error",
        "Another user in Emply carries this username or e-mail already.",
        "Find out whose the Emply user is: correct its address, or make both addresses equal so that they match.",
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
        "Remove the user from the group or disable it; if the person has come back, reopen the employee.",
    ),
    "deactivated_in_emply": Finding(
        "info",
        "Somebody deactivated this user in Emply; the pipeline only reactivates those that it deactivated itself.",
        "Activate the user in Emply, remove it from the Entra group, or set `reactivate: all`.",
    ),
    "unmanaged": Finding(
        "info",
        "None of the groups that gave this person a login is configured any more; the login stays as it is.",
        "Add the person to a configured group, or deactivate the user in Emply.",
    ),
    "user_without_employee": Finding(
        "info",
        "No employee in Emply carries this e-mail; Entra leads this user's roles and fields.",
        "If the person is an employee, create the employee with the same e-mail.",
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
    "group_renamed": Finding(
        "info",
        "The group was renamed in Entra; it goes on being synchronised by its id.",
        "Write the group's new name, or its object id, into the settings.",
    ),
}


def about_people(people: People, drafts: pd.DataFrame) -> pd.DataFrame:
    """The drafted findings (FINDING_DRAFT) with FINDING_COLUMNS."""
    who = people.identities.loc[drafts["person"], ["entra_id", "emply_user_id", "employee_id", "subject"]]
    return _worded(pd.concat([drafts.reset_index(drop=True), who.reset_index(drop=True)], axis=1))


def about_groups(people: People) -> pd.DataFrame:
    """R8: the groups that were renamed since their id was recorded, with FINDING_COLUMNS."""
    renamed = people.mapping.resolved.renamed
    drafts = pd.DataFrame({"subject": renamed["display_name"], "object": renamed["group_id"]})
    return _worded(drafts.assign(code="group_renamed", rule="R8"))


def _worded(drafts: pd.DataFrame) -> pd.DataFrame:
    words = {code: (finding.severity, finding.message, finding.remedy) for code, finding in CATALOGUE.items()}
    for place, column in enumerate(("severity", "message", "remedy")):
        drafts[column] = drafts["code"].map({code: word[place] for code, word in words.items()})
    return drafts.reindex(columns=FINDING_COLUMNS).astype("str")
