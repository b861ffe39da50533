"""A: the fields of an Emply user that follow Entra, for people without employee."""

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import (
    Mask,
    Rows,
    codes,
    how_often,
    is_among,
    marked,
    repeated,
    same_text,
    stacked,
    take,
)
from entra_emply.reconciliation.drafts import Drafts, actions, findings, together
from entra_emply.reconciliation.entra_users import Addresses
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rule import Part, Rule, Values, all_hold
from entra_emply.reconciliation.rules.conditions import ENTRA_LEADS, RECONCILABLE, with_employee
from entra_emply.reconciliation.rules.lifecycle import joiners
from entra_emply.reconciliation.rules.scope import flag
from entra_emply.reconciliation.subjects import once
from entra_emply.text import as_address, key, trimmed, written

Texts = dict[str, "pd.Series[str]"]

# Emply's field: (column of Entra users, column of Emply users). (A1)
_FOLLOWING = {
    "firstName": ("given_name", "first_name"),
    "lastName": ("surname", "last_name"),
    "jobTitle": ("job_title", "job_title"),
    "mobilePhone": ("mobile_phone", "mobile_phone"),
}
_FILLED = {"email": "an_email", "username": "a_username"}

# --- what A compares, field by field ----------------------------------------------------------------------------------


@once
def _subject(identities: Identities) -> "pd.Index[int]":
    return identities.where(all_hold(ENTRA_LEADS, identities))


@once
def _differing(identities: Identities) -> dict[str, Mask]:
    """A1: whose fields differ from Entra's, where Entra has a value."""
    rows = _subject(identities)
    changed = {}
    for field, (theirs, ours) in _FOLLOWING.items():
        wanted, present = codes(trimmed(identities.entra(theirs, rows)), trimmed(identities.emply(ours, rows)))
        changed[field] = _spread(identities, rows, (wanted >= 0) & (wanted != present))
    return changed


@once
def _wanted(identities: Identities) -> "dict[str, pd.Series[str]]":
    """A2: for e-mail and username, what L1 would give, of everybody who has none in Emply; indexed by person."""
    rows = _subject(identities)
    wanted = {}
    for field in _FILLED:
        blank = rows[key(identities.emply(field, rows)).isna()]
        wanted[field] = _given(identities, field, blank).dropna()
    return wanted


def _given(identities: Identities, field: str, rows: "pd.Index[int]") -> "pd.Series[str]":
    """The e-mail or the username that L1 gives, as written, but for what `key` drops; missing for who has none."""
    name = as_address(identities.entra("user_principal_name", rows))
    if field == "username":
        return name
    mail = as_address(identities.entra("mail", rows)).fillna(name)
    return mail.where(identities.has_email[rows])


@once
def _blank(identities: Identities) -> dict[str, tuple[Mask, Mask]]:
    """A2: for e-mail and username, who has none in Emply but one in Entra, and of those whose is not free."""
    wanted = _wanted(identities)
    people = [of.index.to_numpy(dtype=np.int64) for of in wanted.values()]
    person, address = np.concatenate(people), key(stacked(*wanted.values()))
    taken = _not_free(identities, person, address) if len(person) else np.zeros(0, dtype=bool)
    of_field = np.split(taken, np.cumsum([len(rows) for rows in people])[:-1])
    return {
        field: (marked(rows, len(identities)), marked(rows[of], len(identities)))
        for field, rows, of in zip(wanted, people, of_field, strict=True)
    }


def _not_free(identities: Identities, person: Rows, address: "pd.Series[str]") -> Mask:
    """Of each address that is wanted by a person, whether another Emply user carries it, as username or as e-mail, or
    somebody gets it by L1, or another wants it, too."""
    joining = np.flatnonzero(joiners(identities))
    names = key(identities.entra("user_principal_name", pd.Index(joining)))
    created = stacked(names, take(identities.frame["address"], joining))
    wanted_by = Addresses.of((person, address)).address
    twice = take(wanted_by, np.flatnonzero(wanted_by.duplicated(keep=False).to_numpy(dtype=bool)))
    return _carried_by_others(identities, person, address) | is_among(address, created) | is_among(address, twice)


def _carried_by_others(identities: Identities, person: Rows, address: "pd.Series[str]") -> Mask:
    own = identities.emply_row[person]
    columns = identities.inputs.login_keys.values()
    return np.logical_or.reduce([how_often(address, of) > same_text(address, take(of, own)) for of in columns])


def _spread(identities: Identities, rows: "pd.Index[int]", flags: Mask) -> Mask:
    """Flags of some of the people as flags of everybody."""
    everybody = np.zeros(len(identities.frame), dtype=bool)
    everybody[rows] = flags
    return everybody


# --- conditions of this letter ----------------------------------------------------------------------------------------


@once
def _fields_differ(identities: Identities) -> Mask:
    return np.logical_or.reduce([*_differing(identities).values()])


@once
def _address_blank(identities: Identities) -> Mask:
    return np.logical_or.reduce([lacking for lacking, _ in _blank(identities).values()])


@once
def _nobody_else_has(identities: Identities) -> Mask:
    return ~np.logical_or.reduce([lacking & carried for lacking, carried in _blank(identities).values()])


def _fields_change(identities: Identities) -> Mask:
    return np.logical_or.reduce([*_changed(identities).values()])


def _compared_fields(identities: Identities, person: int) -> Values:
    """What follows Entra, what is equal already, and what Entra has no value for."""
    differ = [field for field, mask in _differing(identities).items() if mask[person]]
    blank = [
        field
        for field, (theirs, _) in _FOLLOWING.items()
        if not (identities.text("entra", theirs, person) or "").strip()
    ]
    equal = [field for field in _FOLLOWING if field not in differ and field not in blank]
    return {
        name: [Part(field) for field in of] for name, of in (("differ", differ), ("equal", equal), ("blank", blank))
    }


def _compared_addresses(identities: Identities, person: int) -> Values:
    """Which of e-mail and username is filled, and with what others have."""
    values = {field: of.get(person) for field, of in _wanted(identities).items()}
    lacking = {field: carried[person] for field, (blank, carried) in _blank(identities).items() if blank[person]}
    return {
        "filled": [Part(_FILLED[field], {"value": values[field]}) for field, taken in lacking.items() if not taken],
        "carried": [Part(_FILLED[field], {"value": values[field]}) for field, taken in lacking.items() if taken],
    }


def _changes(identities: Identities, person: int) -> Values:
    """The fields that change, from and to what."""
    names = [field for field, mask in _changed(identities).items() if mask[person]]
    before, after = _values(identities, pd.Index([person]), names)
    return {"changes": [Part("field_changes", _change(name, before, after)) for name in names]}


def _change(name: str, before: Texts, after: Texts) -> Values:
    old, new = before[name].iloc[0], after[name].iloc[0]
    return {"field": Part(name), "before": old if isinstance(old, str) else None, "after": new}


fields_differ = flag("fields_differ", _fields_differ, _compared_fields)
address_blank = flag("address_blank", _address_blank, _compared_addresses)
nobody_else_has = flag("nobody_else_has", _nobody_else_has, _compared_addresses)
fields_change = flag("fields_change", _fields_change, _changes)

# --- rules ------------------------------------------------------------------------------------------------------------

A1 = Rule("A1", ENTRA_LEADS, (fields_differ,))
A2 = Rule("A2", ENTRA_LEADS, (address_blank, nobody_else_has), {"nobody_else_has": "address_taken"})
A3 = Rule("A3", (*RECONCILABLE, with_employee), ())
A4 = Rule("A4", ENTRA_LEADS, (fields_change,), told=_changes)

RULES = (A1, A2, A3, A4)


@once
def _changed(identities: Identities) -> dict[str, Mask]:
    """Whose field A1 or A2 changes."""
    following, filling = A1.acts(identities), A2.reaches(identities, nobody_else_has.name)
    changed = {field: mask & following for field, mask in _differing(identities).items()}
    return changed | {field: blank & ~carried & filling for field, (blank, carried) in _blank(identities).items()}


def actions_of(identities: Identities) -> Drafts:
    """A4: one `emply.update_user` for each person with differences, of the changed fields alone, drafted."""
    follows = np.logical_or.reduce([mask for field, mask in _changed(identities).items() if field in _FOLLOWING])
    acts = A4.acts(identities)
    return together([_updates(identities, acts & follows, "A1"), _updates(identities, acts & ~follows, "A2")])


def _updates(identities: Identities, mask: Mask, rule: str) -> Drafts:
    rows = identities.where(mask)
    changed = {field: of[rows] for field, of in _changed(identities).items() if of[rows].any()}
    before, after = _values(identities, rows, [*changed])
    return actions(rows, "emply.update_user", rule, before=before, after=after, only=changed)


def findings_of(identities: Identities) -> Drafts:
    """A2: an e-mail or username that another has, gets or wants is not filled, drafted: one for each person."""
    return findings(identities.where(A2.fails_at(identities, nobody_else_has.name)), "address_taken", "A2")


def _values(identities: Identities, rows: "pd.Index[int]", names: list[str]) -> tuple[Texts, Texts]:
    """The fields `names` in Emply and as they have to be, as written, missing where blank."""
    before: Texts = {}
    after: Texts = {}
    for name in names:
        theirs, ours = _FOLLOWING.get(name, (None, None))
        if theirs is None or ours is None:
            before[name] = repeated(None, len(rows))
            after[name] = _given(identities, name, rows)
        else:
            before[name] = written(identities.emply(ours, rows))
            after[name] = identities.entra(theirs, rows)
    return before, after
