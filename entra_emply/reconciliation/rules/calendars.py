"""C: which calendars of Entra Emply has, whose they are, and which of Emply's have to go. Their events are E's.

A calendar that came from Entra carries its id (`external_id`); others are never touched. Which calendars stay, come
and go is decided here once (`Calendars`), and E goes on from it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, is_among, positions, same_text, take, take_flag
from entra_emply.reconciliation.identities import Identities, actions, findings, together
from entra_emply.reconciliation.rules.lifecycle import stays_active, unmanaged
from entra_emply.reconciliation.rules.write_back import to_delete
from entra_emply.text import trimmed

_ENDED = "C6"


@dataclass(frozen=True)
class Calendars:
    """What becomes of every calendar that is Entra's, or came from there.

    wanted: Entra calendars that Emply has to have: person, kind, user_id (missing for a room), external_id, name,
    is_default. here: Emply's that came from Entra: the columns of `emply_calendars`, person (-1: nobody's), entra_id
    (of its owner), and fate: `stays` (wanted), `frozen` (nothing is planned for it) or `goes`. Indexes 0….
    attached: wanted ones (index as `wanted`) with calendar_id, enabled and share_dates_and_titles of the
    detached calendar that takes their place. without_mailbox: the people of C7.
    """

    identities: Identities
    wanted: pd.DataFrame
    here: pd.DataFrame
    attached: pd.DataFrame
    without_mailbox: Mask

    @property
    def added(self) -> pd.DataFrame:
        """The wanted ones that Emply neither has nor had."""
        missing = ~is_among(_place(self.wanted), _place(self.here[self.here["fate"] == "stays"]))
        return self.wanted[missing].drop(index=self.attached.index, errors="ignore")


def people_to_read(identities: Identities) -> "pd.Series[str]":
    """The Entra ids of everybody whose mailbox C1 or C5 may ask for."""
    settings = identities.inputs.settings
    wanted = (identities.reconcilable | identities.in_room) & settings.synchronize_calendars & settings.enabled
    return identities.frame.loc[wanted, "entra_id"]


def calendars(identities: Identities, waiting: Mask) -> Calendars:
    """What becomes of every calendar; `waiting`: the people whose link or deactivation is held (C8)."""
    excluded, considered = _concerned(identities, waiting)
    mailboxes = identities.inputs.entra_mailboxes
    asked = positions(identities.frame["entra_id"], mailboxes["entra_id"])
    available = take_flag(mailboxes["available"], asked) & ~_closed(identities)
    wanted = _wanted(identities, considered & available)
    here = _here(identities)
    stays = is_among(_place(here), _place(wanted))
    frozen = excluded | (considered & ~available)  # C8, C7
    owned = here["person"].to_numpy()
    untouched = (owned >= 0) & (frozen[owned] if len(frozen) else False)
    here["fate"] = np.select([untouched, stays], ["frozen", "stays"], "goes")
    unavailable = considered & (asked >= 0) & ~available
    return Calendars(
        identities, wanted, here, _attached(identities, wanted[~is_among(_place(wanted), _place(here))]), unavailable
    )


def actions_of(found: Calendars) -> pd.DataFrame:
    """C1, C3, C4, C5, C6, drafted. Removals come before additions (`kinds`)."""
    return together([*_endings(found), _additions(found), _attachments(found), *_updates(found)])


def findings_of(found: Calendars) -> pd.DataFrame:
    """C7: a mailbox that does not exist or may not be opened; guests have none."""
    identities = found.identities
    guest = (identities.entra("user_type") == "Guest").to_numpy(dtype=bool)
    return findings(identities.where(found.without_mailbox & ~guest), "mailbox_unavailable", "C7")


def _concerned(identities: Identities, waiting: Mask) -> tuple[Mask, Mask]:
    """Who is left as it is (C8), and whose calendars are considered (C1, C5)."""
    settings, inputs = identities.inputs.settings, identities.inputs
    if inputs.emply_calendars.empty and inputs.entra_mailboxes.empty:
        nobody = np.zeros(len(identities.frame), dtype=bool)
        return nobody, nobody
    excluded = (identities.left_alone | unmanaged(identities) | waiting) & settings.enabled  # C8, X
    considered = (
        (identities.reconcilable & stays_active(identities)) | (identities.in_room & ~to_delete(identities))
    ) & ~excluded
    return excluded, considered & settings.enabled & settings.synchronize_calendars  # C6


def _closed(identities: Identities) -> Mask:
    """Whose calendars Graph lists without opening all of them."""
    cursors = identities.inputs.entra_cursors
    return is_among(identities.frame["entra_id"], cursors.loc[cursors["delta_link"].isna(), "entra_id"])


# --- what there is and what there has to be ---------------------------------------------------------------------------


def _wanted(identities: Identities, considered: Mask) -> pd.DataFrame:
    """C1: every calendar with canEdit; C5: a room's default calendar, named after the room."""
    entra = identities.inputs.entra_calendars
    person = positions(
        entra["entra_id"], identities.inputs.entra_users["entra_id"]
    )  # an Entra user's row is its person's
    known = person >= 0
    known[known] = considered[person[known]]
    entra, person = entra[known], person[known]
    room = identities.in_room[person]
    wanted = pd.DataFrame(
        {
            "person": person,
            "kind": np.where(room, "room", "user"),
            "user_id": identities.frame["emply_user_id"].iloc[person].where(~room).array,
            "external_id": entra["calendar_id"].array,
            "name": entra["name"].where(~room, identities.entra("display_name").iloc[person].array).array,
            "is_default": entra["is_default"].array,
        }
    )
    kept = np.where(room, entra["is_default"], entra["can_edit"])
    return wanted[kept].reset_index(drop=True).astype({"kind": "str"})


def _here(identities: Identities) -> pd.DataFrame:
    """Emply's calendars that came from Entra, with their owners; a room's is whose the ledger or its mailbox says."""
    here = identities.inputs.emply_calendars
    here = here[trimmed(here["external_id"]).notna()].reset_index(drop=True)
    recorded = identities.inputs.state.calendars
    recorded = recorded[~recorded["detached"]]
    known = take(recorded["entra_id"], positions(here["calendar_id"], recorded["calendar_id"]))
    kind = here["kind"].fillna(here["user_id"].isna().map({True: "room", False: "user"}))
    room = (kind == "room").to_numpy()
    person_of_login = np.full(len(identities.inputs.emply_users), -1, dtype=np.int64)
    logins = identities.frame["emply_row"].to_numpy()
    person_of_login[logins[logins >= 0]] = np.flatnonzero(logins >= 0)
    login = positions(here["user_id"], identities.inputs.emply_users["emply_user_id"])
    rooms = identities.inputs.entra_calendars
    rooms = rooms[rooms["is_default"]]
    rooms = rooms.assign(person=positions(rooms["entra_id"], identities.inputs.entra_users["entra_id"]))
    rooms = rooms[(rooms["person"] >= 0) & np.append(identities.in_room, False)[rooms["person"]]]
    by_record = positions(known, identities.frame["entra_id"])
    by_mailbox = np.append(rooms["person"], -1)[positions(here["external_id"], rooms["calendar_id"])]
    owner = np.append(person_of_login, -1)[login]
    here["person"] = np.where(room, np.where(known.notna(), by_record, by_mailbox), owner)
    here["entra_id"] = take(identities.frame["entra_id"], here["person"].to_numpy()).fillna(known.where(room))
    return here.assign(kind=kind, user_id=here["user_id"].where(~room))


def _attached(identities: Identities, missing: pd.DataFrame) -> pd.DataFrame:
    """C1: of the missing ones, those that C4 detached, with the Emply calendar that is attached again."""
    there, recorded = identities.inputs.emply_calendars, identities.inputs.state.calendars
    own = there[trimmed(there["external_id"]).isna()]
    row = positions(recorded["calendar_id"], own["calendar_id"])
    detached = recorded[recorded["detached"].to_numpy() & (row >= 0)].sort_values("calendar_id")
    row = positions(detached["calendar_id"], own["calendar_id"])
    whose = pd.DataFrame(
        {"entra_id": detached["entra_id"].array, "external_id": detached["external_id"].array}, dtype="str"
    ).assign(kind=take(own["kind"], row), user_id=take(own["user_id"], row))
    of = missing.assign(entra_id=take(identities.frame["entra_id"], missing["person"].to_numpy()).array)
    found = positions(as_one(of, "entra_id", "external_id", "kind"), as_one(whose, "entra_id", "external_id", "kind"))
    same_user = take(whose["user_id"], found).fillna("").to_numpy() == missing["user_id"].fillna("").to_numpy()
    found = np.where(same_user | (missing["kind"] == "room").to_numpy(), found, -1)
    placed = missing[found >= 0]
    found = found[found >= 0]
    return placed.assign(
        calendar_id=detached["calendar_id"].array.take(found),
        enabled=take_flag(own["enabled"], row[found]),
        share_dates_and_titles=own["share_dates_and_titles"].array.take(row[found]),
    )


def _place(of: pd.DataFrame) -> "pd.Series[str]":
    """Where a calendar is: its Entra id, of that person, as a user's or as a room's."""
    return as_one(of, "kind", "person", "external_id")


def as_one(of: pd.DataFrame, *columns: str) -> "pd.Series[str]":
    """The texts of several columns as one: to find rows by more than one id."""
    first, *others = (of[column].astype("str").fillna("") for column in columns)
    return first.str.cat(pd.concat(others, axis=1), sep="\x1f")


# --- what is done about it --------------------------------------------------------------------------------------------


def _endings(found: Calendars) -> list[pd.DataFrame]:
    """C4: a calendar that holds events of Emply's own is detached, any other removed."""
    settings = found.identities.inputs.settings
    rule = "C4" if settings.enabled and settings.synchronize_calendars else _ENDED
    going = found.here[found.here["fate"] == "goes"]
    events = found.identities.inputs.emply_events
    kept = is_among(going["calendar_id"], events.loc[events["origin"] == "emply", "calendar_id"])
    removed = _drafts(going[~kept], "emply.remove_calendar", rule, before=["kind", "external_id", "name"])
    freed = going[kept].assign(external_id_after=None).astype({"external_id_after": "str"})
    detached = _drafts(
        freed,
        "emply.detach_calendar",
        rule,
        before=["kind", "external_id", "name"],
        after=["kind", "external_id_after"],
    )
    return [removed, detached]


def _additions(found: Calendars) -> pd.DataFrame:
    added = found.added
    first = (added["is_default"] | (added["kind"] == "room")).astype(bool)
    added = added.assign(
        is_default=first,
        enabled=first,
        can_disable=~first,
        share_dates_and_titles=found.identities.inputs.settings.always_share_dates_and_titles,
    )
    columns = [
        "kind",
        "user_id",
        "external_id",
        "name",
        "is_default",
        "enabled",
        "can_disable",
        "share_dates_and_titles",
    ]
    return _by_kind(with_owner(found.identities, added), "emply.add_calendar", after=columns)


def _attachments(found: Calendars) -> pd.DataFrame:
    attached = with_owner(found.identities, found.attached).assign(external_id_before=None)
    attached = attached.astype({"external_id_before": "str"})
    return _by_kind(
        attached, "emply.attach_calendar", before=["kind", "external_id_before"], after=["kind", "external_id", "name"]
    )


def _updates(found: Calendars) -> list[pd.DataFrame]:
    """C3: a changed name; sharing that is off although it has to be on, also where it is attached again."""
    stays = found.here[found.here["fate"] == "stays"]
    attached = with_owner(found.identities, found.attached)
    here = pd.concat([stays, attached[[name for name in stays.columns if name in attached]]], ignore_index=True)
    name = take(found.wanted["name"], positions(_place(here), _place(found.wanted)))
    renamed = trimmed(name).notna().to_numpy() & ~same_text(trimmed(name), trimmed(here["name"]))
    shared = here["share_dates_and_titles"].fillna(False).to_numpy(dtype=bool)
    unshared = ~shared & found.identities.inputs.settings.always_share_dates_and_titles
    here = here.assign(name_after=name.array, share_after=True)
    drafts = []
    for also_name, also_share in ((True, True), (True, False), (False, True)):
        rows = here[(renamed == also_name) & (unshared == also_share)]
        changed = ["name"] * also_name + ["share_dates_and_titles"] * also_share
        becomes = ["name_after"] * also_name + ["share_after"] * also_share
        identity = ["kind", "external_id"]
        drafts.append(
            _drafts(rows, "emply.update_calendar", "C3", before=[*identity, *changed], after=[*identity, *becomes])
        )
    return drafts


_NAMES = {
    "kind": "kind",
    "user_id": "userId",
    "external_id": "externalId",
    "external_id_before": "externalId",
    "external_id_after": "externalId",
    "name": "name",
    "name_after": "name",
    "is_default": "isDefault",
    "enabled": "enabled",
    "can_disable": "canDisable",
    "share_dates_and_titles": "shareDatesAndTitles",
    "share_after": "shareDatesAndTitles",
}


def with_owner(identities: Identities, of: pd.DataFrame) -> pd.DataFrame:
    """`of` (person) with the entra_id of its people."""
    return of.assign(entra_id=take(identities.frame["entra_id"], of["person"].to_numpy()).array)


def with_ids(of: pd.DataFrame, draft: pd.DataFrame) -> pd.DataFrame:
    """Drafts with the ids of owner and login, which need not be those of a person of the join."""
    return draft.assign(entra_id=of["entra_id"].array, emply_user_id=of["user_id"].array) if len(of) else draft


def _by_kind(of: pd.DataFrame, kind: str, *, before: list[str] | None = None, after: list[str]) -> pd.DataFrame:
    """C1 for people's calendars, C5 for rooms'."""
    rooms = of["kind"] == "room"
    return together(
        [
            _drafts(rows, kind, rule, before=before, after=after)
            for rows, rule in ((of[~rooms], "C1"), (of[rooms], "C5"))
        ]
    )


def _drafts(
    of: pd.DataFrame, kind: str, rule: str, *, before: list[str] | None = None, after: list[str] | None = None
) -> pd.DataFrame:
    if of.empty:
        return actions(pd.Index([], dtype="int64"), kind, rule)
    then, now = (None if columns is None else of[columns].rename(columns=_NAMES) for columns in (before, after))
    return with_ids(of, actions(pd.Index(of["person"]), kind, rule, before=then, after=now))
