"""L and M5: the actions and findings that are drafted of what `lifecycle` decides."""

from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import (
    Mask,
    Rows,
    collected,
    is_among,
    is_text,
    positions,
    sort_order,
    stacked,
    take,
)
from entra_emply.reconciliation.drafts import Drafts, actions, findings, together
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rules.lifecycle import (
    L2,
    L3,
    L4,
    L5,
    L6,
    L7,
    L8,
    L9,
    L10,
    L11,
    L12,
    REASONS,
    L1a,
    L7a,
    addresses_of_login,
    given_at_creation,
    joiners,
)
from entra_emply.reconciliation.rules.write_back import to_delete
from entra_emply.text import as_address, written


def actions_of(identities: Identities) -> Drafts:
    """Links (M5), creations (L1), activations (L4) and deactivations (L5, L6, L7, L7a, W3), drafted."""
    parts = [_links(identities), _creations(identities), _activations(identities), _deactivations(identities)]
    return together(parts)


def findings_of(identities: Identities) -> Drafts:
    """What L1a, L2, L3, L4, L8 to L12, M4 and "employee of a person" have to say, drafted."""
    guest = is_text(identities.entra("user_type"), "Guest")
    no_address = L2.acts(identities)
    several = (identities.frame["employees"] > 1).to_numpy(dtype=bool)
    known = (identities.in_scope | identities.linked) & ~identities.left_alone
    raised: list[tuple[Mask, str, str]] = [
        (identities.left_alone & identities.in_entra, "ambiguous_match", "M4"),
        (several & known, "duplicate_employee", "L9"),
        (no_address & guest, "guest_without_mail", "L2"),
        (no_address & ~guest, "no_email", "L2"),
        (L3.acts(identities), "employee_archived_in_group", "L3"),
        (L11.acts(identities), "employee_archived_in_group", "L11"),
        (L4.fails_at(identities, "may_activate"), "deactivated_in_emply", "L4"),
        (L8.acts(identities), "unmanaged", "L8"),
        (L9.acts(identities), "user_without_employee", "L9"),
        (L10.acts(identities), "leaver_without_resignation_date", "L10"),
        (L12.acts(identities), "login_email_differs", "L12"),
    ]
    drafts = [findings(identities.where(mask), code, rule) for mask, code, rule in raised]
    return together([*drafts, _taken(identities)])


def _taken(identities: Identities) -> Drafts:
    """L1a, with the least id of the Emply users in the way as `object`."""
    rows = identities.where(L1a.acts(identities))
    if rows.empty:
        return findings(rows, "address_taken", "L1a")
    return findings(rows, "address_taken", "L1a", object=_least_in_the_way(identities, rows.to_numpy()))


def _least_in_the_way(identities: Identities, persons: Rows) -> "pd.Series[str]":
    """L1a: of each of these people the least id of the Emply users that carry an address of theirs, or share one."""
    ids, own = identities.inputs.emply_users["emply_user_id"], addresses_of_login(identities, persons)
    found = [take(identities.frame["shares_with"], persons)]  # a column of ids for each way to be in the way
    for addresses in identities.inputs.login_keys.values():
        carriers = np.flatnonzero(is_among(addresses, stacked(*own)))
        carriers = carriers[sort_order(take(ids, carriers))]
        carried = take(addresses, carriers)
        found += [take(take(ids, carriers), positions(of, carried)) for of in own]
    every, least = stacked(*found), np.full(len(persons), -1, dtype=np.int64)
    by_id = sort_order(every)[::-1]
    least[by_id % len(persons)] = by_id  # of several the least comes last
    return take(every, least)


def _links(identities: Identities) -> Drafts:
    """M5: what M2, M3 and M3b matched becomes a link."""
    how = identities.frame["matched_by"]
    return together(
        actions(identities.where(is_text(how, by)), "ledger.link_user", rule, after={"matchedBy": by})
        for by, rule in (("username", "M2"), ("email", "M3"), ("address", "M3b"))
    )


def _creations(identities: Identities) -> Drafts:
    """L1 and R3: the login of a joiner, with the main group's defaults."""
    rows = identities.where(joiners(identities))
    if rows.empty:
        return actions(rows, "emply.create_user", "L1")
    names = as_address(identities.entra("user_principal_name", rows))
    mail = as_address(identities.entra("mail", rows))
    main = identities.frame["main_group"].to_numpy(dtype=np.int64)[rows]
    defaults = identities.mapping.groups
    after = {
        "username": names,
        "email": mail.fillna(names),
        "firstName": written(identities.entra("given_name", rows)),
        "lastName": written(identities.entra("surname", rows)),
        "jobTitle": written(identities.entra("job_title", rows)),
        "mobilePhone": written(identities.entra("mobile_phone", rows)),
        "roleIds": _role_lists(identities, rows),
        "departmentId": take(defaults["department_id"], main),
        "language": take(defaults["language"], main),
        "timeZone": take(defaults["time_zone"], main),
        "currency": take(defaults["currency"], main),
        "employeeId": take(identities.frame["employee_id"], rows.to_numpy()),
        "active": True,
    }
    return actions(rows, "emply.create_user", "L1", after=after)


def _role_lists(identities: Identities, rows: "pd.Index[int]") -> list[Any]:
    given = given_at_creation(identities)
    return collected(np.searchsorted(rows, given["person"]), given["role_id"], len(rows)).to_pylist()


def _activations(identities: Identities) -> Drafts:
    return _activity(identities, L4.acts(identities), "emply.activate_user", "L4", becomes=True)


def _deactivations(identities: Identities) -> Drafts:
    """L5, L6, L7, L7a: of those who are still active; W3 instead of them where the Entra user is deleted."""
    kind, deleted = "emply.deactivate_user", to_delete(identities) & identities.active
    drafts = [
        _activity(identities, rule.acts(identities), kind, rule.name, becomes=False, why=REASONS[rule.name])
        for rule in (L5, L6, L7, L7a)
    ]
    return together([*drafts, _activity(identities, deleted, kind, "W3", becomes=False, why="deleted_in_entra")])


def _activity(
    identities: Identities, mask: Mask, kind: str, rule: str, *, becomes: bool, why: str | None = None
) -> Drafts:
    before, after = {"active": not becomes}, {"active": becomes}
    return actions(identities.where(mask), kind, rule, reason=why, before=before, after=after)
