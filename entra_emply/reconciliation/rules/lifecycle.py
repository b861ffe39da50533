"""L: who gets a login, who loses it, who gets it back. Joiners, leavers, and what a person has to look at."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, collected, is_among, marked, take
from entra_emply.reconciliation.identities import Identities, actions, findings, once, together
from entra_emply.reconciliation.rules.write_back import to_delete
from entra_emply.text import key, trimmed, written


def actions_of(identities: Identities) -> pd.DataFrame:
    """Links (M5), creations (L1), activations (L4) and deactivations (L5, L6, L7, L7a), drafted."""
    return together([_links(identities), _creations(identities), _activations(identities), _deactivations(identities)])


def findings_of(identities: Identities) -> pd.DataFrame:
    """What L1a, L2, L3, L4, L8, L9, L10, L11, M4 and "employee of a person" have to say, drafted."""
    reason = leaver_reason(identities)
    newcomer, archived = newcomers(identities), identities.employee_archived
    addressed = identities.frame["address"].notna().to_numpy(dtype=bool)
    guest = (identities.entra("user_type") == "Guest").to_numpy(dtype=bool)
    taken = _address_taken(identities)
    inactive = identities.reconcilable & ~identities.active & ~archived
    known = identities.in_scope | identities.linked
    entra_alone = identities.left_alone & (identities.frame["entra_row"] >= 0).to_numpy(dtype=bool)
    resigning = written(identities.employee("resignation_date")).notna() | (identities.employee("status") != "active")
    leaving = np.isin(reason, ("deleted_in_entra", "account_disabled", "removed_from_group"))
    several = (identities.frame["employees"] > 1).to_numpy(dtype=bool)
    raised: list[tuple[Mask, str, str]] = [
        (entra_alone, "ambiguous_match", "M4"),
        (several & known & ~identities.left_alone, "duplicate_employee", "L9"),
        (newcomer & ~archived & addressed & taken, "address_taken", "L1a"),
        (newcomer & ~addressed & guest, "guest_without_mail", "L2"),
        (newcomer & ~addressed & ~guest, "no_email", "L2"),
        (newcomer & archived, "employee_archived_in_group", "L3"),
        (identities.reconcilable & archived, "employee_archived_in_group", "L11"),
        (inactive & ~_may_activate(identities), "deactivated_in_emply", "L4"),
        (unmanaged(identities), "unmanaged", "L8"),
        ((joiners(identities) | identities.reconcilable) & ~identities.has_employee, "user_without_employee", "L9"),
        (leaving & identities.has_employee & ~resigning.to_numpy(dtype=bool), "leaver_without_resignation_date", "L10"),
    ]
    return together([findings(identities.where(mask), code, rule) for mask, code, rule in raised])


def newcomers(identities: Identities) -> Mask:
    """In scope, unmatched, not left alone: whom L1, L1a, L2 and L3 are about."""
    return identities.in_scope & ~identities.matched & ~identities.left_alone


@once
def joiners(identities: Identities) -> Mask:
    """L1: newcomers with an e-mail that nobody in Emply has, whose employee (if any) is not archived."""
    addressed = identities.frame["address"].notna().to_numpy(dtype=bool)
    return newcomers(identities) & addressed & ~identities.employee_archived & ~_address_taken(identities)


def unmanaged(identities: Identities) -> Mask:
    """L8: a group taken out of the settings is not a person taken out of a group."""
    return _groupless(identities) & ~_in_configured_group_then(identities) & _has_state(identities)


@once
def leaver_reason(identities: Identities) -> npt.NDArray[np.object_]:
    """Why each linked person has to be inactive (L5, L6, L7a, L7), None for everybody else; active or not."""
    gone = identities.linked & (identities.frame["entra_row"] < 0).to_numpy(dtype=bool) & ~identities.left_alone
    there = identities.linked & ~gone & ~identities.left_alone
    enabled = identities.frame["enabled"].to_numpy(dtype=bool)
    room = identities.frame["in_room"].to_numpy(dtype=bool)
    removed = _groupless(identities) & (_in_configured_group_then(identities) | ~_has_state(identities))
    reasons = np.full(len(identities.frame), None, dtype=object)
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


def _links(identities: Identities) -> pd.DataFrame:
    """M5: what M2 and M3 matched becomes a link."""
    how = identities.frame["matched_by"]
    drafts = []
    for matched_by, rule in (("username", "M2"), ("email", "M3")):
        rows = identities.where((how == matched_by).to_numpy(dtype=bool))
        after = pd.DataFrame({"matchedBy": matched_by}, index=rows)
        drafts.append(actions(rows, "ledger.link_user", rule, after=after))
    return together(drafts)


def _creations(identities: Identities) -> pd.DataFrame:
    """L1 and R3: the login of a joiner, with the main group's defaults."""
    rows = identities.where(joiners(identities))
    names = identities.entra("user_principal_name", rows)
    mail = identities.entra("mail", rows)
    main = identities.frame.loc[rows, "main_group"]
    defaults = identities.mapping.groups
    after = pd.DataFrame(
        {
            "username": names,
            "email": mail.where(trimmed(mail).notna(), names),
            "firstName": written(identities.entra("given_name", rows)),
            "lastName": written(identities.entra("surname", rows)),
            "jobTitle": written(identities.entra("job_title", rows)),
            "mobilePhone": written(identities.entra("mobile_phone", rows)),
            "roleIds": _role_lists(identities, rows),
            "departmentId": take(defaults["department_id"], main),
            "language": take(defaults["language"], main),
            "timeZone": take(defaults["time_zone"], main),
            "currency": take(defaults["currency"], main),
            "employeeId": identities.frame.loc[rows, "employee_id"],
            "active": True,
        },
        index=rows,
    )
    return actions(rows, "emply.create_user", "L1", after=after)


@once
def given_at_creation(identities: Identities) -> pd.DataFrame:
    """R3: `person`, `role_id` of every joiner: all the groups' roles; `synchronize_roles` off: the main group's."""
    groups = identities.memberships[joiners(identities)[identities.memberships["entra_row"]]]
    if not identities.inputs.settings.synchronize_roles:
        groups = groups.drop_duplicates("entra_row")
    roles = take(identities.mapping.groups["role_id"], groups["priority"].to_numpy())
    given = pd.DataFrame({"person": groups["entra_row"].to_numpy(), "role_id": roles})
    return given.drop_duplicates().sort_values(["person", "role_id"], ignore_index=True)


def _role_lists(identities: Identities, rows: "pd.Index[int]") -> "pd.Series[Any]":
    given = given_at_creation(identities)
    lists = collected(np.searchsorted(rows, given["person"]), given["role_id"], len(rows))
    return pd.Series(lists.to_pylist(), index=rows, dtype=object)


@once
def stays_active(identities: Identities) -> Mask:
    """rules.md, "active (C, E, P)": active in Emply or activated in this plan, and not deactivated or deleted in it."""
    leaving = (leaver_reason(identities) != None) | to_delete(identities)  # noqa: E711 (of each, not of the array)
    return (identities.active | _to_activate(identities)) & ~leaving


def _to_activate(identities: Identities) -> Mask:
    """L4: back in scope, and it was the pipeline that deactivated (or `reactivate: all`)."""
    return identities.reconcilable & ~identities.active & ~identities.employee_archived & _may_activate(identities)


def _activations(identities: Identities) -> pd.DataFrame:
    return _activity(identities, _to_activate(identities), "emply.activate_user", "L4", becomes=True)


def _deactivations(identities: Identities) -> pd.DataFrame:
    """L5, L6, L7, L7a: of those who are still active; W3 instead of them where the Entra user is deleted."""
    reason, deleted = leaver_reason(identities), to_delete(identities)
    drafts = [
        _activity(
            identities,
            (reason == why) & identities.active & ~deleted,
            "emply.deactivate_user",
            rule,
            becomes=False,
            why=why,
        )
        for why, rule in _RULE_OF_REASON.items()
    ]
    why = "deleted_in_entra"
    return together(
        [
            *drafts,
            _activity(identities, deleted & identities.active, "emply.deactivate_user", "W3", becomes=False, why=why),
        ]
    )


def _activity(
    identities: Identities, mask: Mask, kind: str, rule: str, *, becomes: bool, why: str | None = None
) -> pd.DataFrame:
    rows = identities.where(mask)
    before, after = (pd.DataFrame({"active": value}, index=rows) for value in (not becomes, becomes))
    return actions(rows, kind, rule, reason=why, before=before, after=after)


def _may_activate(identities: Identities) -> Mask:
    if identities.inputs.settings.reactivate == "all":
        return np.ones(len(identities.frame), dtype=bool)
    return is_among(identities.frame["emply_user_id"], identities.inputs.state.deactivations["emply_user_id"])


@once
def _address_taken(identities: Identities) -> Mask:
    """L1a: newcomers whose UPN some Emply user, matched or not, has as username, or whose e-mail as e-mail."""
    users = identities.inputs.emply_users
    new = identities.where(newcomers(identities))
    names, addresses = key(identities.entra("user_principal_name", new)), identities.frame.loc[new, "address"]
    taken = np.zeros(len(identities.frame), dtype=bool)
    taken[new] = is_among(names, key(users["username"])) | is_among(addresses, key(users["email"]))
    return taken


@once
def _groupless(identities: Identities) -> Mask:
    """Linked, enabled, no groups, no room: L7 or L8."""
    frame = identities.frame
    there = identities.linked & (frame["entra_row"] >= 0).to_numpy(dtype=bool) & ~identities.left_alone
    enabled, room = frame["enabled"].to_numpy(dtype=bool), frame["in_room"].to_numpy(dtype=bool)
    return there & enabled & ~room & (frame["main_group"] < 0).to_numpy(dtype=bool)


def _has_state(identities: Identities) -> Mask:
    return marked(identities.role_states.person, len(identities.frame))


@once
def _in_configured_group_then(identities: Identities) -> Mask:
    """A group of the role state is still configured."""
    return marked(identities.role_states.in_groups(identities.mapping.groups["group_id"]), len(identities.frame))
