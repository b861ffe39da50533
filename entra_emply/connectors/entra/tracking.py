"""Change tracking of Graph's directory: a token to begin with, a round of changes, and when neither is to be believed.

What a round does to a frame is said in `list_deltas` and `member_deltas`; how long an earlier read may be continued, by
the settings (`extraction.bases`). https://learn.microsoft.com/graph/delta-query-overview
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

import pandas as pd

from entra_emply.connectors.entra.connection import Connection
from entra_emply.connectors.entra.frames import Cursor
from entra_emply.connectors.frame_checks import validate
from entra_emply.connectors.frames import Row
from entra_emply.connectors.pages import Pages, ReadAgain
from entra_emply.connectors.reads import Base, Certificate, MultiRead, Read, WholeRead
from entra_emply.errors import SourceUnreadable

_SHORT = 12  # characters of a token's hash: it is a name for people, and no key

AnyRead = TypeVar("AnyRead", Read, MultiRead)


class Doubt(Exception):
    """The earlier read cannot be continued, and the list has to be read whole. The text says why, and names nobody."""


@dataclass(frozen=True)
class Round:
    """All changes since a token, and the link to those that come after."""

    link: str
    pages: Pages

    def distinct(self) -> list[Row]:
        """The changes without repeats. Raises ReadAgain where two of one object differ."""
        return self.pages.distinct()


def read(source: str, how: Base | WholeRead, go_on: Callable[[Base], AnyRead], whole: Callable[[], AnyRead]) -> AnyRead:
    """The read that goes on from an earlier one, or the whole one where there is none, or any doubt about it.

    Raises what the whole read raises.
    """
    doubt = ""
    try:
        if isinstance(how, Base):
            return go_on(how)
        doubt = how.why
    except Doubt as why:
        doubt = str(why)
    except ReadAgain as why:
        doubt = str(why) or "the changes contradict each other, or their pages expired"
    except SourceUnreadable as why:
        doubt = str(why).removeprefix(f"{source} could not be read: ")
    made = whole()
    return replace(made, certificate=replace(made.certificate, doubt=doubt))


def begin(connection: Connection, source: str, path: str, properties: str) -> str | None:
    """The link to all changes from now on; None where Graph gives none, and the next read has to be whole, too.

    It is asked for before the whole read begins. Then whatever changes while the pages are read is told by the next
    round, once more if the pages show it already, which does no harm: a round says what is so now, not what to add to
    it. Asked for afterwards, it would hide what changed on pages that had been read. A first round of the delta instead
    of the whole list would do as well, but has pages of 200, and five times as many.
    """
    pages = Pages(source)
    try:
        last = connection.collect(pages, f"{path}/delta", {"$select": properties, "$deltatoken": "latest"})
        return _link(connection, path, last)
    except (Doubt, ReadAgain, SourceUnreadable):
        return None


def changes(connection: Connection, source: str, path: str, link: str) -> Round:
    """What changed since the token in `link`. Raises Doubt, ReadAgain, SourceUnreadable.

    The token is believed only if it leads to the end, without an expired page or pages in a circle.
    """
    _below(connection, path, link)
    pages = Pages(source)
    last = connection.collect(pages, link, None)
    if not all(isinstance(row, dict) and type(row.get("id")) is str and row["id"] for row in pages.rows):
        raise Doubt("a change does not say of which object")
    return Round(_link(connection, path, last), pages)


def cursor(
    connection: Connection, links: Mapping[str, str | None], properties: Mapping[str, str], read_whole_at: datetime
) -> pd.DataFrame:
    """The frame `Cursor`: of each path the link to its changes from now on, and the properties that are tracked."""
    rows = [
        {"path": path, "delta_link": link, "properties": properties[path], "tenant": connection.tenant}
        for path, link in links.items()
    ]
    frame = pd.DataFrame(rows, dtype="str").assign(read_whole_at=read_whole_at.isoformat())
    return validate(Cursor, frame.astype("str"), "cursor")


def renewed(base: Base, links: Mapping[str, str]) -> pd.DataFrame:
    """The cursor of `base` with the links of later rounds."""
    return base.cursor.assign(delta_link=base.cursor["path"].map(links).astype("str"))


def link_of(connection: Connection, base: Base, path: str, properties: str) -> str:
    """The link to the changes since `base` was read. Raises Doubt where they are not all that has to be known."""
    try:
        cursors = validate(Cursor, base.cursor, "cursor")
        (at,) = cursors[cursors["path"] == path].to_dict("records")
    except (SourceUnreadable, ValueError):
        raise Doubt("the earlier read was made by another version") from None
    if at["tenant"] != connection.tenant:
        raise Doubt("the earlier read is of another tenant")
    if at["properties"] != properties:
        raise Doubt("other properties were read than now")
    if pd.isna(at["delta_link"]):
        raise Doubt("Graph gave no token for the earlier read")
    return str(at["delta_link"])


def certified(base: Base, links: Iterable[str], certificate: Certificate) -> Certificate:
    """The certificate with the run that was continued, and which tokens it was continued by."""
    token = hashlib.sha256("\n".join(links).encode()).hexdigest()[:_SHORT]
    return replace(certificate, base=base.run_id, token=token)


def _link(connection: Connection, path: str, last: Row) -> str:
    link = last.get("@odata.deltaLink")
    if not isinstance(link, str):
        raise Doubt("the changes do not end with a token")
    _below(connection, path, link)
    return link


def _below(connection: Connection, path: str, link: str) -> None:
    """A link is followed only to this Graph, and to this list."""
    if not (connection.below(link) or "").startswith(f"/{path}/"):
        raise Doubt("a token leads to another list or another host")
