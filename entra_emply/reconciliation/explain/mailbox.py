"""From a neighbourhood to what is known of one person's mailbox, calendars, events and picture."""

from collections.abc import Collection

import pandas as pd

from entra_emply.reconciliation.arrays import is_text
from entra_emply.reconciliation.explain.facts import Mailbox, Row
from entra_emply.reconciliation.explain.rows import records
from entra_emply.reconciliation.inputs import Inputs


def mailbox_of(inputs: Inputs, entra_id: str | None, login: str | None, *, linked: bool) -> Mailbox:
    """The mailbox of an Entra user and its login. What was not read is not known."""
    of_user = _where(inputs.emply_calendars, "user_id", login)
    recorded = _where(inputs.state.calendars, "entra_id", entra_id)
    rooms = [
        row for each in recorded if not each["detached"]
        for row in _where(inputs.emply_calendars, "calendar_id", each["calendar_id"])
    ]  # fmt: skip
    here = {row["calendar_id"]: row for row in [*of_user, *rooms]}
    available = [row["available"] for row in _where(inputs.entra_mailboxes, "entra_id", entra_id)]
    opened = all(row["delta_link"] is not None for row in _where(inputs.entra_cursors, "entra_id", entra_id))
    etags = _where(inputs.state.photo_etags, "emply_user_id", login) if linked else []
    return Mailbox(
        available=bool(available[0]) and opened if available else None,
        calendars=tuple(_where(inputs.entra_calendars, "entra_id", entra_id)),
        emply=tuple(here.values()),
        events=len(_where(inputs.entra_events, "entra_id", entra_id)),
        own=_made_in_emply(inputs.emply_events, here),
        photo=_first(_where(inputs.entra_photos, "entra_id", entra_id)),
        recorded_photo=_first(etags),
    )


def _where(frame: pd.DataFrame, column: str, value: object) -> list[Row]:
    """The rows that hold `value`; none of a frame that was not read."""
    if column not in frame.columns or not isinstance(value, str):
        return []
    return [*records(frame[frame[column] == value])]


def _made_in_emply(events: pd.DataFrame, calendars: Collection[str]) -> int:
    """How many events of these calendars are Emply's own."""
    if "calendar_id" not in events.columns:
        return 0
    return int((events["calendar_id"].isin(calendars) & is_text(events["origin"], "emply")).sum())


def _first(etags: list[Row]) -> str | None:
    return str(etags[0]["etag"]) if etags else None
