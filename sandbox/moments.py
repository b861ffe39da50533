"""Times as both services write them: ISO 8601; and the key that an event gets when it changes. Windows are theirs."""

import base64
import secrets
from datetime import UTC, datetime, tzinfo


def read(text: object, zone: tzinfo = UTC) -> datetime | None:
    """The moment of an ISO 8601 text in UTC; a text without a zone is in `zone`.

    None for what is no time, and for one that is in UTC before year 1 or after year 9999.
    """
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def written(moment: datetime) -> str:
    """To the second, in UTC, with Z."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def change_key() -> str:
    """A new `changeKey`, as Outlook's look."""
    return base64.b64encode(secrets.token_bytes(12)).decode()


def overlaps(start: datetime, end: datetime, since: datetime | None, until: datetime | None) -> bool:
    """Whether a time span and a window overlap (touching is not overlapping); None: the window is open there."""
    return (until is None or start < until) and (since is None or end > since)
