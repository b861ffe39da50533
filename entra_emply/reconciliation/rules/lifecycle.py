"""L: who gets a login, who loses it, who gets it back. Joiners, leavers, and what a person has to look at."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, collected, is_among, marked, take
from entra_emply.reconciliation.identities import People, actions, findings, once, together
from entra_emply.reconciliation.rules.write_back import to_delete
from entra_emply.text import key, trimmed, written


def actions_of(people: People) -> pd.DataFrame:
    """Links (M5), creations (L1), activations (L4) and deactivations (L5, L6, L7, L7a), drafted."""
    return together([_links(people), _creations(people), _activations(people), _deactivations(people)])


def findings_of(people: People) -> pd.DataFrame:
    """What L1a, L2, L3, L4, L8, L9, L10, L11, M4 and "employee of a person" have to say, drafted."""
    reason = leaver_reason(people)
    newcomer, archived = newcomers(people), people.employee_archived
    addressed = people.identities["address"].notna().to_numpy(dtype=bool)
    guest = (people.entra("user_type") == "Guest").to_numpy(dtype=bool)
    taken = _address_taken(people)
    inactive = people.reconcilable & ~people.active & ~archived
    known = people.in_scope | people.linked
    entra_alone = people.left_alone & (people.identities["entra_row"] >= 0).to_numpy(dtype=bool)
    resigning = written(people.employee("resignation_date")).notna() | (people.employee("status") != "active")
    leaving = np.isin(reason, ("deleted_in_entra", "account_disabled", "removed_from_group"))
    several = (people.identities["employees"] > 1).to_numpy(dtype=bool)
    raised: list[tuple[Mask, str, str]] = [
        (entra_alone, "ambiguous_match", "M4"),
        (several & known & ~people.left_alone, "duplicate_employee", "L9"),
        (newcomer & ~archived & addressed & taken, "address_taken", "L1a"),
        (newcomer & ~addressed & guest, "guest_without_mail", "L2"),
        (newcomer & ~addressed & ~guest, "no_email", "L2"),
        (newcomer & archived, "employee_archived_in_group", "L3"),
        (people.reconcilable & archived, "employee_archived_in_group", "L11"),
        (inactive & ~_may_activate(people), "deactivated_in_emply", "L4"),
        (unmanaged(people), "unmanaged", "L8"),
        ((joiners(people) | people.reconcilable) & ~people.has_employee, "user_without_employee", "L9"),
        (leaving & people.has_employee & ~resigning.to_numpy(dtype=bool), "leaver_without_resignation_date", "L10"),
    ]
    return together([findings(people.where(mask), code, rule) for mask, code, rule in raised])


def newcomers(people: People) -> Mask:
    """In scope, unmatched, not left alone: whom L1, L1a, L2 and L3 are about."""
    return people.in_scope & ~people.matched & ~people.left_alone


@once
def joiners(people: People) -> Mask:
    """L1: newcomers with an e-mail that nobody in Emply has, whose employee (if any) is not archived."""
    addressed = people.identities["address"].notna().to_numpy(dtype=bool)
    return newcomers(people) & addressed & ~people.employee_archived & ~_address_taken(people)


def unmanaged(people: People) -> Mask:
    """L8: a group taken out of the settings is not a person taken out of a group."""
    return _groupless(people) & ~_in_configured_group_then(people) & _has_state(people)


@once
def leaver_reason(people: People) -> npt.NDArray[np.object_]:
    """Why each linked person has to be inactive (L5, L6, L7a, L7), None for everybody else; active or not."""
    gone = people.linked & (people.identities["entra_row"] < 0).to_numpy(dtype=bool) & ~people.left_alone
    there = people.linked & ~gone & ~people.left_alone
    enabled = people.identities["enabled"].to_numpy(dtype=bool)
    room = people.identities["in_room"].to_numpy(dtype=bool)
    removed = _groupless(people) & (_in_configured_group_then(people) | ~_has_state(people))
    reasons = np.full(len(people.identities), None, dtype=object)
    for who, why in (
        (removed, "removed_from_group"),
        (there & room, "is_room"),
        (there & ~enabled, "account_disabled"),
        (gone, "deleted_in_entra"),
    ):
        reasons[who] = why  # the later ones win
    return reasons


_RULE_OF_REASON = {
    "deleted_in_entra": "L5",
    "account_disabled": "L6",
    "removed_from_group": "L7",
    "is_room": "L7a",
}


def _links(people: People) -> pd.DataFrame:
    """M5: what M2 and M3 matched becomes a link."""
    how = people.identities["matched_by"]
    drafts = []
    for matched_by, rule in (("username", "M2"), ("email", "M3")):
        rows = people.where((how == matched_by).to_numpy(dtype=bool))
        after = pd.DataFrame({"matchedBy": matched_by}, index=rows)
        drafts.append(actions(rows, "ledger.link_user", rule, after=after))
    return together(drafts)


def _creations(people: People) -> pd.DataFrame:
    """L1 and R3: the login of a joiner, with the main group's defaults."""
    rows = people.where(joiners(people))
    names = people.entra("user_principal_name", rows)
    mail = people.entra("mail", rows)
    main = people.identities.loc[rows, "main_group"]
    defaults = people.mapping.groups
    after = pd.DataFrame(
        {
            "username": names,
            "email": mail.where(trimmed(mail).notna(), names),
            "firstName": written(people.entra("given_name", rows)),
            "lastName": written(people.entra("surname", rows)),
            "jobTitle": written(people.entra("job_title", rows)),
            "mobilePhone": written(people.entra("mobile_phone", rows)),
            "roleIds": _role_lists(people, rows),
            "departmentId": take(defaults["department_id"], main),
            "language": take(defaults["language"], main),
            "timeZone": take(defaults["time_zone"], main),
            "currency": take(defaults["currency"], main),
            "employeeId": people.identities.loc[rows, "employee_id"],
            "active": True,
        },
        index=rows,
    )
    return actions(rows, "emply.create_user", "L1", after=after)


@once
def given_at_creation(people: People) -> pd.DataFrame:
    """R3: `person`, `role_id` of every joiner: all the groups' roles; `synchronize_roles` off: the main group's."""
    groups = people.memberships[joiners(people)[people.memberships["entra_row"]]]
    if not people.world.settings.synchronize_roles:
        groups = groups.drop_duplicates("entra_row")
    roles = take(people.mapping.groups["role_id"], groups["priority"].to_numpy())
    given = pd.DataFrame({"person": groups["entra_row"].to_numpy(), "role_id": roles})
    return given.drop_duplicates().sort_values(["person", "role_id"], ignore_index=True)


def _role_lists(people: People, rows: "pd.Index[int]") -> "pd.Series[Any]":
    given = given_at_creation(people)
    lists = collected(np.searchsorted(rows, given["person"]), given["role_id"], len(rows))
    return pd.Series(lists.to_pylist(), index=rows, dtype=object)


@once
def stays_active(people: People) -> Mask:
    """rules.md, "active (C, E, P)": active in Emply or activated in this plan, and not deactivated or deleted in it."""
    leaving = (leaver_reason(people) != None) | to_delete(people)  # noqa: E711 (of each, not of the array)
    return (people.active | _to_activate(people)) & ~leaving


def _to_activate(people: People) -> Mask:
    """L4: back in scope, and it was the pipeline that deactivated (or `reactivate: all`)."""
    return people.reconcilable & ~people.active & ~people.employee_archived & _may_activate(people)


def _activations(people: People) -> pd.DataFrame:
    return _activity(people, _to_activate(people), "emply.activate_user", "L4", becomes=True)


def _deactivations(people: People) -> pd.DataFrame:
    """L5, L6, L7, L7a: of those who are still active; W3 instead of them where the Entra user is deleted."""
    reason, deleted = leaver_reason(people), to_delete(people)
    drafts = [
        _activity(
            people, (reason == why) & people.active & ~deleted, "emply.deactivate_user", rule, becomes=False, why=why
        )
        for why, rule in _RULE_OF_REASON.items()
    ]
    why = "deleted_in_entra"
    return together(
        [*drafts, _activity(people, deleted & people.active, "emply.deactivate_user", "W3", becomes=False, why=why)]
    )


def _activity(
    people: People, mask: Mask, kind: str, rule: str, *, becomes: bool, why: str | None = None
) -> pd.DataFrame:
    rows = people.where(mask)
    before, after = (pd.DataFrame({"active": value}, index=rows) for value in (not becomes, becomes))
    return actions(rows, kind, rule, reason=why, before=before, after=after)


def _may_activate(people: People) -> Mask:
    if people.world.settings.reactivate == "all":
        return np.ones(len(people.identities), dtype=bool)
    return is_among(people.identities["emply_user_id"], people.world.state.deactivations["emply_user_id"])


@once
def _address_taken(people: People) -> Mask:
    """L1a: newcomers whose UPN some Emply user, matched or not, has as username, or whose e-mail as e-mail."""
    users = people.world.emply_users
    new = people.where(newcomers(people))
    names, addresses = key(people.entra("user_principal_name", new)), people.identities.loc[new, "address"]
    taken = np.zeros(len(people.identities), dtype=bool)
    taken[new] = is_among(names, key(users["username"])) | is_among(addresses, key(users["email"]))
    return taken


@once
def _groupless(people: People) -> Mask:
    """Linked, enabled, no groups, no room: L7 or L8."""
    identities = people.identities
    there = people.linked & (identities["entra_row"] >= 0).to_numpy(dtype=bool) & ~people.left_alone
    enabled, room = identities["enabled"].to_numpy(dtype=bool), identities["in_room"].to_numpy(dtype=bool)
    return there & enabled & ~room & (identities["main_group"] < 0).to_numpy(dtype=bool)


def _has_state(people: People) -> Mask:
    return marked(people.role_states.person, len(people.identities))


@once
def _in_configured_group_then(people: People) -> Mask:
    """A group of the role state is still configured."""
    return marked(people.role_states.in_groups(people.mapping.groups["group_id"]), len(people.identities))
